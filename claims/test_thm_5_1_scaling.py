"""Theorem 5.1: how the adversarial loss grows with the budget, the depth, and the numbers of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.architectures import declares_omega
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup
from mfcheck.decisions.probes import image
from mfcheck.observables import losses
from mfcheck.settings import Settings
from mfcheck.statistics.slopes import slope_weights
from mfcheck.theorems import foreign
from mfcheck.theorems.bound import (
    INFINITE,
    PAIRS,
    STEPS,
    VARIANCES,
    at_finite_dimension,
    bound_per_budget,
    budget,
    growth,
    pair_of,
    spread_at_infinity,
    turns,
)
from mfcheck.theorems.bound_curves import over_budgets
from mfcheck.theory import finite_width

REACHES = (0.001, 0.003, 0.01, 0.1, 0.3, 1.0)
"""Longest perturbations of the attacks, in units of ‖x‖₂."""
INSIDE = 3
"""So many of them flip few enough activations (under 1 %) to count as inside one region; the finding shows how many."""
LINEAR_STEPS = 2
"""Steps of an attack well inside one region, where it starts at the linear map's own maximiser."""
DEPTHS, ATTACKED_DEPTHS = (2, 8, 14, 20), (1, 3, 5)
INPUTS, DENSE_INPUTS, OUTPUTS = (1024, 4096, 16384), (49, 196, 784), (2, 4, 8)
OUTPUTS_AT = {True: 1024, False: 4096}
"""Inputs while outputs vary: for p = 1, where the distance to β is exact, and for other p, where it falls with d."""


def budget_cells(settings: Settings) -> Iterator[Cell]:
    details = {"dataset": settings.dataset}
    for pair, spec in zip(PAIRS, turns(settings, 512, 3), strict=False):
        yield Cell(spec, "lazy", {"pair": str(pair), **details})
    for pair, spec in zip(PAIRS[-2:], turns(settings, 128, 2, 196), strict=False):
        yield Cell(spec, "dense", {"pair": str(pair), **details})
    for architecture in foreign.foreign(settings):
        spec = NetworkSpec(architecture, 196, 10, 128, 2, foreign.VARIANCE)
        yield Cell(spec, "dense", {"pair": str(PAIRS[8]), **details})


def depth_cells(settings: Settings) -> Iterator[Cell]:
    """ω well away from 1, where the exponent shows; attacks at finite ε on narrower and shallower networks."""
    for architecture, variance in (("vanilla", 1.2), ("vanilla", 3.0), ("residual", 1.0)):
        if architecture in settings.architectures:
            for pair in (PAIRS[4], PAIRS[8]):
                spec = NetworkSpec(architecture, 196, 3, 10**6, DEPTHS[0], variance)
                yield Cell(spec, "wishart", {"pair": str(pair)})
    for architecture, engine, width in (("vanilla", "lazy", 2048), ("residual", "dense", 256)):
        if architecture in settings.architectures:
            spec = NetworkSpec(architecture, 196, 3, width, ATTACKED_DEPTHS[0], VARIANCES[architecture][2])
            yield Cell(spec, engine, {"pair": str(PAIRS[8]), "dataset": settings.dataset})
    for architecture in foreign.foreign(settings):
        spec = NetworkSpec(architecture, 196, 3, 128, ATTACKED_DEPTHS[0], foreign.VARIANCE)
        yield Cell(spec, "dense", {"pair": str(PAIRS[8]), "dataset": settings.dataset})


def size_cells(settings: Settings) -> Iterator[Cell]:
    for pair, spec in zip(PAIRS, turns(settings, INFINITE, 1, INPUTS[-1], OUTPUTS[0]), strict=False):
        yield Cell(spec, "wishart", {"pair": str(pair), "over": "inputs"})
        yield Cell(replace(spec, input_dim=OUTPUTS_AT[pair.p == 1]), "wishart", {"pair": str(pair), "over": "outputs"})
    for pair, spec in zip((PAIRS[4],), turns(settings, 256, 1, 196, 2), strict=False):
        yield Cell(spec, "dense", {"pair": str(pair), "over": "inputs", "dataset": settings.dataset})


