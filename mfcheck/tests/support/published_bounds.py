"""Bounds as they were published, written out here from the theorems and not from the package."""

from __future__ import annotations

import math
from collections.abc import Callable


def empirical_bernstein(deviation: float, length: float, n: int, risk: float) -> float:
    """Maurer and Pontil 2009, Theorem 4: one side of a mean, for values in an interval of this length."""
    log = math.log(2 / risk)
    return deviation * math.sqrt(2 * log / n) + 7 * length * log / (3 * (n - 1))


def largest_deviation(variance: float, length: float, n: int, risk: float) -> float:
    """Maurer and Pontil 2009, Theorem 10: what a sample's standard deviation exceeds with this probability at most."""
    return math.sqrt(variance) + length * math.sqrt(2 * math.log(1 / risk) / (n - 1))


def bernstein(variance: float, length: float, n: int, risk: float) -> float:
    """Bernstein 1924: how far a mean strays to one side, but with this probability."""
    log = math.log(1 / risk)
    return math.sqrt(2 * variance * log / n) + length * log / (3 * n)


def band(n: int, risk: float) -> float:
    """Massart 1990."""
    return math.sqrt(math.log(2 / risk) / (2 * n))


def assert_least(needed: int, enough: Callable[[int], bool]) -> None:
    """The number is enough, and the one before it, if there may be one, is not."""
    assert enough(needed)
    assert needed == 4 or not enough(needed - 1)
