"""The first screen of a page answers: every theorem and its verdict, without scrolling, without anything loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from mfcheck.tests.support.bound_reports import REPORT
from mfcheck.tests.support.reports import HOSTILE, MIXED, make_claim, make_finding, make_report
from mfcheck.tests.support.whole_reports import whole_report

Open = Callable[..., Any]
WHOLE = whole_report()
THEOREMS = ("Theorem 4.1", "Theorem 5.1", "Theorem 5.3", "Theorem 5.4", "Theorem G.9", "Theorem 5.7", "Theorem 5.8")
VERDICTS = ("holds", "holds in part", "refuted, as declared", "explored")
FIRST_PAINT = """() => new Promise(tell => new PerformanceObserver(painted => {
    for (const paint of painted.getEntriesByName('first-contentful-paint')) tell(paint.startTime);
}).observe({type: 'paint', buffered: true}))"""  # a page may be loaded before it is painted
OTHERS = ("Theorem 5.9", "Assumptions of the theory", "Break conditions", "Open questions")


def test_every_theorem_and_its_verdict_is_seen_without_scrolling(opened: Open) -> None:
    page = opened(WHOLE)
    rows = page.locator("table.theorems tbody tr")
    assert [row.locator("th a").inner_text() for row in rows.all()] == [*THEOREMS, *OTHERS]
    assert page.evaluate("scrollY") == 0
    for row in rows.all():
        box = row.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900
        assert row.locator(".badge").inner_text().split(" ", 1)[1] in (
            "holds",
            "holds in part",
            "refuted, as declared",
            "explored",
        )
        assert row.locator("td").nth(1).inner_text().strip()


def test_a_clause_tells_which_constant_is_low_and_what_holds_instead(opened: Open) -> None:
    row = opened(WHOLE).locator("table.theorems tr", has_text="Theorem 5.1")
    said = row.inner_text()
    assert "the β that the paper states is 4.2 to 4.4 % too low" in said
    assert "(p, q) = (2, ∞) and (∞, ∞)" in said
    assert "Chevet's constant" in said


def test_statements_are_typeset(opened: Open) -> None:
    formulas = opened(WHOLE).locator("table.theorems math")
    assert formulas.count() >= 9
    for formula in formulas.all():
        box = formula.bounding_box()
        assert box["width"] > 10
        assert box["height"] > 8


def test_the_page_asks_for_nothing_but_itself(opened: Open, chromium: Any, tmp_path: Any) -> None:
    path = tmp_path / "report.html"
    opened(WHOLE)
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    page.close()
    assert asked == [path.as_uri()]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 800, 390])
def test_nothing_keeps_anybody_from_reading_it(opened: Open, width: int, theme: str) -> None:
    for report in (WHOLE, MIXED):
        page = opened(report, width, color_scheme=theme)
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_numbers_are_seen_on_a_phone(opened: Open) -> None:
    page = opened(WHOLE, 390, 844)
    row = page.locator("table.findings tbody tr:not(.claim)").first
    for place in (3, 4, 6, 7, 8, 9):
        box = row.locator("td").nth(place).bounding_box()
        assert box["width"] > 0
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert "estimate" in row.locator("td").nth(3).evaluate("cell => getComputedStyle(cell, '::before').content")


def test_what_is_said_of_a_table_or_figure_is_read_on_a_phone_without_scrolling(opened: Open) -> None:
    page = opened(REPORT, 390, 844)
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    captions = page.locator("caption, figcaption").all()
    assert len(captions) > 3
    for caption in captions:
        box = caption.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390


def test_it_prints_to_pdf_with_every_finding(opened: Open) -> None:
    page = opened(WHOLE)
    assert page.pdf(landscape=True, print_background=True).startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("(e => e.scrollHeight - e.clientHeight)(document.querySelector('.tall'))") <= 1
    assert not page.locator("#narrow").is_visible()
    assert page.locator("table.findings tbody tr:not(.claim)").last.is_visible()


def test_text_of_others_runs_no_script(opened: Open) -> None:
    hostile = make_finding(cell=HOSTILE, figure=HOSTILE, regime=HOSTILE, decides=HOSTILE, parameters={"pair": HOSTILE})
    alerts: list[str] = []
    page = opened(make_report(make_claim(hostile, says=HOSTILE)))
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.reload()
    assert alerts == []
    assert page.locator("table.findings tbody tr:not(.claim)").count() == 1


def test_four_hundred_findings_are_small_and_soon_there(opened: Open, tmp_path: Any) -> None:
    page = opened(whole_report(400))
    assert (tmp_path / "report.html").stat().st_size <= 2_000_000
    times = []
    for _ in range(3):
        page.reload()
        times.append(page.evaluate(FIRST_PAINT))
    assert min(times) <= 1500