@claim("thm5.1/linear-in-budget", cells=budget_cells)
def test_linear_in_budget(cell: Cell, decide: Decider) -> None:
    """log L_adv against log ε has slope 1 while under 1 % of activations flip, and falls below beyond."""
    pair, spec, level = pair_of(cell), cell.spec, decide.settings.level
    budgets = tuple(budget(reach, pair, spec.input_dim) for reach in REACHES)
    inside = budgets[:INSIDE]
    weights = np.asarray(slope_weights([math.log(eps) for eps in inside]))

    def slope(draws: Floats) -> Floats:
        found: Floats = np.log(draws[:, 1 : 2 * INSIDE : 2]) @ weights
        return found

    def bound(theory: PaperTheory, eps: float) -> float:
        of = spec if declares_omega(spec.architecture) else finite_width.stand_in(spec)  # ω is no part of the slope
        return theory.adversarial_bound(of, eps, pair.p, pair.q)

    def rises(theory: PaperTheory) -> float:
        return float(weights @ [math.log(bound(theory, eps)) for eps in inside])

    decide.median_ratio(
        losses.attacked(pair.p, pair.q, budgets, STEPS[level.name]),
        statistic=slope,
        probe=image(decide.settings, cell),
        reference=rises,
        allowance=lambda: Allowance(0.0, 0.0, "exact inside one region"),
        spread=0.02,
        delta=level.slope,
        curve=(lambda draws: over_budgets(draws, budgets, [bound(decide.theory, eps) for eps in budgets]))
        if declares_omega(spec.architecture)
        else None,
    )


@claim("thm5.1/exponential-in-depth", cells=depth_cells)
def test_exponential_in_depth(cell: Cell, decide: Decider) -> None:
    """log L_adv against L has slope ½ log ω, after the drift of finite width."""
    pair, spec = pair_of(cell), cell.spec
    depths = DEPTHS if cell.engine == "wishart" else ATTACKED_DEPTHS
    eps, probe = budget(REACHES[0], pair, spec.input_dim), image(decide.settings, cell)
    source, column = losses.operator_norms(pair.p, pair.q), 0
    if cell.engine != "wishart":
        source, column = losses.attacked(pair.p, pair.q, (eps,), LINEAR_STEPS), 1
    deepest = replace(finite_width.stand_in(spec), depth=depths[-1])

    def drift() -> Allowance:
        """E log √G per layer is ½ log ω − c/(4N); the mixing of rows adds at most its whole growth over the depths."""
        mixing = math.log1p(growth(deepest, pair)) / (depths[-1] - depths[0])
        fall = finite_width.spread(deepest) / (4 * spec.width)
        return Allowance(fall, mixing, "finite width: the scale's drift c/(4N) and the mixing of rows, a layer")

    decide.median_slope(
        [MedianGroup(depth, replace(spec, depth=depth), source, lambda draws: draws[:, column]) for depth in depths],
        probe=lambda spec: probe,
        x_label="depth",
        rises=lambda theory, group: (
            bound_per_budget(theory, group.spec, pair)
            if cell.engine == "wishart"
            else theory.adversarial_bound(group.spec, eps, pair.p, pair.q)
        ),
        allowance=drift,
        spread={"wishart": 0.06, "lazy": 0.06, "dense": 0.1}[cell.engine],
    )


@claim("thm5.1/dimension-scaling", cells=size_cells)
def test_dimension_scaling(cell: Cell, decide: Decider) -> None:
    """The limit of L_adv/(ε ω^{L/2}) depends on d and on K as β_{p,q} does over the same sizes."""
    pair, spec, over = pair_of(cell), cell.spec, cell.details["over"]
    source = losses.operator_norms(pair.p, pair.q)
    if over == "inputs":
        dims = INPUTS if cell.engine == "wishart" else DENSE_INPUTS
        specs = [replace(spec, input_dim=d) for d in dims]
    else:
        specs = [replace(spec, output_dim=k) for k in OUTPUTS]
    sizes = [float(one.input_dim if over == "inputs" else one.output_dim) for one in specs]
    weights = slope_weights([math.log(size) for size in sizes])

    def distance() -> Allowance:
        """Each group may lie below β by its own allowance, and at finite width above it by as much as rows mix.

        Where p = 1 the former is no bound but exact, and what counts is how it differs between groups.
        """
        below = [-math.log1p(-at_finite_dimension(pair, one.input_dim, one.output_dim).below) for one in specs]
        above = [math.log1p(growth(one, pair)) for one in specs]
        exact = pair.p == 1
        tilt = abs(math.fsum(w * log for w, log in zip(weights, below, strict=True))) if exact else steepest(below)
        kind = "exact" if exact else "rigorous"
        far = tilt + steepest(above)
        return Allowance(far, far, f"{kind} slope of the distance to β at finite dimension, and mixing of rows")

    def steepest(logs: list[float]) -> float:
        """The steepest slope of anything between 0 and these values."""
        tilts = [math.fsum(max(0.0, sign * w) * log for w, log in zip(weights, logs, strict=True)) for sign in (1, -1)]
        return max(tilts)

    decide.median_slope(
        [
            MedianGroup(math.log(size), one, source, lambda draws: draws[:, 0])
            for size, one in zip(sizes, specs, strict=True)
        ],
        probe=lambda one: image(decide.settings, replace(cell, spec=one)),
        x_label=f"log {'d' if over == 'inputs' else 'K'}",
        rises=lambda theory, group: bound_per_budget(theory, group.spec, pair),
        allowance=distance,
        spread=0.1 if pair.p == 1 or cell.engine == "dense" else max(spread_at_infinity(pair, one) for one in specs),
    )
