"""Means of either sign: intervals err as rarely, and see as much, as they say; the tail counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import signed_means
from mfcheck.statistics.means import TAIL_SHARE, Tail
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.statistics.signed_means import (
    clipped_mean_interval,
    decide_mean_ratio,
    draws_needed_mean_ratio,
    smallest_detectable_mean_ratio,
)
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import BETA, assert_decides, prefix, rare_enough, replay

REPLAYS, MARGIN, ALPHA = 1000, 0.5, 0.05


@dataclass(frozen=True)
class Law:
    """A law of mean 0 with exact moments of second, third and fourth order, and how it is drawn."""

    second: float
    third: float
    fourth: float
    draw: Callable[[np.random.Generator, int], Floats]

    def tail(self, mean: float) -> Tail:
        """The exact moments of the law moved to this mean."""
        second = mean**2 + self.second
        return Tail(second, mean**4 + 6 * mean**2 * self.second + 4 * mean * self.third + self.fourth)


SPREAD = 0.5
"""Of the logarithm of a normal variate's size: its kurtosis is 3 e^{4·0.25} = 8.2."""
RARE = 0.01
"""Chance of the far value of a lopsided law: 9.9 against −0.1, of kurtosis 98."""


def log_normal_mixture(rng: np.random.Generator, draws: int) -> Floats:
    return rng.standard_normal(draws) * np.exp(SPREAD * rng.standard_normal(draws))


def lopsided(rng: np.random.Generator, draws: int) -> Floats:
    return (rng.random(draws) < RARE) * 10.0 - 10.0 * RARE


def upside_down(rng: np.random.Generator, draws: int) -> Floats:
    return -lopsided(rng, draws)


def two_points(order: int) -> float:
    return RARE * (10 * (1 - RARE)) ** order + (1 - RARE) * (-10 * RARE) ** order


LAWS = {
    "log-normal mixture": Law(math.exp(2 * SPREAD**2), 0.0, 3 * math.exp(8 * SPREAD**2), log_normal_mixture),
    "lopsided": Law(two_points(2), two_points(3), two_points(4), lopsided),
    "upside down": Law(two_points(2), -two_points(3), two_points(4), upside_down),
}
every_law = pytest.mark.parametrize("name", LAWS)


def decided(
    law: Law, mean: float, rng: np.random.Generator, draws: int, *, looks: int = 1, alpha: float = ALPHA, **more: float
) -> Decision:
    drawn = mean + law.draw(rng, draws * 2 ** (looks - 1))
    tail = law.tail(mean)
    return decide_mean_ratio(prefix(drawn), 1.0, MARGIN, tail=tail, alpha=alpha, first=draws, looks=looks, **more)


# Errors --------------------------------------------------------------------------------------------------------


@every_law
@pytest.mark.parametrize(("centre", "side"), [(1.0, 1), (1.0, -1), (0.0, 1), (0.0, -1)])
def test_at_the_edge_of_its_margin_it_errs_as_rarely_as_it_says(
    name: str, centre: float, side: int, effort: Effort
) -> None:
    """θ on the edge is the limit of true values just outside (supporting errs) and just inside (refuting errs)."""
    law, rng = LAWS[name], np.random.default_rng([1, list(LAWS).index(name), round(centre), side + 1])
    replays = effort.replays(REPLAYS)
    verdicts = replay(lambda: decided(law, centre + side * MARGIN, rng, 300, looks=2, centre=centre), replays)
    for wrong in (Verdict.SUPPORTED, Verdict.REFUTED):
        assert rare_enough(verdicts[wrong], replays, ALPHA), verdicts


@every_law
@pytest.mark.parametrize(("cap", "draws"), [(2.0, 30), (8.0, 3000)])
def test_the_interval_covers_the_mean(name: str, cap: float, draws: int) -> None:
    law, rng, mean = LAWS[name], np.random.default_rng([2, draws]), 1.0
    missed = 0
    for _ in range(500):
        low, high = clipped_mean_interval(mean + law.draw(rng, draws), 0.3, cap, law.tail(mean).fourth)
        missed += not low <= mean <= high
    assert rare_enough(missed, 500, 0.3)


