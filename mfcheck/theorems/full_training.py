"""The law for the whole of training beside what training did: how far off L_adv(t) and σ_w²(t) are, by exponent."""

from __future__ import annotations

import math

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.observables import initial_decay
from mfcheck.observables.whole_training import AT_START, DROP, LOSS, RATE, STANDARD, Stretch, times
from mfcheck.theory.full_training import EXPONENTS, loss_paid, loss_path

NONE = 1e6
"""A squared error where there is no logarithm to compare."""
EXPONENTIAL = 0.0
"""What stands for the exponent ∞ where a report needs a number."""


def rates(draws: Floats) -> Floats:
    """r = (⟨∇L_adv, ∇L_adv'⟩ + ⟨∇L_adv, ∇L_std'⟩)/L_adv at t = 0, of two disjoint batches, `[n]`."""
    known = draws[:, RATE]
    found: Floats = (known[:, initial_decay.OFF] + known[:, initial_decay.BESIDE]) / known[:, initial_decay.LOSS]
    return found


def log_errors(draws: Floats, stretches: tuple[Stretch, ...], exponent: float) -> Floats:
    """The root mean square over times of log(L_adv(t)/law), `[n]`; far off where the law has no value."""
    at, rate = np.array(times(stretches)), rates(draws)[:, None]
    measured = draws[:, AT_START + 1 :, LOSS]
    law = loss_path(draws[:, AT_START, LOSS, None], rate, at, exponent)
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.log(measured / law) ** 2
    error: Floats = np.sqrt(np.where(np.isfinite(squares), squares, NONE).mean(axis=1))
    return error


def drops(draws: Floats, stretches: tuple[Stretch, ...], width: int, exponent: float, *, measured: bool) -> Floats:
    """The predicted fall of σ_w² over the measured one at the end, `[n]`: L_adv's part by the law, and L_std's part as
    measured along training, or as it was at the start."""
    end, rate = np.array(times(stretches)[-1:]), rates(draws)[:, None]
    paid = 2 / width * loss_paid(draws[:, AT_START, LOSS, None], rate, end, exponent)[:, 0]
    beside = draws[:, -1, STANDARD] if measured else draws[:, AT_START, STANDARD] * end[0]
    ratio: Floats = (paid + beside) / draws[:, -1, DROP]
    return ratio


def by_exponent(draws: Floats, stretches: tuple[Stretch, ...], width: int) -> Curve:
    """Medians over networks, by exponent, of the error of log L_adv and of the predicted fall of σ_w²."""
    errors = [log_errors(draws, stretches, one) for one in EXPONENTS]
    quartiles = np.array([np.quantile(one, (0.25, 0.5, 0.75)) for one in errors]).T

    def medians(*, measured: bool) -> tuple[float, ...]:
        found = (drops(draws, stretches, width, one, measured=measured) for one in EXPONENTS)
        return tuple(float(np.median(one)) for one in found)

    return Curve(
        kind=series.ERRORS,
        x_label=series.OVER_EXPONENTS,
        x=tuple(EXPONENTIAL if math.isinf(one) else one for one in EXPONENTS),
        measured=tuple(quartiles[1].tolist()),
        predicted=(0.0,) * len(EXPONENTS),
        exact=(),
        draws=len(draws),
        series={
            series.LOWER_QUARTILE: tuple(quartiles[0].tolist()),
            series.UPPER_QUARTILE: tuple(quartiles[2].tolist()),
            series.PREDICTED_FALL: medians(measured=True),
            series.FALL_FROM_START: medians(measured=False),
            series.INITIAL_RATE: (float(np.median(rates(draws))),),
            series.LOSS_LEFT: (float(np.median(draws[:, -1, LOSS] / draws[:, AT_START, LOSS])),),
        },
    )
