"""For the claims of Theorem 5.1: norm pairs, budgets, and how far finite sizes may move the loss from its bound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from enum import StrEnum
from itertools import count, product

import numpy as np

from mfcheck.decisions.allowance import Allowance
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec, NormPair, ReLULike, dual_exponent
from mfcheck.statistics.means import Tail
from mfcheck.theorems.activations import LEAKY
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theory import PaperTheory, entry_law, finite_width, norms

BETWEEN = (NormPair(4.0, 1.5),)
PAIRS = (*(NormPair(p, q) for p, q in product((1.0, 2.0, math.inf), repeat=2)), *BETWEEN)
"""The nine pairs of 1, 2 and ∞, and one between."""
TINY_BUDGET = 2.0**-20
"""An ε that stands for ε → 0 in formulas: a power of two, so that dividing by it rounds nothing."""
INFINITE = 10**10
"""A width that stands for N → ∞: the Wishart chain costs the same at any, and the distance left is bounded."""
PAPERS = (NormPair(2.0, math.inf), INF_INF)
"""The pairs for which the paper states a constant of its own."""
KINDS = {
    "vanilla": ((1.4, 0.1, ReLULike()), (2.0, 0.0, ReLULike()), (5.5, 0.3, LEAKY)),
    "residual": ((0.2, 0.0, ReLULike()), (1.0, 0.3, LEAKY), (2.0, 0.1, ReLULike())),
}
"""Weight and bias variances and activations, for ω_v below, at and above 1, and for ω_r near 1 and above."""
STEPS = {"quick": 10, "standard": 20, "paper": 40}
"""Steps of an attack by level; more find more, at a cost in proportion."""
FOUND = 0.1
"""δ of attacks within a finite budget, at every level: of the largest loss they find a few percent less, and gates
flip, so that a finer δ would be no use."""
OUTSIDE = 10
"""The deviation inequality's share of networks beyond the slack is so many times less than the share that may be."""
FAR_OUTSIDE = 10_000
"""The same of an exact quantile, which no inequality makes larger than it is: of 1444 networks none is beyond it."""


def budget(reach: float, pair: NormPair, input_dim: int) -> float:
    """The ε whose longest perturbation has ‖η‖₂ = reach · √d: ‖x‖₂ is √d, so all pairs reach as far.

    ε = reach · √d / d^{max(0, 1/2 − 1/p)}, which is reach itself for p = ∞.
    """
    return reach * math.sqrt(input_dim) / float(input_dim ** max(0.0, 0.5 - 1 / pair.p))


def growth(spec: NetworkSpec, pair: NormPair) -> float:
    """The relative excess of ‖J‖_{p,q} over its limit that finite width may cause, from the mixing of J's rows."""
    sizes = (*pair, spec.input_dim, spec.output_dim)
    return chevet_at_width(spec, pair) / norms.chevet_beta(*sizes) - 1


def chevet_at_width(spec: NetworkSpec, pair: NormPair) -> float:
    """Chevet's constant at this width, to leading order."""
    sizes = (*pair, spec.input_dim, spec.output_dim)
    return norms.chevet_at_overlap(*sizes, finite_width.gram_overlap(spec))


def at_finite_width(spec: NetworkSpec, pair: NormPair) -> Allowance:
    """What a median may exceed the bound by at this width, to leading order."""
    origin = "finite width: Chevet's constant with the overlap of rows (docs/theory.md#overlap)"
    return Allowance(0.0, growth(spec, pair), origin)


def near_the_limit(spec: NetworkSpec, pair: NormPair) -> Allowance:
    """How far the median of ‖RᵀZ‖/‖Z‖ may lie from ω^{L/2}, rigorously (derived).

    | ‖RᵀZ‖ − ‖Z‖ | ≤ ‖R − I‖_{q,q} ‖Z‖, ‖·‖_{q,q} ≤ K^{|1/q − 1/2|} ‖·‖_F, and a median lies within √2 times the root
    mean square; ‖R − I‖_F ≤ ‖C − I‖_F for the Cholesky factor R of a C near I (Sun 1991, to first order /√2).
    """
    factor = spec.output_dim ** abs(1 / pair.q - 0.5)
    far = math.sqrt(2) * factor * finite_width.gram_deviation(spec)
    return Allowance(far, far, "rigorous distance to the limit, √2 K^{|1/q−1/2|} √E‖C−I‖²")


