"""Theorem 5.9: how the Fisher–Rao norm falls under L_adv, and the less the wider the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from mfcheck import NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio, Rival
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.ensembles.samples import STACK, Source
from mfcheck.observables import along_training, projected
from mfcheck.observables.path_bounds import decreases
from mfcheck.settings import Level, Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import INF_INF
from mfcheck.theorems.capacity import capacity_left, capacity_path, mean_decay
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.pull import CHAIN_EPS, LINEAR_STEPS, instant, one_output_pull, one_output_spread
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

TWO = NormPair(2, math.inf)
SCALES = (1.0, 0.995)
"""Scales of the weights between which a projected flow's early slope is taken."""
WIDTHS = (300, 3000, 30_000)
FLOW_WIDTHS = {"quick": (32, 64), "standard": (32, 64, 128), "paper": (64, 128, 256)}
EARLY, FLOW_EPS, FLOW_STEPS = (0.25, 0.5, 1.0), 0.3, 120
"""Times of flows in units of 1/N, in which f moves; with their ε and steps."""
FASTER, LESS = "faster than the law", "less than halved by doubling the width"
NONE = Allowance(0.0, 0.0, "none: stated for every width")


class Regime(StrEnum):
    """The pull on W alone, as the weights shrink a little; or gradient flow, while f moves."""

    PROJECTED = "projected"
    FLOW = "flow"


@dataclass(frozen=True, kw_only=True)
class DecayCell(AttackCell):
    """A network whose capacity falls, in one of the regimes."""

    regime: Regime

    @property
    def source(self) -> Source:
        """The projected flow with capacities, between two scales of the weights."""
        return projected.projected(Objective("adversarial", *self.attack, LINEAR_STEPS), SCALES, capacity=True)

    def flow(self, times: tuple[float, ...]) -> Source:
        """Gradient flow on L_adv with its capacities."""
        objective = Objective("adversarial", *self.attack, 3)
        return along_training.recorded(objective, Flow(0.1, times), times, FLOW_STEPS, most=4 * STACK)


def decay_cells(settings: Settings) -> Iterator[DecayCell]:
    """The projected flow on every engine, and gradient flow at two widths."""
    for architecture in settings.architectures:
        if architecture not in ARCHITECTURES:
            continue
        if architecture == "vanilla":
            for depth, variance, pair in ((5, 2.0, INF_INF), (3, 2.4, TWO)):
                spec = NetworkSpec("vanilla", 784, 1, 10**6, depth, variance)
                yield projected_cell(spec, "wishart", pair, CHAIN_EPS)
        variance = {"vanilla": 2.0, "residual": 0.6}[architecture]
        yield projected_cell(NetworkSpec(architecture, 49, 1, 128, 2, variance), "dense", INF_INF)
        for width in FLOW_WIDTHS[settings.level.name]:
            yield flow_cell(architecture, width, settings)


def projected_cell(spec: NetworkSpec, engine: str, pair: NormPair, eps: float | None = None) -> DecayCell:
    """A network with one output at noise, in a budget that stands for ε → 0 if none is given."""
    small = instant(pair, spec.input_dim) if eps is None else eps
    return DecayCell(spec, engine, pair=pair, eps=small, regime=Regime.PROJECTED, dataset="noise")


