"""Draws known only between bounds, since a training path has an error of its own or did not come to its end.

An interval-censored draw is a pair [low, high] that holds what exact training would have given. Order statistics of the
lows and of the highs still bound the median (`medians.estimate_median`), so what is not resolved ends as undecided.
"""

from __future__ import annotations

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.observables import after_training
from mfcheck.observables.along_training import ERROR, FAILED, SIZE

GRANTED = 2.0
"""How often a flow's estimated error may be passed: an attack that settles elsewhere is not foreseen by it. Against
steps eight times as fine it was passed 1.7 times at most by 66 networks at ε = 0.3, at the times decided on."""


def unless(lost: Floats, values: Floats) -> Floats:
    """Values `[n]`, each at least 0, as bounds `[n, 2]`: of a network that is `lost [n]`, nothing is known.

    >>> unless(np.array([0.0, 1.0]), np.array([0.3, 0.4])).tolist()
    [[0.3, 0.3], [0.0, inf]]
    """
    gone = lost > 0
    return np.stack([np.where(gone, 0.0, values), np.where(gone, np.inf, values)], axis=1)


def column_at(draws: Floats, row: int, column: int, within: float = np.inf) -> Floats:
    """A column of recorded paths `[n, 1 + T, 5]` at a time, as bounds `[n, 2]`.

    Nothing is known of a path whose estimated error of ‖W(t)‖²/‖W(0)‖² is more than `within`: steps as coarse as that
    may kill a network that gradient flow leaves alive.
    """
    lost = np.maximum(draws[:, row, FAILED], draws[:, row, ERROR] > within)
    return unless(lost, draws[:, row, column])


def sizes(draws: Floats, row: int) -> Floats:
    """‖W(t)‖²/‖W(0)‖² of recorded paths at a time, up to what is granted for the path's error: `[n, 2]`."""
    reach = GRANTED * draws[:, row, ERROR, None] * np.array([-1.0, 1.0])
    found: Floats = np.maximum(column_at(draws, row, SIZE) + reach, 0.0)
    return found


def decreases(bounds: Floats) -> Floats:
    """1 − share of what was there at the start, from bounds of the share `[n, 2]`."""
    found: Floats = 1 - bounds[:, ::-1]
    return found


def after(draws: Floats, column: int) -> Floats:
    """A column of what training with attacks left, of `trained`, as bounds `[n, 2]`: unknown where it diverged."""
    return unless(draws[:, after_training.DIVERGED], draws[:, column])
