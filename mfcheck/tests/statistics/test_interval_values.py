"""Intervals have the ends of the theorems they rest on, on draws for which these can be worked out once more."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from mfcheck.statistics import intervals, means, medians, rates, signed_means, slopes
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Region
from mfcheck.tests.support.published_bounds import empirical_bernstein, largest_deviation
from mfcheck.tests.support.trends import SCALES, TAILS, TRENDS, WEIGHTS

TAIL = Tail(1.7, 30.0)
VALUES = np.array([0.2, 0.5, 0.9, 1.4, 1.5, 2.0, 2.6, 7.0])
exactly = pytest.approx


@pytest.mark.parametrize("alpha", [0.4, 1e-3])
@pytest.mark.parametrize("cap", [2.2, 40.0])
def test_the_interval_of_a_truncated_mean(cap: float, alpha: float) -> None:
    low, high = intervals.truncated_mean_interval(VALUES, alpha, cap, 3.0)
    capped = np.minimum(VALUES, cap)
    half = empirical_bernstein(float(np.std(capped, ddof=1)), cap, 8, alpha / 2)
    assert low == max(0.0, np.mean(capped) - half)
    a = 27 * 3.0 / (256 * cap**3)
    if math.isinf(high):  # the largest that μ − aμ⁴ can be is below the upper end
        top = (1 / (4 * a)) ** (1 / 3)
        assert top - a * top**4 <= np.mean(capped) + half
    else:
        assert high - a * high**4 == exactly(np.mean(capped) + half, rel=1e-9)
        assert 4 * a * high**3 <= 1  # the first root


def test_a_narrow_truncated_interval_has_both_ends() -> None:
    values = np.tile([0.9, 1.1], 50_000)
    low, high = intervals.truncated_mean_interval(values, 0.05, 3.0, 1.2)
    half = empirical_bernstein(float(np.std(values, ddof=1)), 3.0, 100_000, 0.025)
    assert low == exactly(1 - half, rel=1e-12)
    a = 27 * 1.2 / (256 * 27)
    assert high - a * high**4 == exactly(1 + half, rel=1e-9)
    assert high < (4 * a) ** (-1 / 3)


def test_an_upper_end_is_found_up_to_where_the_tail_term_turns() -> None:
    """μ − aμ⁴ grows up to μ = (4a)^{−1/3}, to ¾ of it."""
    cap, fourth = 1.0, 1.0
    top = 0.75 * (4 * 27 / 256) ** (-1 / 3)
    half = empirical_bernstein(0.0, cap, 10_000, 0.025)
    for mean, finite in ((top - half - 1e-6, True), (top - half + 1e-6, False)):
        _, high = intervals.truncated_mean_interval(np.full(10_000, mean), 0.05, cap, fourth)
        assert math.isfinite(high) is finite


@pytest.mark.parametrize("alpha", [0.4, 1e-3])
@pytest.mark.parametrize("cap", [1.2, 40.0])
def test_the_interval_of_a_clipped_mean(cap: float, alpha: float) -> None:
    values = VALUES - 1.5
    clipped = np.clip(values, -cap, cap)
    half = empirical_bernstein(float(np.std(clipped, ddof=1)), 2 * cap, 8, alpha / 2) + 27 * 5.0 / (256 * cap**3)
    found = signed_means.clipped_mean_interval(values, alpha, cap, 5.0)
    assert found == exactly((np.mean(clipped) - half, np.mean(clipped) + half), rel=1e-12)


def test_the_cap_gives_its_tail_a_twentieth_of_the_margin() -> None:
    for margin in (0.01, 0.3):
        cap = TAIL.cap(margin)
        assert 27 * TAIL.fourth / (256 * cap**3) == exactly(margin / 20, rel=1e-12)
    assert Tail(1.0, 1.0).cap(0.9) == 2.0
    assert means.TAIL_SHARE == 1 / 20


def test_the_planned_half_width_is_that_of_a_sample_with_the_largest_deviation() -> None:
    for n, variance, cap, alpha, beta in ((50, 0.7, 3.0, 0.01, 0.2), (4000, 2.0, 9.0, 1e-6, 1e-3)):
        planned = empirical_bernstein(largest_deviation(variance, cap, n, beta), cap, n, alpha / 2)
        assert intervals.likely_half_width(math.sqrt(variance), cap, n, alpha, beta) == exactly(planned, rel=1e-12)


def test_the_estimate_of_a_rate_is_its_share_between_exact_bounds() -> None:
    found = rates.estimate_rate(np.array([1.0, 0.0, 1.0, 1.0, 1.0]), 0.1)
    assert found.value == 4 / 5
    assert stats.binom.sf(3, 5, found.low) == exactly(0.1, rel=1e-9)
    assert stats.binom.cdf(4, 5, found.high) == exactly(0.1, rel=1e-9)


def test_both_ends_of_a_rate_share_its_error() -> None:
    low, high = intervals.clopper_pearson(13, 20, 0.1)
    exact = stats.binomtest(13, 20).proportion_ci(0.9, method="exact")
    assert (low, high) == exactly((exact.low, exact.high), rel=1e-9)


@pytest.mark.parametrize("kind", TRENDS)
def test_the_interval_of_a_trend_adds_up_those_of_its_groups(kind: str) -> None:
    """Each at a third of the look's error, capped in units of its scale; a negative weight turns its ends about."""
    trend, margin, alpha = TRENDS[kind], 1.5, 0.1
    groups = [scale * np.resize([0.8, 1.1, 1.1], 3000) for scale in SCALES]
    sizes = [abs(w) * (1 if trend.logarithm else s) for w, s in zip(WEIGHTS, SCALES, strict=True)]
    g = math.log if trend.logarithm else float
    value = low = high = 0.0
    for weight, scale, tail, values in zip(WEIGHTS, SCALES, TAILS, groups, strict=True):
        cap = tail.cap(margin / math.fsum(sizes))
        ends = intervals.truncated_mean_interval(values / scale, alpha / 2 / 3, cap, tail.fourth)
        ends = sorted(weight * g(scale * end) for end in ends)
        value, low, high = value + weight * g(float(np.mean(values))), low + ends[0], high + ends[1]
    found = slopes.decide_trend(
        [lambda n, values=values: values[:n] for values in groups], trend, 0.2, margin, alpha=alpha, first=3000, looks=1
    )
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == exactly((value, low, high), rel=1e-9)
    assert (found.region.low, found.region.high, found.region.margin) == (0.2 - margin, 0.2 + margin, margin)


