"""Tables for those who use the theory have its answers from the findings that ran, and are left out where none did."""

from __future__ import annotations

from typing import Any

from mfcheck.findings.reading import report_of
from mfcheck.reporting.answer_tables import answer_tables
from mfcheck.reporting.studies import Study
from mfcheck.tests.support.bound_reports import BOUND, make_median
from mfcheck.tests.support.reports import make_claim, make_finding, make_report
from mfcheck.tests.support.training_reports import DECAY, make_decay
from mfcheck.tests.support.whole_reports import COVERED


def tables(*findings: dict[str, Any], id: str = BOUND, **changes: Any) -> dict[str, Study]:
    report = make_report(make_claim(*findings, id=id)) | changes
    return {study.title: study for study in answer_tables(report_of(report))}


def test_a_constant_that_is_too_low_stands_beside_one_that_holds() -> None:
    low = make_median("2-inf", estimate=1.042) | {"verdict": "refuted", "interval": [1.035, 1.047]}
    found = tables(low, make_median("2-inf", "chevet", estimate=0.974), make_median("1-1", estimate=0.8))
    first, second = found["Which constant β to use"].rows
    assert first[0] == "(1, 1)"
    assert first[2:] == ("—", "none stated", "0.800 [0.780, 0.820]", "✓ holds")
    assert second[0] == "(2, ∞)"
    assert second[2] == "1.042 [1.035, 1.047]"
    assert (second[3], second[5]) == ("✗ 4.2 % too low", "✓ holds")


def test_a_theory_with_a_constant_of_its_own_is_not_said_to_have_chevets() -> None:
    changed = make_median("1-1", estimate=0.8) | {"changes_seen": ["beta"]}
    other = make_median("2-2", estimate=0.8) | {"changes_seen": ["omega"]}
    found = tables(changed, other, theory="mine:Steeper")
    first, second = found["Which constant β to use"].rows
    assert (first[0], first[3], first[5]) == ("(1, 1)", "✓ holds", "—")
    assert (second[0], second[3], second[5]) == ("(2, 2)", "none stated", "✓ holds")
    assert [row[1] for row in found["How wide a network must be"].rows] == ["the theory's", "Chevet's"]


def test_how_wide_a_network_must_be_is_told_by_pair() -> None:
    (row,) = tables(make_median("2-2"))["How wide a network must be"].rows
    assert row[0] == "(2, 2)"
    assert row[3:] == ("18,000", "10,000", "7,700", "3,500", "1,000")  # in logarithms between 1.1 and 1.01


def test_until_when_a_law_lasts_is_told_by_training() -> None:
    (row,) = tables(make_decay("flow"), id=DECAY)["Until when a law of training lasts"].rows
    assert "under gradient flow" in row[0]
    assert float(row[2]) > 0
    assert row[4] == DECAY


def test_what_a_run_would_have_noticed_is_told_by_formula() -> None:
    found = tables(make_finding(), coverage=[COVERED])["What this run would have noticed"]
    assert found.rows == (("omega", "12", "× 1.02", "—", "none"),)


def test_what_did_not_run_has_no_table() -> None:
    assert tables(make_finding(), id="thm4.1/entries-gaussian") == {}
