"""How long a predicted decrease describes the measured one: the horizon of a law along a trajectory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mfcheck.reporting.curves.trajectories import Trajectory, falls_below

ENOUGH = 0.9
"""The law lasts while the measured decrease is at least this share of the predicted one."""
HALF = 0.5
"""The theory's weight variance has collapsed where this share of it is left."""
TINY = 1e-9
"""Decreases below this are rounding, and their ratio says nothing."""


@dataclass(frozen=True)
class Horizon:
    """When a trajectory leaves its law: `time` infinite if it never does, `at_once` if the first point is beyond it.

    `last` is the time up to which it was followed, `share` the horizon over the predicted time of collapse; where the
    prediction ends before that, at most that (`share_is_bound`).
    """

    width: int
    time: float
    at_once: bool
    last: float
    share: float
    share_is_bound: bool


def horizon(one: Trajectory, law: Sequence[float]) -> Horizon | None:
    """How long a law describes a trajectory; None where it has no decrease in it that could be told from none.

    The time of collapse is that of the trajectory's own prediction, whatever the law.
    """
    points = [
        (time, (1 - value) / (1 - lawful))
        for time, value, lawful in zip(one.times, one.measured, law, strict=True)
        if math.isfinite(value) and 1 - lawful > TINY
    ]
    if not points:
        return None
    times, ratios = zip(*points, strict=True)
    time = falls_below(times, ratios, ENOUGH)
    collapse, bound = _collapse(one)
    return Horizon(one.width, time, ratios[0] < ENOUGH, times[-1], time / collapse, bound)


def _collapse(one: Trajectory) -> tuple[float, bool]:
    """The predicted time of collapse, and whether that is only known to be no earlier."""
    collapse = falls_below(one.times, one.predicted, HALF)
    falling = [(time, value) for time, value in zip(one.times, one.predicted, strict=True) if value < 1]
    if math.isfinite(collapse) or not falling:
        return collapse, False
    # A decay that only slows down reaches a half no sooner than the straight line through its last point.
    time, value = falling[-1]
    return time * (1 - HALF) / (1 - value), True
