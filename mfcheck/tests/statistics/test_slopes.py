"""Decisions on slopes err as rarely, and see as much, as they say; their weights find lines."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import slopes
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.statistics.slopes import Trend
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import (
    BETA,
    REPLAYS,
    assert_decides,
    assert_errs_at_most,
    both_alphas,
    pool,
    prefix,
    replay,
)

MEANS_OF_GROUPS = (0.8, 1.0, 1.3)
WIDTHS = (100, 200, 400)
# weights, whether of logarithms, margin, draws of the first look, looks
TRENDS = {
    "slope of logarithms": (slopes.slope_weights([0.0, 1.0, 2.0]), True, 0.5, 500, 2),
    "slope": (slopes.slope_weights([0.0, 1.0, 2.0]), False, 0.5, 500, 2),
    "unequal weights": ((0.5, -1.5, 2.0), False, 1.2, 500, 2),
    "unequal weights of logarithms": ((0.5, -1.5, 2.0), True, 1.2, 500, 2),
}


def trend_of(case: str, *, scales: tuple[float, ...] = MEANS_OF_GROUPS) -> tuple[Trend, float]:
    """A trend of three groups, each of the law of G about its mean, and its true θ."""
    weights, logarithm, *_ = TRENDS[case]
    theta = math.fsum(w * (math.log(m) if logarithm else m) for w, m in zip(weights, MEANS_OF_GROUPS, strict=True))
    return Trend(weights, logarithm, (pool("G")[1],) * 3, scales), theta


def groups(rng: np.random.Generator, draws: int, dependence: str = "independent") -> list[Callable[[int], Floats]]:
    values = pool("G")[0]
    picks = rng.integers(0, len(values), (3, draws) if dependence == "independent" else (1, draws))
    return [
        prefix(mean * values[pick]) for mean, pick in zip(MEANS_OF_GROUPS, np.resize(picks, (3, draws)), strict=True)
    ]


@both_alphas
@pytest.mark.parametrize(
    ("case", "side", "dependence"),
    [
        ("slope of logarithms", -1, "independent"),
        ("slope of logarithms", 1, "comonotone"),
        ("slope", 1, "independent"),
        ("unequal weights", -1, "comonotone"),
        ("unequal weights", 1, "independent"),
        ("unequal weights of logarithms", -1, "independent"),
    ],
)
def test_trend_at_the_edge_of_its_margin(case: str, side: int, dependence: str, alpha: float, effort: Effort) -> None:
    # The scales are wrong by up to 30 %: they set the truncation, and no more.
    shape, theta = trend_of(case, scales=(1.0, 0.8, 1.2))
    _, _, margin, first, looks = TRENDS[case]
    rng, total = np.random.default_rng([19, list(TRENDS).index(case), side + 1]), first * 2 ** (looks - 1)

    def one() -> Decision:
        drawn = groups(rng, total, dependence)
        return slopes.decide_trend(drawn, shape, theta + side * margin, margin, alpha=alpha, first=first, looks=looks)

    assert_errs_at_most(alpha, replay(one, effort.replays(REPLAYS)), effort)


@pytest.mark.parametrize("distance", [0.0, 0.5, 2.0, -2.0, 20.0])
@pytest.mark.parametrize("case", TRENDS)
def test_trend_decides_with_the_draws_it_asks_for(case: str, distance: float, effort: Effort) -> None:
    (shape, theta), margin, alpha = trend_of(case), TRENDS[case][2], 0.05
    rng = np.random.default_rng([20, list(TRENDS).index(case), int(10 * abs(distance))])
    draws = slopes.draws_needed_trend(shape, margin, alpha=spent(alpha, 1), beta=BETA, distance=abs(distance) * margin)

    def one() -> Decision:
        reference = theta + distance * margin
        return slopes.decide_trend(groups(rng, draws), shape, reference, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.SUPPORTED if abs(distance) < 1 else Verdict.REFUTED, replay(one, effort.replays(300)))


@pytest.mark.parametrize("times", [-1, 1, 5])
@pytest.mark.parametrize("case", TRENDS)
def test_trend_refutes_what_it_says_it_detects_and_more(case: str, times: int, effort: Effort) -> None:
    (shape, theta), margin, alpha = trend_of(case), TRENDS[case][2], 0.05
    rng = np.random.default_rng([21, list(TRENDS).index(case), times + 1])
    draws = slopes.draws_needed_trend(shape, margin, alpha=spent(alpha, 1), beta=BETA)
    least = slopes.smallest_detectable_trend(shape, draws, margin, alpha=spent(alpha, 1), beta=BETA)
    assert margin < least < 3 * margin

    def one() -> Decision:
        reference = theta + times * least
        return slopes.decide_trend(groups(rng, draws), shape, reference, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one, effort.replays(300)))


def test_a_trend_whose_group_may_be_zero_has_no_finite_logarithm_to_support() -> None:
    shape, _ = trend_of("slope of logarithms")
    zeros: list[Callable[[int], Floats]] = [np.zeros, np.ones, np.ones]
    decided = slopes.decide_trend(zeros, shape, 0.0, 0.5, alpha=0.05, first=1000, looks=1)
    assert decided.verdict is not Verdict.SUPPORTED


points = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


@given(points, st.floats(-10, 10), st.floats(-10, 10))
def test_slope_weights_find_the_slope_of_a_line_and_nothing_in_a_constant(
    x: list[float], start: float, slope: float
) -> None:
    assume(np.ptp(x) > 1e-3)
    weights = slopes.slope_weights(x)
    size = math.fsum(abs(w) for w in weights)
    assert math.fsum(weights) == pytest.approx(0, abs=1e-12 * size)
    found = math.fsum(w * (start + slope * at) for w, at in zip(weights, x, strict=True))
    assert found == pytest.approx(slope, abs=1e-11 * size * 2000)
    assert weights == pytest.approx(np.linalg.pinv(np.vander(x, 2))[0], abs=1e-6 * size)


@pytest.mark.parametrize("x", [[], [1.0], [2.0, 2.0]])
def test_a_slope_through_one_point_is_refused(x: list[float]) -> None:
    with pytest.raises(ValueError, match="two different points"):
        slopes.slope_weights(x)
