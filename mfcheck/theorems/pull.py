"""For the claims of Section 5: budgets at which no gate flips, and how finite width moves ⟨W, ∂L⟩."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.findings import series
from mfcheck.findings.finding import Curve
from mfcheck.findings.pins import FACTOR
from mfcheck.observables.slopes import LAYERS
from mfcheck.spec import NetworkSpec, NormPair, dual_exponent
from mfcheck.statistics.means import Tail
from mfcheck.theorems.bound import at_finite_dimension, budget, growth, one_output
from mfcheck.theory import PaperTheory, finite_width, norms
from mfcheck.theory.full_moments import full_form_moment
from mfcheck.theory.paper import remade

BY_HOMOGENEITY = (FACTOR, "width", "eps")
"""What enters the pull on the exact chain by calculus: there L_adv is ε‖J‖, and the pull 2/N of it."""
BY_PROJECTION = (*BY_HOMOGENEITY, "depth", "t", "lower")
"""The same of its projected flow, whose rates are powers of the scale."""
INSTANT = 1e-8
"""A longest perturbation in units of ‖x‖₂ at which no activation flips: ε → 0."""
CHAIN_EPS = 1e-3
"""The ε of the exact chain, which has no gates to flip."""
LINEAR_STEPS = 0
"""Steps of an attack there: it is the linear map's own maximiser."""
STEP = 1e-3
"""Relative step in σ_w of a derivative of an exact law."""


def instant(pair: NormPair, input_dim: int) -> float:
    """The ε that stands for ε → 0."""
    return budget(INSTANT, pair, input_dim)


def half_rate(theory: PaperTheory) -> PaperTheory:
    """The theory with the other rate factor: 1 where it has 2, and 2 where it has 1."""
    return remade(theory, rate_factor=3 - theory.rate_factor)


def pull_of_one_output(spec: NetworkSpec, pair: NormPair) -> float:
    """E Σ_l ⟨W_l, ∂L_adv⟩ over the theory's, for K = 1 as ε → 0; exact at every width ≥ 16 (derived).

    Σ_l ⟨W_l, ∂L⟩ = dL/d log σ_w draw by draw and E L_adv = ε E‖z‖_{p*}/√d · E√(ω^L G). The theory's is L (ασ_w²/ω)
    times its bound.
    """
    share = spec.activation.alpha * spec.weight_variance / finite_width.mean_gain(spec)
    logs = [_log_loss(replace(spec, weight_variance=spec.weight_variance * (1 + s))) for s in (-STEP, STEP)]
    steepness = 2 * (logs[1] - logs[0]) / (math.log1p(STEP) - math.log1p(-STEP))
    dual = norms.expected_norm(spec.input_dim, dual_exponent(pair.p)) / math.sqrt(spec.input_dim)
    beta = norms.paper_beta(pair.p, pair.q, spec.input_dim, spec.output_dim)
    return one_output(spec, pair)[0] * dual / beta * steepness / (spec.depth * share)


def _log_loss(spec: NetworkSpec) -> float:
    root = one_output(spec, NormPair(2, 2))[0]
    return math.log(root) + spec.depth / 2 * math.log(finite_width.mean_gain(spec))


def one_output_pull(spec: NetworkSpec, pair: NormPair) -> Allowance:
    """How far the median pull may lie from the theory where K = 1: the mean's exact distance, and the variance.

    The median of a law that is Gaussian but for its skewness lies about half its variance from the mean.
    """
    off, spread = abs(pull_of_one_output(spec, pair) - 1), one_output_spread(spec, pair)
    origin = "K = 1: exact mean at this width, median within the variance to leading order"
    return Allowance(off + spread**2, off + spread**2, origin, spread=spread)


def one_output_spread(spec: NetworkSpec, pair: NormPair) -> float:
    """The relative standard deviation of the pull where K = 1, which plans draws: at most that of ‖J‖ for vanilla ones.

    Where a shortcut carries part of J, J_l·J/‖J‖² of layer l's part J_l adds the spread of J Jᵀ to leading
    order (docs/theory.md#finite-width-moments).
    """
    second = one_output(spec, pair)[1].second - 1
    if spec.architecture == "residual":
        share = spec.activation.alpha * spec.weight_variance / finite_width.mean_gain(spec)
        second += finite_width.gram_spread(spec) * (1 - share) / share / spec.depth
    return math.sqrt(second)


