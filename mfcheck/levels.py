"""Levels of effort (quick, standard, paper): declared discrepancies δ and numbers of looks, never another rule."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """Declared discrepancies δ and the budget of a level (docs/decisions.md#declared-discrepancies).

    `law` is a sup-distance of distribution functions, `slope` an exponent or a slope per layer, `rate` the least share
    of networks. `ratio` is relative, for laws that hold in a limit; `exact` the same for laws that hold at every
    width, where nothing but a wrong formula can differ: at most 0.4 of the 5 % by which the smallest wrong twin is
    off, so that it lies beyond twice the margin. A decision's first look is planned for error alpha and probability
    `beta` of no decision; `looks` bounds the doublings after it.
    """

    name: str
    law: float
    ratio: float
    exact: float
    slope: float
    rate: float
    looks: int
    beta: float = 1e-3


LEVELS = {
    level.name: level
    for level in (
        Level("quick", law=0.02, ratio=0.05, exact=0.02, slope=0.05, rate=0.99, looks=4),
        Level("standard", law=0.01, ratio=0.02, exact=0.01, slope=0.02, rate=0.99, looks=5),
        Level("paper", law=0.005, ratio=0.01, exact=0.005, slope=0.01, rate=0.99, looks=6),
    )
}


def level_named(name: str) -> Level:
    """The level of this name; ValueError naming the ones there are."""
    if name not in LEVELS:
        raise ValueError(f"level {name!r} is unknown; allowed are {', '.join(LEVELS)}")
    return LEVELS[name]
