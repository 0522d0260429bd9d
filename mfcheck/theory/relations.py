"""Equations between a theory's formulas: what one says follows from what another does, at all depths and sizes.

All hold of the paper's formulas, exactly but for numerical derivatives, and are derived here from what the formulas are
of. With V = ω^L = d Var J_ij, E f² is V where ‖x‖² = d, and a layer's weights enter V by their variance alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from numpy.polynomial.legendre import leggauss

from mfcheck.spec import NetworkSpec
from mfcheck.theory.cross_entropy import softmax_spread
from mfcheck.theory.paper import PaperTheory
from mfcheck.verdict import NotCovered

SMALL = 1e-6
"""The budget ε where the network is as good as affine."""
STEP = 0.01
"""Of log σ_w², in central differences: their error is of the order of its square."""
NODES = tuple(zip(*(values.tolist() for values in leggauss(6)), strict=True))
"""Places in [−1, 1] and weights of the Gauss–Legendre rule, exact for polynomials of degree 11."""
SLACK = 4e-3
"""Of falls of σ_w², in its own units, and of log ω: values a thousandth off are no other law, and a rate takes their
L/2th power."""
WIDE = 500
"""So many times as wide as deep are networks of which laws for N → ∞ hold to less than that tells."""
LEADING = 0.01
"""The excess kurtosis up to which the leading distance to a Gaussian law is the distance."""
Place = tuple[NetworkSpec, float, float, float]
"""A network, and a budget ε with its norms p and q."""
Sides = tuple[float, float]


@dataclass(frozen=True)
class Relation:
    """What formulas owe each other: both sides of an equation at a place, where it says nothing if either raises.

    `slack` is how far they may be apart besides.
    """

    says: str
    formulas: tuple[str, ...]
    sides: Callable[[PaperTheory, Place], Sides]
    slack: float = 0.0


def _law_of_entries(theory: PaperTheory, place: Place) -> Sides:
    return float(theory.jacobian_entry(place[0]).var()), theory.jacobian_entry_variance(place[0])


def _law_of_offsets(theory: PaperTheory, place: Place) -> Sides:
    _need(place[0].bias_variance > 0)
    return float(theory.offset(place[0]).var()), theory.offset_variance(place[0])


def _scale_of_the_bound(theory: PaperTheory, place: Place) -> Sides:
    spec, _, p, q = place
    scale = theory.adversarial_bound(spec, SMALL, p, q) / (SMALL * theory.beta(p, q, spec.input_dim, spec.output_dim))
    return scale**2, _output_variance(theory, spec)


def _pull_of_the_bound(theory: PaperTheory, place: Place) -> Sides:
    spec, *_ = place
    slope = _growth(spec, lambda at: theory.adversarial_bound(at, *place[1:])) * theory.adversarial_bound(*place)
    return theory.regularisation(*place), 2 * slope / (spec.depth * spec.width * spec.weight_variance)


def _rate_of_the_pull(theory: PaperTheory, place: Place) -> Sides:
    return theory.variance_rate(*place), -2 * place[0].weight_variance * theory.regularisation(*place)


def _fall_of_the_variance(theory: PaperTheory, place: Place) -> Sides:
    spec, *budget = place
    start = theory.variance_rate(*place)
    end = spec.weight_variance / abs(start) / 2
    rates = (
        weight * theory.variance_rate(replace(spec, weight_variance=_at(theory, place, end * (1 + at) / 2)), *budget)
        for at, weight in NODES
    )
    fall, integral = _at(theory, place, end) - _at(theory, place, 0), end / 2 * math.fsum(rates)
    return fall / spec.weight_variance, integral / spec.weight_variance


def _at(theory: PaperTheory, place: Place, t: float) -> float:
    return float(theory.weight_variance(*place, t))


def _time_of_collapse(theory: PaperTheory, place: Place) -> Sides:
    """How far log ω falls until then, and how far it should: deep networks get from ω^L to m by little of it."""
    spec = place[0]
    start, lower = theory.omega(spec), min(1.0, theory.omega(spec) ** spec.depth) / 4
    time = theory.collapse_time(*place, lower)
    _need(time < math.inf)
    left = _at(theory, place, time)
    end = theory.omega(replace(spec, weight_variance=left))
    return math.log(start / end), math.log(start) - math.log(lower) / spec.depth


def _rate_of_the_capacity(theory: PaperTheory, place: Place) -> Sides:
    _need(place[0].bias_variance == 0)
    growth = _growth(place[0], theory.fisher_rao)
    return theory.capacity_rate(*place), growth * theory.variance_rate(*place) / place[0].weight_variance


def _share_of_the_kurtosis(theory: PaperTheory, place: Place) -> Sides:
    """An entry is Gaussian given G, so its fourth moment is 3 E G², and that of two in a row, squared, E G²."""
    return theory.shared_square_ratio(place[0]), 1 + theory.excess_kurtosis(place[0]) / 3


def _distance_by_the_kurtosis(theory: PaperTheory, place: Place) -> Sides:
    """The paper's formula is of the theory's own kurtosis when it is asked for this theory."""
    spec = place[0]
    _need(theory.excess_kurtosis(spec) < LEADING)
    return theory.gaussian_distance(spec), PaperTheory.gaussian_distance(theory, spec)


def _bias_of_one_layer(theory: PaperTheory, place: Place) -> Sides:
    spec, others = place[0], place[0].depth - 1
    _need(spec.bias_variance > 0)
    first = spec.activation.alpha * spec.bias_variance * _passed_by(theory, spec, others)
    return theory.offset_variance(spec), _offset_of(theory, spec, others) + first


def _capacity_of_biases(theory: PaperTheory, place: Place) -> Sides:
    """Layer l sees the offset of the l − 1 below it, and its weights pass what they make of it through L − l above."""
    spec = place[0]
    _need(spec.bias_variance > 0 and spec.depth > 1)
    gain = spec.output_dim * spec.activation.alpha * spec.weight_variance
    terms = (
        _offset_of(theory, spec, layer - 1) * _passed_by(theory, spec, spec.depth - layer)
        for layer in range(2, spec.depth + 1)
    )
    return theory.fisher_rao_of_biases(spec), gain * math.fsum(terms)


def _capacity_by_layers(theory: PaperTheory, place: Place) -> Sides:
    """Σ_l ⟨W_l, ∂f_k/∂W_l⟩² takes from V, for every layer, the part that its weights carry."""
    spec = place[0]
    _need(spec.bias_variance == 0)
    variance = partial(_output_variance, theory)
    return theory.fisher_rao(spec), spec.output_dim * _growth(spec, variance) * variance(spec)


def _full_capacity(theory: PaperTheory, place: Place) -> Sides:
    """⟨w, ∂f_k⟩ weighs each part of f by the number of its weights, and (σ_w² d/dσ_w²)² V by that number's square."""
    _need(place[0].bias_variance == 0)
    return theory.full_fisher_rao(place[0]), _growth(place[0], theory.fisher_rao) * theory.fisher_rao(place[0])


