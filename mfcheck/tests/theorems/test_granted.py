"""What rests on a grant is supported or left open, never refuted; a grant that its own draws contradict is named."""

from __future__ import annotations

from mfcheck.decisions.statement import Evidence
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.theorems.granted import CONTRADICTED, OPEN, held_back, never_refuted
from mfcheck.verdict import Verdict

REGION = Region(0.95, 1.05, 0.05)


def decided(value: float, low: float, high: float) -> Evidence:
    estimate = Estimate(value, low, high)
    decision = Decision(REGION.judge(estimate), estimate, REGION, 100, 1, 1e-6)
    return Evidence(statistic="ratio", reference=1.0, decision=decision)


def test_what_would_be_refuted_is_left_open_with_its_reason() -> None:
    outside, contradicted = held_back(decided(0.8, 0.7, 0.9)), held_back(decided(0.98, 0.73, 0.81))
    assert outside.decision.verdict is contradicted.decision.verdict is Verdict.UNDECIDED
    assert (outside.reason, contradicted.reason) == (OPEN, OPEN + CONTRADICTED)
    assert never_refuted(Verdict.REFUTED) is Verdict.UNDECIDED


def test_support_stays_what_it_is() -> None:
    found = decided(1.0, 0.99, 1.01)
    assert held_back(found) is found
    assert never_refuted(Verdict.SUPPORTED) is Verdict.SUPPORTED
