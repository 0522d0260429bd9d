"""Draws needed and errors detected move as the question does: more draws see less, a sharper question takes more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mfcheck.statistics import intervals, laws, means, rates, sample_sizes, slopes
from mfcheck.statistics.means import Tail
from mfcheck.statistics.slopes import Trend

alphas = st.floats(1e-8, 0.2)
betas = st.floats(1e-4, 0.2)
margins = st.floats(0.005, 0.5)
counts = st.integers(10, 100_000)
# E X⁴ E X² ≥ (E X²)³ for every law of mean 1, so no law has a smaller fourth moment than these.
tails = st.builds(lambda second, times: Tail(second, times * second**3), st.floats(1.0, 20.0), st.floats(1.0, 10.0))


def plain_slope(tail: Tail) -> Trend:
    return Trend(slopes.slope_weights([0.0, 1.0, 2.0]), False, (tail,) * 3, (0.5, 1.0, 2.0))


@given(counts, margins, tails, alphas, betas)
def test_twice_the_draws_detect_less(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> None:
    def all_kinds(n: int) -> tuple[float, ...]:
        return (
            laws.smallest_detectable_law(n, margin, alpha=alpha, beta=beta),
            laws.smallest_detectable_same_law(n, margin, arms=3, alpha=alpha, beta=beta),
            means.smallest_detectable_mean_ratio(n, margin, tail=tail, alpha=alpha, beta=beta),
            slopes.smallest_detectable_trend(plain_slope(tail), n, margin, alpha=alpha, beta=beta),
        )

    for fewer, more in zip(all_kinds(draws), all_kinds(2 * draws), strict=True):
        assert margin < more < fewer


@given(st.integers(2, 200), st.floats(0.5, 0.995), alphas, betas)
def test_four_times_the_draws_detect_a_rate_no_farther_from_the_floor(
    draws: int, floor: float, alpha: float, beta: float
) -> None:
    # The count of successes is whole, so the curve in draws is a saw: it falls only over several teeth.
    fewer = rates.smallest_detectable_rate(draws, floor, alpha=alpha, beta=beta)
    more = rates.smallest_detectable_rate(4 * draws, floor, alpha=alpha, beta=beta)
    assert 0 <= fewer <= more < floor


@given(margins, margins, tails, alphas, alphas, betas)
def test_draws_needed_grow_as_the_question_sharpens(
    margin: float, other: float, tail: Tail, alpha: float, other_alpha: float, beta: float
) -> None:
    fine, coarse = sorted((margin, other))
    strict, lax = sorted((alpha, other_alpha))

    def all_kinds(m: float, a: float) -> tuple[int, ...]:
        return (
            laws.draws_needed_law(m, alpha=a, beta=beta),
            laws.draws_needed_same_law(m, arms=2, alpha=a, beta=beta),
            means.draws_needed_mean_ratio(m, tail=tail, alpha=a, beta=beta),
            slopes.draws_needed_trend(plain_slope(tail), m, alpha=a, beta=beta),
            slopes.draws_needed_trend(replace(plain_slope(tail), logarithm=True), m, alpha=a, beta=beta),
            rates.draws_needed_rate(1 - m, alpha=a),
        )

    for more, less in zip(all_kinds(fine, strict), all_kinds(coarse, lax), strict=True):
        assert more >= less > 0


@given(margins, alphas, betas, st.floats(0.0, 0.9), st.floats(0.0, 0.9))
def test_draws_needed_grow_towards_the_edge(margin: float, alpha: float, beta: float, one: float, two: float) -> None:
    near, far = max(one, two) * margin, min(one, two) * margin
    for needed in (
        lambda d: laws.draws_needed_law(margin, alpha=alpha, beta=beta, distance=d),
        lambda d: laws.draws_needed_same_law(margin, arms=2, alpha=alpha, beta=beta, distance=d),
        lambda d: means.draws_needed_mean_ratio(margin, tail=Tail(2.0, 20.0), alpha=alpha, beta=beta, ratio=1 + d),
        lambda d: slopes.draws_needed_trend(plain_slope(Tail(2.0, 20.0)), margin, alpha=alpha, beta=beta, distance=d),
    ):
        assert needed(near) >= needed(far)


@given(counts, margins, alphas, betas)
def test_draws_needed_for_what_they_detect_are_those_draws(
    draws: int, margin: float, alpha: float, beta: float
) -> None:
    assume(draws >= intervals.dkw_draws(margin / 2, alpha))
    distance = laws.smallest_detectable_law(draws, margin, alpha=alpha, beta=beta)
    assert abs(laws.draws_needed_law(margin, alpha=alpha, beta=beta, distance=distance) - draws) <= 1
    assume(draws >= intervals.dkw_draws(margin / 4, alpha / 2))
    distance = laws.smallest_detectable_same_law(draws, margin, arms=2, alpha=alpha, beta=beta)
    needed = laws.draws_needed_same_law(margin, arms=2, alpha=alpha, beta=beta, distance=distance)
    assert abs(needed - draws) <= 1


@pytest.mark.parametrize("distance", [0.1, 0.10005, 0.09995])
def test_no_number_of_draws_decides_at_the_edge(distance: float) -> None:
    with pytest.raises(ValueError, match="never decided"):
        laws.draws_needed_law(0.1, alpha=0.01, beta=0.01, distance=distance)
    with pytest.raises(ValueError, match="never decided"):
        means.draws_needed_mean_ratio(0.1, tail=Tail(2.0, 20.0), alpha=0.01, beta=0.01, ratio=1 + distance)
    with pytest.raises(ValueError, match="decides this"):
        slopes.draws_needed_trend(plain_slope(Tail(2.0, 20.0)), 0.1, alpha=0.01, beta=0.01, distance=distance)


@pytest.mark.parametrize("wanted", [1, 4, 5, 7, 8, 9, 1000, 2**40])
def test_the_least_number_that_is_enough_is_found(wanted: int) -> None:
    assert sample_sizes.least(lambda n: n >= wanted) == max(4, wanted)
