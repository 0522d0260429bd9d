"""Theorem 5.1: how the adversarial loss grows with the budget, the depth, and the numbers of inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.architectures import declares_omega
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import GROWTH
from mfcheck.observables import losses
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.statistics.slopes import slope_weights
from mfcheck.theorems import foreign
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.bound import (
    INFINITE,
    KINDS,
    PAIRS,
    STEPS,
    at_finite_dimension,
    bound_per_budget,
    budget,
    growth,
    turns,
)
from mfcheck.theorems.bound_curves import over_budgets
from mfcheck.theorems.cells import PairCell
from mfcheck.theorems.granted import DISTANCE, unless_ours
from mfcheck.theorems.on_chain import norm_beside
from mfcheck.theory import finite_width
from mfcheck.theory.norms import exact_quantile, paper_beta

REACHES = (0.001, 0.003, 0.01, 0.1, 0.3, 1.0)
"""Longest perturbations of the attacks, in units of ‖x‖₂."""
INSIDE = 3
"""So many of them flip few enough activations (under 1 %) to count as inside one region; the finding shows how many."""
LINEAR_STEPS = 2
"""Steps of an attack well inside one region, where it starts at the linear map's own maximiser."""
PILOT = 64
"""Networks at every size that tell how ‖J‖ spreads: a chunk of them."""
DEPTHS, ATTACKED_DEPTHS = (2, 8, 14, 20), (1, 3, 5)
INPUTS, DENSE_INPUTS, OUTPUTS = (1024, 4096, 16384), (49, 196, 784), (2, 4, 8)
OUTPUTS_AT = {True: 1024, False: 4096}
"""Inputs while outputs vary: for p = 1, where the distance to β is exact, and for other p, where it falls with d."""


EXACT_INSIDE = Allowance(0.0, 0.0, "exact inside one region")


class Over(StrEnum):
    """The size that is varied."""

    INPUTS = "inputs"
    OUTPUTS = "outputs"


@dataclass(frozen=True, kw_only=True)
class SizeCell(PairCell):
    """A network of which one size is varied."""

    over: Over


def budget_cells(settings: Settings) -> Iterator[PairCell]:
    for pair, spec in zip(PAIRS, turns(settings, 512, 3), strict=False):
        yield PairCell(spec, "lazy", pair=pair, dataset=settings.dataset)
    for pair, spec in zip(PAIRS[-2:], turns(settings, 128, 2, 196), strict=False):
        yield PairCell(spec, "dense", pair=pair, dataset=settings.dataset)
    for architecture in foreign.foreign(settings):
        spec = NetworkSpec(architecture, 196, 10, 128, 2, foreign.VARIANCE)
        yield PairCell(spec, "dense", pair=INF_INF, dataset=settings.dataset)


def depth_cells(settings: Settings) -> Iterator[PairCell]:
    """ω well away from 1, where the exponent shows; attacks at finite ε on narrower and shallower networks."""
    for architecture, variance in (("vanilla", 1.2), ("vanilla", 3.0), ("residual", 1.0)):
        if architecture in settings.architectures:
            for pair in (NormPair(2, 2), INF_INF):
                spec = NetworkSpec(architecture, 196, 3, 10**6, DEPTHS[0], variance)
                yield PairCell(spec, "wishart", pair=pair)
    for architecture, engine, width in (("vanilla", "lazy", 2048), ("residual", "dense", 256)):
        if architecture in settings.architectures:
            spec = NetworkSpec(architecture, 196, 3, width, ATTACKED_DEPTHS[0], KINDS[architecture][2][0])
            yield PairCell(spec, engine, pair=INF_INF, dataset=settings.dataset)
    for architecture in foreign.foreign(settings):
        spec = NetworkSpec(architecture, 196, 3, 128, ATTACKED_DEPTHS[0], foreign.VARIANCE)
        yield PairCell(spec, "dense", pair=INF_INF, dataset=settings.dataset)