@pytest.mark.parametrize("sign", [1, -1])
def test_without_its_tails_term_the_interval_would_miss_nearly_always(sign: int) -> None:
    """On {0, 4c/3}, where clipping at c takes the most from a mean that a fourth moment allows."""
    cap, chance, rng = 1.0, 0.3, np.random.default_rng(3)
    mean, fourth = sign * chance * 4 * cap / 3, chance * (4 * cap / 3) ** 4
    missed = dict.fromkeys((fourth, 0.0), 0)
    for _ in range(100):
        drawn = sign * 4 * cap / 3 * (rng.random(10_000) < chance)
        for term in missed:
            low, high = clipped_mean_interval(drawn, ALPHA, cap, term)
            missed[term] += not low <= mean <= high
    assert rare_enough(missed[fourth], 100, ALPHA)
    assert missed[0.0] == 100


def widened(values: Floats, cap: float, fourth: float) -> float:
    """By how much granting a fourth moment moves the ends of the interval."""
    (low, high), (lowest, highest) = (clipped_mean_interval(values, 0.05, cap, moment) for moment in (0.0, fourth))
    assert low - lowest == pytest.approx(highest - high, rel=1e-9, abs=1e-9)
    return highest - high


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20), st.floats(0.1, 20))
def test_clipping_moves_no_mean_further_than_its_fourth_moment_allows(values: list[float], cap: float) -> None:
    law = np.array(values)
    moved = abs(law.mean() - np.clip(law, -cap, cap).mean())
    assert moved <= widened(law, cap, float(np.mean(law**4))) * (1 + 1e-9) + 1e-9


def test_what_clipping_may_move_is_reached() -> None:
    law = np.array([4.0, *[0.0] * 9])
    assert widened(law, 3.0, float(np.mean(law**4))) == pytest.approx(0.1)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=20), st.floats(0.1, 20), st.floats(0, 100))
def test_the_interval_of_the_opposite_draws_is_the_opposite_one(values: list[float], cap: float, fourth: float) -> None:
    law = np.array(values)
    low, high = clipped_mean_interval(law, 0.05, cap, fourth)
    assert clipped_mean_interval(-law, 0.05, cap, fourth) == pytest.approx((-high, -low))
    assert low <= np.clip(law, -cap, cap).mean() <= high


def test_the_interval_is_in_the_end_that_of_normal_draws() -> None:
    """With many draws √(2 ln(4/α)) deviations of the mean on either side: no more is lost than Hoeffding's constant."""
    drawn = np.random.default_rng(4).standard_normal(10**6)
    low, high = clipped_mean_interval(drawn, 0.05, 20.0, 3.0)
    assert (high - low) / 2 == pytest.approx(math.sqrt(2 * math.log(80) / 10**6), rel=0.2)


# Power ---------------------------------------------------------------------------------------------------------


