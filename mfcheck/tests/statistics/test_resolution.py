"""The resolution of a finding is the smallest error that its own draws would have refuted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import laws, means, rates, resolution
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.tests.support.replays import pool, prefix


def refutes_law(values: Floats, variance: float, margin: float, alpha: float) -> bool:
    decided = laws.decide_law(
        prefix(values),
        lambda t: stats.norm.cdf(t, scale=math.sqrt(variance)),
        margin,
        alpha=alpha,
        first=len(values),
        looks=1,
    )
    return decided.verdict is Verdict.REFUTED


@pytest.mark.parametrize("draws", [4000, 20_000])
def test_resolution_of_a_law_is_refuted_by_the_same_draws(draws: int) -> None:
    values, margin, alpha = np.random.default_rng([15, draws]).standard_normal(draws), 0.07, 0.01
    r = resolution.of_law(np.sort(values), stats.norm.cdf, margin, spent(alpha, 1))
    assert r is not None
    finer, coarser = 1 + 0.97 * r, 1 + 1.02 * r  # the root is found to 1 %
    assert refutes_law(values, coarser, margin, alpha)
    assert refutes_law(values, 1 / coarser, margin, alpha)
    assert not (refutes_law(values, finer, margin, alpha) and refutes_law(values, 1 / finer, margin, alpha))


def test_resolution_of_a_law_says_none_where_nothing_would_be_refuted() -> None:
    values = np.sort(np.random.default_rng(16).standard_normal(200))
    assert resolution.of_law(values, stats.norm.cdf, 0.6, 0.01) is None


@pytest.mark.parametrize("times", [1.0, 0.97])
def test_resolution_of_same_law_is_refuted_by_the_same_draws(times: float) -> None:
    values, margin, alpha = np.random.default_rng(17).standard_normal(40_000), 0.05, 0.01
    r = resolution.of_same_law(np.sort(values), margin, spent(alpha, 1) / 2)
    assert r is not None
    refuted = []
    for variance in (1 + times * 1.01 * r, 1 / (1 + times * 1.01 * r)):
        arms = np.stack([values, values * math.sqrt(variance)], axis=1)
        decided = laws.decide_same_law(prefix(arms), margin, alpha=alpha, first=len(values), looks=1)
        refuted.append(decided.verdict is Verdict.REFUTED)
    assert all(refuted) == (times == 1)


@pytest.mark.parametrize(("draws", "floor"), [(200, 0.9), (1444, 0.99)])
def test_resolution_of_a_rate_is_refuted_by_the_same_draws(draws: int, floor: float) -> None:
    alpha = 0.01
    r = resolution.of_rate(draws, floor, spent(alpha, 1))
    assert r is not None
    successes = round((1 - r) * draws)
    verdicts = []
    for count in (successes, successes + 1):
        values = (np.arange(draws) < count).astype(float)
        verdicts.append(rates.decide_rate(prefix(values), floor, alpha=alpha, first=draws, looks=1).verdict)
    assert verdicts[0] is Verdict.REFUTED
    assert verdicts[1] is not Verdict.REFUTED


def test_resolution_of_a_rate_says_none_where_nothing_would_be_refuted() -> None:
    assert resolution.of_rate(5, 0.5, 1e-6) is None


@pytest.mark.parametrize(("margin", "draws"), [(0.2, 20_000), (0.4, 4000)])
def test_resolution_of_a_ratio_is_refuted_by_the_same_draws(margin: float, draws: int) -> None:
    values, tail = pool("G")
    drawn, alpha = values[np.random.default_rng(18).integers(0, len(values), draws)], 0.05

    def decided(reference: float) -> Decision:
        return means.decide_mean_ratio(prefix(drawn), reference, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    right = decided(1.0)
    assert right.verdict is Verdict.SUPPORTED
    r = resolution.of_ratio(right.estimate, right.region)
    assert r is not None
    both = [[decided(1 + s * r).verdict, decided(1 / (1 + s * r)).verdict] for s in (0.97, 1.01)]
    assert both[1] == [Verdict.REFUTED, Verdict.REFUTED]
    assert both[0] != [Verdict.REFUTED, Verdict.REFUTED]
