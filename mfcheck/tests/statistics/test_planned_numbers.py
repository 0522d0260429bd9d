"""Plans hold the numbers of the theorems they rest on: draws needed and errors detected, worked out once more."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from mfcheck.statistics import intervals, laws, means, medians, signed_means, slopes
from mfcheck.statistics.means import Tail
from mfcheck.statistics.slopes import Trend
from mfcheck.tests.support.published_bounds import assert_least, band, bernstein, empirical_bernstein, largest_deviation
from mfcheck.tests.support.trends import TRENDS, WEIGHTS

TAIL = Tail(1.7, 30.0)
exactly = pytest.approx
questions = pytest.mark.parametrize(
    ("margin", "alpha", "beta"), [(0.1, 1e-6, 1e-3), (0.4, 0.02, 0.3), (0.02, 1e-3, 0.01)]
)


# Means -----------------------------------------------------------------------------------------------------------


def half_of_mean(n: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """A half-width exceeded with probability β/2 at most."""
    cap = tail.cap(margin)
    deviation = largest_deviation(tail.second - 1, cap, n, beta / 2)
    return empirical_bernstein(deviation, cap, n, alpha / 2) + margin / 20


def reach_of_mean(n: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """How far its far end is from the mean but with probability β: the sample's mean strays by the rest of it."""
    return half_of_mean(n, margin, tail, alpha, beta) + bernstein(tail.second - 1, tail.cap(margin), n, beta / 4)


@questions
def test_the_mean_that_is_detected(margin: float, alpha: float, beta: float) -> None:
    for n in (4000, 10**6):
        reach = reach_of_mean(n, margin, TAIL, alpha, beta)
        found = means.smallest_detectable_mean_ratio(n, margin, tail=TAIL, alpha=alpha, beta=beta)
        # The spread grows with the mean μ: μ − 1 = margin + μ·reach, or so far that nothing is in reach.
        assert found == exactly((margin + reach) / (1 - reach) if reach < 1 else (margin + reach) * 1e9, rel=1e-9)


@questions
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.97, 1.0125, 1.7])
def test_the_draws_that_a_mean_needs(margin: float, alpha: float, beta: float, ratio: float) -> None:
    gap = abs(margin - abs(ratio - 1))
    needed = means.draws_needed_mean_ratio(margin, tail=TAIL, alpha=alpha, beta=beta, ratio=ratio)
    assert_least(
        needed,
        lambda n: (
            reach_of_mean(n, margin, TAIL, alpha, beta) * ratio <= gap
            and half_of_mean(n, margin, TAIL, alpha, beta) <= margin / 2
        ),
    )


def half_of_signed_mean(n: int, margin: float, alpha: float, beta: float) -> float:
    cap = TAIL.cap(margin)
    deviation = largest_deviation(TAIL.second, 2 * cap, n, beta / 2)
    return empirical_bernstein(deviation, 2 * cap, n, alpha / 2) + 27 * TAIL.fourth / (256 * cap**3)


def reach_of_signed_mean(n: int, margin: float, alpha: float, beta: float) -> float:
    cap = TAIL.cap(margin)
    stray = bernstein(TAIL.second, 2 * cap, n, beta / 4) + 27 * TAIL.fourth / (256 * cap**3)
    return half_of_signed_mean(n, margin, alpha, beta) + stray


@questions
def test_the_signed_mean_that_is_detected(margin: float, alpha: float, beta: float) -> None:
    for n in (40, 4000):
        found = signed_means.smallest_detectable_mean_ratio(n, margin, tail=TAIL, alpha=alpha, beta=beta)
        assert found == exactly(margin + reach_of_signed_mean(n, margin, alpha, beta), rel=1e-12)


@questions
@pytest.mark.parametrize("ratio", [1.0, 0.5, 0.993, 1.0125, 1.7])
def test_the_draws_that_a_signed_mean_needs(margin: float, alpha: float, beta: float, ratio: float) -> None:
    gap = abs(margin - abs(ratio - 1))
    needed = signed_means.draws_needed_mean_ratio(margin, tail=TAIL, alpha=alpha, beta=beta, ratio=ratio)
    assert_least(
        needed,
        lambda n: (
            reach_of_signed_mean(n, margin, alpha, beta) <= gap
            and half_of_signed_mean(n, margin, alpha, beta) <= margin / 2
        ),
    )


