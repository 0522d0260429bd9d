"""Figures of Theorem 5.1's findings: losses over budgets, and how far the bound is filled over widths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.observables.losses import UNKNOWN
from mfcheck.spec import NetworkSpec, NormPair
from mfcheck.theorems.bound import chevet_at_width


def over_budgets(draws: Floats, budgets: Sequence[float], bounds: Sequence[float]) -> Curve:
    """Median losses of `losses.attacked` beside the bound, the linear map's loss ε‖J(x)‖ and the share of flips."""
    return Curve(
        kind=series.PROFILE,
        x_label=series.OVER_BUDGETS,
        x=tuple(budgets),
        measured=tuple(np.median(draws[:, 1::2], axis=0).tolist()),
        predicted=tuple(bounds),
        exact=tuple((np.asarray(budgets) * np.median(draws[:, 0])).tolist()),
        flips=() if UNKNOWN in draws[:, 2::2] else tuple(np.median(draws[:, 2::2], axis=0).tolist()),
        draws=len(draws),
    )


def over_widths(
    values: Sequence[Floats], specs: Sequence[NetworkSpec], pair: NormPair, bound: float, beta: float
) -> Curve:
    """Medians over the bound made with `beta`, beside Chevet's constant at each network's width over `beta`."""
    return Curve(
        kind=series.PROFILE,
        x_label=series.OVER_WIDTHS,
        x=tuple(float(spec.width) for spec in specs),
        measured=tuple(float(np.median(found)) / bound for found in values),
        predicted=(1.0,) * len(specs),
        exact=tuple(chevet_at_width(spec, pair) / beta for spec in specs),
        draws=min(len(found) for found in values),
    )
