"""Pages say in which regimes a theorem holds, and of which regime a finding speaks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mfcheck.reporting.words import phrases
from mfcheck.tests.support.reports import (
    HOSTILE,
    MIXED,
    PAGES,
    REFUTED,
    Page,
    flat,
    make_claim,
    make_finding,
    make_report,
    page,
    read_finding,
    render_html,
    render_markdown,
    terminal_lines,
)

SAYS = "Holds in part: early, its course (4 of 4 findings). Not: late (refuted in 3 of 3)."
EARLY = make_finding(regime="early, its course", caveat="trained on a few images")
LATE = REFUTED | {"regime": "late", "expected": "nothing lasts", "instead": "Euler's law"}


def in_part(*claims: dict[str, Any], says: str = SAYS, verdict: str = "holds in part") -> dict[str, Any]:
    report = make_report(*claims, verdict=verdict)
    report["theorems"][0]["says"] = says
    return report


REPORT = in_part(
    make_claim(EARLY, LATE, verdict="holds in part", where="Holds in part: early, its course."),
    make_claim(make_finding(cell="elsewhere"), id="thm4.1/plain"),
)


@page
def test_what_holds_in_part_is_shown_with_where_and_with_a_sign_of_its_own(show: Any) -> None:
    text = flat(show(REPORT))
    assert SAYS in text
    assert "◐ holds in part" in text
    assert "✗" not in text
    assert text.count("1 refuted as expected") >= 1


@pytest.mark.parametrize("show", [PAGES["html"], PAGES["markdown"]], ids=["html", "markdown"])
def test_full_pages_say_it_in_the_overview_at_the_theorem_and_of_the_claim(show: Any) -> None:
    text = flat(show(REPORT))
    assert text.count(SAYS) == 1
    assert text.count("Holds in part: early, its course.") == 1
    assert "early, its course · trained on a few images" in text
    assert "Late. Decided" not in text  # these findings say nothing of what they decided
    assert "Late. The sup-distance of laws was measured as 0.031" in text


def tables(markdown: str) -> list[list[int]]:
    """The number of cells in each row of each table."""
    found: list[list[int]] = [[]]
    for line in markdown.splitlines():
        if line.startswith("|"):
            found[-1].append(len(re.findall(r"(?<!\\)\|", line)))
        elif found[-1]:
            found.append([])
    return [table for table in found if table]


def test_tables_of_markdown_are_whole_whatever_they_hold() -> None:
    for report in (REPORT, MIXED):
        found = tables(render_markdown(report))
        assert len(found) >= 3
        assert all(len(set(table)) == 1 for table in found)


def test_the_terminal_tells_where_of_theorems_that_are_not_supported_throughout() -> None:
    lines = terminal_lines(REPORT)
    assert all(len(text) <= 100 for text, _ in lines if "--mf-seed" not in text)
    assert {style for text, style in lines if "◐" in text} == {"cyan"}
    assert "◐ thm4.1: Holds in part" in "\n".join(text for text, _ in lines)
    assert "green" not in {style for text, style in lines if "◐" in text}
    supported = in_part(make_claim(EARLY), says="Holds: early.", verdict="supported")
    assert "Holds: early." not in "\n".join(text for text, _ in terminal_lines(supported))
    unsure = EARLY | {"verdict": "undecided"}
    undecided = in_part(make_claim(unsure, verdict="undecided"), says="Undecided: early.", verdict="undecided")
    assert ("? thm4.1: Undecided: early.", "yellow") in terminal_lines(undecided)
    limited = in_part(make_claim(EARLY, verdict="undecided"), says="Supported, but few.", verdict="undecided")
    assert ("◌ thm4.1: Supported, but few.", "cyan") in terminal_lines(limited)


def test_a_finding_speaks_of_its_regime_and_its_caveat() -> None:
    assert phrases.regime(read_finding(make_finding())) == ""
    assert phrases.regime(read_finding(make_finding(regime="late", caveat=""))) == "late"
    assert phrases.regime(read_finding(make_finding(caveat="an upper bound"))) == "an upper bound"
    said = phrases.sentence(read_finding(make_finding(regime="late", caveat="few.", decides="it falls")))
    assert said.startswith("Late · few. Decided is whether it falls. The sup-distance of laws was measured as 0.002 ")


def test_hostile_regimes_are_text_on_every_page() -> None:
    finding = REFUTED | {"regime": HOSTILE, "caveat": HOSTILE}
    report = in_part(make_claim(finding, where=HOSTILE, verdict="refuted"), says=HOSTILE)
    shown = Page(render_html(report))
    assert shown.tags.count("script") == 1  # the page's own
    assert "<script>alert('$x_1$')</script>" in shown.text
    text = render_markdown(report)
    assert all(len(set(table)) == 1 for table in tables(text))
    assert "<script>" not in re.sub(r"`[^`\n]*`", "", text.replace("\\`", "")).replace("\\<", "")
    assert all(line.isprintable() for line, _ in terminal_lines(report))
