"""Means of statistics of either sign over a reference: clipped empirical Bernstein intervals, in three verbs.

With E X⁴ ≤ ρ in units of the reference's fourth power, |E X − E clip(X, ±c)| ≤ E(|X| − c)₊ ≤ 27ρ/(256 c³), whatever the
law. So both ends of the interval grant the fourth moment, unlike those of `means` for statistics that are not
negative.
"""

from __future__ import annotations

import math

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.statistics import intervals
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sample_sizes import Draw, least
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide


def clipped_mean_interval(values: Floats, alpha: float, cap: float, fourth: float) -> tuple[float, float]:
    """An interval for the mean of draws `[n]` with E X⁴ ≤ `fourth`, each side at alpha/2 (Maurer and Pontil 2009)."""
    n = len(values)
    if n < 2 or cap <= 0:
        raise ValueError(f"a clipped mean needs two draws and cap > 0, got {n} draws and cap {cap!r}")
    clipped = np.clip(values, -cap, cap)
    mean, variance = float(clipped.mean()), float(clipped.var(ddof=1))
    half = intervals.half_width(math.sqrt(variance), 2 * cap, n, alpha)
    reach = half + intervals.tail_factor(cap, fourth)
    return mean - reach, mean + reach


def decide_mean_ratio(
    draw: Draw,
    reference: float,
    margin: float,
    *,
    tail: Tail,
    alpha: float,
    first: int,
    looks: int,
    centre: float = 1.0,
) -> Decision:
    """Decide |E X/reference − centre| ≤ margin; `tail` bounds E X² and E X⁴ in units of the reference."""
    cap = tail.cap(margin)

    def look(draws: int, share: float) -> Estimate:
        scaled = draw(draws) / reference
        low, high = clipped_mean_interval(scaled, share, cap, tail.fourth)
        return Estimate(float(scaled.mean()), low, high)

    return decide(look, Region(centre - margin, centre + margin, margin), alpha=alpha, first=first, looks=looks)


def smallest_detectable_mean_ratio(draws: int, margin: float, *, tail: Tail, alpha: float, beta: float) -> float:
    """The least |E X/reference − 1| that one look refutes with probability at least 1 − beta."""
    return margin + _half_width(draws, margin, tail, alpha, beta) + _deviation(draws, margin, tail, beta)


def draws_needed_mean_ratio(margin: float, *, tail: Tail, alpha: float, beta: float, ratio: float = 1.0) -> int:
    """Draws for one look to decide with probability 1 − beta when the true mean over its reference is `ratio`."""
    gap = abs(margin - abs(ratio - 1))

    def enough(n: int) -> bool:
        half = _half_width(n, margin, tail, alpha, beta)
        return half + _deviation(n, margin, tail, beta) <= gap and half <= margin / 2

    return least(enough)


def _half_width(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """A half-width that `clipped_mean_interval` exceeds with probability at most beta/2."""
    cap = tail.cap(margin)
    bernstein = intervals.likely_half_width(math.sqrt(tail.second), 2 * cap, draws, alpha, beta / 2)
    return bernstein + intervals.tail_factor(cap, tail.fourth)


def _deviation(draws: int, margin: float, tail: Tail, beta: float) -> float:
    """How far the mean of clipped draws strays from the mean, but with probability beta/2 (Bernstein)."""
    cap = tail.cap(margin)
    return intervals.stray(tail.second, 2 * cap, draws, beta / 2) + intervals.tail_factor(cap, tail.fourth)
