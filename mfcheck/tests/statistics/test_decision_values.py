"""A decision holds the estimate, the region, the draws and the error rate that its draws and its question make."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import intervals, laws, means, medians, rates, resolution, sample_sizes, signed_means
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.tests.support.published_bounds import band

exactly = pytest.approx
TAIL = Tail(1.5, 4.0)


def shown(decided: Decision) -> tuple[float, float, float]:
    return decided.estimate.value, decided.estimate.low, decided.estimate.high


def test_a_law_is_decided_by_its_distance_and_a_band_about_it() -> None:
    values = np.random.default_rng(1).standard_normal(400)
    distance = float(stats.kstest(values, "norm").statistic)
    decided = laws.decide_law(lambda n: values[:n], stats.norm.cdf, 0.3, alpha=0.1, first=400, looks=1)
    assert shown(decided) == exactly((distance, distance - band(400, 0.05), distance + band(400, 0.05)))
    assert decided.region == Region(0.0, 0.3, 0.3)
    assert (decided.draws, decided.looks, decided.alpha) == (400, 1, 0.1)
    far = laws.decide_law(lambda n: values[:n] + 3, stats.norm.cdf, 0.3, alpha=0.1, first=400, looks=1)
    distance = float(stats.kstest(values + 3, "norm").statistic)
    assert shown(far) == exactly((distance, distance - band(400, 0.05), min(1.0, distance + band(400, 0.05))))
    near = laws.decide_law(lambda n: values[:9], stats.norm.cdf, 0.3, alpha=0.1, first=9, looks=1)
    assert near.estimate.low == 0.0
    beyond = laws.decide_law(lambda n: values[:n] + 9, stats.norm.cdf, 0.3, alpha=0.1, first=400, looks=1)
    assert beyond.estimate.high == 1.0


def test_several_laws_are_decided_by_the_two_farthest_from_each_other() -> None:
    rng = np.random.default_rng(2)
    arms = np.stack([rng.standard_normal(900), rng.standard_normal(900) + 0.9, rng.standard_normal(900) - 0.6], axis=1)
    distance = max(stats.ks_2samp(a, b).statistic for a, b in itertools.combinations(arms.T, 2))
    decided = laws.decide_same_law(lambda n: arms[:n], 0.1, alpha=0.1, first=900, looks=1)
    wide = 2 * band(900, 0.05 / 3)
    assert shown(decided) == exactly((distance, distance - wide, distance + wide))
    assert decided.region == Region(0.0, 0.1, 0.1)
    equal = laws.decide_same_law(lambda n: arms[:n, [0, 0]], 0.1, alpha=0.1, first=900, looks=1)
    assert shown(equal) == exactly((0.0, 0.0, 2 * band(900, 0.025)))
    apart = laws.decide_same_law(lambda n: arms[:n, [0, 0]] + [0.0, 99.0], 0.1, alpha=0.1, first=900, looks=1)
    assert shown(apart) == exactly((1.0, 1 - 2 * band(900, 0.025), 1.0))


def test_a_rate_is_decided_by_a_bound_on_either_side_at_the_whole_of_a_looks_error() -> None:
    values = (np.arange(50) < 47).astype(float)
    decided = rates.decide_rate(lambda n: values[:n], 0.7, alpha=0.1, first=50, looks=1)
    value, low, high = shown(decided)
    assert value == 0.94
    assert (stats.binom.sf(46, 50, low), stats.binom.cdf(47, 50, high)) == exactly((0.05, 0.05), rel=1e-9)
    assert decided.region.low == 0.7
    assert (decided.region.high, decided.region.margin) == exactly((1.0, 0.3))


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_a_mean_is_decided_in_units_of_its_reference(scale: float) -> None:
    values = scale * np.resize([0.5, 1.0, 1.6], 3000)
    cap = TAIL.cap(0.4)
    decided = means.decide_mean_ratio(lambda n: values[:n], scale, 0.4, tail=TAIL, alpha=0.1, first=3000, looks=1)
    ends = intervals.truncated_mean_interval(values / scale, 0.05, cap, TAIL.fourth)
    assert shown(decided) == exactly((3.1 / 3, *ends))
    assert decided.region == Region(0.6, 1.4, 0.4)
    few = means.decide_mean_ratio(lambda n: values[:n], scale, 0.4, tail=TAIL, alpha=0.1, first=3, looks=1)
    assert few.estimate.high == np.finfo(float).max  # no upper end: the largest number stands for it
    assert few.estimate.low == 0.0


def test_a_signed_mean_is_decided_about_its_centre() -> None:
    values = 2 * np.resize([-0.5, 1.0, 1.6], 3000)
    cap = TAIL.cap(0.4)
    ends = signed_means.clipped_mean_interval(values / 2, 0.05, cap, TAIL.fourth)
    for centre in (1.0, 0.5):
        more = {} if centre == 1 else {"centre": centre}
        decided = signed_means.decide_mean_ratio(
            lambda n: values[:n], 2.0, 0.4, tail=TAIL, alpha=0.1, first=3000, looks=1, **more
        )
        assert shown(decided) == exactly((0.7, *ends))
        assert decided.region == Region(centre - 0.4, centre + 0.4, 0.4)


def test_an_interval_takes_two_draws_zeros_and_a_small_cap() -> None:
    two = np.array([0.0, 1.0])
    low, high = intervals.truncated_mean_interval(two, 0.5, 0.01, 1e-12)
    assert low == 0.0
    assert high > 0.005
    low, high = signed_means.clipped_mean_interval(two, 0.5, 0.01, 0.0)
    assert (low + high) / 2 == exactly(0.005)


def test_medians_take_the_error_of_their_look() -> None:
    values = np.random.default_rng(3).permutation(np.arange(1.0, 100.0))
    decided = medians.decide_median(lambda n: values[:n], Region(0, 99, 99), alpha=0.1, first=99, looks=1)
    rank = int(stats.binom.ppf(0.025, 99, 0.5))
    assert shown(decided) == (50.0, rank, 100 - rank)
    assert medians.estimate_median(np.arange(3.0), 1e-6) == Estimate(1.0, -medians.LARGEST, medians.LARGEST)


# What the same draws would have refuted ------------------------------------------------------------------------


AROUND_ONE = Region(0.95, 1.05, 0.05)


@pytest.mark.parametrize(
    ("low", "high", "resolved"),
    [(0.8, 1.1, 1.05 / 0.8 - 1), (0.95, 1.5, 1.5 / 0.95 - 1), (1e-9, 1.1, 1.05e9 - 1)],
)
def test_a_reference_that_far_off_leaves_the_interval_outside_its_margin(
    low: float, high: float, resolved: float
) -> None:
    assert resolution.of_ratio(Estimate(1.0, low, high), AROUND_ONE) == exactly(resolved)


def test_a_bound_resolves_what_is_too_low_alone() -> None:
    assert resolution.of_ratio(Estimate(0.6, 0.5, 1.02), Region(0.0, 1.05, 0.05)) == exactly(1.1)
    assert resolution.of_ratio(Estimate(2.0, 1.9, 2.1), Region(0.0, 1.05, 0.05)) == 0.0


def test_an_interval_without_an_end_resolves_no_ratio() -> None:
    assert resolution.of_ratio(Estimate(1.0, 0.5, float(np.finfo(float).max)), AROUND_ONE) is None
    assert resolution.of_ratio(Estimate(1.0, 0.0, 1.5), AROUND_ONE) is None
    assert resolution.of_ratio(Estimate(1.0, -0.5, 1.5), AROUND_ONE) is None


@pytest.mark.parametrize(
    ("low", "high", "reference", "away"),
    [
        (1.9, 2.4, 2.0, 0.45),
        (1.6, 2.1, 2.0, 0.45),
        (-2.4, -1.9, -2.0, 0.45),
        (-0.1, 0.3, 0.5, 0.65),
        (-0.1, 0.1, 0, 0.15),
    ],
)
def test_a_place_resolves_the_way_from_its_reference_to_the_far_end_and_the_margin(
    low: float, high: float, reference: float, away: float
) -> None:
    around = Region(reference - 0.05, reference + 0.05, 0.05)
    assert resolution.of_place(Estimate(0.0, low, high), around) == exactly(away)


def test_an_interval_without_an_end_resolves_no_place() -> None:
    assert resolution.of_place(Estimate(0.0, -0.1, float(np.finfo(float).max)), Region(-1, 1, 1)) is None


@pytest.mark.parametrize(
    ("above", "absolute", "estimate", "shown"),
    [
        (True, False, Estimate(2.0, 1.6, 3.0), 1.05 / 0.8 - 1),
        (False, False, Estimate(0.5, 0.4, 0.6), 1 - 0.95 / 1.2),
        (True, True, Estimate(2.0, 1.6, 3.0), 0.45),
        (False, True, Estimate(0.5, 0.4, 0.6), 0.15),
    ],
)
def test_a_break_shows_beyond_the_margin_by_what_the_interval_reaches_back(
    above: bool, absolute: bool, estimate: Estimate, shown: float
) -> None:
    assert resolution.of_break(estimate, AROUND_ONE, 1.0, above=above, absolute=absolute) == exactly(shown)


def test_a_break_shows_nothing_where_the_interval_has_no_end_on_its_side() -> None:
    least = -float(np.finfo(float).max)
    assert resolution.of_break(Estimate(2.0, least, 3.0), AROUND_ONE, 1.0, above=True, absolute=True) is None
    assert resolution.of_break(Estimate(2.0, 0.0, 3.0), AROUND_ONE, 1.0, above=True, absolute=False) is None


def upper(successes: int, draws: int, alpha: float) -> float:
    return 1 - intervals.rate_lower(draws - successes, draws, alpha)


@pytest.mark.parametrize("draws", [40, 41, 200])
def test_a_rate_resolves_the_fewest_failures_that_refute(draws: int) -> None:
    """A bound that ends just at the floor refutes nothing."""
    for most in (0, 1, 7, draws - 3):
        between = (upper(most, draws, 0.01) + upper(most + 1, draws, 0.01)) / 2
        assert resolution.of_rate(draws, between, 0.01) == exactly(1 - most / draws)
        if most:
            assert resolution.of_rate(draws, upper(most, draws, 0.01), 0.01) == exactly(1 - (most - 1) / draws)
    assert resolution.of_rate(draws, upper(0, draws, 0.01), 0.01) is None


def test_the_rate_detected_is_that_at_which_few_enough_succeed() -> None:
    draws, alpha, beta = 60, 0.01, 0.1
    for most in (0, 5, 40):
        for floor, allowed in ((upper(most, draws, alpha), most - 1), (upper(most, draws, alpha) + 1e-9, most)):
            found = rates.smallest_detectable_rate(draws, floor, alpha=alpha, beta=beta)
            if allowed < 0:
                assert found == 0.0
            else:
                assert stats.binom.cdf(allowed, draws, found) == exactly(1 - beta, rel=1e-9)


def normal_arms(n: int) -> Floats:
    """As even as draws of a normal law can be."""
    return np.asarray(stats.norm.ppf((np.arange(n) + 0.5) / n))


def test_a_law_resolves_the_variance_whose_distance_is_band_and_margin() -> None:
    """Of N(0, s²) from N(0, 1) the distance is where the densities cross, at t² = s² ln s²/(s² − 1)."""

    def distance(variance: float) -> float:
        t = math.sqrt(variance * math.log(variance) / (variance - 1))
        return float(abs(stats.norm.cdf(t) - stats.norm.cdf(t / math.sqrt(variance))))

    values, margin = normal_arms(20_000), 0.05
    found = resolution.of_law(values, stats.norm.cdf, margin, 0.01)
    assert found is not None
    assert distance(1 + found) == exactly(margin + band(20_000, 0.01), rel=0.02)
    moved = resolution.of_law(values + 7, lambda t: stats.norm.cdf(t - 7), margin, 0.01, mean=7.0)
    assert moved == exactly(found, rel=0.02)
    both = resolution.of_same_law(values, margin, 0.01)
    assert both is not None
    assert distance(1 + both) == exactly(margin + 2 * band(20_000, 0.01), rel=0.02)


def test_what_is_already_refuted_resolves_any_error() -> None:
    values = normal_arms(20_000)
    assert resolution.of_law(values, lambda t: stats.norm.cdf(t - 1), 0.01, 0.01) == 0.0


def test_an_error_beyond_ninefold_is_not_looked_for() -> None:
    """A margin that only a variance of 8.9 exceeds is resolved, one that takes 9.1 is not."""

    def distance(variance: float) -> float:
        t = math.sqrt(variance * math.log(variance) / (variance - 1))
        return float(stats.norm.cdf(t) - stats.norm.cdf(t / math.sqrt(variance)))

    values, reach = normal_arms(20_000), band(20_000, 0.01)
    found = resolution.of_law(values, stats.norm.cdf, distance(8.9) - reach, 0.01)
    assert found == exactly(7.9, rel=0.02)
    assert resolution.of_law(values, stats.norm.cdf, distance(9.1) - reach, 0.01) is None


# The searches that they share ------------------------------------------------------------------------------------


def test_beyond_two_to_the_fortieth_no_number_is_looked_for() -> None:
    with pytest.raises(ValueError, match="no number of draws"):
        sample_sizes.least(lambda n: n > 2**40)


def test_a_gap_of_a_thousandth_of_the_margin_is_too_small() -> None:
    assert sample_sizes.checked_gap(0.001001, 1.0) == 0.001001
    for gap in (0.001, 0.0009):
        with pytest.raises(ValueError, match="never decided"):
            sample_sizes.checked_gap(gap, 1.0)


def test_an_interval_that_ends_at_half_the_margin_is_fine_up_to_a_rounding() -> None:
    for half, verdict in (
        (0.05, Verdict.SUPPORTED),
        (0.05 * (1 + 1e-10), Verdict.SUPPORTED),
        (0.0501, Verdict.UNDECIDED),
    ):
        assert Region(0.5, 1.5, 0.1).judge(Estimate(1.0, 1 - half, 1 + half)) is verdict
