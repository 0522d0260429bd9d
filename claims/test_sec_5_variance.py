"""Theorems 5.4 and G.9: σ_w² decays under L_adv. At t = 0, along the pull on W alone, and along gradient flow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.datasets.inputs import is_present
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import AT_MOST, FEW_IMAGES, LATE, LIMIT, PULL, START
from mfcheck.observables import along_training, attack_strengths, projected, slopes
from mfcheck.observables.path_bounds import sizes
from mfcheck.observables.slopes import DRIFT
from mfcheck.settings import Settings
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.on_chain import pull_beside
from mfcheck.theorems.pull import (
    BY_HOMOGENEITY,
    BY_PROJECTION,
    CHAIN_EPS,
    LINEAR_STEPS,
    half_rate,
    instant,
    many_outputs_pull,
    one_output_spread,
)
from mfcheck.theorems.variance import (
    along_path,
    along_projection,
    euler,
    half_life,
    kept,
    of_what_is_left,
    over_strengths,
    scales_down_to,
)
from mfcheck.theorems.varied import Formula, VariedCell, decide_varied, varied_cells
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

VARIANCES = {"vanilla": 1.6, "residual": 0.6}
HEAVY = NetworkSpec("residual", 784, 1, 1024, 4, 4.0)
"""A residual network whose rate of decay itself falls by a third to the half-life, as its ω = 1 + ασ_w² does from 3."""
TO = 0.4
"""The share of σ_w²(0) down to which projected flows are measured; the theory is held against them at its half."""
FLOW = {"quick": (32, 4), "standard": (64, 8), "paper": (256, 16)}
"""Width, and images trained on, of flows by level."""
AT_START = {"quick": (256, (5,)), "standard": (1000, (5, 10)), "paper": (2000, (5, 10))}
"""Width and depths of networks that are looked at on images before any step."""
BATCH = 32
STRENGTHS: dict[str, dict[str, tuple[int, ...]]] = {
    "vanilla": {"quick": (1, 10, 40, 80), "standard": (1, 10, 40, 80), "paper": (1, 10, 40, 160, 320)},
    "residual": {"quick": (1, 5, 10), "standard": (1, 10, 20), "paper": (1, 10, 40, 80)},
}
"""Steps of their attacks; in residual networks of small weights hardly a gate flips: ten steps find it all, and twice
as many add less than 1 %."""
PILOT = 16
"""Residual networks that tell how a drift on images is spread, which falls with the width."""
SHARE, FLOW_STEPS, ATTACK_STEPS = 0.2, 160, 3
EARLY = (3e-5, 1e-4, 3e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
MARKS = {"quick": EARLY, "standard": (*EARLY, 0.6, 1.0)}
"""Times of a flow in units of the theory's half-life; the theory is held against it at the last."""
FINER = {"quick": 1, "standard": 8, "paper": 8}
"""Times as fine steps of a flow: Euler's law is held to twice the level's δ, and of networks of N = 64 steps of 0.2
have paid 0.82 of the decrease by the half-life, an eighth of that 0.99."""
OTHER_FACTOR = "rate factor 1"


class Regime(StrEnum):
    """At the start for ε → 0, and on images at the paper's ε by L_adv and by both losses; under the pull on W alone;
    along gradient flow on L_adv."""

    RATE = "rate"
    START = "start"
    START_BOTH = "start-both"
    PROJECTED = "projected"
    FLOW = "flow"


@dataclass(frozen=True, kw_only=True)
class DecayCell(AttackCell):
    """A network whose σ_w² decays, in one of the regimes."""

    regime: Regime

    def kept(self, theory: PaperTheory, t: float) -> float:
        """The theory's σ_w²(t)/σ_w²(0)."""
        return kept(theory, self.spec, self.attack, t)


def decay_cells(architecture: str) -> Callable[[Settings], Iterator[DecayCell | VariedCell]]:
    """Every regime of one architecture."""

    def cells(settings: Settings) -> Iterator[DecayCell | VariedCell]:
        if architecture in settings.architectures:
            yield from one_output_cells(architecture, settings)
            yield from image_cells(architecture, settings)
            yield from flow_cells(architecture, settings)
            yield from varied_cells(settings, Formula.RATE, Formula.LEFT, architecture=architecture)

    return cells