# Laws ------------------------------------------------------------------------------------------------------------


def test_a_band_is_massarts_and_its_draws_are_the_fewest() -> None:
    for alpha in (0.3, 1e-6):
        assert intervals.dkw_half_width(700, alpha) == exactly(band(700, alpha), rel=1e-12)
        for half_width in (0.2, 0.013):
            needed = intervals.dkw_draws(half_width, alpha)
            assert band(needed, alpha) <= half_width < band(needed - 1, alpha)


@questions
def test_the_distances_of_laws_that_are_detected(margin: float, alpha: float, beta: float) -> None:
    one = laws.smallest_detectable_law(900, margin, alpha=alpha, beta=beta)
    assert one == exactly(margin + band(900, alpha) + band(900, beta), rel=1e-12)
    several = laws.smallest_detectable_same_law(900, margin, arms=3, alpha=alpha, beta=beta)
    # Both of the two arms that differ stray with half of β; the bands of all three share α.
    assert several == exactly(margin + 2 * (band(900, alpha / 3) + band(900, beta / 2)), rel=1e-12)


@questions
@pytest.mark.parametrize("times", [0.0, 0.7, 3.0])
def test_the_draws_that_laws_need(margin: float, alpha: float, beta: float, times: float) -> None:
    gap, distance = abs(margin - times * margin), times * margin
    assert_least(
        laws.draws_needed_law(margin, alpha=alpha, beta=beta, distance=distance),
        lambda n: band(n, alpha) + band(n, beta) <= gap * (1 + 1e-12) and band(n, alpha) <= margin / 2,
    )
    assert_least(
        laws.draws_to_leave_law(gap, alpha=alpha, beta=beta),
        lambda n: band(n, alpha) + band(n, beta) <= gap * (1 + 1e-12),
    )
    assert_least(
        laws.draws_needed_same_law(margin, arms=3, alpha=alpha, beta=beta, distance=distance),
        lambda n: (
            2 * (band(n, alpha / 3) + band(n, beta / 3)) <= gap * (1 + 1e-12) and 2 * band(n, alpha / 3) <= margin / 2
        ),
    )


# Slopes ----------------------------------------------------------------------------------------------------------


def reach_of_trend(trend: Trend, n: int, margin: float, alpha: float, beta: float, *, strays: bool) -> float:
    """Each of three groups may take a third of both errors; all tails together take a twentieth of the margin."""
    sizes = [abs(w) * (1 if trend.logarithm else s) for w, s in zip(trend.weights, trend.scales, strict=True)]
    total = margin / 20
    for size, tail in zip(sizes, trend.tails, strict=True):
        cap, variance = tail.cap(margin / math.fsum(sizes)), tail.second - 1
        relative = empirical_bernstein(largest_deviation(variance, cap, n, beta / 6), cap, n, alpha / 6)
        if strays:
            relative += bernstein(variance, cap, n, beta / 12)
        total += size * (-math.log(1 - relative) if trend.logarithm else relative)
    return total


@questions
@pytest.mark.parametrize("kind", TRENDS)
def test_the_trend_that_is_detected(kind: str, margin: float, alpha: float, beta: float) -> None:
    for n in (10**5, 10**7):
        found = slopes.smallest_detectable_trend(TRENDS[kind], n, margin, alpha=alpha, beta=beta)
        assert found == exactly(
            margin + reach_of_trend(TRENDS[kind], n, margin, alpha, beta, strays=True), rel=1e-9, nan_ok=False
        )


def test_a_logarithm_that_may_have_no_lower_end_is_detected_nowhere() -> None:
    assert slopes.smallest_detectable_trend(TRENDS["of logarithms"], 10, 0.1, alpha=0.01, beta=0.01) == math.inf


