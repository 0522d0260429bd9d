"""Resolution of a finding: the smallest error in the theory's value that its draws would have refuted.

Relative to that value, but absolute of a slope, which is the logarithm of a ratio, and of what is held against 0 or
against no formula: docs/decisions.md#resolution.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize

from mfcheck.arrays import Floats
from mfcheck.statistics import intervals
from mfcheck.statistics.intervals import Cdf
from mfcheck.statistics.sequential import Estimate, Region

LARGEST = 8.0
LARGEST_NUMBER = float(np.finfo(float).max)
"""What stands for an end that an interval does not have."""


def of_law(
    ordered: Floats, cdf: Cdf, margin: float, alpha: float, *, cdf_left: Cdf | None = None, mean: float = 0.0
) -> float | None:
    """The relative error r in the variance of a law with this mean that is refuted both as (1 + r) and as 1/(1 + r)."""
    band = intervals.dkw_half_width(len(ordered), alpha)

    def excess(log_variance: float) -> float:
        scale = math.exp(log_variance / 2)

        def spread(one: Cdf) -> Cdf:
            return lambda t: one(mean + (t - mean) / scale)

        left = None if cdf_left is None else spread(cdf_left)
        return intervals.sup_distance(ordered, spread(cdf), left) - band - margin

    return _either_way(excess)


def of_same_law(ordered: Floats, margin: float, alpha: float) -> float | None:
    """The relative difference in variance between two arms that would have been refuted."""
    band = 2 * intervals.dkw_half_width(len(ordered), alpha)

    def excess(log_variance: float) -> float:
        return intervals.two_sample_distance(ordered, ordered * math.exp(log_variance / 2)) - band - margin

    return _either_way(excess)


def of_rate(draws: int, floor: float, alpha: float) -> float | None:
    """The smallest shortfall of an observed rate from 1 that would have been refuted; None where none would."""
    if 1 - intervals.rate_lower(draws, draws, alpha) >= floor:
        return None
    low, high = 0, draws  # most successes that still refute, by bisection: the bound grows with them
    while high - low > 1:
        middle = (low + high) // 2
        refuted = 1 - intervals.rate_lower(draws - middle, draws, alpha) < floor
        low, high = (middle, high) if refuted else (low, middle)
    return 1 - low / draws


def of_ratio(estimate: Estimate, region: Region) -> float | None:
    """The relative error in the reference of a ratio, up or down, that the same interval would have refuted.

    Of a region that starts at 0, a bound from above, that of a bound which is too low. None where the interval has no
    end on that side.
    """
    if estimate.low <= 0:
        return None
    too_low = max(0.0, region.high / estimate.low - 1)
    if region.low <= 0:
        return too_low
    # The greatest number stands for no upper end.
    return None if estimate.high >= LARGEST_NUMBER else max(too_low, estimate.high / region.low - 1)


def of_place(estimate: Estimate, region: Region) -> float | None:
    """The absolute error in where the region is said to lie, up or down, that the same interval would have refuted.

    Of a region without an upper end, up alone; None where the interval has no end on that side.
    """
    ways = [estimate.high - region.low, region.high - estimate.low]
    if math.isinf(region.high):
        ways = ways[:1]
    return max(ways) if max(ways) < LARGEST_NUMBER / 2 else None


def of_break(estimate: Estimate, region: Region, reference: float, *, above: bool, absolute: bool) -> float | None:
    """The smallest departure from a law that would have shown as its breaking on one side, had the draws been as fine.

    Beyond the region by as much as the interval reaches back towards it: relative to the reference where the interval
    scales with θ, as that of a ratio does, and else `absolute`. None where the interval has no end on that side.
    """
    end, edge = (estimate.low, region.high) if above else (estimate.high, region.low)
    if abs(end) >= LARGEST_NUMBER or (not absolute and end <= 0):
        return None
    shown = edge + (estimate.value - end) if absolute else edge * estimate.value / end
    away = abs(shown - reference)
    return away if absolute else away / abs(reference)


def _either_way(excess: Callable[[float], float]) -> float | None:
    """The least r > 0 with the excess positive at both log(1 + r) and −log(1 + r), to 1 %."""
    roots = []
    for sign in (1, -1):
        top = math.log1p(LARGEST)
        if excess(sign * top) <= 0:
            return None
        if excess(0.0) > 0:
            return 0.0
        roots.append(optimize.brentq(lambda s, sign=sign: excess(sign * s), 0.0, top, xtol=1e-4, rtol=1e-2))
    return math.expm1(max(roots))