def size_cells(settings: Settings) -> Iterator[SizeCell]:
    for pair, spec in zip(PAIRS, turns(settings, INFINITE, 1, INPUTS[-1], OUTPUTS[0]), strict=False):
        yield SizeCell(spec, "wishart", pair=pair, over=Over.INPUTS)
        few = replace(spec, input_dim=OUTPUTS_AT[pair.p == 1])
        yield SizeCell(few, "wishart", pair=pair, over=Over.OUTPUTS)
    for pair, spec in zip((NormPair(2, 2),), turns(settings, 256, 1, 196, 2), strict=False):
        yield SizeCell(spec, "dense", pair=pair, over=Over.INPUTS, dataset=settings.dataset)


def rise_with_budget(cell: PairCell, level: Level) -> Ask:
    """The slope of log L_adv against log ε, draw by draw, is that of the bound."""
    pair, spec, known = cell.pair, cell.spec, declares_omega(cell.spec.architecture)
    budgets = tuple(budget(reach, pair, spec.input_dim) for reach in REACHES)
    weights = np.asarray(slope_weights([math.log(eps) for eps in budgets[:INSIDE]]))
    of = spec if known else finite_width.stand_in(spec)  # ω is no part of the slope

    def bounds(theory: PaperTheory, at: Sequence[float]) -> list[float]:
        return [theory.adversarial_bound(of, *Attack.of(eps, pair)) for eps in at]

    return lambda theory: MedianRatio(
        losses.attacked(*pair, budgets, STEPS[level.name]),
        quantity="the slope of log L_adv against log ε",
        statistic=lambda draws: np.log(draws[:, 1 : 2 * INSIDE : 2]) @ weights,
        reference=lambda theory: float(weights @ [math.log(one) for one in bounds(theory, budgets[:INSIDE])]),
        allowance=lambda: EXACT_INSIDE,
        spread=0.008,  # the most that pilots of the nine pairs show
        first=2 if spec.architecture == "vanilla" else 1,  # of the fewest one vanilla network that bends hides all
        delta=level.slope,
        regime=GROWTH,
        curve=(lambda draws: over_budgets(draws, budgets, bounds(theory, budgets))) if known else None,
    )


@claim("thm5.1/linear-in-budget", cells=budget_cells)
def test_linear_in_budget(cell: PairCell, decide: Decider) -> None:
    """log L_adv against log ε has slope 1 while under 1 % of activations flip, and falls below beyond."""
    decide(rise_with_budget(cell, decide.settings.level))


def drift(cell: PairCell, depths: Sequence[int]) -> Allowance:
    """E log √G per layer is ½ log ω − c/(4N); the mixing of rows adds at most its whole growth over the depths."""
    deepest = replace(finite_width.stand_in(cell.spec), depth=depths[-1])
    mixing = math.log1p(growth(deepest, cell.pair)) / (depths[-1] - depths[0])
    fall = finite_width.spread(deepest) / (4 * cell.spec.width)
    return Allowance(fall, mixing, "finite width: the scale's drift c/(4N) and the mixing of rows, a layer")


def rise_with_depth(cell: PairCell) -> MedianSlope:
    """log ‖J‖ on the chain, and log L_adv of attacks elsewhere, rises over depths as the bound does."""
    pair, spec, chain = cell.pair, cell.spec, cell.engine == "wishart"
    depths, attack = DEPTHS if chain else ATTACKED_DEPTHS, Attack.of(budget(REACHES[0], pair, spec.input_dim), pair)
    source = losses.operator_norms(*pair) if chain else losses.attacked(*pair, (attack.eps,), LINEAR_STEPS)
    column = 0 if chain else 1

    def rises(theory: PaperTheory, group: MedianGroup) -> float:
        there = group.spec
        return bound_per_budget(theory, there, pair) if chain else theory.adversarial_bound(there, *attack)

    return MedianSlope(
        [MedianGroup(depth, replace(spec, depth=depth), source, lambda draws: draws[:, column]) for depth in depths],
        quantity="‖J(x)‖_{p,q}" if chain else "L_adv",
        x_label="depth",
        rises=rises,
        allowance=lambda: drift(cell, depths),
        spread={"wishart": 0.06, "lazy": 0.06, "dense": 0.1}[cell.engine],
        regime=GROWTH,
        caveat=unless_ours(spec, DISTANCE),
    )


