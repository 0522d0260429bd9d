"""What comes of a pair of trainings, with attacks and without: three outcomes, some of them not yet certain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.shapes import Statistic
from mfcheck.findings import series
from mfcheck.findings.regimes import FITS, LEARNS
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL, FIRST, FIRST_AT_START, LAST, LAST_AT_START
from mfcheck.statistics import intervals

STILL_FALLS = 0.01
"""A network is not done whose loss fell by a larger share than this over the last quarter of its training."""
ALPHA = 0.05
"""The error rate of the bounds of shares that are shown, and not decided by."""


class Outcome(StrEnum):
    """What a pair of trainings from one start comes to."""

    NOTHING = series.NOTHING_FITS
    CONTROL = series.CONTROL_FITS
    BOTH = series.BOTH_FIT


def reaches(draws: Floats, arm: int, bar: float) -> Floats:
    """Whether an arm of every pair reaches an accuracy, as bounds `[n, 2]` of 0 or 1.

    One that has reached it has; of one that has not, but diverged or whose loss still falls, it is not known.
    """
    reached = draws[:, arm + CLEAN] >= bar
    unknown = (draws[:, arm + DIVERGED] > 0) | (draws[:, arm + FALL] > STILL_FALLS)
    return np.stack([reached, reached | unknown], axis=1).astype(float)


def _nothing(control: Floats, attacked: Floats) -> Floats:
    return 1 - control[:, ::-1]


def _control(control: Floats, attacked: Floats) -> Floats:
    return control * (1 - attacked[:, ::-1])


def _both(control: Floats, attacked: Floats) -> Floats:
    return control * attacked


KINDS: Mapping[Outcome, Callable[[Floats, Floats], Floats]] = {
    Outcome.NOTHING: _nothing,
    Outcome.CONTROL: _control,
    Outcome.BOTH: _both,
}


def ends_as(outcome: Outcome) -> Statistic:
    """Whether pairs come to an outcome: 0 or 1, as bounds `[n, 2]`, of the draws of `trained`."""

    def known(draws: Floats) -> Floats:
        return KINDS[outcome](reaches(draws, ARM, FITS), reaches(draws, 0, LEARNS))

    return known


def shares(draws: Floats) -> dict[str, tuple[float, ...]]:
    """Of every outcome the shares of pairs that have come to it and that still may, and its exact bounds at 95 %."""
    return {str(outcome): _share(ends_as(outcome)(draws)) for outcome in Outcome}


def _share(known: Floats) -> tuple[float, ...]:
    least, most = (int(count) for count in known.sum(axis=0))
    low, high = (intervals.clopper_pearson(count, len(known), ALPHA)[end] for end, count in enumerate((least, most)))
    return least / len(known), most / len(known), low, high


def undecided(draws: Floats) -> float:
    """The share of pairs of which it is not known what they come to."""
    spread = [ends_as(outcome)(draws) for outcome in Outcome]
    return float(np.mean(np.any([known[:, 0] != known[:, 1] for known in spread], axis=0)))


def first_over_last(draws: Floats, arm: int, *, at_start: bool = False) -> float:
    """The gradient's norm in the first layer over that in the last, the median over networks, 0 where it is none."""
    first, last = (FIRST_AT_START, LAST_AT_START) if at_start else (FIRST, LAST)
    return _middle(draws[:, arm + first], draws[:, arm + last])


def first_left(draws: Floats, arm: int) -> float:
    """The first layer's gradient after training over that before it, the median over networks."""
    return _middle(draws[:, arm + FIRST], draws[:, arm + FIRST_AT_START])


def _middle(above: Floats, below: Floats) -> float:
    return float(np.median(np.divide(above, below, out=np.zeros_like(above), where=below > 0)))
