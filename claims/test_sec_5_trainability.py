"""Theorems 5.7 and 5.8: which networks practical adversarial training fits, over depth and width."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from mfcheck import Cell, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin, Rival
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.ensembles.samples import Source
from mfcheck.observables.after_training import CLEAN, SIZE, trained
from mfcheck.observables.path_bounds import after
from mfcheck.settings import Level, Settings
from mfcheck.theorems import accuracy_map
from mfcheck.theorems.accuracy_map import MAPS
from mfcheck.theorems.variance import LOWER, UPPER, gain_at
from mfcheck.theory import PaperTheory

FITTED = 0.55
"""An accuracy halfway between chance, 1/K, and all of K = 10 classes."""
SAME = 0.05
"""How far ‖W‖² may move for a failure not to be that of the weights' size."""
NARROW = 2
"""Deep and narrow are networks with at most so many units to a layer of depth. At L/N = ¼ the deepest are fitted, as T
itself says they are."""
KEPT, GREW = "fails with the weights' size as it was", "trains with the weights' size grown"
INSIDE, RISEN = "ω^L stays inside the window", "ω^L has not fallen"


class States(StrEnum):
    """Which networks are fitted as T has it, which are at all, and why they are not."""

    BOUNDARY = "boundary"
    OUTCOME = "outcome"
    MECHANISM = "mechanism"


@dataclass(frozen=True, kw_only=True)
class TrainedCell(Cell):
    """A network of the map, and what is stated of it."""

    statement: States

    @classmethod
    def of(cls, cell: Cell, statement: States) -> TrainedCell:
        """A cell of the map with a statement about it."""
        return cls(**{one.name: getattr(cell, one.name) for one in fields(Cell)}, statement=statement)


def vanilla_cells(settings: Settings) -> Iterator[TrainedCell]:
    """The predicted boundary in all networks, the outcome in the shallowest and where the deepest are narrow, and there
    the mechanism too."""
    if "vanilla" not in settings.architectures:
        return
    depths = MAPS[settings.level.name].depths
    for cell in accuracy_map.networks("vanilla", settings):
        yield TrainedCell.of(cell, States.BOUNDARY)
        deepest, shallowest = cell.spec.depth == max(depths), cell.spec.depth == min(depths)
        failing = deepest and cell.spec.width <= NARROW * cell.spec.depth
        if failing or shallowest:
            yield TrainedCell.of(cell, States.OUTCOME)
        if failing:
            yield TrainedCell.of(cell, States.MECHANISM)


def residual_cells(settings: Settings) -> Iterator[TrainedCell]:
    """The outcome, in every network."""
    if "residual" in settings.architectures:
        for cell in accuracy_map.networks("residual", settings):
            yield TrainedCell.of(cell, States.OUTCOME)


def training(cell: Cell, level: Level) -> Source:
    """The practitioners' training of a cell's networks."""
    spec = cell.spec
    chunk = accuracy_map.chunk(spec.width, spec.depth)
    return trained(accuracy_map.objective(), accuracy_map.rule(spec), MAPS[level.name].steps, chunk)


def size_after(draws: Floats) -> Floats:
    """‖W‖² after training over that before it."""
    return after(draws, SIZE)


def gain(cell: Cell) -> Callable[[Floats], Floats]:
    """ω^L after training."""
    return lambda draws: gain_at(cell.spec, np.maximum(size_after(draws), 0.0))


def fit(cell: Cell, level: Level, fits: bool, rivals: Mapping[str, Rival], draw: bool) -> Ask:
    """The median network's training accuracy is on the given side of halfway."""
    steps = MAPS[level.name].steps
    return lambda theory: MedianWithin(
        training(cell, level),
        statistic=lambda draws: draws[:, CLEAN],
        name="median training accuracy",
        looks_at=images,
        low=FITTED if fits else 0.0,
        high=1.0 if fits else FITTED,
        origin="halfway between chance and all",
        rivals=rivals,
        curve=(lambda draws: accuracy_map.place(theory, cell.spec, steps, draws)) if draw else None,
    )


def boundary(cell: TrainedCell, level: Level) -> Ask:
    """A network is fitted if training ends before the theory's T, and else not."""
    in_time = accuracy_map.collapse_over_training(PaperTheory(), cell.spec, MAPS[level.name].steps) > 1
    kept, grew = Rival(size_after, 1 - SAME, 1 + SAME), Rival(size_after, 1.0)
    return fit(cell, level, in_time, {KEPT: kept} if in_time else {GREW: grew}, draw=True)


def outcome(cell: TrainedCell, level: Level) -> Ask:
    """The shallowest networks are fitted, and the deep and narrow are not."""
    return fit(cell, level, cell.spec.depth == min(MAPS[level.name].depths), {}, draw=False)


def mechanism(cell: TrainedCell, level: Level) -> MedianWithin:
    """ω^L has left the window."""
    return MedianWithin(
        training(cell, level),
        statistic=gain(cell),
        name="median ω^L after training",
        looks_at=images,
        low=0.0,
        high=LOWER,
        origin="m = 0.1 of the window",
        rivals={KEPT: Rival(size_after, 1 - SAME, 1 + SAME), INSIDE: Rival(gain(cell), LOWER, UPPER)},
    )


STATES: dict[States, Callable[[TrainedCell, Level], Ask]] = {
    States.BOUNDARY: boundary,
    States.OUTCOME: outcome,
    States.MECHANISM: mechanism,
}


@claim("thm5.7/vanilla-untrainable", cells=vanilla_cells)
def test_vanilla_untrainable(cell: TrainedCell, decide: Decider) -> None:
    """Deep and narrow vanilla networks are not fitted by adversarial training, because ω^L has left the window."""
    decide(STATES[cell.statement](cell, decide.settings.level))


@claim("thm5.8/residual-trainable", cells=residual_cells)
def test_residual_trainable(cell: TrainedCell, decide: Decider) -> None:
    """Residual networks with ασ_w² ≤ M^{1/L} − 1 are fitted by adversarial training at every depth and width."""
    rivals = {INSIDE: Rival(gain(cell), LOWER, UPPER), RISEN: Rival(size_after, 1.0)}
    decide(fit(cell, decide.settings.level, fits=True, rivals=rivals, draw=True))
