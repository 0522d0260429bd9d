"""Three verbs for every kind of statement: decide it, the smallest violation seen, the draws it needs.

Kinds: `law` (θ = sup|F − F₀|), `same_law` (θ = largest sup-distance among several laws), `rate` (θ = P[success]) and
`mean_ratio` (θ = mean of a non-negative statistic over its reference). `beta` is the probability of missing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mfcheck.statistics import intervals
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide

Floats = NDArray[np.float64]
Draw = Callable[[int], Floats]

TAIL_SHARE = 0.05
"""Share of a mean's margin that the truncation of its tail may take (sets the cap)."""


# A law against a reference -------------------------------------------------------------------------------------


def decide_law(
    draw: Draw,
    cdf: intervals.Cdf,
    margin: float,
    *,
    alpha: float,
    first: int,
    looks: int,
    cdf_left: intervals.Cdf | None = None,
) -> Decision:
    """Decide sup|F − F₀| ≤ margin by a DKW band; `draw(n)` returns the first n draws `[n]`."""

    def look(draws: int, share: float) -> Estimate:
        return estimate_law(np.sort(draw(draws)), cdf, share, cdf_left=cdf_left)

    return decide(look, Region(0.0, margin, margin), alpha=alpha, first=first, looks=looks)


def estimate_law(
    ordered: Floats, cdf: intervals.Cdf, alpha: float, *, cdf_left: intervals.Cdf | None = None
) -> Estimate:
    """sup|F − F₀| with its DKW interval from sorted draws `[n]`."""
    distance = intervals.sup_distance(ordered, cdf, cdf_left)
    band = intervals.dkw_half_width(len(ordered), alpha)
    return Estimate(distance, max(0.0, distance - band), min(1.0, distance + band))


def smallest_detectable_law(draws: int, margin: float, *, alpha: float, beta: float) -> float:
    """The least true sup-distance that one look refutes with probability at least 1 − beta."""
    return margin + intervals.dkw_half_width(draws, alpha) + intervals.dkw_half_width(draws, beta)


def draws_needed_law(margin: float, *, alpha: float, beta: float, distance: float = 0.0) -> int:
    """Draws for one look to decide with probability 1 − beta when the true sup-distance is `distance`."""
    gap = _gap(abs(margin - distance), margin)
    logs = math.sqrt(math.log(2 / alpha) / 2) + math.sqrt(math.log(2 / beta) / 2)
    return max(math.ceil((logs / gap) ** 2), intervals.dkw_draws(margin / 2, alpha))


# Several laws against each other -------------------------------------------------------------------------------


def decide_same_law(draw: Draw, margin: float, *, alpha: float, first: int, looks: int) -> Decision:
    """Decide max_{i<j} sup|F_i − F_j| ≤ margin by a DKW band for each arm; `draw(n)` returns `[n, arms]`.

    The arms of one draw may depend on each other: the band of each is valid by itself and their errors add up.
    """

    def look(draws: int, share: float) -> Estimate:
        arms = np.sort(draw(draws), axis=0).T
        if len(arms) < 2:
            raise ValueError("equality of laws needs at least two arms")
        distance = max(intervals.two_sample_distance(a, b) for a, b in itertools.combinations(arms, 2))
        band = 2 * intervals.dkw_half_width(draws, share / len(arms))
        return Estimate(distance, max(0.0, distance - band), min(1.0, distance + band))

    return decide(look, Region(0.0, margin, margin), alpha=alpha, first=first, looks=looks)


def smallest_detectable_same_law(draws: int, margin: float, *, arms: int, alpha: float, beta: float) -> float:
    """The least true distance between two of the arms that one look refutes with probability at least 1 − beta."""
    bands = intervals.dkw_half_width(draws, alpha / arms) + intervals.dkw_half_width(draws, beta / 2)
    return margin + 2 * bands


def draws_needed_same_law(margin: float, *, arms: int, alpha: float, beta: float, distance: float = 0.0) -> int:
    """Draws of every arm for one look to decide with probability 1 − beta at the given true distance."""
    gap = _gap(abs(margin - distance), margin)
    logs = math.sqrt(math.log(2 * arms / alpha) / 2) + math.sqrt(math.log(2 * arms / beta) / 2)
    return max(math.ceil((2 * logs / gap) ** 2), intervals.dkw_draws(margin / 4, alpha / arms))


# A rate --------------------------------------------------------------------------------------------------------


def decide_rate(draw: Draw, floor: float, *, alpha: float, first: int, looks: int) -> Decision:
    """Decide P[success] ≥ floor by exact one-sided bounds; `draw(n)` returns ones and zeros `[n]`.

    Inside the claim only the lower bound can err and outside only the upper one, so each is taken at full alpha:
    whichever side the truth is on, the other bound's error makes no wrong verdict.
    """

    def look(draws: int, share: float) -> Estimate:
        return estimate_rate(draw(draws), share)

    return decide(look, Region(floor, 1.0, 1 - floor), alpha=alpha, first=first, looks=looks)


