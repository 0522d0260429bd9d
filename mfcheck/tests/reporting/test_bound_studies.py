"""Pages on a bound have every figure and table once, and render without them."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

from mfcheck.tests.support.bound_reports import BOUND, REPORT, make_median, make_point, make_profile
from mfcheck.tests.support.reports import (
    Page,
    labels_of,
    make_claim,
    make_finding,
    make_report,
    render_html,
    render_markdown,
)


def test_the_table_of_widths_is_on_both_pages() -> None:
    claim = make_claim(
        make_profile("2-2", [1.2, 1.0, 0.9, 0.9], statement="median", constant="theory"),
        make_profile("inf-inf", [1.2, 1.1, 1.06, 1.03], statement="median", constant="theory"),
        make_profile("1-1", [0.9, 0.8, 0.8, 0.8], statement="median", constant="theory"),
        id=BOUND,
    )
    text = render_markdown(make_report(claim)).replace("\\", "")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| (")]
    found = {(row[0], len(row)): row[3:] for row in rows}
    assert found["(1, 1)", 8] == ["≤ 100"] * 5
    assert found["(2, 2)", 8] == ["1,000", "880", "780", "540", "300"]
    assert found["(∞, ∞)", 8][:3] == ["> 10⁵"] * 3
    assert "interpolated" in text
    shown = Page(render_html(make_report(claim))).text
    for value in (
        "≤ 100",
        "> 10⁵",
        "1,000",
        "Width from which on the bound holds within x %",
        "How wide a network must be",
    ):
        assert value in shown


def test_a_full_page_has_every_figure_once_with_valid_unique_ids() -> None:
    source = render_html(REPORT)
    labels = [label for label in labels_of(source) if not label.startswith("Intervals")]
    assert labels == [
        f"Median over the bound against width, {BOUND}",
        f"Tightness of the bound by norm pair, {BOUND}",
        f"Median over the bound at single widths, {BOUND}",
    ]
    ids = [value for name, value in Page(source).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {unquote(found) for found in re.findall(r'(?:href="|url\()#([^")]+)', source)}
    assert targets <= set(ids)
    for figure in re.findall(r"<svg .*?</svg>", source, re.DOTALL):
        ElementTree.fromstring(figure)


def test_pages_do_not_depend_on_what_else_was_drawn() -> None:
    for render in (render_html, render_markdown):
        assert render(copy.deepcopy(REPORT)) == render(REPORT)


def test_a_partial_run_lacks_figures_and_tables_but_renders() -> None:
    for finding in (make_point(128.0), make_profile("2-2", [None] * 4), make_finding()):
        report = make_report(make_claim(finding, id=BOUND))
        assert labels_of(render_html(report)) == []
        assert "How wide" not in render_markdown(report)
    not_applicable = make_point(128.0) | {"verdict": "not applicable", "estimate": None, "interval": [None, None]}
    assert "<svg" not in render_html(make_report(make_claim(not_applicable, id=BOUND)))


def test_hostile_names_are_text_in_studies() -> None:
    hostile = "<script>alert(1)</script> | x"
    claim = make_claim(make_median("2-2", architecture=hostile), make_median("1-1", architecture=hostile), id=BOUND)
    assert Page(render_html(make_report(claim))).tags.count("script") == 1  # the page's own
    table = [line for line in render_markdown(make_report(claim)).splitlines() if line.startswith("| (2, 2)")]
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in table] == [7, 9]
