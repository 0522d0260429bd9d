"""The two assumptions of Section 5 along training: signals independent of the weights, weights near their start."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, NetworkSpec, NormPair, PaperTheory, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Rival
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK
from mfcheck.observables import along_training
from mfcheck.observables.along_training import BACKWARD, DISTANCE
from mfcheck.observables.path_bounds import column_at
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.variance import half_life
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

PAIR, EPS = NormPair(math.inf, math.inf), 0.3
EARLY = 0.1
"""A time in units of 1/N, in which f moves."""
LATE = 0.2
"""A time in units of the theory's half-life of σ_w²."""
WIDTH = {"quick": 32, "standard": 64, "paper": 256}
NEAR = 0.05
"""How far a gain may lie from that of signals free of W, and how far W may move, relative to itself."""
TURNED, WITHIN = "W has turned against the signals", "moved by less than a quarter of itself"


def cells(settings: Settings) -> Iterator[Cell]:
    """At the start, while f moves, and in the theory's own time."""
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            variance = {"vanilla": 2.0, "residual": 0.4}[architecture]
            spec = NetworkSpec(architecture, 49, 10, WIDTH[settings.level.name], 5, variance)
            details = {"pair": str(PAIR), "eps": EPS, "images": 8, "dataset": settings.dataset}
            for when in ("start", "early", "late"):
                yield Cell(spec, "dense", {**details, "when": when})


def decide_column(
    cell: Cell, decide: Decider, column: int, name: str, low: float, high: float, rivals: dict[str, Rival]
) -> None:
    """Decide where the median of a column of the flow lies at the cell's time."""
    spec = cell.spec
    times = (EARLY / spec.width, half_life(PaperTheory(), spec, EPS, PAIR) * LATE)
    row = ("start", "early", "late").index(str(cell.details["when"]))

    def then(draws: Floats) -> Floats:
        return column_at(draws, row, column)

    decide.median_within(
        along_training.recorded(
            Objective("adversarial", EPS, PAIR.p, PAIR.q, 3), Flow(0.2, times), times, 120, most=2 * STACK
        ),
        statistic=then,
        name=name,
        probe=images(decide.settings, cell),
        low=low,
        high=high,
        origin="declared for an assumption",
        rivals={one: replace(rival, statistic=then) for one, rival in rivals.items()},
    )


@claim("assumption/gradient-independence", cells=cells)
def test_gradient_independence(cell: Cell, decide: Decider) -> None:
    """Back-propagated signals are free of the weights they go through: ‖Wᵀδ‖² = σ_w² ‖δ‖²."""
    late = cell.details["when"] == "late"
    rivals = {TURNED: Rival(lambda draws: draws, 0.0, 1 - NEAR)} if late else {}
    decide_column(cell, decide, BACKWARD, "median of ‖Wᵀδ‖²/(σ_w²‖δ‖²)", 1 - NEAR, 1 + NEAR, rivals)


def moved_cells(settings: Settings) -> Iterator[Cell]:
    """The same but for the start, where nothing has moved."""
    yield from (cell for cell in cells(settings) if cell.details["when"] != "start")


@claim("assumption/weights-near-initialisation", cells=moved_cells)
def test_weights_near_initialisation(cell: Cell, decide: Decider) -> None:
    """Weights stay near where they began: ‖W(t) − W(0)‖ is at most 5 % of ‖W(0)‖."""
    late = cell.details["when"] == "late"
    rivals = {WITHIN: Rival(lambda draws: draws, 0.0, 0.25)} if late else {}
    decide_column(cell, decide, DISTANCE, "median of ‖W − W(0)‖/‖W(0)‖", 0.0, NEAR, rivals)
