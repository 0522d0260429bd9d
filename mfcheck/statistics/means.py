"""Means of statistics that are not negative, over a reference: truncated empirical Bernstein intervals.

Three verbs: decide it, the smallest violation seen, the draws it needs; `beta` is the probability of missing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mfcheck.statistics import intervals
from mfcheck.statistics.sample_sizes import Draw, checked_gap, least
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide

ROUNDING = 1e-9
TAIL_SHARE = 0.05
"""Share of a mean's margin that the truncation of its tail may take (sets the cap)."""


@dataclass(frozen=True)
class Tail:
    """E X²/(E X)² of a non-negative statistic, which plans draws, and what is granted of it: a bound on E X⁴/(E X)⁴.

    No law's fourth moment is below the square of its second; where that is only `guessed`, as for plans it may be, it
    need not fit the other.
    """

    second: float
    fourth: float
    guessed: bool = False

    def __post_init__(self) -> None:
        if not (0 < self.second < math.inf and 0 < self.fourth < math.inf):
            raise ValueError(f"a tail must be two positive finite numbers, got {self.second!r} and {self.fourth!r}")
        if not (self.guessed or self.fourth >= self.second**2 * (1 - ROUNDING)):
            raise ValueError(
                f"a tail must grant a fourth moment of at least the square of the second, {self.second**2:.6g}, "
                f"got {self.fourth!r}"
            )

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
    gap = checked_gap(abs(margin - abs(ratio - 1)), margin)

    def enough(n: int) -> bool:
        known = _likely_half_width(n, margin, tail, alpha, beta) <= margin / 2
        return known and _mean_half_width(n, margin, tail, alpha, beta) * ratio <= gap

    return least(enough)


def _likely_half_width(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """How far the interval reaches from the estimate, in units of the mean, but with probability beta/2."""
    deviation, cap = math.sqrt(tail.second - 1), tail.cap(margin)
    return intervals.likely_half_width(deviation, cap, draws, alpha, beta / 2) + TAIL_SHARE * margin


def _mean_half_width(draws: int, margin: float, tail: Tail, alpha: float, beta: float) -> float:
    """The interval's far end from the true mean, in units of it, but with probability beta."""
    strays = intervals.stray(tail.second - 1, tail.cap(margin), draws, beta / 2)
    return _likely_half_width(draws, margin, tail, alpha, beta) + strays
