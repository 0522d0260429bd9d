"""Rates: θ = P[success], by exact one-sided bounds.

Three verbs: decide it, the smallest violation seen, the draws it needs; `beta` is the probability of missing.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from scipy import special

from mfcheck.arrays import Floats
from mfcheck.statistics import intervals
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide

VAIN = 0.05
"""Chance, at most, that a share lies on the other side of a floor where more draws are taken not to tell."""


def decide_rate(draw: Draw, floor: float, *, alpha: float, first: int, looks: int) -> Decision:
    """Decide P[success] ≥ floor by exact one-sided bounds; `draw(n)` returns ones and zeros, or bounds `[n, 2]`.

    Inside the claim only the lower bound can err and outside only the upper one, so each is taken at full alpha:
    whichever side the truth is on, the other bound's error makes no wrong verdict. No further look is taken where the
    floor lies between the shares of what is surely and of what may be a success: it stays open, and costs no error.
    """

    def look(draws: int, share: float) -> Estimate:
        successes = draw(draws)
        return replace(estimate_rate(successes, share), final=_in_vain(successes, floor))

    return decide(look, Region(floor, 1.0, 1 - floor), alpha=alpha, first=first, looks=looks)


def estimate_rate(successes: Floats, alpha: float) -> Estimate:
    """The share of ones among ones and zeros `[n]`, or among draws known only between two `[n, 2]`, with its bounds.

    What is known between 0 and 1 counts as 0 for the lower bound and as 1 for the upper one, each of them one-sided: so
    they hold the share as surely as those of draws that are known. The value is the middle of the two shares.
    """
    draws, (least, most) = len(successes), _counts(successes)
    low = intervals.rate_lower(least, draws, alpha)
    return Estimate((least + most) / (2 * draws), low, 1 - intervals.rate_lower(draws - most, draws, alpha))


def _counts(successes: Floats) -> tuple[int, int]:
    """How many draws are surely ones, and how many may be."""
    lows, highs = (successes, successes) if successes.ndim == 1 else successes.T
    return int(np.count_nonzero(lows)), int(np.count_nonzero(highs))


def _in_vain(successes: Floats, floor: float) -> bool:
    """Whether sure successes are fewer than the floor and possible ones more, each but for a chance of `VAIN`."""
    draws, (least, most) = len(successes), _counts(successes)
    return 1 - intervals.rate_lower(draws - least, draws, VAIN) < floor < intervals.rate_lower(most, draws, VAIN)


def undecided(successes: Floats) -> int:
    """How many of the draws are known only between 0 and 1."""
    return int(np.count_nonzero(successes[:, 0] != successes[:, 1])) if successes.ndim == 2 else 0


def smallest_detectable_rate(draws: int, floor: float, *, alpha: float, beta: float) -> float:
    """The largest success rate below the floor that one look refutes with probability at least 1 − beta.

    0 where even a rate of 0 is not refuted by so few draws.
    """
    fits = [k for k in range(draws + 1) if 1 - intervals.rate_lower(draws - k, draws, alpha) < floor]
    # P[Binomial(draws, r) ≤ k] ≥ 1 − beta up to r = betaincinv(k + 1, draws − k, beta).
    return float(special.betaincinv(fits[-1] + 1, draws - fits[-1], beta)) if fits else 0.0


def draws_needed_rate(floor: float, *, alpha: float, failures: int = 0) -> int:
    """Draws, all of them successes but for so many `failures`, for one look to support P[success] ≥ floor.

    >>> draws_needed_rate(0.99, alpha=5e-7), draws_needed_rate(0.5, alpha=5e-7, failures=1)
    (1444, 26)
    """
    draws = math.ceil(math.log(alpha) / math.log(floor))
    while failures and intervals.rate_lower(draws - failures, draws, alpha) < floor:
        draws += 1
    return draws
