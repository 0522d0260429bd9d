"""Rank correlation of two numbers of every network, with an interval that holds at any number of networks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.statistics.sequential import Estimate


def rank_correlation(x: Floats, y: Floats, alpha: float) -> Estimate:
    """Kendall's τ, the mean over pairs of networks of sign(x − x') sign(y − y'), ties counting 0, with its interval.

    Pairs are no sample, but τ is a mean over permutations of means over ⌊n/2⌋ disjoint pairs; these are independent
    and lie in [−1, 1], so τ misses its expectation by t with probability at most 2 exp(−⌊n/2⌋t²/2) (Hoeffding 1963,
    section 5). Networks need not have one law: of several groups it is the expected τ of such a mixture. Raises
    ValueError for fewer than two networks.

    >>> rank_correlation(np.arange(4.0), np.array([0.0, 1.0, 3.0, 2.0]), 0.5).value
    0.6666666666666666
    """
    return rank_correlation_within([(x, y)], alpha)


def rank_correlation_within(groups: Sequence[tuple[Floats, Floats]], alpha: float) -> Estimate:
    """Kendall's τ of networks of one group, the mean over groups weighted by their ⌊n/2⌋, with its interval.

    What groups differ in, such as a depth, plays no part. All their disjoint pairs together are Σ⌊n/2⌋ independent
    ones, so the bound is that of one group with as many.
    """
    counts = np.array([len(x) for x, _ in groups])
    if not len(groups) or min(counts) < 2 or any(len(x) != len(y) for x, y in groups):
        raise ValueError("a rank correlation takes as many x as y and two at least")
    weights = counts // 2 / (counts // 2).sum()
    value = float(weights @ np.array([_kendall(x, y) for x, y in groups]))
    reach = math.sqrt(2 * math.log(2 / alpha) / int((counts // 2).sum()))
    return Estimate(value, max(-1.0, value - reach), min(1.0, value + reach))


def _kendall(x: Floats, y: Floats) -> float:
    first, second = np.triu_indices(len(x), 1)
    return float(np.mean(np.sign(x[first] - x[second]) * np.sign(y[first] - y[second])))
