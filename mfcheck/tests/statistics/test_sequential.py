"""Looks at growing samples share one error rate, and an interval is judged against its region."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mfcheck import Verdict
from mfcheck.statistics import rates
from mfcheck.statistics.sequential import Estimate, Region, decide, spent

alphas = st.floats(1e-8, 0.2)


# The sequential rule -------------------------------------------------------------------------------------------


@given(alphas, st.integers(1, 2000))
def test_all_looks_together_spend_at_most_alpha(alpha: float, looks: int) -> None:
    total = math.fsum(spent(alpha, k) for k in range(1, looks + 1))
    assert alpha * looks / (looks + 1) * (1 - 1e-12) <= total <= alpha


REGION = Region(0.9, 1.1, 0.1)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.96, 1.04, "supported"),
        (0.9, 1.0, "supported"),
        (1.0, 1.1, "supported"),
        (0.86, 0.94, "undecided"),
        (1.06, 1.14, "undecided"),
        (1.1, 1.2, "undecided"),
        (1.11, 1.2, "refuted"),
        (0.8, 0.89, "refuted"),
        (0.0, 3.0, "undecided"),
    ],
)
def test_an_interval_is_judged_against_the_region(low: float, high: float, verdict: str) -> None:
    assert REGION.judge(Estimate((low + high) / 2, low, high)).value == verdict


def test_an_interval_coarser_than_half_the_margin_supports_nothing() -> None:
    inside = Estimate(1.0, 0.945, 1.055)
    assert REGION.low < inside.low < inside.high < REGION.high
    assert REGION.judge(inside) is Verdict.UNDECIDED


@pytest.mark.parametrize(("low", "high"), [(1.11, 9.0), (-5.0, 0.89)], ids=["above", "below"])
def test_an_interval_wholly_outside_refutes_however_coarse_it_is(low: float, high: float) -> None:
    estimate = Estimate((low + high) / 2, low, high)
    assert estimate.half_width > 10 * REGION.margin
    assert REGION.judge(estimate) is Verdict.REFUTED
    touching = Estimate(estimate.value, min(low, REGION.high), max(high, REGION.low))
    assert REGION.judge(touching) is Verdict.UNDECIDED


@given(st.floats(0, 2), st.floats(0, 1))
def test_a_support_lies_inside_and_a_refutation_outside(middle: float, half: float) -> None:
    estimate = Estimate(middle, middle - half, middle + half)
    verdict = REGION.judge(estimate)
    if verdict is Verdict.SUPPORTED:
        assert REGION.low <= estimate.low <= estimate.high <= REGION.high
        assert half <= REGION.margin / 2 * (1 + 1e-6)
    if verdict is Verdict.REFUTED:
        assert estimate.high < REGION.low or estimate.low > REGION.high


def test_looks_double_the_draws_and_stop_when_decided() -> None:
    seen: list[tuple[int, float]] = []

    def look(draws: int, alpha: float) -> Estimate:
        seen.append((draws, alpha))
        half = 1 / draws
        return Estimate(1.0, 1 - half, 1 + half)

    decided = decide(look, REGION, alpha=0.06, first=8, looks=9)
    assert [n for n, _ in seen] == [8, 16, 32]
    assert [share for _, share in seen] == pytest.approx([0.03, 0.01, 0.005])
    assert (decided.verdict, decided.draws, decided.looks) == (Verdict.SUPPORTED, 32, 3)
    out_of_budget = decide(look, REGION, alpha=0.06, first=2, looks=2)
    assert (out_of_budget.verdict, out_of_budget.draws) == (Verdict.UNDECIDED, 4)


@pytest.mark.parametrize("alpha", [0.0, -0.1, 0.51, math.nan, math.inf])
def test_an_error_rate_that_is_none_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        rates.decide_rate(np.ones, 0.9, alpha=alpha, first=10, looks=1)


@pytest.mark.parametrize(("first", "looks"), [(1, 1), (10, 0)])
def test_a_budget_that_is_none_is_refused(first: int, looks: int) -> None:
    with pytest.raises(ValueError, match="at least 2 draws and 1 look"):
        rates.decide_rate(np.ones, 0.9, alpha=0.05, first=first, looks=looks)


@pytest.mark.parametrize(("truth", "wrong"), [(1.05, Verdict.REFUTED), (1.1001, Verdict.SUPPORTED)])
def test_at_either_end_of_a_zone_the_false_verdict_is_seldom(truth: float, wrong: Verdict) -> None:
    """Refuted from 1.05 on and supported up to 1.10, at α = 0.2: replayed where one of the two is just false."""
    generator, region = np.random.default_rng(4), Region(0.0, 1.1, 1.1, refutes_above=1.05)

    def look(draws: int, share: float) -> Estimate:
        value, half = truth + 0.2 * noise[:draws].mean(), 0.2 * stats.norm.isf(share / 2) / math.sqrt(draws)
        return Estimate(value, value - half, value + half)

    verdicts = []
    for _ in range(400):
        noise = generator.standard_normal(64 * 2**6)
        verdicts.append(decide(look, region, alpha=0.2, first=64, looks=7).verdict)
    assert 0 < verdicts.count(wrong) <= 0.2 * 400
    assert verdicts.count(Verdict.UNDECIDED) == 0