@questions
@pytest.mark.parametrize("times", [0.0, 0.8, 3.0])
@pytest.mark.parametrize("kind", TRENDS)
def test_the_draws_that_a_trend_needs(kind: str, margin: float, alpha: float, beta: float, times: float) -> None:
    trend = TRENDS[kind]
    needed = slopes.draws_needed_trend(trend, margin, alpha=alpha, beta=beta, distance=times * margin)

    def enough(n: int) -> bool:
        reach, half = (reach_of_trend(trend, n, margin, alpha, beta, strays=strays) for strays in (True, False))
        return reach <= abs(margin - times * margin) and half <= margin / 2

    assert_least(needed, enough)


# Medians ---------------------------------------------------------------------------------------------------------


def quantile(tail: float) -> float:
    return float(stats.norm.isf(tail))


def half_of_median(n: int, spread: float, alpha: float, risk: float = 0.0) -> float:
    """Where the order statistic that bounds the median of n normal draws lies, and how far it strays but for a risk."""
    share = int(stats.binom.ppf(alpha / 2, n, 0.5)) / (n + 1)
    end = quantile(share)
    return spread * (end + risk * math.sqrt(share * (1 - share) / n) / float(stats.norm.pdf(end)))


@questions
def test_the_median_that_is_detected(margin: float, alpha: float, beta: float) -> None:
    for n in (60, 5000):
        reach = half_of_median(n, 0.3, alpha, quantile(beta))
        found = medians.smallest_detectable_median(n, margin, spread=0.3, alpha=alpha, beta=beta)
        assert found == exactly((margin + reach) / (1 - reach), rel=1e-12)
    assert medians.smallest_detectable_median(60, margin, spread=50.0, alpha=alpha, beta=beta) == math.inf
    slope = medians.smallest_detectable_median_slope(5000, margin, WEIGHTS, spread=0.3, alpha=alpha, beta=beta)
    reach = half_of_median(5000, 0.3, alpha / 3, quantile(beta / 3))
    assert slope == exactly(margin + 1.7 * reach / (1 - reach), rel=1e-12)


@questions
@pytest.mark.parametrize(("times", "spread"), [(0.0, 0.3), (0.8, 0.3), (3.0, 0.3), (0.0, 1e-4)])
def test_the_draws_that_medians_need(margin: float, alpha: float, beta: float, times: float, spread: float) -> None:
    def enough(n: int, m: float, a: float, b: float) -> bool:
        if 2 ** (1 - n) >= a:
            return False
        reach, half = (
            half_of_median(n, spread, a, quantile(b)),
            half_of_median(n, spread, a, quantile(b) / math.sqrt(2)),
        )
        return reach <= abs(m - times * m) * (1 + 1e-12) and half <= m / 2

    plan = {"spread": spread, "alpha": alpha, "beta": beta}
    needed = medians.draws_needed_median(margin, distance=times * margin, **plan)
    assert_least(needed, lambda n: enough(n, margin, alpha, beta))
    needed = medians.draws_needed_median_slope(margin, WEIGHTS, distance=times * margin, **plan)
    assert_least(needed, lambda n: enough(n, margin / 1.7, alpha / 3, beta / 3))


@pytest.mark.parametrize("cheap", [1, 3, 40])
def test_groups_of_cheap_networks_take_more_draws_and_the_others_fewer(cheap: int) -> None:
    """Two of three groups weigh in with ±1/2, so that their intervals' reaches add up to twice the gap at most."""
    margin, spread, alpha, beta = 0.2, 0.3, 1e-4, 0.01

    def enough(n: int) -> bool:
        if 2 ** (1 - n) >= alpha / 3:
            return False
        reach, half = (
            sum(half_of_median(n * times, spread, alpha / 3, back) for times in (cheap, 1)) / 2
            for back in (quantile(beta / 3), quantile(beta / 3) / math.sqrt(2))
        )
        return reach <= margin * (1 + 1e-12) and half <= margin / 2

    plan = {"spread": spread, "alpha": alpha, "beta": beta}
    weights = (-0.5, 0.0, 0.5)
    needed = medians.draws_needed_median_slope(margin, weights, times=(cheap, 1, 1), **plan)
    assert_least(needed, enough)
    every = medians.draws_needed_median_slope(margin, weights, **plan)
    assert needed == every if cheap == 1 else needed < every