def many_outputs_pull(spec: NetworkSpec, pair: NormPair) -> Allowance:
    """How far the median pull may lie from the theory: as far as finite dimension takes the norm, above it by what rows
    mix at this width, and below it by the drift of the scale. For q = ∞ the norm of Z is that of its longest row, whose
    median may be in closed form, and may lie on either side of the paper's constants; other pairs have Chevet's."""
    sizes = (*pair, spec.input_dim, spec.output_dim)
    above, drift = growth(spec, pair), (finite_width.spread(spec) * spec.depth + 2) / (4 * spec.width)
    if math.isinf(pair.q) and (longest := norms.exact_quantile(*sizes)) is not None:
        off = longest / norms.paper_beta(*sizes) - 1
        origin = "exact distance at finite dimension, of the longest row; rows mix above it (docs/theory.md#overlap)"
        return Allowance(max(0.0, -off) + drift, max(0.0, off) + above, origin)
    near = at_finite_dimension(pair, spec.input_dim, spec.output_dim)
    return Allowance(near.below + drift, above, f"{near.origin}; rows mix above it (docs/theory.md#overlap)")


PLANNED = 1.5
"""What plans take E X²/(E X)² of a standard drift for; it sets the first look alone."""


def standard_tail(spec: NetworkSpec, unit: float) -> Tail:
    """What is granted of the drift X = (2/N)⟨f_l, softmax f − 1/K⟩ of standard training, in units of `unit` (derived).

    |X| ≤ (2/N)√(1 − 1/K) ‖f_l‖ and f_l given its scale G is N(0, G I), so E X⁴ ≤ (2/N)⁴ (1 − 1/K)² K(K + 2) E G², with
    E G² at most V (E G)² of a vanilla network.
    """
    k = spec.output_dim
    share = spec.activation.alpha * spec.weight_variance * finite_width.mean_gain(spec) ** (spec.depth - 1)
    second_moment = finite_width.relative_second_moment(replace(spec, architecture="vanilla"))
    size = 2 / spec.width / unit
    fourth = (size * share) ** 4 / share**2 * (1 - 1 / k) ** 2 * k * (k + 2) * second_moment
    return Tail(PLANNED, fourth, guessed=True)


def capacity_tail(spec: NetworkSpec, form: str) -> Tail:
    """What is granted of a Fisher–Rao norm at initialisation, over its mean (derived).

    The layers' form of layer l is ‖f_l‖² with f_l ~ N(0, G I) given its scale G, a product of means over rows: so
    E X⁴/(E X)⁴ ≤ E G⁴/(E G)⁴ · K(K+2)(K+4)(K+6)/K⁴, and by Minkowski's inequality the same over layers. The rows' form
    and the diagonal are its conditional means over signs of δ_i and of W_ij, fair coins given all sizes: no larger
    (Jensen). Plans take the layers' second moment without biases, which add terms that spread less. Moments of the full
    form are exact, without biases.
    """
    if form == "full":
        return Tail(full_form_moment(spec, 2), full_form_moment(spec, 4))
    k = spec.output_dim

    def moment(of_scale: float, power: int) -> float:
        return float(of_scale * math.prod(k + 2 * j for j in range(power)) / k**power)

    return Tail(moment(finite_width.scale_moment(spec, 2), 2), moment(finite_width.offset_moment_bound(spec, 4), 4))


def layers(draws: Floats, depth: int, predicted: float) -> Curve:
    """The pull over the theory's and the cosine between the gradient and W, layer by layer."""
    pulls, cosines = draws[:, LAYERS : LAYERS + depth], draws[:, LAYERS + depth :]
    return Curve(
        kind=series.LAYERS,
        x_label=series.OVER_LAYERS,
        x=tuple(float(layer) for layer in range(1, depth + 1)),
        measured=tuple((np.median(pulls, axis=0) / predicted).tolist()),
        predicted=(1.0,) * depth,
        exact=(),
        draws=len(draws),
        series={series.COSINE: tuple(np.median(cosines, axis=0).tolist())},
    )
