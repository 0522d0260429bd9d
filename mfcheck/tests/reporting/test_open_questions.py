"""Open questions are shown, and are neither passes nor alarms."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings import states
from mfcheck.findings.reading import report_of
from mfcheck.findings.report import standing
from mfcheck.tests.support.reports import (
    PAGES,
    REFUTED,
    UNDECIDED,
    make_claim,
    make_finding,
    make_report,
    read_claim,
    terminal_lines,
)
from mfcheck.tests.support.training_reports import DRIFT, ERROR, assembled, plain
from mfcheck.verdict import OF_ONE_DECISION, Verdict


@pytest.mark.parametrize("show", PAGES.values(), ids=PAGES.keys())
def test_open_questions_are_neither_passes_nor_alarms(show: Any) -> None:
    others = [REFUTED | {"explored": True}, UNDECIDED | {"explored": True}]
    claim = make_claim(*others, id="open/attack-difficulty", verdict="refuted")
    theorem = {"id": "open", "title": "Open questions — explored, never gating", "verdict": "refuted"}
    report = make_report(make_claim(make_finding()))
    report["theorems"].append(theorem | {"claims": [claim]})
    text = " ".join(show(report).split())
    assert "1 supported, 2 explored" in text
    assert "✗" not in text
    assert "What is not supported" not in text
    assert "○" in text
    alone = " ".join(show(report | {"theorems": report["theorems"][1:], "verdict": "undecided"}).split()).lower()
    assert "○ explored" in alone
    assert "? undecided" not in alone


def test_errors_in_open_questions_show_but_do_not_count() -> None:
    broken = make_claim(id="open/contrastive-bound", verdict="undecided", errors=[{"cell": "c", "message": "crashed"}])
    expected = REFUTED | {"expected": "dead units", "instead": "the exact law"}
    claims = [make_claim(expected, verdict="refuted"), broken]
    known = [read_claim(claim) for claim in claims]
    assert standing("refuted", known) == states.EXPECTED
    assert standing("undecided", known[1:]) == states.EXPLORED
    report = make_report(*claims, verdict="refuted")
    for show in PAGES.values():
        assert "crashed" in show(report)
    assert {style for text, style in terminal_lines(report) if "contrastive" in text} == {"red"}


@pytest.mark.parametrize("verdict", OF_ONE_DECISION)
def test_a_run_is_judged_as_if_its_open_questions_had_not_been_asked(verdict: Verdict) -> None:
    others = [plain(claim) for claim in ("thm5.9/capacity-decay", "break/large-step", "assumption/weights", DRIFT)]
    report = assembled([*others, plain("open/attack-difficulty", verdict)], [ERROR])
    assert report["verdict"] == "supported"
    assert [theorem["id"] for theorem in report["theorems"]] == ["thm5.3", "thm5.9", "assumption", "break", "open"]
    section = report["theorems"][-1]
    assert section["title"] == "Open questions — explored, never gating"
    assert report_of(report).theorems[-1].standing == states.EXPLORED
    tally = report_of(report).tally
    assert (tally["supported"], tally["refuted"], tally["undecided"], tally.errors) == (4, 0, 0, 1)
    # What was found is kept in the record, whatever the pages make of it.
    assert section["claims"][0]["findings"][0]["verdict"] == verdict


def test_a_run_of_open_questions_alone_decides_nothing() -> None:
    report = assembled([plain("open/attack-difficulty")])
    assert report["verdict"] == "undecided"
    assert report_of(report).standing == states.EXPLORED
