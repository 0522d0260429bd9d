"""Medians by order statistics: exact at every number of draws, whatever the law. For statements whose draws are dear.

Three verbs for θ = a median and for θ = Σ_i w_i log(median of group i); `spread` is the relative standard deviation
that a plan expects: it sets how many draws are made first, never what is concluded from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import special, stats

from mfcheck.arrays import Floats
from mfcheck.statistics.sample_sizes import Draw, least
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide

LARGEST = float(np.finfo(float).max)
PRUDENT = 1.1
"""How much larger than in a pilot a spread is taken, since one is of few draws."""


def median_interval(ordered: Floats, alpha: float) -> tuple[float, float]:
    """Order statistics of sorted draws `[n]` that hold the median with probability at least 1 − alpha; any law.

    P[X_(k) > median] ≤ P[Binomial(n, ½) < k]. Infinite ends where so few draws cannot.

    >>> median_interval(np.arange(1.0, 11.0), 0.05)
    (2.0, 9.0)
    """
    n = len(ordered)
    rank = _rank(n, alpha)
    if rank < 1:
        return -math.inf, math.inf
    return float(ordered[rank - 1]), float(ordered[n - rank])


@lru_cache(maxsize=4096)
def _rank(n: int, alpha: float) -> int:
    """The largest rank with P[Binomial(n, ½) < rank] ≤ alpha/2."""
    return int(stats.binom.ppf(alpha / 2, n, 0.5))


def least_draws(alpha: float) -> int:
    """The fewest draws with a finite `median_interval`: 2^{1−n} < alpha.

    >>> least_draws(1e-6)
    21
    """
    return math.floor(1 + math.log2(1 / alpha)) + 1


def decide_median(draw: Draw, region: Region, *, alpha: float, first: int, looks: int) -> Decision:
    """Decide that the median of `draw(n)` `[n]` lies in the region."""

    def look(draws: int, share: float) -> Estimate:
        return estimate_median(draw(draws), share)

    return decide(look, region, alpha=alpha, first=first, looks=looks)


def smallest_detectable_median(draws: int, margin: float, *, spread: float, alpha: float, beta: float) -> float:
    """The relative distance of a median from its reference that one look refutes with probability about 1 − beta."""
    if draws < least_draws(alpha):
        return math.inf
    end, deviation = _end(draws, alpha)
    reach = spread * (end + _normal(beta) * deviation)
    return (margin + reach) / (1 - reach) if reach < 1 else math.inf  # the spread grows with the median


def draws_needed_median(
    margin: float, *, spread: float, alpha: float, beta: float, distance: float = 0.0, room: float | None = None
) -> int:
    """Draws for one look to decide with probability about 1 − beta at a true relative distance from the reference.

    `room` is how far from the reference the region ends, where that is not the margin: below a bound there is more.
    """
    gap = abs((margin if room is None else room) - distance)

    def enough(n: int) -> bool:
        reach, width = _reaches(n, spread, alpha, beta)
        return reach <= gap and width <= margin / 2

    return least(enough)


def _reaches(draws: int, spread: float, alpha: float, beta: float) -> tuple[float, float]:
    """How far from a median an interval's end lies, and half its width, at most with probability about 1 − beta."""
    if draws < least_draws(alpha):
        return math.inf, math.inf
    end, deviation = _end(draws, alpha)
    return spread * (end + _normal(beta) * deviation), spread * (end + _normal(beta) / math.sqrt(2) * deviation)


def _end(draws: int, alpha: float) -> tuple[float, float]:
    """Where the interval of normal draws ends, and the standard deviation of that order statistic, in theirs.

    Far from both the √(π/2n) of a median where draws are few: the end is then near the least of them.
    """
    share = max(1, _rank(draws, alpha)) / (draws + 1)
    end = float(-special.ndtri(share))
    return end, math.sqrt(share * (1 - share) / draws) / float(stats.norm.pdf(end))


def draws_to_leave(gap: float, *, spread: float, alpha: float, beta: float) -> int:
    """Draws for one look to leave a region with probability about 1 − beta by a median so far outside, relatively."""

    def enough(n: int) -> bool:
        if n < least_draws(alpha):
            return False
        end, deviation = _end(n, alpha)
        return spread * (end + _normal(beta) * deviation) <= gap

    return least(enough)


def draws_for_reach(reach: float, spread: float, alpha: float, *, most: int) -> int:
    """Draws, at least what an interval takes and at most so many, whose interval reaches about so far, relatively."""
    fewest = least_draws(alpha)

    def enough(n: int) -> bool:
        return n >= most or (n >= fewest and spread * _end(n, alpha)[0] <= reach)

    return least(enough)


