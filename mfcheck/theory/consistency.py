"""Whether the formulas of a theory agree with each other, where one says what another follows from: without draws.

A formula may be wrong at depths and sizes that no claim draws, and still contradict its neighbours there. That is told,
and refutes nothing: a theory may hold two quantities apart that the paper has as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import cycle

from numpy.polynomial.legendre import leggauss

from mfcheck.spec import NetworkSpec
from mfcheck.theory.paper import PaperTheory
from mfcheck.theory.sample_places import networks

NEAR = 0.01
"""Relative distance within which two formulas agree: quadratures and differential equations of somebody's own are a
few thousandths off, and the least wrong twin is five times as far."""
SOME = 80
"""Of so many networks, and of those in which every two sizes, depths or variances meet."""
BUDGETS = ((0.3, math.inf, math.inf), (2.0, 2.0, 2.0), (0.01, 1.0, 2.0), (0.3, 4.0, 1.5))
"""ε with its norms p and q."""
SMALL = 1e-6
"""The budget ε where the network is as good as affine."""
STEP = 0.01
"""Of log σ_w², in central differences: their error is of the order of its square."""
NODES = tuple(zip(*(values.tolist() for values in leggauss(6)), strict=True))
"""Places in [−1, 1] and weights of the Gauss–Legendre rule, exact for polynomials of degree 11."""
Place = tuple[NetworkSpec, float, float, float]
Sides = tuple[float, float]


@dataclass(frozen=True)
class Relation:
    """What some formulas owe each other: the two sides of an equation, at a network and a budget with its norms."""

    says: str
    formulas: tuple[str, ...]
    sides: Callable[[PaperTheory, Place], Sides]


@dataclass(frozen=True)
class Contradiction:
    """An equation between a theory's formulas that fails, at how many of the places asked, and both sides at one."""

    says: str
    formulas: tuple[str, ...]
    failing: int
    asked: int
    where: str
    sides: Sides


@lru_cache(maxsize=8)
def contradictions(theory: PaperTheory) -> tuple[Contradiction, ...]:
    """The equations that a theory's formulas break; none for the paper's own."""
    return tuple(found for one in RELATIONS if (found := _contradiction(theory, one)))


def _contradiction(theory: PaperTheory, relation: Relation) -> Contradiction | None:
    asked, failing = 0, []
    for place in _places():
        if (sides := _sides(theory, relation, place)) is not None:
            asked += 1
            if not math.isclose(*sides, rel_tol=NEAR):
                failing.append((place, sides))
    if not failing:
        return None
    (spec, eps, p, q), sides = failing[0]
    where = f"{spec}, ε = {eps:g}, (p, q) = ({p:g}, {q:g})".replace("inf", "∞")
    return Contradiction(relation.says, relation.formulas, len(failing), asked, where, sides)


def _sides(theory: PaperTheory, relation: Relation, place: Place) -> Sides | None:
    """Both sides as finite numbers; None where a formula has nothing to say, or nothing of use."""
    try:
        left, right = map(float, relation.sides(theory, place))
    except Exception:  # a formula of one's own may raise anything where no claim asks it
        return None
    return (left, right) if math.isfinite(left) and math.isfinite(right) else None


def _places() -> Iterator[Place]:
    for spec, (eps, p, q) in zip(networks(SOME), cycle(BUDGETS), strict=False):
        yield spec, eps, p, q


def _law_of_entries(theory: PaperTheory, place: Place) -> Sides:
    return float(theory.jacobian_entry(place[0]).var()), theory.jacobian_entry_variance(place[0])


def _law_of_offsets(theory: PaperTheory, place: Place) -> Sides:
    return float(theory.offset(place[0]).var()), theory.offset_variance(place[0])


def _scale_of_the_bound(theory: PaperTheory, place: Place) -> Sides:
    spec, _, p, q = place
    scale = theory.adversarial_bound(spec, SMALL, p, q) / (SMALL * theory.beta(p, q, spec.input_dim, spec.output_dim))
    return scale**2, spec.input_dim * theory.jacobian_entry_variance(spec)


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
    return _at(theory, place, end) - _at(theory, place, 0), end / 2 * math.fsum(rates)


def _at(theory: PaperTheory, place: Place, t: float) -> float:
    return float(theory.weight_variance(*place, t))


def _time_of_collapse(theory: PaperTheory, place: Place) -> Sides:
    """How far log ω falls until then, and how far it should: deep networks get from ω^L to m by little of it."""
    spec = place[0]
    start, lower = theory.omega(spec), min(1.0, theory.omega(spec) ** spec.depth) / 4
    left = _at(theory, place, theory.collapse_time(*place, lower))
    end = theory.omega(replace(spec, weight_variance=left))
    return math.log(start / end), math.log(start) - math.log(lower) / spec.depth


def _rate_of_the_capacity(theory: PaperTheory, place: Place) -> Sides:
    growth = _growth(place[0], theory.fisher_rao)
    return theory.capacity_rate(*place), growth * theory.variance_rate(*place) / place[0].weight_variance


def _growth(spec: NetworkSpec, formula: Callable[[NetworkSpec], float]) -> float:
    """d log formula/d log σ_w²."""
    up, down = (replace(spec, weight_variance=spec.weight_variance * math.exp(step)) for step in (STEP, -STEP))
    return math.log(formula(up) / formula(down)) / (2 * STEP)


RELATIONS = (
    Relation("the law of J_ij has variance Var J_ij", ("jacobian_entry", "jacobian_entry_variance"), _law_of_entries),
    Relation("the law of a_i has variance Var a_i", ("offset", "offset_variance"), _law_of_offsets),
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
    ),
    Relation(
        "ω^L is m when σ_w²(t) has come to t = T; compared as falls of log ω",
        ("collapse_time", "weight_variance", "omega"),
        _time_of_collapse,
    ),
    Relation(
        "d log‖w‖_FR/dt = (d log‖w‖_FR/dσ_w²) dσ_w²/dt",
        ("capacity_rate", "fisher_rao", "variance_rate"),
        _rate_of_the_capacity,
    ),
)