def estimate_rate(successes: Floats, alpha: float) -> Estimate:
    """The share of ones among ones and zeros `[n]`, with its two one-sided bounds."""
    draws, kept = len(successes), int(np.count_nonzero(successes))
    low = intervals.rate_lower(kept, draws, alpha)
    return Estimate(kept / draws, low, 1 - intervals.rate_lower(draws - kept, draws, alpha))


def smallest_detectable_rate(draws: int, floor: float, *, alpha: float, beta: float) -> float:
    """The largest success rate below the floor that one look refutes with probability at least 1 − beta.

    0 where even a rate of 0 is not refuted by so few draws.
    """
    fits = [k for k in range(draws + 1) if 1 - intervals.rate_lower(draws - k, draws, alpha) < floor]
    # P[Binomial(draws, r) ≤ k] ≥ 1 − beta up to r = betaincinv(k + 1, draws − k, beta).
    return float(special.betaincinv(fits[-1] + 1, draws - fits[-1], beta)) if fits else 0.0


def draws_needed_rate(floor: float, *, alpha: float) -> int:
    """Draws, all of them successes, for one look to support P[success] ≥ floor.

    >>> draws_needed_rate(0.99, alpha=5e-7)
    1444
    """
    return math.ceil(math.log(alpha) / math.log(floor))


# A mean over its reference -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tail:
    """What is granted of a non-negative statistic: bounds on E X²/(E X)² (plans draws) and E X⁴/(E X)⁴ (its tail)."""

    second: float
    fourth: float

    def cap(self, margin: float) -> float:
        """The truncation, in units of the mean, at which the tail takes `TAIL_SHARE` of a relative margin."""
        return max(2.0, math.pow(27 * self.fourth / (256 * TAIL_SHARE * margin), 1 / 3))


def decide_mean_ratio(
    draw: Draw,
    reference: float,
    margin: float,
    *,
    tail: Tail,
    alpha: float,
    first: int,
    looks: int,
) -> Decision:
    """Decide |E X/reference − 1| ≤ margin for X ≥ 0 by a truncated empirical Bernstein interval.

    The cap follows from what is granted of the tail and from the margin, never from the draws.
    """
    cap = tail.cap(margin)

    def look(draws: int, share: float) -> Estimate:
        scaled = draw(draws) / reference
        low, high = intervals.truncated_mean_interval(scaled, share, cap, tail.fourth)
        return Estimate(float(scaled.mean()), low, min(high, float(np.finfo(float).max)))

    return decide(look, Region(1 - margin, 1 + margin, margin), alpha=alpha, first=first, looks=looks)


def smallest_detectable_mean_ratio(draws: int, margin: float, *, tail: Tail, alpha: float, beta: float) -> float:
    """The least E X/reference − 1 above the margin that one look refutes with probability at least 1 − beta."""
    width = _mean_half_width(draws, margin, tail, alpha, beta)
    return (margin + width) / max(1e-9, 1 - width)


def draws_needed_mean_ratio(margin: float, *, tail: Tail, alpha: float, beta: float, ratio: float = 1.0) -> int:
    """Draws for one look to decide with probability 1 − beta when the true mean over its reference is `ratio`."""
    gap = _gap(abs(margin - abs(ratio - 1)), margin)

    def enough(n: int) -> bool:
        interval = intervals.bernstein(n, tail.second - 1, tail.cap(margin), alpha, beta / 2) + TAIL_SHARE * margin
        return _mean_half_width(n, margin, tail, alpha, beta) * ratio <= gap and interval <= margin / 2

    return least(enough)


def _mean_half_width(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """The interval's far end from the true mean, in units of it, but with probability beta."""
    cap = tail.cap(margin)
    interval = intervals.bernstein(draws, tail.second - 1, cap, alpha, beta / 2)
    deviation = math.sqrt(2 * (tail.second - 1) * math.log(4 / beta) / draws) + cap * math.log(4 / beta) / (3 * draws)
    return interval + deviation + TAIL_SHARE * margin


def least(enough: Callable[[int], bool]) -> int:
    """The least n ≥ 4 that is enough, for a property that more draws keep; ValueError beyond 2⁴⁰."""
    high = 4
    while not enough(high):
        high *= 2
        if high > 2**40:
            raise ValueError("no number of draws decides this: the margin is too small for what truncation leaves open")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _gap(gap: float, margin: float) -> float:
    if gap <= 1e-3 * margin:
        raise ValueError(f"a true value within 0.1 % of the margin {margin!r} is never decided; give another one")
    return gap
