"""How many draws a decision needs: the search that all verbs share."""

from __future__ import annotations

from collections.abc import Callable

from mfcheck.arrays import Floats

Draw = Callable[[int], Floats]
"""The first n draws of a statistic."""
FEWEST = 4
"""What no plan goes below."""


def least(enough: Callable[[int], bool]) -> int:
    """The least n ≥ 4 that is enough, for a property that more draws keep; ValueError beyond 2⁴⁰."""
    high = FEWEST
    while not enough(high):
        high *= 2
        if high > 2**40:
            raise ValueError("no number of draws decides this: the margin is too small for what truncation leaves open")
    low = max(high // 2, FEWEST - 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def checked_gap(gap: float, margin: float) -> float:
    """The distance of a true value from a margin's edge; ValueError where it is too small ever to be decided."""
    if gap <= 1e-3 * margin:
        raise ValueError(f"a true value within 0.1 % of the margin {margin!r} is never decided; give another one")
    return gap
