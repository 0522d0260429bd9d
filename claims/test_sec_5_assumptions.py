"""The two assumptions of Section 5 along training: signals independent of the weights, weights near their start."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mfcheck import NetworkSpec, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin, Rival
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK, Source
from mfcheck.observables import along_training
from mfcheck.observables.along_training import BACKWARD, DISTANCE
from mfcheck.observables.path_bounds import column_at
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.bound import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.variance import half_life
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

EPS = 0.3
EARLY = 0.1
"""A time in units of 1/N, in which f moves."""
LATE = 0.2
"""A time in units of the theory's half-life of σ_w²."""
WIDTH = {"quick": 32, "standard": 64, "paper": 256}
NEAR = 0.05
"""How far a gain may lie from that of signals free of W, and how far W may move, relative to itself."""
TURNED, WITHIN = "W has turned against the signals", "moved by less than a quarter of itself"


class When(StrEnum):
    """At the start, while f moves, and in the theory's own time."""

    START = "start"
    EARLY = "early"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class TimedCell(AttackCell):
    """A network along gradient flow, at one of the times."""

    when: When

    @property
    def flow(self) -> Source:
        """Gradient flow on L_adv, recorded at all of them."""
        times = (EARLY / self.spec.width, half_life(PaperTheory(), self.spec, self.attack) * LATE)
        objective = Objective("adversarial", *self.attack, 3)
        return along_training.recorded(objective, Flow(0.2, times), times, 120, most=2 * STACK)

    def column(self, column: int) -> Callable[[Floats], Floats]:
        """What was recorded of a quantity at the cell's time."""
        row = list(When).index(self.when)
        return lambda draws: column_at(draws, row, column)


def cells(settings: Settings) -> Iterator[TimedCell]:
    """The same network at every time."""
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 2.0, "residual": 0.4}[architecture]
            spec = NetworkSpec(architecture, 49, 10, WIDTH[settings.level.name], 5, variance)
            for when in When:
                yield TimedCell(spec, "dense", pair=INF_INF, eps=EPS, images=8, dataset=settings.dataset, when=when)


def moved_cells(settings: Settings) -> Iterator[TimedCell]:
    """The same but for the start, where nothing has moved."""
    yield from (cell for cell in cells(settings) if cell.when is not When.START)


def then(cell: TimedCell, column: int, name: str, low: float, high: float, late: Mapping[str, float]) -> MedianWithin:
    """The median of a quantity at the cell's time lies in bounds; late, it may lie below others instead."""
    statistic = cell.column(column)
    others = late if cell.when is When.LATE else {}
    return MedianWithin(
        cell.flow,
        statistic=statistic,
        name=name,
        looks_at=images,
        low=low,
        high=high,
        origin="declared for an assumption",
        rivals={other: Rival(statistic, 0.0, top) for other, top in others.items()},
    )


@claim("assumption/gradient-independence", cells=cells)
def test_gradient_independence(cell: TimedCell, decide: Decider) -> None:
    """Back-propagated signals are free of the weights they go through: ‖Wᵀδ‖² = σ_w² ‖δ‖²."""
    decide(then(cell, BACKWARD, "median of ‖Wᵀδ‖²/(σ_w²‖δ‖²)", 1 - NEAR, 1 + NEAR, {TURNED: 1 - NEAR}))


@claim("assumption/weights-near-initialisation", cells=moved_cells)
def test_weights_near_initialisation(cell: TimedCell, decide: Decider) -> None:
    """Weights stay near where they began: ‖W(t) − W(0)‖ is at most 5 % of ‖W(0)‖."""
    decide(then(cell, DISTANCE, "median of ‖W − W(0)‖/‖W(0)‖", 0.0, NEAR, {WITHIN: 0.25}))
