"""The two assumptions of Section 5 along training: signals independent of the weights, weights near their start."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import NetworkSpec, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.decisions.statement import Breaks
from mfcheck.ensembles.samples import Source
from mfcheck.findings import regimes
from mfcheck.findings.regimes import Regime
from mfcheck.observables.independence import BACKWARD, DISTANCE, FAILED, FORWARD, carried
from mfcheck.observables.path_bounds import unless
from mfcheck.settings import Settings
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

BATCH, ATTACK_STEPS = 32, 2
TRAINED, SEEN = 256, 128
"""Digits that are trained on in minibatches, and others at which it is measured: four times a batch, by which networks
spread a quarter less than by one; it takes a fifth of the time at N = 256, L = 5."""
SIZES = {"quick": (256, (5,)), "standard": (1000, (5, 10)), "paper": (2000, (5, 10))}
"""Widths and depths."""
LEFT_EARLY = NetworkSpec("residual", 784, 10, 1000, 10, 0.1)
"""A network whose gain ends at the edge, in 88 of them at 1.044 [1.041, 1.048] by t = 0.3. To tell that takes a core
half an hour, a fifth of all that Section 5 takes at level standard, which leaves it while it is early."""
EARLY, LATE = 0.01, 0.3
"""A time by which L_adv has lost less than a fifth of itself at N = 256, L = 5; and one in which training has done most
of its work."""
STEP = 0.05
"""The learning rate times the depth: SGD then adds less than 2 % of its fall to σ_w²."""
NARROW = 256
"""A width up to which the gain in vanilla networks ends near the edge: 0.96 to 0.97 at 256, with other seeds."""
NEAR = 0.05
"""How far a gain may lie from that of signals free of W, and how far W may move, relative to itself."""
NOT_ASSUMED = "of an attack's signals, for which the paper does not assume it: they depend on the weights"
HALF, STRONGER = "moves by half a unit, whatever its own size", "carries signals back by 6 to 25 % more"


class When(StrEnum):
    """At the start, while L_adv keeps four fifths of itself, and afterwards."""

    START = "start"
    EARLY = "early"
    LATE = "late"


TIMES = {When.EARLY: EARLY, When.LATE: LATE}
REGIMES = {When.START: regimes.START, When.EARLY: Regime("early"), When.LATE: regimes.LATE}


def whens(spec: NetworkSpec) -> tuple[When, ...]:
    """When a network is looked at, in turn."""
    return tuple(when for when in When if when is not When.LATE or spec != LEFT_EARLY)


@dataclass(frozen=True, kw_only=True)
class TimedCell(AttackCell):
    """A network along training in minibatches, at one of the times."""

    when: When
    trained: int = TRAINED

    @property
    def path(self) -> Source:
        """Training on L_std + L_adv, recorded at all of them."""
        rule = SGD(STEP / self.spec.depth, batch=BATCH)
        times = tuple(TIMES[when] for when in whens(self.spec) if when in TIMES)
        return carried(Objective("theory", *self.attack, ATTACK_STEPS), rule, times)

    def column(self, column: int) -> Callable[[Floats], Floats]:
        """What was recorded of a quantity at the cell's time, as bounds."""
        row = list(When).index(self.when)
        return lambda draws: unless(draws[:, row, FAILED], draws[:, row, column])


@dataclass(frozen=True, kw_only=True)
class SentCell(TimedCell):
    """One with the loss whose signals are looked at."""

    loss: str


def cells(settings: Settings) -> Iterator[TimedCell]:
    """The same networks at every time at which they are looked at."""
    width, depths = SIZES[settings.level.name]
    for architecture in settings.papers_architectures:
        variance = {"vanilla": 2.0, "residual": 0.1}[architecture]
        for depth in depths:
            spec, seen = NetworkSpec(architecture, 784, 10, width, depth, variance), TRAINED + SEEN
            for when in whens(spec):
                yield TimedCell(spec, "dense", pair=INF_INF, eps=EPS, images=seen, dataset=settings.dataset, when=when)


def sent_cells(settings: Settings) -> Iterator[SentCell]:
    """What either loss sends: L_std back through W, for which independence is assumed, and L_adv forth."""
    for cell in cells(settings):
        for loss in ("standard", "adversarial"):
            yield SentCell(**vars(cell), loss=loss)


def moved_cells(settings: Settings) -> Iterator[TimedCell]:
    """All but the start, where nothing has moved."""
    yield from (cell for cell in cells(settings) if cell.when is not When.START)


def then(
    cell: TimedCell,
    column: int,
    name: str,
    low: float,
    high: float,
    rivals: Mapping[str, Rival],
    breaks: Breaks = False,
) -> MedianWithin:
    """The median of a quantity at the cell's time lies in bounds, or leaves them where it is to break."""
    return MedianWithin(
        cell.path,
        statistic=cell.column(column),
        name=name,
        looks_at=images,
        low=low,
        high=high,
        origin="declared for an assumption",
        rivals=rivals,
        breaks=breaks,
        regime=REGIMES[cell.when],
    )


def backward(cell: SentCell) -> MedianWithin:
    """The signals of L_std go back through W as if free of it."""
    stronger, spec = {STRONGER: Rival(cell.column(BACKWARD), 1.06, 1.25)}, cell.spec
    by_the_edge = spec.architecture == "vanilla" and spec.width <= NARROW and cell.when is When.LATE
    near = then(cell, BACKWARD, "median of ‖Wᵀδ‖²/(σ_w²‖δ‖²)", 1 - NEAR, 1 + NEAR, stronger)
    return replace(near, first=2) if by_the_edge else near


def forward(cell: SentCell) -> MedianWithin:
    """What an attack adds does not pass on as if free of the weights: they carry it on more strongly."""
    stronger = then(cell, FORWARD, "median of ‖WΔ‖²/(σ_w²‖Δ‖²)", 1 - NEAR, 1 + NEAR, {}, breaks="above")
    return replace(stronger, caveat=NOT_ASSUMED)


@claim("assumption/gradient-independence", cells=sent_cells)
def test_gradient_independence(cell: SentCell, decide: Decider) -> None:
    """Signals of L_std are free of the weights that they go back through, ‖Wᵀδ‖² = σ_w² ‖δ‖²; what an attack on L_adv
    adds to the states is not."""
    decide(backward(cell) if cell.loss == "standard" else forward(cell))


def moved(cell: TimedCell) -> Callable[[Floats], Floats]:
    """‖W − W(0)‖, from what it is relative to ‖W(0)‖² ≈ Nσ_w²."""
    size = math.sqrt(cell.spec.width * cell.spec.weight_variance)
    return lambda draws: size * cell.column(DISTANCE)(draws)


@claim("assumption/weights-near-initialisation", cells=moved_cells)
def test_weights_near_initialisation(cell: TimedCell, decide: Decider) -> None:
    """Weights stay near where they began: ‖W(t) − W(0)‖ is at most 5 % of ‖W(0)‖."""
    half = {HALF: Rival(moved(cell), 0.475, 0.59)}
    decide(then(cell, DISTANCE, "median of ‖W − W(0)‖/‖W(0)‖", 0.0, NEAR, half if cell.when is When.LATE else {}))
