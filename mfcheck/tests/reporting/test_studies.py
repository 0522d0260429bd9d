"""Pages on training have every figure once, and fold away what is long."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ElementTree

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.reporting import pages
from mfcheck.reporting.answers import answers
from mfcheck.tests.support.reports import Page, labels_of, make_claim, make_report, render_html, render_markdown
from mfcheck.tests.support.training_reports import (
    CAPACITY_DECAY,
    DECAY,
    FULL,
    UNTRAINABLE,
    make_capacity,
    make_decay,
    make_map,
)


@pytest.fixture(scope="module")
def source() -> str:
    return render_html(FULL)


def test_pages_say_what_training_does(source: str) -> None:
    said = answers(report_of(FULL))
    assert len(said) == 5
    for text in (Page(source).text, render_markdown(FULL).replace("\\", "")):
        assert text.index("What training does") > 0
        assert all(sentence in text for sentence in said)


def test_a_page_on_training_has_every_figure_once_with_valid_unique_ids(source: str) -> None:
    labels = labels_of(source)
    assert len(labels) == len(set(labels))
    kinds = [label.split(" in ")[0].split(",")[0] for label in labels if not label.startswith("Intervals")]
    assert kinds == [
        *["Weight variance over training time"] * 4,
        "Projection of the gradient by layer",
        *["What training comes to over width and depth"] * 2,
        "Capacity over training time at several widths",
        *["Capacity over training time"] * 6,
    ]
    ids = [value for name, value in Page(source).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="|url\()#([\w-]+)', source)) <= set(ids)
    for figure in re.findall(r"<svg .*?</svg>", source, re.DOTALL):
        ElementTree.fromstring(figure)


def test_pages_on_training_are_the_same_every_time() -> None:
    report = make_report(make_claim(make_decay(), *make_map([64, 256], [2, 8]), make_capacity(64), id=CAPACITY_DECAY))
    assert render_html(copy.deepcopy(report)) == render_html(report)


def test_experiments_are_open_and_other_trajectories_are_folded(source: str) -> None:
    section = source[source.index(DECAY) : source.index("thm5.4/regularisation-gradient")]
    opened, folded = section.split("<details>", 1)
    assert opened.count("<svg") == 2 + 1  # and the intervals
    assert "the paper's experiment on σ_w²".replace("'", "&#39;") in opened
    assert len(re.findall("Weight variance over", folded)) == 2


def test_maps_are_tables_that_are_folded_away_where_they_are_long(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    rows = [line for line in render_markdown(FULL).splitlines() if re.match(r"\| \d+ \| [\d,]+ \| [\d.—]", line)]
    assert len(rows) == 12 + 6
    assert "rows</summary>" not in source
    assert "one by one" not in source
    monkeypatch.setattr(pages, "MOST_ROWS", 3)
    monkeypatch.setattr(pages, "MOST_FINDINGS", 3)
    folded = render_html(make_report(make_claim(*make_map([64, 256], [2, 8]), id=UNTRAINABLE)))
    summaries = (
        "Training over depth and width: 4 rows",
        "all 4 findings, one by one",
        "every decided finding: estimate",
    )
    assert all(f"<summary>{text}" in folded for text in summaries)