@claim("thm5.1/exponential-in-depth", cells=depth_cells)
def test_exponential_in_depth(cell: PairCell, decide: Decider) -> None:
    """log L_adv against L has slope ½ log ω, after the drift of finite width."""
    decide(rise_with_depth(cell))


def specs_over_sizes(cell: SizeCell) -> dict[float, NetworkSpec]:
    """The networks, by the size that is varied."""
    if cell.over is Over.OUTPUTS:
        return {float(k): replace(cell.spec, output_dim=k) for k in OUTPUTS}
    dims = INPUTS if cell.engine == "wishart" else DENSE_INPUTS
    return {float(d): replace(cell.spec, input_dim=d) for d in dims}


def steepest(weights: Sequence[float], logs: Sequence[float]) -> float:
    """The steepest slope of anything between 0 and these values."""
    tilts = [math.fsum(max(0.0, sign * w) * log for w, log in zip(weights, logs, strict=True)) for sign in (1, -1)]
    return max(tilts)


def distance(weights: Sequence[float], specs: Sequence[NetworkSpec], pair: NormPair) -> Allowance:
    """How the median's distance to β rises with size: in closed form, or each group below β by its own allowance."""
    known = [(exact_quantile(*pair, one.input_dim, one.output_dim), one) for one in specs]
    over = [math.log(exact / paper_beta(*pair, one.input_dim, one.output_dim)) for exact, one in known if exact]
    if len(over) == len(specs):
        shift = math.fsum(w * log for w, log in zip(weights, over, strict=True))
        return Allowance(0.0, 0.0, "exact slope of medians at finite dimension, of the longest row or column", shift)
    below = [-math.log1p(-at_finite_dimension(pair, one.input_dim, one.output_dim).below) for one in specs]
    far = steepest(weights, below)
    return Allowance(far, far, "rigorous slope of the distance to β at finite dimension")


def measured(cell: SizeCell, weights: Sequence[float], specs: Sequence[NetworkSpec], decide: Decider) -> Allowance:
    """How it does at finite width, where rows mix: as measured on the exact chain."""
    sizes = [(one, paper_beta(*cell.pair, one.input_dim, one.output_dim)) for one in specs]
    each = [norm_beside(decide, one, cell.pair, beta)() for one, beta in sizes]
    shift = math.fsum(w * math.log(one.centre) for w, one in zip(weights, each, strict=True))
    far = math.fsum(abs(w) * math.log1p(one.reach) for w, one in zip(weights, each, strict=True))
    spread = max(one.spread or 0.0 for one in each)
    return Allowance(far, far, each[0].origin, shift, spread, math.fsum(one.alpha for one in each))


def rise_with_size(cell: SizeCell, decide: Decider) -> MedianSlope:
    """log ‖J‖ rises with the size that is varied as the bound does."""
    pair, source, specs = cell.pair, losses.operator_norms(*cell.pair), specs_over_sizes(cell)
    weights, each = slope_weights([math.log(size) for size in specs]), list(specs.values())
    dense = cell.engine == "dense"
    return MedianSlope(
        [MedianGroup(math.log(size), one, source, lambda draws: draws[:, 0]) for size, one in specs.items()],
        quantity="‖J(x)‖_{p,q}",
        x_label="log d" if cell.over is Over.INPUTS else "log K",
        rises=lambda theory, group: bound_per_budget(theory, group.spec, pair),
        allowance=lambda: measured(cell, weights, each, decide) if dense else distance(weights, each, pair),
        pilot=0 if dense else PILOT,
        regime=GROWTH,
    )


@claim("thm5.1/dimension-scaling", cells=size_cells)
def test_dimension_scaling(cell: SizeCell, decide: Decider) -> None:
    """The limit of L_adv/(ε ω^{L/2}) depends on d and on K as β_{p,q} does over the same sizes."""
    decide(rise_with_size(cell, decide))
