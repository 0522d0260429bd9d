"""A median on the side of a threshold that the theory says: right ones pass, wrong sides are refuted."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from mfcheck import PaperTheory, Verdict
from mfcheck.decisions.judgement import Judgement
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.ensembles.samples import Source
from mfcheck.tests.support.bounded_draws import AROUND, bound, decider, first, source, times

PAPERS = bound(PaperTheory())
LOW, HIGH = PAPERS / 5, PAPERS * 5
NEGATIVE = source("mostly negative", lambda z: z - 10)
AT = source("at the bound, narrowly", lambda z: torch.exp(1e-3 * z))


def beyond(threshold: float, drawn: Source = AROUND, **more: Any) -> MedianBeyond:
    return MedianBeyond(
        drawn,
        statistic=first,
        reference=bound,
        threshold=threshold,
        beside="a threshold",
        origin="made up",
        quantity="a bound",
        **more,
    )


class Raising(PaperTheory):
    """A twin of a formula that makes no sense where it is asked."""

    def __init__(self, error: type[Exception]) -> None:
        object.__setattr__(self, "error", error)

    def beta(self, *arguments: Any) -> float:
        raise self.error("no value here")


@pytest.mark.parametrize("error", [TypeError, IndexError, AttributeError, OverflowError, ValueError])
def test_a_twin_without_a_value_is_refuted_by_having_none(error: type[Exception]) -> None:
    assert decider().trial.judge(beyond(LOW), PaperTheory()).refutes(Raising(error))


@pytest.mark.parametrize(("threshold", "side"), [(LOW, "above"), (HIGH, "below")])
def test_draws_on_the_theorys_side_support_it_and_say_so(threshold: float, side: str) -> None:
    found = decider()(beyond(threshold))
    assert found.verdict is Verdict.SUPPORTED
    assert found.decides == f"the median of a bound is {side} a threshold, {threshold:.4g}"
    assert found.reference == pytest.approx(0.2)
    assert found.interval[0] < 0.2 < found.interval[1]
    assert found.region == (0.0, 1.0)
    # A theory that is off by a quarter puts it on the same side, and one off by 10⁴ on the other.
    assert decider(times(1.25))(beyond(threshold)).verdict is Verdict.SUPPORTED


@pytest.mark.parametrize(("threshold", "factor"), [(LOW, 1e-4), (HIGH, 1e4)])
def test_a_theory_that_puts_the_value_on_the_other_side_is_refuted(threshold: float, factor: float) -> None:
    wrong = times(factor)
    found = decider(wrong)(beyond(threshold))
    assert (found.verdict, found.paper_verdict) == (Verdict.REFUTED, "supported")
    trial = decider().trial
    judgement: Judgement = trial.judge(beyond(threshold), PaperTheory())
    assert judgement.verdict is Verdict.SUPPORTED
    assert judgement.refutes(wrong)
    assert not judgement.refutes(times(1.25))
    # And where the draws refute the theory's side, they support the other one.
    other = trial.judge(beyond(threshold), wrong)
    assert other.judge(bound(PaperTheory())) is Verdict.SUPPORTED


def test_what_is_negative_is_above_no_threshold_and_below_every_one() -> None:
    assert decider()(beyond(LOW, NEGATIVE)).verdict is Verdict.REFUTED
    assert decider()(beyond(HIGH, NEGATIVE)).verdict is Verdict.SUPPORTED


def test_what_lies_at_the_threshold_is_undecided() -> None:
    found = decider()(beyond(PAPERS * 0.999999, AT))
    assert found.verdict is Verdict.UNDECIDED


def test_twins_on_the_other_side_are_refuted_and_those_on_the_same_are_not() -> None:
    found = decider()(beyond(PAPERS * 0.9))
    assert found.verdict is Verdict.SUPPORTED
    refuted, seen = set(found.twins_refuted), set(found.twins_seen)
    assert "adversarial_bound: eps squared" in refuted
    assert "adversarial_bound: × 1.25" in seen - refuted


@pytest.mark.parametrize(("threshold", "side"), [(LOW, "above"), (HIGH, "below")])
def test_what_breaks_says_so(threshold: float, side: str) -> None:
    found = decider()(beyond(threshold, breaks=True))
    assert found.verdict is Verdict.REFUTED
    assert found.decides == f"the median of a bound is not {side} a threshold, {threshold:.4g}"