@every_law
@pytest.mark.parametrize("ratio", [1.0, 0.8, 1.2, 0.1, 1.9, -2.0])
def test_it_decides_with_the_draws_it_asks_for(name: str, ratio: float) -> None:
    law, rng = LAWS[name], np.random.default_rng([5, list(LAWS).index(name), int(10 * abs(ratio))])
    draws = draws_needed_mean_ratio(MARGIN, tail=law.tail(ratio), alpha=spent(ALPHA, 1), beta=BETA, ratio=ratio)
    inside = abs(ratio - 1) < MARGIN
    assert_decides(
        Verdict.SUPPORTED if inside else Verdict.REFUTED, replay(lambda: decided(law, ratio, rng, draws), 80)
    )
    if not inside:
        return
    # And there is no plan to waste draws: a tenth of them cannot support.
    assert decided(law, ratio, rng, draws // 10).verdict is not Verdict.SUPPORTED


@every_law
@pytest.mark.parametrize("side", [1, -1])
def test_it_refutes_what_it_says_it_detects(name: str, side: int) -> None:
    law, rng, draws = LAWS[name], np.random.default_rng([6, side + 1]), 3000
    mean = 1.0 + side * MARGIN
    for _ in range(200):  # the tail grows with the mean, and what is detected with the tail
        reach = {"tail": law.tail(mean), "alpha": spent(ALPHA, 1), "beta": BETA}
        mean = 1 + side * smallest_detectable_mean_ratio(draws, MARGIN, **reach)
    assert abs(mean - 1) < 3
    assert_decides(Verdict.REFUTED, replay(lambda: decided(law, mean, rng, draws), 150))


tails = st.builds(lambda second, heavy: Tail(second, second**2 * heavy), st.floats(0.2, 4), st.floats(1, 50))
alphas = st.sampled_from([0.05, 1e-3, 1e-6])


@given(tails, st.floats(0.02, 0.8), st.floats(0.15, 0.5), alphas)
def test_what_is_detected_is_what_the_draws_were_asked_for(
    tail: Tail, margin: float, share: float, alpha: float
) -> None:
    away = margin * (1 + share)
    reach = {"tail": tail, "alpha": alpha, "beta": BETA}
    # Up to half of the margin the distance sets the draws alone, not how fine an interval must be.
    for ratio in (1 + away, 1 - away):
        draws = draws_needed_mean_ratio(margin, ratio=ratio, **reach)
        assert smallest_detectable_mean_ratio(draws, margin, **reach) <= away * (1 + 1e-9)
        assert smallest_detectable_mean_ratio(draws - 1, margin, **reach) > away * (1 - 1e-9)


@given(tails, st.floats(0.02, 0.8), alphas)
def test_more_is_seen_with_more_draws_and_less_care(tail: Tail, margin: float, alpha: float) -> None:
    def needed(tail: Tail = tail, margin: float = margin, alpha: float = alpha, **more: float) -> int:
        return draws_needed_mean_ratio(margin, tail=tail, alpha=alpha, **{"beta": BETA} | more)

    assert needed() >= needed(alpha=2 * alpha)
    assert needed() >= needed(beta=2 * BETA)
    assert needed() > needed(margin=2 * margin)
    assert (
        needed(Tail(tail.second, 2 * tail.fourth))
        >= needed()
        <= needed(Tail(2 * tail.second, tail.fourth, guessed=True))
    )
    assert needed() <= needed(ratio=1 + margin / 2) <= needed(ratio=1 + 0.8 * margin)
    seen = [
        smallest_detectable_mean_ratio(draws, margin, tail=tail, alpha=alpha, beta=BETA)
        for draws in (50, 500, 5000, 10**9)
    ]
    assert seen == sorted(seen, reverse=True)
    assert margin < seen[-1] < margin * (1 + 2 * TAIL_SHARE) + 0.01


# What cannot be ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "cap"), [(1, 2.0), (0, 2.0), (5, 0.0), (5, -1.0)])
def test_an_interval_of_too_few_draws_or_of_no_room_is_none(count: int, cap: float) -> None:
    with pytest.raises(ValueError, match=f"two draws and cap > 0, got {count} draws and cap {cap!r}"):
        clipped_mean_interval(np.ones(count), 0.05, cap, 1.0)


def test_a_mean_that_lies_where_truncation_leaves_it_open_has_no_plan() -> None:
    for ratio in (1 + MARGIN, 1 - MARGIN, 1 + MARGIN * (1 + TAIL_SHARE)):
        with pytest.raises(ValueError, match="the margin is too small for what truncation leaves open"):
            draws_needed_mean_ratio(MARGIN, tail=Tail(2.0, 50.0), alpha=0.01, beta=BETA, ratio=ratio)


@pytest.mark.parametrize(("more", "said"), [({"alpha": 0.6}, r"\(0, 0\.5\]"), ({"first": 1}, "at least 2 draws")])
def test_a_decision_that_cannot_be_is_refused(more: dict[str, float], said: str) -> None:
    rule: dict[str, float] = {"alpha": 0.05, "first": 10, "looks": 1, **more}
    with pytest.raises(ValueError, match=said):
        signed_means.decide_mean_ratio(np.ones, 1.0, MARGIN, tail=Tail(1.0, 1.0), **rule)  # type: ignore[arg-type]
