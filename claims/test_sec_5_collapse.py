"""Theorem 5.7, the time at which vanilla networks leave the window of trainability."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import FEW_IMAGES, LATE, PULL
from mfcheck.observables import along_training, projected
from mfcheck.observables.path_bounds import sizes
from mfcheck.settings import Level, Settings
from mfcheck.spec import Attack
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.on_chain import time_beside
from mfcheck.theorems.pull import (
    BY_PROJECTION,
    CHAIN_EPS,
    LINEAR_STEPS,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
)
from mfcheck.theorems.variance import LOWER, along_path, euler, gain_at, scales_down_to
from mfcheck.theorems.varied import Formula, VariedCell, decide_varied, varied_cells
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

TWO = NormPair(2, math.inf)
WIDTHS, DEPTHS, BUDGETS = (300, 3000, 30_000), (3, 5, 9), (1.0, 3.0, 10.0)
"""Widths of a trend, depths, and budgets in units of the one that stands for ε → 0."""
ON_THE_WAY = 3
"""Scales at which the pull is taken: T by five differs by 0.9 % in a network, by less than 0.01 % on average."""
MARKS = (0.03, 0.1, 0.3, 0.6, 1.0)
FLOW_WIDTH = {"quick": 16, "standard": 32, "paper": 64}
FINER = {"quick": 1, "standard": 4, "paper": 4}
"""Times as fine steps of a flow: Euler's law is held to twice the level's δ, and of networks of N = 32 steps of 0.2
have paid 0.95 of the decrease by T, a quarter of that 0.99."""


class Regime(StrEnum):
    """The pull on W alone, or gradient flow."""

    PROJECTED = "projected"
    FLOW = "flow"


class Over(StrEnum):
    """What T is followed over, if anything."""

    NONE = "none"
    WIDTH = "width"
    BUDGET = "budget"


@dataclass(frozen=True, kw_only=True)
class CollapseCell(AttackCell):
    """A network that is to leave the window."""

    regime: Regime
    over: Over = Over.NONE


def collapse_cells(settings: Settings) -> Iterator[CollapseCell | VariedCell]:
    """The projected flow over widths, depths, starts and budgets; and gradient flow itself."""
    if "vanilla" not in settings.architectures:
        return

    yield from chain_cells()
    yield from varied_cells(settings, Formula.TIME, architecture="vanilla")
    width = 2048 * settings.level.sharper
    small, eps = NetworkSpec("vanilla", 784, 1, width, 6, 2.0, 0.1), instant(INF_INF, 784)
    yield CollapseCell(small, "lazy", pair=INF_INF, eps=eps, regime=Regime.PROJECTED, dataset="noise")
    flow, data = NetworkSpec("vanilla", 49, 10, FLOW_WIDTH[settings.level.name], 5, 2.0), settings.dataset
    yield CollapseCell(flow, "dense", pair=INF_INF, eps=0.3, regime=Regime.FLOW, images=4, dataset=data)


def chain_cells() -> Iterator[CollapseCell]:
    """On the exact chain, which has one output and no gates."""
    for depth, variance in (*((depth, 2.0) for depth in DEPTHS), (5, 2.3), (2, 2.0)):
        yield chain_cell(10**6, depth, variance)
    yield replace(chain_cell(WIDTHS[0], 4), over=Over.WIDTH)
    yield replace(chain_cell(10**6, 4), over=Over.BUDGET)
    yield replace(chain_cell(10**6, 3), pair=TWO)


def chain_cell(width: int, depth: int, variance: float = 2.0) -> CollapseCell:
    """One of them."""
    spec = NetworkSpec("vanilla", 784, 1, width, depth, variance)
    return CollapseCell(spec, "wishart", pair=INF_INF, eps=CHAIN_EPS, regime=Regime.PROJECTED, dataset="noise")


def collapse(theory: PaperTheory, spec: NetworkSpec, attack: Attack) -> float:
    """T, at which ω^L has fallen to m."""
    return theory.collapse_time(spec, *attack, LOWER)


def measured(x: float, spec: NetworkSpec, attack: Attack) -> MedianGroup:
    """The time at which a network has shrunk so far under the pull on W alone."""
    scales = scales_down_to(LOWER ** (1 / spec.depth) / (spec.activation.alpha * spec.weight_variance), ON_THE_WAY)
    source = projected.projected(Objective("adversarial", *attack, LINEAR_STEPS), scales)
    return MedianGroup(x, spec, source, lambda draws: projected.times(draws, scales)[:, -1])


def in_time(cell: CollapseCell, decide: Decider) -> MedianRatio:
    """Under the pull on W alone ω^L has fallen to m at the theory's T."""
    spec, group, level = cell.spec, measured(0.0, cell.spec, cell.attack), decide.settings.level
    return MedianRatio(
        group.source,
        quantity="the time T at which ω^L = m",
        statistic=group.statistic,
        looks_at=images,
        reference=lambda theory: collapse(theory, spec, cell.attack),
        allowance=time_beside(decide, spec, cell.pair),
        delta=level.exact if cell.chain else level.ratio,
        first=1 if cell.chain else level.sharper,
        regime=PULL,
        by_calculus=BY_PROJECTION if cell.chain else (),
    )