def one_output_cells(architecture: str, settings: Settings) -> Iterator[DecayCell]:
    """The regimes "rate" and "projected", by every engine."""
    two, variance = NormPair(2, math.inf), VARIANCES[architecture]
    wide = NetworkSpec(architecture, 784, 1, 10**6, 5, variance)
    lazy = NetworkSpec(architecture, 4096, 1, 10**4, 3, variance)
    small = NetworkSpec(architecture, 784, 1, 2048, 2, variance)
    chain = [(wide, "wishart", INF_INF), (wide, "wishart", two)] if architecture == "vanilla" else []
    for spec, engine, pair in (*chain, (lazy, "lazy", two), (small, "lazy", INF_INF)):
        eps = CHAIN_EPS if engine == "wishart" else instant(pair, spec.input_dim)
        for regime in (Regime.RATE, Regime.PROJECTED):
            if regime is Regime.RATE or spec != lazy or settings.level.name != "quick":
                yield DecayCell(spec, engine, pair=pair, eps=eps, regime=regime, dataset="noise")
    if architecture == "residual":
        eps = instant(INF_INF, HEAVY.input_dim)
        yield DecayCell(HEAVY, "lazy", pair=INF_INF, eps=eps, regime=Regime.PROJECTED, dataset="noise")


def image_cells(architecture: str, settings: Settings) -> Iterator[DecayCell]:
    """A minibatch of images with ten outputs at the paper's budget, before any step."""
    data = "mnist" if is_present("mnist", settings.data_dir) else settings.dataset
    width, depths = AT_START[settings.level.name]
    for depth in depths:
        spec = NetworkSpec(architecture, 784, 10, width, depth, {"vanilla": 2.0, "residual": 0.1}[architecture])
        for regime in (Regime.START, Regime.START_BOTH):
            yield DecayCell(spec, "dense", pair=INF_INF, eps=0.3, regime=regime, images=BATCH, dataset=data)


def flow_cells(architecture: str, settings: Settings) -> Iterator[DecayCell]:
    """Gradient flow on L_adv of a few images, of networks for which Euler's identity says what σ_w² then does."""
    if architecture == "vanilla":
        width, count = FLOW[settings.level.name]
        spec, data = NetworkSpec(architecture, 49, 10, width, 5, 2.0), settings.dataset
        yield DecayCell(spec, "dense", pair=INF_INF, eps=0.3, regime=Regime.FLOW, images=count, dataset=data)


def at_start(cell: DecayCell, decide: Decider) -> MedianRatio:
    """−dσ_w²/dt at t = 0 is the theory's."""
    spec, attack, level = cell.spec, cell.attack, decide.settings.level
    objective = Objective("adversarial", *attack, LINEAR_STEPS)

    def rate(theory: PaperTheory) -> float:
        return -theory.variance_rate(spec, *attack)

    return MedianRatio(
        slopes.by_homogeneity(objective) if cell.chain else slopes.at_start(objective),
        quantity="−dσ_w²/dt at the start",
        statistic=lambda draws: draws[:, DRIFT],
        looks_at=images,
        reference=rate,
        allowance=pull_beside(decide, spec, cell.pair),
        spread=one_output_spread(spec, cell.pair),
        delta=level.exact if cell.chain else level.ratio,
        regime=LIMIT,
        instead={OTHER_FACTOR: lambda theory: rate(half_rate(theory))},
        by_calculus=BY_HOMOGENEITY if cell.chain else (),
    )


def on_images(cell: DecayCell, decide: Decider) -> Ask:
    """At the paper's ε, −dσ_w²/dt on images is at most the theory's, and in residual networks it is the theory's.

    There gates hardly flip; in vanilla networks they do, and how much of the bound L_adv then fills no formula says.
    """
    spec, near, level = cell.spec, many_outputs_pull(cell.spec, cell.pair), decide.settings.level
    both, vanilla = cell.regime is Regime.START_BOTH, spec.architecture == "vanilla"
    steps = STRENGTHS[spec.architecture][level.name]

    def law(theory: PaperTheory) -> float:
        return -theory.variance_rate(spec, *cell.attack) - (theory.standard_rate(spec) if both else 0.0)

    return lambda theory: MedianRatio(
        attack_strengths.drifts(cell.attack, steps),
        quantity=f"−dσ_w²/dt on {BATCH} images by {'L_std + L_adv' if both else 'L_adv'}",
        statistic=lambda draws: attack_strengths.bounded(draws, standard=both),
        looks_at=images,
        reference=law,
        allowance=lambda: near,
        spread=0.1,
        pilot=0 if vanilla else PILOT,
        delta=level.ratio,
        upper_only=vanilla,
        regime=START,
        caveat=AT_MOST if vanilla else "",
        instead={OTHER_FACTOR: lambda theory: law(half_rate(theory))},
        curve=lambda draws: over_strengths(steps, draws, law(theory), standard=both),
    )