def test_the_middle_of_draws_known_between_bounds_is_that_of_their_middles() -> None:
    values = np.array([[0.0, 1.0], [0.0, 10.0], [0.0, 100.0], [2.0, math.inf], [-math.inf, 3.0]])
    assert medians.estimate_median(values[:3], 0.9).value == 5.0
    found = medians.estimate_median(values, 0.9)  # the last lies below 5, and of the one before nothing is known
    assert found.value == (0.5 + 5.0) / 2
    assert (found.low, found.high) == (
        medians.median_interval(np.sort(values[:, 0]), 0.9)[0],
        medians.median_interval(np.sort(values[:, 1]), 0.9)[1],
    )
    assert [medians.unknown(part) for part in (values, values[:3], values[:, 0])] == [2, 0, 0]


def test_draws_of_which_none_is_known_have_their_middle_between_the_ends() -> None:
    found = medians.estimate_median(np.array([[1.0, math.inf]] * 40), 0.5)
    assert (found.value, found.low, found.high) == (0.5 + medians.LARGEST / 2, 1.0, medians.LARGEST)
    found = medians.estimate_median(np.array([[-math.inf, 3.0]] * 40), 0.5)
    assert (found.value, found.low, found.high) == (1.5 - medians.LARGEST / 2, -medians.LARGEST, 3.0)


def test_a_slope_of_medians_is_the_sum_over_its_groups() -> None:
    values = [np.arange(1.0, 41.0), np.arange(2.0, 82.0, 2.0)[::-1], np.full(40, 3.0)]
    ends = [medians.median_interval(np.sort(group), 0.1 / 2 / 3) for group in values]
    centres = [20.5, 41.0, 3.0]
    sums = [sorted(w * math.log(end) for end in pair) for w, pair in zip(WEIGHTS, ends, strict=True)]
    found = medians.decide_median_slope(
        [lambda n, group=group: group[:n] for group in values],
        WEIGHTS,
        Region(-9.0, 9.0, 9.0),
        alpha=0.1,
        first=40,
        looks=1,
    ).estimate
    assert found.value == exactly(math.fsum(w * math.log(c) for w, c in zip(WEIGHTS, centres, strict=True)))
    assert (found.low, found.high) == exactly(tuple(map(math.fsum, zip(*sums, strict=True))))
    assert all(one < two for one, two in pairwise((found.low, found.value, found.high)))
