"""Theorem 5.7, the time at which vanilla networks leave the window of trainability."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import Source
from mfcheck.observables import along_training, projected
from mfcheck.observables.path_bounds import sizes
from mfcheck.settings import Settings
from mfcheck.theorems.bound import pair_of
from mfcheck.theorems.pull import (
    CHAIN_EPS,
    LINEAR_STEPS,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
)
from mfcheck.theorems.variance import LOWER, along_path, gain_at, rivals, scales_down_to
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

ONE, TWO = NormPair(math.inf, math.inf), NormPair(2, math.inf)
WIDTHS, DEPTHS, BUDGETS = (300, 3000, 30_000), (3, 5, 9), (1.0, 3.0, 10.0)
"""Widths of a trend, depths, and budgets in units of the one that stands for ε → 0."""
MARKS = (0.03, 0.1, 0.3, 0.6, 1.0)
FLOW_WIDTH = {"quick": 16, "standard": 32, "paper": 64}


def collapse_cells(settings: Settings) -> Iterator[Cell]:
    """The projected flow over widths, depths, starts and budgets; and gradient flow itself."""
    if "vanilla" not in settings.architectures:
        return
    details = {"pair": str(ONE), "eps": CHAIN_EPS, "regime": "projected", "dataset": "noise"}
    for depth in DEPTHS:
        yield Cell(NetworkSpec("vanilla", 784, 1, 10**6, depth, 2.0), "wishart", {**details, "over": "none"})
    yield Cell(NetworkSpec("vanilla", 784, 1, 10**6, 5, 2.3), "wishart", {**details, "over": "none"})
    yield Cell(NetworkSpec("vanilla", 784, 1, 10**6, 2, 2.0), "wishart", {**details, "over": "none"})
    yield Cell(NetworkSpec("vanilla", 784, 1, WIDTHS[0], 4, 2.0), "wishart", {**details, "over": "width"})
    yield Cell(NetworkSpec("vanilla", 784, 1, 10**6, 4, 2.0), "wishart", {**details, "over": "budget"})
    two = {**details, "pair": str(TWO), "over": "none"}
    yield Cell(NetworkSpec("vanilla", 784, 1, 10**6, 3, 2.0), "wishart", two)
    small = {**details, "eps": instant(ONE, 49), "over": "none"}
    yield Cell(NetworkSpec("vanilla", 49, 1, 96, 3, 2.0), "dense", small)
    flow = NetworkSpec("vanilla", 49, 10, FLOW_WIDTH[settings.level.name], 5, 2.0)
    yield Cell(
        flow,
        "dense",
        {"pair": str(ONE), "eps": 0.3, "regime": "flow", "images": 4, "over": "none", "dataset": settings.dataset},
    )


@claim("thm5.7/collapse-time", cells=collapse_cells)
def test_collapse_time(cell: Cell, decide: Decider) -> None:
    """ω^L of vanilla networks falls to m = 0.1 at T ∝ N, earlier the deeper they are and the larger ε."""
    spec, level, eps, pair = cell.spec, decide.settings.level, float(cell.details["eps"]), pair_of(cell)
    probe, over = images(decide.settings, cell), cell.details["over"]

    def collapse(theory: PaperTheory, spec: NetworkSpec, eps: float) -> float:
        return theory.collapse_time(spec, eps, pair.p, pair.q, LOWER)

    def measured(spec: NetworkSpec, eps: float) -> Source:
        return projected.projected(Objective("adversarial", eps, pair.p, pair.q, LINEAR_STEPS), scales(spec))

    def scales(spec: NetworkSpec) -> tuple[float, ...]:
        gain = spec.activation.alpha * spec.weight_variance
        return scales_down_to(LOWER ** (1 / spec.depth) / gain)

    if cell.details["regime"] == "flow":
        decide_flow(cell, decide, collapse(PaperTheory(), spec, eps))
        return
    if over == "none":
        near = one_output_pull(spec, pair)
        decide.median_ratio(
            measured(spec, eps),
            statistic=lambda draws: projected.times(draws, scales(spec))[:, -1],
            probe=probe,
            reference=lambda theory: collapse(theory, spec, eps),
            allowance=lambda: near,
            spread=one_output_spread(spec, pair),
            delta=level.exact if cell.engine == "wishart" else level.ratio,
            room=None if cell.engine == "wishart" else near.above + level.ratio,
        )
        return
    if over == "width":
        specs, budgets = [replace(spec, width=width) for width in WIDTHS], [eps] * len(WIDTHS)
        x = [math.log(width) for width in WIDTHS]
    else:
        specs, budgets = [spec] * len(BUDGETS), [eps * factor for factor in BUDGETS]
        x = [math.log(budget) for budget in budgets]

    def group(place: int) -> MedianGroup:
        at = specs[place]
        return MedianGroup(
            x[place], at, measured(at, budgets[place]), lambda draws: projected.times(draws, scales(at))[:, -1]
        )

    def apart() -> Allowance:
        far = [one_output_pull(at, pair).above for at in specs]
        slope = max(far) / (max(x) - min(x))
        return Allowance(slope, slope, "K = 1: exact mean at each width, median within the variance to leading order")

    decide.median_slope(
        [group(place) for place in range(len(x))],
        probe=lambda spec: probe,
        x_label="log N" if over == "width" else "log ε",
        rises=lambda theory, group: collapse(theory, group.spec, budgets[x.index(group.x)]),
        allowance=apart,
        spread=max(one_output_spread(at, pair) for at in specs),
        delta=level.exact,
    )


def decide_flow(cell: Cell, decide: Decider, collapse: float) -> None:
    """Decide that gradient flow on L_adv brings ω^L to m at the theory's T."""
    spec, eps = cell.spec, float(cell.details["eps"])
    times = tuple(collapse * mark for mark in MARKS)
    last = len(MARKS)

    def gain(draws: Floats) -> Floats:
        return gain_at(spec, sizes(draws, last))

    def at_width() -> Allowance:
        """A relative error r of the rate moves log ω^L by at most r |log m|."""
        near = many_outputs_pull(spec, ONE)
        above, below = LOWER**-near.below - 1, 1 - LOWER ** min(near.above, 1.0)
        return Allowance(below, above, f"{near.origin}, over the way to m")

    decide.median_ratio(
        along_training.recorded(Objective("adversarial", eps, ONE.p, ONE.q, 3), Flow(0.2, times), times, 160),
        statistic=gain,
        probe=images(decide.settings, cell),
        reference=lambda theory: LOWER,
        allowance=at_width,
        spread=0.5,
        delta=decide.settings.level.ratio,
        room=2 * at_width().above,
        rivals=rivals(decide.theory, spec, eps, ONE, collapse, last, 2 * decide.settings.level.ratio),
        curve=lambda draws: along_path(decide.theory, spec, eps, ONE, times, draws),
    )
