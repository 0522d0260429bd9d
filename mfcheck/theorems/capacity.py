"""Theorem 5.9 along training: the early decay of capacity, and its curve beside the theory's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.theorems.pull import half_rate
from mfcheck.theorems.variance import law
from mfcheck.theory import PaperTheory

NODES, WEIGHTS = np.polynomial.legendre.leggauss(5)
"""Where an integral over a small change of the weights is taken, at far more points than it needs."""


def mean_decay(theory: PaperTheory, spec: NetworkSpec, attack: Attack, share: float) -> float:
    """The theory's mean of −d log‖w‖_FR/dt over the time in which the weights shrink to `share` of their size.

    A measured difference quotient has this reference, not the rate at its start. With v = −log s the flow has
    dv/dt = −½ d log σ_w²/dt at σ_w² s², and both integrals over v are taken by Gauss and Legendre's rule.
    """
    passed = -math.log(share) * (NODES + 1) / 2
    time = drop = 0.0
    for v, weight in zip(passed.tolist(), WEIGHTS.tolist(), strict=True):
        there = replace(spec, weight_variance=spec.weight_variance * math.exp(-2 * v))
        speed = -theory.variance_rate(there, *attack) / (2 * there.weight_variance)
        time += weight / speed
        drop -= weight * theory.capacity_rate(there, *attack) / speed
    return drop / time


def capacity_path(
    theory: PaperTheory, spec: NetworkSpec, attack: Attack, times: Sequence[float], left: Floats
) -> Curve:
    """Medians of ‖w‖_FR(t)/‖w‖_FR(0), drawn as `left [n, T]`, beside E‖w‖_FR at the theory's σ_w²(t)."""

    def at(one: PaperTheory) -> tuple[float, ...]:
        shares = law(one, spec, attack, times)
        became = [replace(spec, weight_variance=max(share, 1e-12) * spec.weight_variance) for share in shares]
        return tuple(one.fisher_rao(then) / one.fisher_rao(spec) for then in became)

    low, high = np.quantile(left, [0.25, 0.75], axis=0)
    return Curve(
        kind=series.TRAJECTORY,
        x_label=series.OVER_TIME,
        x=tuple(times),
        measured=tuple(np.median(left, axis=0).tolist()),
        predicted=at(theory),
        exact=(),
        draws=len(left),
        series={
            series.FACTOR_1: at(half_rate(theory)),
            series.LOWER_QUARTILE: tuple(low.tolist()),
            series.UPPER_QUARTILE: tuple(high.tolist()),
        },
    )