def under_projection(cell: DecayCell, decide: Decider) -> Ask:
    """Under the pull on W alone σ_w² has fallen to the theory's half at the theory's time."""
    spec, attack, level = cell.spec, cell.attack, decide.settings.level
    end, scales = half_life(PaperTheory(), spec, attack), scales_down_to(TO)
    return lambda theory: MedianRatio(
        projected.projected(Objective("adversarial", *attack, LINEAR_STEPS), scales),
        quantity="σ_w²(t)/σ_w²(0)",
        statistic=lambda draws: np.square(projected.scale_at(draws, scales, end)),
        looks_at=images,
        reference=lambda theory: cell.kept(theory, end),
        allowance=of_what_is_left(pull_beside(decide, spec, cell.pair), lambda by: cell.kept(PaperTheory(), end * by)),
        spread=one_output_spread(spec, cell.pair) * math.log(2),
        delta=level.exact if cell.chain else level.ratio,
        regime=PULL,
        instead={OTHER_FACTOR: lambda theory: cell.kept(half_rate(theory), end)},
        by_calculus=BY_PROJECTION if cell.chain else (),
        curve=lambda draws: along_projection(theory, spec, attack, scales, end, draws),
    )


def along_flow(cell: DecayCell, decide: Decider) -> Ask:
    """Along gradient flow σ_w² is the theory's at the last of the times."""
    spec, attack, pull = cell.spec, cell.attack, many_outputs_pull(cell.spec, cell.pair)
    level = decide.settings.level
    whole = half_life(PaperTheory(), spec, attack)
    times = tuple(whole * mark for mark in MARKS.get(level.name, MARKS["standard"]))
    end, row, finer = times[-1], len(times), FINER[level.name]
    objective = Objective("adversarial", *attack, ATTACK_STEPS)
    reach = -math.log(cell.kept(PaperTheory(), end))
    near = Allowance(pull.above * reach, pull.below * reach, f"{pull.origin}, over the predicted decrease")
    return lambda theory: MedianRatio(
        along_training.recorded(objective, Flow(SHARE / finer, times), times, FLOW_STEPS * finer),
        quantity="σ_w²(t)/σ_w²(0)",
        statistic=lambda draws: sizes(draws, row),
        looks_at=images,
        reference=lambda theory: cell.kept(theory, end),
        allowance=lambda: near,
        spread=0.01,
        delta=level.ratio,
        room=near.above + level.ratio,
        regime=LATE,
        caveat=FEW_IMAGES,
        instead={OTHER_FACTOR: lambda theory: cell.kept(half_rate(theory), end)},
        rivals=euler(row, 2 * level.ratio),
        curve=lambda draws: along_path(theory, spec, attack, times, draws),
    )


REGIMES: dict[Regime, Callable[[DecayCell, Decider], Ask]] = {
    Regime.RATE: at_start,
    Regime.START: on_images,
    Regime.START_BOTH: on_images,
    Regime.PROJECTED: under_projection,
    Regime.FLOW: along_flow,
}


def decide_decay(cell: DecayCell | VariedCell, decide: Decider) -> None:
    """Decide what a cell states."""
    if isinstance(cell, VariedCell):
        decide_varied(cell, decide)
    else:
        decide(REGIMES[cell.regime](cell, decide))


@claim("thm5.4/vanilla-variance-decay", cells=decay_cells("vanilla"))
def test_vanilla_variance_decay(cell: DecayCell | VariedCell, decide: Decider) -> None:
    """In vanilla networks σ_w² decreases under L_adv by 2 ε α β ω^{L/2−1} σ_w²/N in time."""
    decide_decay(cell, decide)


@claim("thmG.9/residual-variance-decay", cells=decay_cells("residual"))
def test_residual_variance_decay(cell: DecayCell | VariedCell, decide: Decider) -> None:
    """In residual networks σ_w² decreases under L_adv by the same law, with ω = 1 + ασ_w²."""
    decide_decay(cell, decide)
