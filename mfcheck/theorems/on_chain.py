"""Where finite sizes put ‖J‖ and the pull on W beside the theory's limits: measured on the exact chain, or, of the pull
on networks of one output, in closed form.

Measured over what is known of the limit without the theory on trial: the layer gain E λ, the share of the pull that a
shortcut leaves, and Chevet's constant, or the median where that is in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.calibration import Calibration
from mfcheck.decisions.decide import Decider
from mfcheck.observables import chain_pull, losses
from mfcheck.spec import NetworkSpec, NormPair
from mfcheck.theorems.pull import one_output_pull
from mfcheck.theory import finite_width, norms

NORM = "‖J‖ measured on the exact chain at this width (docs/theory.md#wishart-chain)"
PULL = "measured on the exact chain at this width, but for ‖W‖² (docs/theory.md#parts-of-the-jacobian)"


def gain(spec: NetworkSpec) -> float:
    """(E λ)^{L/2}, by which the layers stretch a column."""
    return math.sqrt(finite_width.mean_gain(spec)) ** spec.depth


def norm_at(decide: Decider, spec: NetworkSpec, pair: NormPair) -> Calibration:
    """The median of ‖J‖_{p,q} at the network's width."""
    return decide.calibrate(losses.operator_norms(*pair), lambda draws: draws[:, 0], spec)


def norm_beside(decide: Decider, spec: NetworkSpec, pair: NormPair, beta: float) -> Callable[[], Allowance]:
    """Where the median of ‖J‖ lies beside `beta` ω^{L/2}."""
    return lambda: norm_at(decide, spec, pair).over(beta * gain(spec), NORM)


def norm_below(decide: Decider, spec: NetworkSpec, pair: NormPair, beta: float) -> Callable[[], Allowance]:
    """The same for a bound: a constant that is too small at finite dimension is no reason to pass it."""
    limit = norms.exact_quantile(*pair, spec.input_dim, spec.output_dim) or 0.0
    return norm_beside(decide, spec, pair, max(beta, limit))


def pull_beside(decide: Decider, spec: NetworkSpec, pair: NormPair) -> Callable[[], Allowance]:
    """Where the median of the pull on W lies, as ε → 0, beside ε α β ω^{L/2−1}/N with the paper's β."""
    if spec.output_dim == 1:
        return lambda: one_output_pull(spec, pair)
    return lambda: _pull(decide, spec, pair).over(_limit(spec, pair), PULL)


def pull_of_images(decide: Decider, spec: NetworkSpec, pair: NormPair) -> Callable[[], Allowance]:
    """The same of the mean over several images, whose spread is another and not known."""
    measured = of_several(pull_beside(decide, spec, pair))
    return lambda: replace(measured(), spread=None)


def of_several(measured: Callable[[], Allowance]) -> Callable[[], Allowance]:
    """The same of a mean over several images, whose median lies between that of one and the mean: to leading order half
    the variance above it."""

    def allowance() -> Allowance:
        one = measured()
        above = one.above + (one.spread or 0.0) ** 2 / 2
        return replace(one, above=above, origin=f"{one.origin}; nearer to the mean for several images")

    return allowance


def time_beside(decide: Decider, spec: NetworkSpec, pair: NormPair) -> Callable[[], Allowance]:
    """Where the median of a time lies that is inverse to the pull."""
    rate = pull_beside(decide, spec, pair)
    return lambda: rate().inverse


def _pull(decide: Decider, spec: NetworkSpec, pair: NormPair) -> Calibration:
    if spec.architecture == "vanilla":  # where the pull is the loss itself (docs/theory.md#euler-identities)
        return norm_at(decide, spec, pair)
    return decide.calibrate(chain_pull.pull(pair), lambda draws: draws[:, 0], spec)


def _limit(spec: NetworkSpec, pair: NormPair) -> float:
    share = spec.activation.alpha * spec.weight_variance / finite_width.mean_gain(spec)
    return share * gain(spec) * norms.paper_beta(*pair, spec.input_dim, spec.output_dim)