def flow_cell(architecture: str, width: int, settings: Settings) -> DecayCell:
    """A network of ten outputs that is trained."""
    spec = NetworkSpec(architecture, 49, 10, width, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
    return DecayCell(spec, "dense", pair=INF_INF, eps=FLOW_EPS, regime=Regime.FLOW, images=8, dataset=settings.dataset)


def early_slope(draws: Floats) -> Floats:
    """−d log‖w‖_FR/dt at t = 0 of a projected flow."""
    count = len(SCALES)
    rates, norms = draws[:, :count], draws[:, count:]
    found: Floats = np.log(norms[:, 0] / norms[:, 1]) / projected.times(rates, SCALES)[:, 1]
    return found


def early_decay(cell: DecayCell, level: Level) -> MedianRatio:
    """The relative capacity falls at first as the theory says, under the pull on W alone."""
    spec, attack, near = cell.spec, cell.attack, one_output_pull(cell.spec, cell.pair)

    def early(theory: PaperTheory) -> float:
        return mean_decay(theory, spec, attack, SCALES[-1])

    return MedianRatio(
        cell.source,
        quantity="−d log‖w‖_FR/dt at the start",
        statistic=early_slope,
        looks_at=images,
        reference=early,
        allowance=lambda: near,
        spread=one_output_spread(spec, cell.pair),
        delta=level.exact if cell.chain else level.ratio,
        room=None if cell.chain else near.above + level.ratio,
        instead={"rate factor 1": lambda theory: early(theory) / 2},
    )


def decay_along_flow(cell: DecayCell, level: Level) -> Ask:
    """The capacity lost by gradient flow, while f moves, is the theory's."""
    spec, attack = cell.spec, cell.attack
    times = tuple(early / spec.width for early in EARLY)

    def fallen(draws: Floats) -> Floats:
        return decreases(capacity_left(draws, len(times)))

    def predicted(theory: PaperTheory) -> float:
        return -theory.capacity_rate(spec, *attack) * times[-1]

    return lambda theory: MedianRatio(
        cell.flow(times),
        quantity="1 − ‖w‖_FR(t)/‖w‖_FR(0)",
        statistic=fallen,
        looks_at=images,
        reference=predicted,
        allowance=lambda: NONE,
        spread=10.0,
        delta=level.ratio,
        room=20.0,
        rivals={FASTER: Rival(lambda draws: fallen(draws) / predicted(theory), 1.0)},
        curve=lambda draws: capacity_path(theory, spec, attack, times, draws),
    )


DECAY: dict[Regime, Callable[[DecayCell, Level], Ask]] = {
    Regime.PROJECTED: early_decay,
    Regime.FLOW: decay_along_flow,
}


@claim("thm5.9/capacity-decay", cells=decay_cells)
def test_capacity_decay(cell: DecayCell, decide: Decider) -> None:
    """Under L_adv the relative capacity falls at first by (2εαβ/N) ω^{L/2−1} (1 + (L−1) ασ_w²/ω) in time."""
    decide(DECAY[cell.regime](cell, decide.settings.level))


def width_cells(settings: Settings) -> Iterator[DecayCell]:
    """The projected flow over widths on the chain and on stored networks, and gradient flow."""
    if "vanilla" in settings.architectures:
        chain = NetworkSpec("vanilla", 784, 1, WIDTHS[0], 4, 2.0)
        yield projected_cell(chain, "wishart", INF_INF, CHAIN_EPS)
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 2.0, "residual": 0.6}[architecture]
            yield projected_cell(NetworkSpec(architecture, 49, 1, 32, 2, variance), "dense", INF_INF)
            yield flow_cell(architecture, 16, settings)


def early_over_widths(cell: DecayCell, level: Level) -> MedianSlope:
    """Under the pull on W alone the relative decay falls with the width as the theory's does."""
    attack, widths = cell.attack, WIDTHS if cell.chain else (32, 128)
    specs = [replace(cell.spec, width=width) for width in widths]

    def apart() -> Allowance:
        far = max(one_output_pull(one, cell.pair).above for one in specs) / math.log(widths[-1] / widths[0])
        return Allowance(far, far, "K = 1: exact mean at each width, median within the variance to leading order")

    return MedianSlope(
        [MedianGroup(math.log(one.width), one, cell.source, early_slope) for one in specs],
        quantity="−d log‖w‖_FR/dt at the start",
        looks_at=images,
        x_label="log N",
        rises=lambda theory, group: mean_decay(theory, group.spec, attack, SCALES[-1]),
        allowance=apart,
        spread=max(one_output_spread(one, cell.pair) for one in specs) / (1 if cell.chain else 3),
        delta=level.exact if cell.chain else 2 * level.slope,
    )


def lost_over_widths(cell: DecayCell, level: Level) -> MedianSlope:
    """By gradient flow, in a time in which f moves at the narrower width, capacity falls the less the wider."""
    attack, specs = cell.attack, [replace(cell.spec, width=width) for width in (16, 48)]
    times = (EARLY[-1] / specs[0].width,)

    def logarithm(draws: Floats) -> Floats:
        found: Floats = np.maximum(-np.log(np.maximum(capacity_left(draws, len(times))[:, ::-1], 1e-12)), 1e-6)
        return found

    return MedianSlope(
        [MedianGroup(math.log(one.width), one, cell.flow(times), logarithm) for one in specs],
        quantity="−log‖w‖_FR(t)/‖w‖_FR(0)",
        looks_at=images,
        x_label="log N",
        rises=lambda theory, group: -theory.capacity_rate(group.spec, *attack),
        allowance=lambda: NONE,
        spread=0.06,
        delta=2 * level.slope,
        rivals={LESS: (-1 + 2 * level.slope, math.inf)},
    )


OVER_WIDTHS: dict[Regime, Callable[[DecayCell, Level], Ask]] = {
    Regime.PROJECTED: early_over_widths,
    Regime.FLOW: lost_over_widths,
}


@claim("thm5.9/width-preserves", cells=width_cells)
def test_width_preserves(cell: DecayCell, decide: Decider) -> None:
    """Doubling the width halves the relative decay of capacity."""
    decide(OVER_WIDTHS[cell.regime](cell, decide.settings.level))
