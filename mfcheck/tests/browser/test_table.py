"""The table of findings is narrowed, sorted, linked to and copied from, with a mouse or by keyboard, or unscripted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.reporting import exports
from mfcheck.reporting.finding_rows import table_of
from mfcheck.tests.support.reports import make_report
from mfcheck.tests.support.runs import run
from mfcheck.tests.support.toy_claims import GAUSSIAN, TOY
from mfcheck.tests.support.whole_reports import whole_report

Open = Callable[..., Any]
WHOLE = whole_report()
TABLE = table_of(report_of(WHOLE))
ROWS = "table.findings tbody tr:not(.claim)"
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def seen(page: Any) -> list[str]:
    """The ids of the rows that are shown, in their order."""
    found: list[str] = page.evaluate(
        f"[...document.querySelectorAll('{ROWS}')].filter(r => r.offsetParent).map(r => r.id)"
    )
    return found


def pasted(page: Any) -> str:
    found: str = page.evaluate("navigator.clipboard.readText()")
    return found


def focused(page: Any) -> str:
    """The row that has the focus."""
    found: str = page.evaluate("document.activeElement.closest('tr')?.id ?? document.activeElement.tagName")
    return found


def test_it_is_narrowed_by_every_choice_and_by_words(opened: Open) -> None:
    page = opened(WHOLE)
    assert seen(page) == [row.id for row in TABLE.rows]
    for name, of in (
        ("theorem", lambda row: row.finding.claim.split("/")[0]),
        ("claim", lambda row: row.finding.claim),
        ("verdict", lambda row: row.state),
        ("regime", lambda row: row.finding.regime),
        ("engine", lambda row: row.finding.engine),
        ("width", lambda row: str(row.width)),
    ):
        wanted = TABLE.choices[name][-1]
        page.select_option(f"select[name={name}]", wanted)
        assert seen(page) == [row.id for row in TABLE.rows if of(row) == wanted] != []
        page.click("button[type=reset]")
        page.wait_for_function(f"document.querySelector('output').value.startsWith('{len(TABLE.rows)} of')")
    page.fill("input[name=text]", "EULER'S inf-inf 5.4")
    assert seen(page) == []
    page.fill("input[name=text]", "refuted late")
    assert seen(page) == [row.id for row in TABLE.rows if row.finding.regime == "late"]
    assert page.locator("output").inner_text() == f"1 of {len(TABLE.rows)} findings"


def test_headings_sort_up_down_and_back(opened: Open) -> None:
    page = opened(WHOLE)
    values = {row.id: row.finding.estimate for row in TABLE.rows}
    heading = page.locator("th[data-sort=e]")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    up = [values[id] for id in seen(page)]
    assert up == sorted(up)
    heading.locator("button").click()
    down = [values[id] for id in seen(page)]
    assert down == sorted(down, reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"
    heading.locator("button").click()
    assert seen(page) == [row.id for row in TABLE.rows]
    page.locator("th[data-sort=n] button").click()
    widths = {row.id: row.width for row in TABLE.rows}
    assert [widths[id] for id in seen(page)] == sorted(widths.values())


def test_a_row_is_copied_as_link_latex_csv_and_command(opened: Open) -> None:
    page = opened(WHOLE, permissions=CLIPBOARD)
    row = TABLE.rows[len(TABLE.rows) // 2]
    got = {}
    for kind in ("link", "latex", "csv", "command"):
        page.locator(f"[id='{row.id}'] button.copy").click()
        page.locator(f".menu [data-kind={kind}]").click()
        got[kind] = pasted(page)
    assert got["command"] == row.finding.reproduce
    assert got["latex"] == " & ".join(map(exports.escaped, exports.fields(row))) + " \\\\"
    assert next(csv.reader(io.StringIO(got["csv"]))) == list(exports.fields(row))
    page.goto("about:blank")
    page.goto(got["link"])
    page.wait_for_function("document.activeElement.closest('tr')")
    assert focused(page) == row.id


def test_what_is_shown_is_copied_as_a_whole(opened: Open) -> None:
    page = opened(WHOLE, permissions=CLIPBOARD)
    page.select_option("select[name=theorem]", "thm5.1")
    page.click("[data-copy=csv]")
    head, *rows = csv.reader(io.StringIO(pasted(page)))
    assert head == list(exports.COLUMNS)
    assert rows == [list(exports.fields(row)) for row in TABLE.rows if row.finding.claim.startswith("thm5.1/")]
    page.click("[data-copy=latex]")
    assert pasted(page).count("\\\\\n") == len(rows)


def test_a_link_shows_a_row_that_was_narrowed_away(opened: Open) -> None:
    row = TABLE.rows[-1]
    page = opened(WHOLE)
    page.select_option("select[name=theorem]", "thm4.1")
    page.locator("th[data-sort=e] button").click()
    page.evaluate(f"location.hash = '#{row.id}'")
    page.wait_for_function(f"document.activeElement.closest('tr')?.id === '{row.id}'")
    assert row.id in seen(page)
    box = page.locator(f"[id='{row.id}']").bounding_box()
    assert 0 <= box["y"] < 900


def test_every_link_of_the_page_leads_somewhere(opened: Open) -> None:
    page = opened(WHOLE)
    lost = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
        ".filter(id => !document.getElementById(id))"
    )
    assert lost == []


def test_all_of_it_is_done_by_keyboard(opened: Open) -> None:
    page = opened(WHOLE, permissions=CLIPBOARD)
    page.keyboard.press("/")
    assert focused(page) == "INPUT"
    page.keyboard.type("thm5.1")
    ids = seen(page)
    assert 1 < len(ids) < len(TABLE.rows)
    page.locator("select[name=width]").focus()
    for _ in range(60):  # past the remaining controls and the headings, to the first row
        page.keyboard.press("Tab")
        if focused(page) == ids[0]:
            break
    assert focused(page) == ids[0]
    page.keyboard.press("ArrowDown")
    assert focused(page) == ids[1]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == "link"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    commands = {row.id: row.finding.reproduce for row in TABLE.rows}
    page.wait_for_function("document.querySelector('output').value.startsWith('copied')")
    assert pasted(page) == commands[ids[1]]
    assert focused(page) == ids[1]
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert not page.locator(".menu").is_visible()
    assert focused(page) == ids[1]
    page.locator("th[data-sort=state] button").focus()
    page.keyboard.press("Enter")
    assert page.locator("th[data-sort=state]").get_attribute("aria-sort") == "ascending"


def test_without_scripts_it_is_a_plain_table(opened: Open) -> None:
    page = opened(WHOLE, java_script_enabled=False)
    assert page.locator(ROWS).count() == len(TABLE.rows)
    assert page.locator(ROWS).last.locator("td").nth(3).is_visible()
    assert not page.locator("#narrow").is_visible()
    assert page.locator(".script").is_visible() is False
    assert page.locator("button.copy").count() == 0


def test_a_run_without_findings_has_a_page_too(opened: Open) -> None:
    page = opened(make_report(verdict="undecided"))
    assert "supports nothing" in page.locator("body").inner_text()


@pytest.mark.usefixtures("clean_environment")
def test_the_page_of_a_run_tells_what_it_found(opened: Open, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + GAUSSIAN)
    run(pytester, "test_toy.py", "--mf-seed", "7")
    page = opened(Path(pytester.path) / "reports" / "report.html")
    row = page.locator("table.theorems tbody tr")
    assert row.count() == 1
    assert "holds in 1 finding" in row.inner_text()
    assert page.locator(ROWS).count() == 1
    assert "thm" not in row.inner_text()
