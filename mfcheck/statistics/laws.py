"""Laws: θ = sup|F − F₀| for one law, or the largest sup-distance among several, by DKW bands.

Three verbs: decide it, the smallest violation seen, the draws it needs; `beta` is the probability of missing.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.statistics import intervals
from mfcheck.statistics.sample_sizes import Draw, checked_gap
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide


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
    gap = checked_gap(abs(margin - distance), margin)
    return max(draws_to_leave_law(gap, alpha=alpha, beta=beta), intervals.dkw_draws(margin / 2, alpha))


def draws_to_leave_law(gap: float, *, alpha: float, beta: float) -> int:
    """Draws for one look to refute with probability 1 − beta a sup-distance that is so far beyond the margin.

    >>> draws_to_leave_law(0.05, alpha=5e-7, beta=1e-3)
    8861
    """
    logs = math.sqrt(math.log(2 / alpha) / 2) + math.sqrt(math.log(2 / beta) / 2)
    return math.ceil((logs / gap) ** 2)


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
    gap = checked_gap(abs(margin - distance), margin)
    logs = math.sqrt(math.log(2 * arms / alpha) / 2) + math.sqrt(math.log(2 * arms / beta) / 2)
    return max(math.ceil((2 * logs / gap) ** 2), intervals.dkw_draws(margin / 4, alpha / arms))
