"""Pages on training have every figure once, and fold away what is long."""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

import pytest
from markupsafe import Markup

from mfcheck.findings.reading import report_of
from mfcheck.reporting import gallery
from mfcheck.reporting.answers import answers
from mfcheck.reporting.words.statements import typeset
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
    text = Page(source).text
    assert text.index("What training does") > 0
    assert all(Markup(typeset(sentence)).striptags() in " ".join(text.split()) for sentence in said)
    text = render_markdown(FULL).replace("\\", "")
    assert all(sentence[:600] in text for sentence in said)


def test_a_page_on_training_has_every_figure_once_with_valid_unique_ids(source: str) -> None:
    labels = labels_of(source)
    assert len(labels) == len(set(labels))
    kinds = [label.split(" in ")[0].split(",")[0] for label in labels if not label.startswith("Intervals")]
    assert kinds == [
        *["Weight variance over training time"] * 2,
        "Projection of the gradient by layer",
        *["What training comes to over width and depth"] * 2,
        "Capacity over training time at several widths",
        *["Capacity over training time"] * 2,
    ]
    ids = [value for name, value in Page(source).attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {unquote(found) for found in re.findall(r'(?:href="|url\()#([^")]+)', source)} <= set(ids)
    for figure in re.findall(r"<svg .*?</svg>", source, re.DOTALL):
        ElementTree.fromstring(figure)


def test_pages_on_training_are_the_same_every_time() -> None:
    report = make_report(make_claim(make_decay(), *make_map([64, 256], [2, 8]), make_capacity(64), id=CAPACITY_DECAY))
    assert render_html(copy.deepcopy(report)) == render_html(report)


def test_experiments_are_drawn_first_and_what_is_left_out_is_counted(source: str) -> None:
    text = Page(source).text
    shown = text[text.index("Figures by claim") :]
    assert shown.index("the paper's experiment on σw²") < shown.index("Along training")
    assert "more measured curve" in shown


def test_figures_take_no_more_room_than_a_page_has(monkeypatch: pytest.MonkeyPatch) -> None:
    report = make_report(make_claim(make_decay(), make_decay(end=50.0), id=DECAY))
    whole = labels_of(render_html(report))
    monkeypatch.setattr(gallery, "MOST_BYTES", 40_000)
    assert len(whole) == 2
    assert labels_of(render_html(report)) == whole[:1]
    assert "1 more measured curve in report.json" in Page(render_html(report)).text


def test_maps_are_tables_that_are_folded_away_where_they_are_long(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    assert source.count("<figcaption><strong>Training over depth and width</strong>") == 2
    assert "<caption" not in source  # it would be as wide as its table, and cut where that is wider than the screen
    assert "rows</summary>" not in source
    monkeypatch.setattr(gallery, "MOST_ROWS", 3)
    folded = render_html(make_report(make_claim(*make_map([64, 256], [2, 8]), id=UNTRAINABLE)))
    assert "<summary>Training over depth and width: 4 rows" in folded
