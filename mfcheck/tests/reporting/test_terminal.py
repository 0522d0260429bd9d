"""The table in the terminal fits, stops listing, and shows only what is supported in green."""

from __future__ import annotations

from mfcheck.reporting.terminal import MOST_DETAILS
from mfcheck.tests.support.reports import (
    MIXED,
    REFUTED,
    UNDECIDED,
    as_terminal,
    make_claim,
    make_report,
    terminal_lines,
)


def test_terminal_table_fits_and_only_supported_is_green() -> None:
    lines = terminal_lines(MIXED)
    assert all(len(text) <= 100 for text, _ in lines if "--mf-seed" not in text)
    assert {style for _, style in lines} <= {"", "green", "red", "yellow", "bold"}
    assert "green" not in {style for _, style in lines}
    undecided = make_report(make_claim(UNDECIDED, verdict="undecided"), verdict="undecided")
    assert {style for text, style in terminal_lines(undecided) if "UNDECIDED" in text} == {"yellow"}


def test_terminal_stops_listing_and_says_how_many_are_left() -> None:
    report = make_report(make_claim(*[REFUTED] * (MOST_DETAILS + 5), verdict="refuted"), verdict="refuted")
    assert "... and 5 more" in as_terminal(report)
