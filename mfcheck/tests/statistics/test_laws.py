"""Decisions on laws err as rarely, and see as much, as they say: measured by replay, judged by exact binomial tails."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import intervals, laws
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import (
    BETA,
    REPLAYS,
    assert_decides,
    assert_errs_at_most,
    both_alphas,
    half_atom,
    half_atom_left,
    prefix,
    rare_enough,
    replay,
    uniform,
)


def half_atom_quantile(u: Floats) -> Floats:
    return np.clip(2 * u - 1, 0.0, 1.0)


def raised(u: Floats, distance: float) -> Floats:
    """F = min(1, F₀ + distance): as far from F₀ nearly everywhere, where a refutation in error is likeliest."""
    return np.maximum(u - distance, 0.0)


def delayed(u: Floats, distance: float) -> Floats:
    """F as far from F₀ at one point only, where a support in error is likeliest."""
    return distance + (1 - distance) * u


LAWS = {
    "continuous, far everywhere": (uniform, None, lambda u, m: raised(u, m)),
    "continuous, far at one point": (uniform, None, lambda u, m: delayed(u, m)),
    "with an atom": (half_atom, half_atom_left, lambda u, m: half_atom_quantile(raised(u, m))),
}


@both_alphas
@pytest.mark.parametrize("case", LAWS)
def test_law_at_the_edge_of_its_margin(case: str, alpha: float, effort: Effort) -> None:
    cdf, left, make = LAWS[case]
    margin, rng = 0.2, np.random.default_rng([1, list(LAWS).index(case)])
    first = intervals.dkw_draws(margin / 2, alpha / 2)

    def one() -> Decision:
        values = make(rng.random(4 * first), margin)
        return laws.decide_law(prefix(values), cdf, margin, alpha=alpha, first=first, looks=3, cdf_left=left)

    assert_errs_at_most(alpha, replay(one, effort.replays(REPLAYS)), effort)


def test_law_with_a_narrow_band_is_not_needlessly_careful() -> None:
    # A continuous null at distance 0 leaves Massart's constant nothing to spare: the band must miss at nearly alpha.
    rng, draws, alpha = np.random.default_rng(2), 400, 0.05
    band = intervals.dkw_half_width(draws, alpha)
    missed = sum(intervals.sup_distance(row, uniform) > band for row in np.sort(rng.random((REPLAYS, draws)), axis=1))
    assert rare_enough(missed, REPLAYS, alpha)
    assert missed > REPLAYS * alpha / 2


@both_alphas
def test_law_refutes_what_it_says_it_detects(alpha: float, effort: Effort) -> None:
    margin, rng = 0.15, np.random.default_rng(3)
    draws = intervals.dkw_draws(margin / 2, spent(alpha, 1))
    distance = laws.smallest_detectable_law(draws, margin, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        values = delayed(rng.random(draws), distance)
        return laws.decide_law(prefix(values), uniform, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(one, effort.replays(REPLAYS)))


@pytest.mark.parametrize(("distance", "verdict"), [(0.0, "supported"), (0.05, "supported"), (0.3, "refuted")])
def test_law_decides_with_the_draws_it_asks_for(distance: float, verdict: str, effort: Effort) -> None:
    margin, alpha, rng = 0.15, 0.05, np.random.default_rng([4, int(100 * distance)])
    draws = laws.draws_needed_law(margin, alpha=spent(alpha, 1), beta=BETA, distance=distance)

    def one() -> Decision:
        values = raised(rng.random(draws), distance)
        return laws.decide_law(prefix(values), uniform, margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict(verdict), replay(one, effort.replays(REPLAYS)))


# Several laws --------------------------------------------------------------------------------------------------


ARMS: dict[str, Callable[[Floats, float], Floats]] = {
    "2 independent": lambda u, m: np.stack([u[:, 0], raised(u[:, 1], m)], axis=1),
    "2 comonotone": lambda u, m: np.stack([u[:, 0], raised(u[:, 0], m)], axis=1),
    "2 antithetic": lambda u, m: np.stack([u[:, 0], raised(1 - u[:, 0], m)], axis=1),
    "3 independent": lambda u, m: np.stack([u[:, 0], u[:, 1], raised(u[:, 2], m)], axis=1),
    "3 antithetic": lambda u, m: np.stack([u[:, 0], raised(1 - u[:, 0], m), raised(1 - u[:, 0], m / 2)], axis=1),
}


@both_alphas
@pytest.mark.parametrize("case", ARMS)
def test_same_law_at_the_edge_of_its_margin(case: str, alpha: float, effort: Effort) -> None:
    margin, arms, rng = 0.6, int(case[0]), np.random.default_rng([5, list(ARMS).index(case)])
    first = intervals.dkw_draws(margin / 4, alpha / 2 / arms)

    def one() -> Decision:
        values = ARMS[case](rng.random((2 * first, arms)), margin)
        return laws.decide_same_law(prefix(values), margin, alpha=alpha, first=first, looks=2)

    assert_errs_at_most(alpha, replay(one, effort.replays(REPLAYS)), effort)


@pytest.mark.parametrize("arms", [2, 3])
def test_same_law_refutes_what_it_says_it_detects_and_decides_with_the_draws_it_asks_for(
    arms: int, effort: Effort
) -> None:
    margin, alpha, rng = 0.3, 0.05, np.random.default_rng([6, arms])
    least = intervals.dkw_draws(margin / 4, spent(alpha, 1) / arms)
    distance = laws.smallest_detectable_same_law(least, margin, arms=arms, alpha=spent(alpha, 1), beta=BETA)
    enough = laws.draws_needed_same_law(margin, arms=arms, alpha=spent(alpha, 1), beta=BETA)
    beyond = laws.draws_needed_same_law(margin, arms=arms, alpha=spent(alpha, 1), beta=BETA, distance=0.5)

    def one(draws: int, shift: float) -> Decision:
        values = rng.random((draws, arms))
        values[:, -1] = delayed(values[:, -1], shift)
        return laws.decide_same_law(prefix(values), margin, alpha=alpha, first=draws, looks=1)

    assert_decides(Verdict.REFUTED, replay(lambda: one(least, distance), effort.replays(1500)))
    assert_decides(Verdict.SUPPORTED, replay(lambda: one(enough, 0.0), effort.replays(1500)))
    assert_decides(Verdict.REFUTED, replay(lambda: one(beyond, 0.5), effort.replays(1500)))


def test_same_law_needs_two_arms() -> None:
    with pytest.raises(ValueError, match="two arms"):
        laws.decide_same_law(lambda n: np.zeros((n, 1)), 0.1, alpha=0.05, first=10, looks=1)
