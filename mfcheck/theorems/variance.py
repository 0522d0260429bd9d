"""Theorems 5.4 and 5.7 along training: the theory's times, rival statements on a path, curves of σ_w²(t)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.observables import projected
from mfcheck.observables.along_training import ERROR, LOSS, PAID, SIZE
from mfcheck.observables.attack_strengths import DRIFT
from mfcheck.observables.path_bounds import column_at, decreases
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.theorems.pull import half_rate
from mfcheck.theory import PaperTheory

LOWER = 0.1
"""m of the window m ≤ ω^L ≤ M."""
UPPER = 10.0
"""M of the same window."""
EULER = "Euler's law along the path"
TINY = 1e-12
POINTS = 5
"""Scales at which a projected flow is measured."""


def half_life(theory: PaperTheory, spec: NetworkSpec, attack: Attack) -> float:
    """The time at which the theory's σ_w²(t) has fallen to half of its start."""
    return time_down_to(0.5, theory, spec, attack)


def time_down_to(share: float, theory: PaperTheory, spec: NetworkSpec, attack: Attack) -> float:
    """The time at which the theory's σ_w²(t) has fallen to a share of its start, by halving."""
    low, high, end = 0.0, -spec.weight_variance / theory.variance_rate(spec, *attack), share * spec.weight_variance
    while theory.weight_variance(spec, *attack, high) > end:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        above = theory.weight_variance(spec, *attack, middle) > end
        low, high = (middle, high) if above else (low, middle)
    return high


def of_what_is_left(known: Callable[[], Allowance], left: Callable[[float], float]) -> Callable[[], Allowance]:
    """Where σ_w²(t) lies beside the theory's, by where its rate does: `left(r)` is the theory's at a rate r times its
    own, which has at t what the theory has at rt."""

    def allowance() -> Allowance:
        near = known()
        slow, rate, fast = (near.centre * (1 + off) for off in (-near.below, 0.0, near.above))
        low, middle, high = left(fast), left(rate), left(slow)
        spread = None if near.spread is None else near.spread * abs(math.log(left(1.0)))
        at = replace(near, below=1 - low / middle, above=high / middle - 1, shift=middle / left(1.0) - 1)
        return replace(at, spread=spread, origin=f"{near.origin}, as it moves what is left")

    return allowance


def scales_down_to(share: float, points: int = POINTS) -> tuple[float, ...]:
    """Scales of the weights from 1 to where σ_w² is `share` of its start, even in the logarithm."""
    return tuple(float(scale) for scale in np.geomspace(1.0, math.sqrt(share), points))


def euler(row: int, slack: float) -> dict[str, Rival]:
    """What the same path may support in the law's place, `row` being that of its time, for vanilla networks without
    biases: the decrease is (2/N)∫L_adv dt, to `slack`."""
    return {EULER: Rival(lambda draws: share_paid(draws, row), 1 - slack, 1 + slack)}


def gain_at(spec: NetworkSpec, shares: Floats) -> Floats:
    """ω^L once ‖W‖², and with it ασ_w², is these shares of its start."""
    start = spec.activation.alpha * spec.weight_variance
    found: Floats = np.power(PaperTheory().omega(spec) + start * (shares - 1), spec.depth)
    return found


def share_paid(draws: Floats, row: int) -> Floats:
    """The decrease of ‖W‖² over (2/N)∫L_adv dt along recorded paths, as bounds `[n, 2]`: 1 by Euler's law.

    Both are measured on the path as it was stepped, so how far that is from the flow does not enter.
    """
    found: Floats = decreases(column_at(draws, row, SIZE)) / np.maximum(draws[:, row, PAID, None], TINY)
    return found


def envelope(theory: PaperTheory, spec: NetworkSpec, attack: Attack, losses: Floats, times: Sequence[float]) -> Floats:
    """σ_w²(t)/σ_w²(0) of the theory with its rate scaled to each measured L_adv(0): `[n, T]`.

    For vanilla networks without biases no flow on L_adv alone falls below it: docs/theory.md#envelope.
    """
    bound = theory.adversarial_bound(spec, *attack)

    def at(loss: float, t: float) -> float:
        return theory.weight_variance(spec, *attack, t * loss / bound) / spec.weight_variance

    return np.array([[at(float(loss), t) for t in times] for loss in losses])


def along_path(theory: PaperTheory, spec: NetworkSpec, attack: Attack, times: Sequence[float], draws: Floats) -> Curve:
    """Medians of a recorded path beside both laws and the envelope."""
    every = (0.0, *times)
    size, loss = draws[:, :, SIZE], draws[:, :, LOSS]
    bound = theory.adversarial_bound(spec, *attack)
    low, high = np.quantile(size, [0.25, 0.75], axis=0)
    return Curve(
        kind=series.TRAJECTORY,
        x_label=series.OVER_TIME,
        x=every,
        measured=tuple(np.median(size, axis=0).tolist()),
        predicted=law(theory, spec, attack, every),
        exact=(),
        draws=len(draws),
        series={
            series.FACTOR_1: law(half_rate(theory), spec, attack, every),
            series.LOSS: tuple((np.median(loss, axis=0) / bound).tolist()),
            series.ENVELOPE: tuple(envelope(theory, spec, attack, np.median(loss[:, :1], axis=0), every)[0].tolist()),
            series.LOWER_QUARTILE: tuple(low.tolist()),
            series.UPPER_QUARTILE: tuple(high.tolist()),
            series.DISCRETISATION: tuple(np.median(draws[:, :, ERROR], axis=0).tolist()),
        },
    )


def along_projection(
    theory: PaperTheory,
    spec: NetworkSpec,
    attack: Attack,
    scales: tuple[float, ...],
    end: float,
    rates: Floats,
) -> Curve:
    """Medians of σ_w²(t)/σ_w²(0) of a projected flow beside both laws."""
    every = tuple(np.linspace(0.0, end, 9).tolist())
    sizes = np.array([np.square(projected.scale_at(rates, scales, t)) for t in every])
    return Curve(
        kind=series.TRAJECTORY,
        x_label=series.OVER_TIME,
        x=every,
        measured=tuple(np.median(sizes, axis=1).tolist()),
        predicted=law(theory, spec, attack, every),
        exact=(),
        draws=len(rates),
        series={series.FACTOR_1: law(half_rate(theory), spec, attack, every)},
    )


def over_strengths(steps: Sequence[int], draws: Floats, predicted: float, *, standard: bool) -> Curve:
    """Medians of the drift over the theory's by steps of the attack, of L_std too where it is part of the training."""
    drift = draws[:, :-1, DRIFT] + (draws[:, -1:, DRIFT] if standard else 0.0)
    return Curve(
        kind=series.STRENGTHS,
        x_label=series.OVER_STEPS,
        x=tuple(map(float, steps)),
        measured=tuple((np.median(drift, axis=0) / predicted).tolist()),
        predicted=(1.0,) * len(steps),
        exact=(),
        draws=len(draws),
    )


def law(theory: PaperTheory, spec: NetworkSpec, attack: Attack, times: Sequence[float]) -> tuple[float, ...]:
    """The theory's σ_w²(t)/σ_w²(0) at several times."""
    return tuple(kept(theory, spec, attack, t) for t in times)


def kept(theory: PaperTheory, spec: NetworkSpec, attack: Attack, t: float) -> float:
    """The theory's σ_w²(t)/σ_w²(0)."""
    return theory.weight_variance(spec, *attack, t) / spec.weight_variance