def over_widths(cell: CollapseCell, decide: Decider) -> MedianSlope:
    """T rises with the width as the theory's does."""
    specs = [replace(cell.spec, width=width) for width in WIDTHS]
    return trend("log N", [(math.log(one.width), one, cell.attack) for one in specs], decide.settings.level)


def over_budgets(cell: CollapseCell, decide: Decider) -> MedianSlope:
    """T falls with the budget as the theory's does."""
    attacks = [Attack.of(cell.eps * factor, cell.pair) for factor in BUDGETS]
    return trend("log ε", [(math.log(one.eps), cell.spec, one) for one in attacks], decide.settings.level)


def trend(x_label: str, places: Sequence[tuple[float, NetworkSpec, Attack]], level: Level) -> MedianSlope:
    """log T rises over the places as the theory's does."""
    attacks = {x: attack for x, _, attack in places}

    def apart() -> Allowance:
        far = [one_output_pull(spec, attack.pair).above for _, spec, attack in places]
        slope = max(far) / (max(attacks) - min(attacks))
        return Allowance(slope, slope, "K = 1: exact mean at each width, median within the variance to leading order")

    return MedianSlope(
        [measured(*place) for place in places],
        quantity="the time T at which ω^L = m",
        looks_at=images,
        x_label=x_label,
        rises=lambda theory, group: collapse(theory, group.spec, attacks[group.x]),
        allowance=apart,
        spread=max(one_output_spread(spec, attack.pair) for _, spec, attack in places),
        delta=level.exact,
        regime=PULL,
        by_calculus=BY_PROJECTION,
    )


def along_flow(cell: CollapseCell, decide: Decider) -> Ask:
    """Gradient flow on L_adv brings ω^L to m at the theory's T."""
    spec, attack, level = cell.spec, cell.attack, decide.settings.level
    end = collapse(PaperTheory(), spec, attack)
    times, last, finer = tuple(end * mark for mark in MARKS), len(MARKS), FINER[level.name]
    near = many_outputs_pull(spec, cell.pair)
    # A relative error r of the rate moves log ω^L by at most r |log m|.
    above, below = LOWER**-near.below - 1, 1 - LOWER ** min(near.above, 1.0)

    def gain(draws: Floats) -> Floats:
        return gain_at(spec, sizes(draws, last))

    return lambda theory: MedianRatio(
        along_training.recorded(Objective("adversarial", *attack, 3), Flow(0.2 / finer, times), times, 160 * finer),
        quantity="ω^L at the theory's T",
        statistic=gain,
        looks_at=images,
        reference=lambda theory: LOWER,
        allowance=lambda: Allowance(below, above, f"{near.origin}, over the way to m"),
        spread=0.5,
        delta=level.ratio,
        room=2 * above,
        regime=LATE,
        caveat=FEW_IMAGES,
        rivals=euler(last, 2 * level.ratio),
        curve=lambda draws: along_path(theory, spec, attack, times, draws),
    )


REGIMES: dict[tuple[Regime, Over], Callable[[CollapseCell, Decider], Ask]] = {
    (Regime.PROJECTED, Over.NONE): in_time,
    (Regime.PROJECTED, Over.WIDTH): over_widths,
    (Regime.PROJECTED, Over.BUDGET): over_budgets,
    (Regime.FLOW, Over.NONE): along_flow,
}


@claim("thm5.7/collapse-time", cells=collapse_cells)
def test_collapse_time(cell: CollapseCell | VariedCell, decide: Decider) -> None:
    """ω^L of vanilla networks falls to m = 0.1 at T ∝ N, earlier the deeper they are and the larger ε."""
    if isinstance(cell, VariedCell):
        decide_varied(cell, decide)
    else:
        decide(REGIMES[cell.regime, cell.over](cell, decide))