def _standard_pull(theory: PaperTheory, place: Place) -> Sides:
    """E L_std of outputs N(0, V I) has the derivative E[1 − ‖softmax f‖²]/2 in V (Stein)."""
    spec, variance = place[0], partial(_output_variance, theory)
    _need(spec.bias_variance == 0 and spec.output_dim > 1 and spec.width >= WIDE * spec.depth)
    slope = _growth(spec, variance) * variance(spec)
    return (
        theory.standard_rate(spec),
        -2 * slope * softmax_spread(variance(spec), spec.output_dim) / (spec.depth * spec.width),
    )


def _output_variance(theory: PaperTheory, spec: NetworkSpec) -> float:
    """V = d Var J_ij, the variance of an output at ‖x‖² = d without biases."""
    return spec.input_dim * theory.jacobian_entry_variance(spec)


def _need(holds: bool) -> None:
    """Raise NotCovered where an equation says nothing."""
    if not holds:
        raise NotCovered("the equation says nothing there")


def _passed_by(theory: PaperTheory, spec: NetworkSpec, layers: int) -> float:
    """V of so many layers, 1 of none."""
    return _output_variance(theory, replace(spec, depth=layers)) if layers else 1.0


def _offset_of(theory: PaperTheory, spec: NetworkSpec, layers: int) -> float:
    """Var a_i of so many layers, 0 of none."""
    return theory.offset_variance(replace(spec, depth=layers)) if layers else 0.0