def decide_median_slope(
    draws_of: Sequence[Draw], weights: Sequence[float], region: Region, *, alpha: float, first: int, looks: int
) -> Decision:
    """Decide that Σ w_i log(median of group i) lies in the region; each group's interval errs at alpha/groups."""

    def look(draws: int, share: float) -> Estimate:
        return combine([estimate_median(draw(draws), share / len(draws_of)) for draw in draws_of], weights)

    return decide(look, region, alpha=alpha, first=first, looks=looks)


def combine(medians: Sequence[Estimate], weights: Sequence[float]) -> Estimate:
    """Σ w_i log(median of group i) with the sum of the ends that are worst for it."""
    logs = [[_log(end) for end in (one.value, one.low, one.high)] for one in medians]
    pairs = list(zip(logs, weights, strict=True))
    value = math.fsum(w * log[0] for log, w in pairs)
    low = math.fsum(w * log[1 if w >= 0 else 2] for log, w in pairs)
    high = math.fsum(w * log[2 if w >= 0 else 1] for log, w in pairs)
    return Estimate(value, low, high)


def smallest_detectable_median_slope(
    draws: int, margin: float, weights: Sequence[float], *, spread: float, alpha: float, beta: float
) -> float:
    """The distance of such a sum from its reference that one look refutes with probability about 1 − beta."""
    groups = len(weights)
    one = smallest_detectable_median(draws, 0.0, spread=spread, alpha=alpha / groups, beta=beta / groups)
    return margin + math.fsum(abs(w) for w in weights) * one


def draws_needed_median_slope(
    margin: float,
    weights: Sequence[float],
    *,
    spread: float,
    alpha: float,
    beta: float,
    distance: float = 0.0,
    times: Sequence[int] = (),
) -> int:
    """Draws of every group for one look to decide such a sum with probability about 1 − beta; of groups that take some
    `times` as many, the number that is multiplied."""
    groups, gap = list(zip(map(abs, weights), times or [1] * len(weights), strict=True)), abs(margin - distance)

    def enough(n: int) -> bool:
        ends = [(w, _reaches(n * many, spread, alpha / len(groups), beta / len(groups))) for w, many in groups]
        reach, width = (math.fsum(w * one[which] for w, one in ends) for which in (0, 1))
        return reach <= gap and width <= margin / 2

    return least(enough)


def draws_to_leave_slope(gap: float, weights: Sequence[float], *, spread: float, alpha: float, beta: float) -> int:
    """Draws of every group for one look at such a sum to pass an end so far off with probability about 1 − beta."""
    groups, weight = len(weights), math.fsum(abs(w) for w in weights)
    return draws_to_leave(gap / weight, spread=spread, alpha=alpha / groups, beta=beta / groups)


def estimate_median(values: Floats, alpha: float) -> Estimate:
    """The median of draws `[n]`, or of draws known only between bounds `[n, 2]`, with its interval.

    X_(k) of what the draws are is at least the k-th of their lower bounds, and at most that of their upper ones: so an
    interval of order statistics of each holds the median as surely as one of the draws. The value is that of the
    middles of the bounds, where both are finite, and of draws of which it is known on which side of that they lie. An
    end that so few draws cannot have is the largest number.
    """
    lows, highs = (values, values) if values.ndim == 1 else values.T
    low = max(median_interval(np.sort(lows), alpha)[0], -LARGEST)
    high = min(median_interval(np.sort(highs), alpha)[1], LARGEST)
    known = middles(values)
    return Estimate(_centre(known, lows, highs) if len(known) else low / 2 + high / 2, low, high)


def _centre(known: Floats, lows: Floats, highs: Floats) -> float:
    """The median of what is known, and of what is bounded from one side and lies beyond that."""
    middle = float(np.median(known))
    above = int((np.isposinf(highs) & np.isfinite(lows) & (lows > middle)).sum())
    below = int((np.isneginf(lows) & np.isfinite(highs) & (highs < middle)).sum())
    if above == below:
        return middle
    every = np.sort(np.concatenate([known, np.full(above, math.inf), np.full(below, -math.inf)]))
    found = float(every[[(len(every) - 1) // 2, len(every) // 2]].mean())
    return found if math.isfinite(found) else middle


def middles(values: Floats) -> Floats:
    """Draws `[n]` as they are, and the middles of those known only between bounds `[n, 2]`, where both are finite."""
    known: Floats = values if values.ndim == 1 else values[np.isfinite(values).all(axis=1)].mean(axis=1)
    return known


def spread_of(values: Floats) -> float:
    """The relative spread of positive draws `[n]`, as a pilot tells it: the deviation of their logarithm, and a tenth
    more for how few they are."""
    return PRUDENT * float(np.log(values).std(ddof=1))


def unknown(values: Floats) -> int:
    """How many of the draws have no finite bounds."""
    return int((~np.isfinite(values)).any(axis=1).sum()) if values.ndim == 2 else 0


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -LARGEST / 1e9


def _normal(tail: float) -> float:
    return float(-special.ndtri(min(tail, 0.5)))
