"""The table in the terminal fits, stops listing, and shows only what is supported in green."""

from __future__ import annotations

from mfcheck.findings import states
from mfcheck.findings.reading import report_of
from mfcheck.findings.regimes import GRANTED
from mfcheck.findings.report import state_of
from mfcheck.reporting.terminal import MOST_DETAILS
from mfcheck.tests.support.reports import (
    MIXED,
    NOT_APPLICABLE,
    REFUTED,
    UNDECIDED,
    as_terminal,
    make_claim,
    make_finding,
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


def test_what_does_not_apply_to_a_network_of_ones_own_is_told_once_with_its_reason() -> None:
    reason = "depth is no argument of it; let its constructor take depth, and it is decided"
    silent = make_claim(NOT_APPLICABLE | {"reason": reason}, verdict="not applicable")
    audit = make_report(silent, verdict="not applicable") | {"architectures": ["package.module:factory"]}
    told = as_terminal(audit)
    (name,) = {claim["id"] for claim in audit["theorems"][0]["claims"]}
    assert told.count(name.split("/")[1]) == 1
    assert " ".join(reason.split()[:5]) in told
    suites = audit | {"architectures": ["vanilla"]}
    assert "Theorem 4.1" in as_terminal(suites)
    assert "Theorem 4.1" not in told


def test_support_on_a_grant_is_no_pass_in_any_table() -> None:
    granted = make_finding(caveat=f"{GRANTED}a tail, which nobody derived")
    report = make_report(make_claim(granted, verdict="undecided"), verdict="undecided")
    assert report_of(report).standing == states.GRANTED
    assert [state_of(finding) for finding in report_of(report).findings] == [states.GRANTED]
    told = as_terminal(report)
    assert "✓" not in told
    assert told.count("◇") >= 2  # of the claim, and of its theorem
    assert "1 granted" in told
