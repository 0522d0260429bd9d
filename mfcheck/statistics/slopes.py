"""Slopes and other contrasts over groups: θ = Σ_i w_i g(mean of group i), g the identity or the logarithm.

Every group's mean gets its own truncated Bernstein interval at alpha/groups, and the interval of θ adds up their ends:
valid at every sample size, whatever the dependence between groups. Least squares enters through fixed weights only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mfcheck.statistics import intervals
from mfcheck.statistics.means import TAIL_SHARE, Tail
from mfcheck.statistics.sample_sizes import Draw, least
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide


@dataclass(frozen=True)
class Trend:
    """Fixed weights of θ over groups, on the means themselves or on their logarithms.

    `tails` say what is granted of each group's statistic. `scales` are rough means, used for truncation only: the
    intervals hold whatever they are.
    """

    weights: tuple[float, ...]
    logarithm: bool
    tails: tuple[Tail, ...]
    scales: tuple[float, ...]


def slope_weights(x: Sequence[float]) -> tuple[float, ...]:
    """Least-squares weights of the slope against x; ValueError for fewer than two different x.

    >>> slope_weights([0.0, 1.0])
    (-1.0, 1.0)
    """
    if len(set(x)) < 2:
        raise ValueError(f"a slope needs at least two different points, got {list(x)!r}")
    centred = np.asarray(x, dtype=float) - np.mean(x)
    return tuple((centred / (centred @ centred)).tolist())


def decide_trend(
    draws_of: Sequence[Draw],
    trend: Trend,
    reference: float,
    margin: float,
    *,
    alpha: float,
    first: int,
    looks: int,
) -> Decision:
    """Decide |θ − reference| ≤ margin; `draws_of[i](n)` returns the first n non-negative draws of group i."""

    def look(draws: int, share: float) -> Estimate:
        values, lows, highs = [], [], []
        for index, (draw, scale) in enumerate(zip(draws_of, trend.scales, strict=True)):
            scaled = draw(draws) / scale
            cap, fourth = _cap(trend, index, margin), trend.tails[index].fourth
            low, high = intervals.truncated_mean_interval(scaled, share / len(draws_of), cap, fourth)
            values.append(scale * float(scaled.mean()))
            lows.append(scale * low)
            highs.append(min(scale * high, np.finfo(float).max))
        return _combine(trend, values, lows, highs)

    region = Region(reference - margin, reference + margin, margin)
    return decide(look, region, alpha=alpha, first=first, looks=looks)


def smallest_detectable_trend(trend: Trend, draws: int, margin: float, *, alpha: float, beta: float) -> float:
    """The least |θ − reference| that one look refutes with probability at least 1 − beta."""
    return margin + _half_width(trend, draws, margin, alpha, beta, deviation=True)


def draws_needed_trend(trend: Trend, margin: float, *, alpha: float, beta: float, distance: float = 0.0) -> int:
    """Draws of every group for one look to decide with probability 1 − beta when |θ − reference| is `distance`."""
    gap = abs(margin - distance)

    def enough(n: int) -> bool:
        interval = _half_width(trend, n, margin, alpha, beta, deviation=False)
        return _half_width(trend, n, margin, alpha, beta, deviation=True) <= gap and interval <= margin / 2

    return least(enough)


def _cap(trend: Trend, index: int, margin: float) -> float:
    """The cap of a group, in units of its scale, at which all tails together take `TAIL_SHARE` of the margin."""
    weight = sum(abs(w) * (1 if trend.logarithm else s) for w, s in zip(trend.weights, trend.scales, strict=True))
    return trend.tails[index].cap(margin / weight)


def _half_width(trend: Trend, draws: int, margin: float, alpha: float, beta: float, *, deviation: bool) -> float:
    """How far θ's interval reaches, but with probability beta, from the estimate or (`deviation`) from the truth."""
    groups = len(trend.weights)
    total = TAIL_SHARE * margin
    for index, (weight, scale) in enumerate(zip(trend.weights, trend.scales, strict=True)):
        cap, variance = _cap(trend, index, margin), trend.tails[index].second - 1
        relative = intervals.likely_half_width(math.sqrt(variance), cap, draws, alpha / groups, beta / groups / 2)
        if deviation:
            relative += intervals.stray(variance, cap, draws, beta / groups / 2)
        if trend.logarithm:
            total += abs(weight) * (math.inf if relative >= 1 else -math.log1p(-relative))
        else:
            total += abs(weight) * scale * relative
    return total


def _combine(trend: Trend, values: list[float], lows: list[float], highs: list[float]) -> Estimate:
    def g(mean: float) -> float:
        if not trend.logarithm:
            return mean
        return math.log(mean) if mean > 0 else -np.finfo(float).max / 1e9

    terms = list(zip(trend.weights, values, lows, highs, strict=True))
    low = math.fsum(w * g(lo if w >= 0 else hi) for w, _, lo, hi in terms)
    high = math.fsum(w * g(hi if w >= 0 else lo) for w, _, lo, hi in terms)
    return Estimate(math.fsum(w * g(value) for w, value, _, _ in terms), low, high)