def _growth(spec: NetworkSpec, formula: Callable[[NetworkSpec], float]) -> float:
    """d log formula/d log σ_w²."""
    up, down = (replace(spec, weight_variance=spec.weight_variance * math.exp(step)) for step in (STEP, -STEP))
    return math.log(formula(up) / formula(down)) / (2 * STEP)


RELATIONS = (
    Relation("the law of J_ij has variance Var J_ij", ("jacobian_entry", "jacobian_entry_variance"), _law_of_entries),
    Relation("the law of a_i has variance Var a_i", ("offset", "offset_variance"), _law_of_offsets),
    Relation(
        "E J_ij² J_ik² d²/ω^{2L} = 1 + κ/3 for two entries of a row and the excess kurtosis κ of one",
        ("shared_square_ratio", "excess_kurtosis"),
        _share_of_the_kurtosis,
    ),
    Relation(
        "the distance of an entry's law to a Gaussian one is 0.0229 κ for small excess kurtosis κ (Edgeworth)",
        ("gaussian_distance", "excess_kurtosis"),
        _distance_by_the_kurtosis,
    ),
    Relation(
        "Var a_i of L layers is that of L − 1 and α σ_b² d Var J_ij of L − 1 layers",
        ("offset_variance", "jacobian_entry_variance"),
        _bias_of_one_layer,
    ),
    Relation(
        f"(bound on L_adv/(ε β_{{p,q}}))² = d Var J_ij as ε → 0, at ε = {SMALL:g}",
        ("adversarial_bound", "beta", "jacobian_entry_variance"),
        _scale_of_the_bound,
    ),
    Relation(
        "⟨∂L_adv/∂W, W⟩/‖W‖² = (2/(L N)) d(bound on L_adv)/dσ_w², by Euler's identity for each of L layers",
        ("regularisation", "adversarial_bound"),
        _pull_of_the_bound,
    ),
    Relation(
        "dσ_w²/dt = −2 σ_w² ⟨∂L_adv/∂W, W⟩/‖W‖², as gradient flow has it for σ_w² = ‖W‖²/N",
        ("variance_rate", "regularisation"),
        _rate_of_the_pull,
    ),
    Relation(
        "σ_w²(t) − σ_w²(0) is the integral of dσ_w²/dt along σ_w²(t)",
        ("weight_variance", "variance_rate"),
        _fall_of_the_variance,
        SLACK,
    ),
    Relation(
        "ω^L is m when σ_w²(t) has come to t = T; compared as falls of log ω",
        ("collapse_time", "weight_variance", "omega"),
        _time_of_collapse,
        SLACK,
    ),
    Relation(
        "d log‖w‖_FR/dt = (d log‖w‖_FR/dσ_w²) dσ_w²/dt",
        ("capacity_rate", "fisher_rao", "variance_rate"),
        _rate_of_the_capacity,
    ),
    Relation(
        "E‖w‖_FR = K d(d Var J_ij)/d log σ_w²",
        ("fisher_rao", "jacobian_entry_variance"),
        _capacity_by_layers,
    ),
    Relation(
        "E Σ_k ⟨w, ∂f_k⟩² = d E‖w‖_FR/d log σ_w²",
        ("full_fisher_rao", "fisher_rao"),
        _full_capacity,
    ),
    Relation(
        "what σ_b adds to E‖w‖_FR is Σ_l K α σ_w² (d Var J_ij of L − l layers) (Var a_i of l − 1 layers)",
        ("fisher_rao_of_biases", "offset_variance", "jacobian_entry_variance"),
        _capacity_of_biases,
    ),
    Relation(
        "dσ_w²/dt under L_std = −(2/(L N)) E[1 − ‖softmax f‖²] dV/d log σ_w² for outputs f ~ N(0, V I), V = d Var J_ij",
        ("standard_rate", "jacobian_entry_variance"),
        _standard_pull,
    ),
)