def slack(spec: NetworkSpec, pair: NormPair, beta: float, rate: float) -> Allowance:
    """How far a network may exceed β ω^{L/2}, but for a share well below 1 − rate of them.

    tσ*/(√d β) with e^{−t²/2} = (1 − rate)/10 at N = ∞, or less by the quantile of ‖Z‖/√d if that is in closed form and
    the median below β. At finite width the leading terms (docs/theory.md#finite-width-moments): the mixing of rows, and
    t deviations of the common scale, ½ √((κ − 1)L/N + 2/N).
    """
    t, sizes = math.sqrt(2 * math.log(OUTSIDE / (1 - rate))), (*pair, spec.input_dim, spec.output_dim)
    deviation = t * _relative_lipschitz(pair, spec.input_dim, spec.output_dim, beta)
    median, highest = (norms.exact_quantile(*sizes, share) for share in (0.5, 1 - (1 - rate) / FAR_OUTSIDE))
    if median is not None and highest is not None and median < beta:
        deviation = min(deviation, highest / beta - 1)
    spread = ((finite_width.gain_ratio(spec) - 1) * spec.depth + 2) / spec.width
    above = deviation + growth(spec, pair) + t * math.sqrt(spread) / 2
    finite = f"finite width {above - deviation:.3g} (docs/theory.md#finite-width-moments)"
    return Allowance(0.0, above, f"deviation {deviation:.3g} at N = ∞, {finite}")


def _relative_lipschitz(pair: NormPair, input_dim: int, output_dim: int, beta: float) -> float:
    """σ*/(√d β)."""
    return norms.lipschitz(*pair, input_dim, output_dim) / (math.sqrt(input_dim) * beta)


def at_finite_dimension(pair: NormPair, input_dim: int, output_dim: int) -> Allowance:
    """How far below β the limit may lie: the larger of Chevet's terms is reached, their sum is not exceeded.

    A median is below the mean (the norm is convex in Z; Kwapień 1994) by at most √(2 ln 2) σ*. Where the norm is that
    of the longest row or column and its median is in closed form (`exact_quantile`), that is taken. For all pairs.
    """
    sizes = (*pair, input_dim, output_dim)
    beta = norms.chevet_beta(*sizes)
    if (exact := norms.exact_quantile(*sizes)) is not None:
        return Allowance(1 - exact / beta, 0.0, "exact distance at finite dimension, of the longest row or column")
    median = math.sqrt(2 * math.log(2)) * _relative_lipschitz(pair, input_dim, output_dim, beta)
    below = 1 - norms.chevet_floor(*sizes) / beta + median
    return Allowance(below, 0.0, "rigorous distance at finite dimension: Chevet's larger term, median below mean")


def one_output(spec: NetworkSpec, pair: NormPair) -> tuple[float, Tail]:
    """E‖J‖/(ω^{L/2} E‖z‖_{p*}/√d) of networks with K = 1, exact at every width, and the tail of ‖J‖ (derived).

    There J = √G zᵀ with z standard normal free of G, whatever q, so the ratio is E√G in units of ω^L. ‖z‖_{p*} moves by
    at most σ* per unit, so it is as concentrated as N(0, σ*²) (Tsirelson, Ibragimov, Sudakov): with s = σ*/E‖z‖,
    E‖z‖² ≤ (1 + s²)(E‖z‖)², E‖z‖⁴ ≤ (1 + 6s² + 6√(8π) s³ + 16s⁴)(E‖z‖)⁴.
    """
    root = entry_law(spec).mean(np.sqrt)
    dual = dual_exponent(pair.p)
    s = norms.lipschitz(pair.p, pair.q, spec.input_dim, 1) / norms.expected_norm(spec.input_dim, dual)
    second = (1 + s**2) / root**2
    fourth = 1 + 6 * s**2 + 6 * math.sqrt(8 * math.pi) * s**3 + 16 * s**4
    return root, Tail(second, fourth * finite_width.relative_second_moment(spec) / root**4)


def bound_per_budget(theory: PaperTheory, spec: NetworkSpec, pair: NormPair) -> float:
    """The bound over ε as ε → 0: asked at a tiny ε, for a theory may say something else of large ones."""
    return theory.adversarial_bound(spec, TINY_BUDGET, *pair) / TINY_BUDGET


def gain(theory: PaperTheory, spec: NetworkSpec, pair: NormPair) -> float:
    """ω^{L/2}, as the theory's bound has it as ε → 0."""
    return bound_per_budget(theory, spec, pair) / theory.beta(*pair, spec.input_dim, spec.output_dim)


class Constant(StrEnum):
    """Whose β a bound is made with: the theory's own, or Chevet's."""

    THEORY = "theory"
    CHEVET = "chevet"


def constant(theory: PaperTheory, spec: NetworkSpec, pair: NormPair, whose: Constant = Constant.THEORY) -> float:
    """β of a pair at a network's sizes."""
    beta = theory.chevet_beta if whose is Constant.CHEVET else theory.beta
    return beta(*pair, spec.input_dim, spec.output_dim)


def turns(settings: Settings, width: int, depth: int, input_dim: int = 784, outputs: int = 10) -> Iterator[NetworkSpec]:
    """Endless networks of the run's architectures in turn, each with ω below, at and above 1 in turn."""
    known = [name for name in settings.architectures if name in KINDS]
    for turn in count() if known else ():
        for name in known:
            yield NetworkSpec(name, input_dim, outputs, width, depth, *KINDS[name][turn % 3])
