"""Decisions on positive means err as rarely, and see as much, as they say: measured by replay."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mfcheck import Verdict
from mfcheck.statistics import intervals, means
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import (
    BETA,
    REPLAYS,
    assert_decides,
    assert_errs_at_most,
    both_alphas,
    pool,
    prefix,
    rare_enough,
    replay,
)

# statistic, margin, draws of the first look, looks
MEANS = {"G": ("G", 0.5, 800, 2), "J²": ("J²", 0.8, 1600, 1)}


@both_alphas
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("case", MEANS)
def test_mean_ratio_at_the_edge_of_its_margin(case: str, side: int, alpha: float, effort: Effort) -> None:
    statistic, margin, first, looks = MEANS[case]
    values, tail = pool(statistic)
    rng, total = np.random.default_rng([10, side + 1]), first * 2 ** (looks - 1)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), total)]
        return means.decide_mean_ratio(
            prefix(drawn),
            1 / (1 + side * margin),
            margin,
            tail=tail,
            alpha=alpha,
            first=first,
            looks=looks,
        )

    assert_errs_at_most(alpha, replay(one, effort.replays(REPLAYS)), effort)


@both_alphas
@pytest.mark.parametrize("statistic", ["G", "J²"])
def test_the_planned_half_width_is_exceeded_as_rarely_as_it_says(statistic: str, alpha: float, effort: Effort) -> None:
    """Before its tail, which a fourth moment of 0 leaves out: the spread of the sample variance is in the plan."""
    values, tail = pool(statistic)
    cap, rng = tail.cap(0.5), np.random.default_rng(22)
    for draws, beta in ((200, 0.05), (1500, 0.01)):
        planned, exceeded = intervals.likely_half_width(math.sqrt(tail.second - 1), cap, draws, alpha, beta), 0
        for drawn in values[rng.integers(0, len(values), (effort.replays(REPLAYS), draws))]:
            capped = np.minimum(drawn, cap)
            _, high = intervals.truncated_mean_interval(drawn, alpha, cap, 1e-12)
            exceeded += high - math.fsum(capped) / draws > planned * (1 + 1e-9)
        assert rare_enough(exceeded, effort.replays(REPLAYS), beta)


@pytest.mark.parametrize("ratio", [1.0, 0.3, 1.6, 2.0, 9.0])
def test_mean_ratio_decides_with_the_draws_it_asks_for(ratio: float, effort: Effort) -> None:
    values, tail = pool("G")
    margin, alpha, rng = 0.4, 0.05, np.random.default_rng([13, int(10 * ratio)])
    draws = means.draws_needed_mean_ratio(margin, tail=tail, alpha=spent(alpha, 1), beta=BETA, ratio=ratio)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), draws)]
        return means.decide_mean_ratio(prefix(drawn), 1 / ratio, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.SUPPORTED if ratio == 1 else Verdict.REFUTED, replay(one, effort.replays(1000)))


@pytest.mark.parametrize("times", [1, 3, 20])
def test_mean_ratio_refutes_what_it_says_it_detects_and_more(times: int, effort: Effort) -> None:
    values, tail = pool("G")
    margin, alpha, rng = 0.4, 0.05, np.random.default_rng([14, times])
    draws = means.draws_needed_mean_ratio(margin, tail=tail, alpha=spent(alpha, 1), beta=BETA)
    least = means.smallest_detectable_mean_ratio(draws, margin, tail=tail, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        drawn = values[rng.integers(0, len(values), draws)]
        reference = 1 / (1 + times * least)
        return means.decide_mean_ratio(prefix(drawn), reference, margin, tail=tail, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one, effort.replays(1000)))
