"""Resolution of a finding: the smallest relative error in the theory's value that its draws would have refuted."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize

from mfcheck.arrays import Floats
from mfcheck.statistics import intervals
from mfcheck.statistics.intervals import Cdf
from mfcheck.statistics.sequential import Estimate

LARGEST = 8.0


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


def of_ratio(estimate: Estimate, margin: float) -> float | None:
    """The relative error in the reference, up or down, that the same interval would have refuted."""
    if estimate.high >= np.finfo(float).max or estimate.low <= 0:  # the greatest number stands for no upper end
        return None
    return max(estimate.high / (1 - margin) - 1, (1 + margin) / estimate.low - 1)


def of_slope(estimate: Estimate, reference: float, margin: float) -> float | None:
    """The relative error in the reference slope, up or down, that the same interval would have refuted."""
    away = max(estimate.high + margin - reference, reference - estimate.low + margin)
    return away / abs(reference) if reference else None


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
