"""Theorems 5.7 and 5.8: which networks training with attacks fits, over depth and width, beside training without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum

import numpy as np

from mfcheck import Cell, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import Alternative, Rival, Together
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.majority import Majority, Mostly
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings.regimes import LATE, MECHANISM, OUTCOME, Regime
from mfcheck.observables.after_training import SIZE
from mfcheck.observables.path_bounds import after
from mfcheck.settings import Level, Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems import accuracy_map
from mfcheck.theorems.accuracy_map import AGAIN, INSIDE, MAPS, OUTSIDE
from mfcheck.theorems.outcomes import Outcome, ends_as
from mfcheck.theorems.variance import LOWER, gain_at
from mfcheck.theory import PaperTheory

SAME = 0.1
"""How far ‖W‖² may move for an outcome not to be that of the weights' size: ω^L then stays in the window to L = 20."""
EXCEPTIONS = {"quick": 1}
"""Pairs that may come to something else, as one in a hundred does, and a first look still decides; beyond level quick
it is cheaper to look again."""
DELAYED = "in so many steps: in ten times as many such networks learn, with attacks too"
CONTRAST = "the contrast alone: that a network which is not deep trains makes no deep one untrainable"
CONVENTION = "M = 10 is a convention: the paper's statement holds with any M, and names none"


class States(StrEnum):
    """What is stated: what comes of training, that T tells where attacks end it, and why; of residual networks what
    comes of training just outside the window."""

    OUTCOME = "outcome"
    TIME = "time"
    MECHANISM = "mechanism"
    OUTSIDE = "outside"


@dataclass(frozen=True, kw_only=True)
class TrainedCell(Cell):
    """A network of the map, what is stated of it, where ασ_w² lies over the edge of the window, if it has one, and its
    steps of training, if they are more than those of the map."""

    statement: States
    over_edge: float | None = None
    steps: int | None = None

    @classmethod
    def of(cls, cell: Cell, statement: States, over_edge: float | None = None, steps: int | None = None) -> TrainedCell:
        """A cell of the map with a statement about it."""
        kept = {one.name: getattr(cell, one.name) for one in fields(Cell)}
        return cls(**kept, statement=statement, over_edge=over_edge, steps=steps)

    def trained_for(self, level: Level) -> int:
        """The steps of its training."""
        return self.steps or MAPS[level.name].steps


def is_late(theory: PaperTheory, spec: NetworkSpec, steps: int) -> bool:
    """Whether a theory's T passes before training ends."""
    return accuracy_map.collapse_over_training(theory, spec, steps) < 1


def is_doomed(spec: NetworkSpec, level: Level) -> bool:
    """Whether the paper has attacks end a network's training for its depth: the deepest, where T passes in time."""
    size = MAPS[level.name]
    return spec.depth == max(size.depths) and is_late(PaperTheory(), spec, size.steps)


def vanilla_cells(settings: Settings) -> Iterator[TrainedCell]:
    """What T says in all networks, the outcome in the shallowest and where the deepest are doomed, there the mechanism
    too; and at level standard what T says when the one that is doomed at level quick is trained for longer."""
    if "vanilla" not in settings.architectures:
        return
    size = MAPS[settings.level.name]
    for cell in accuracy_map.networks("vanilla", settings):
        spec = cell.spec
        yield TrainedCell.of(cell, States.TIME, steps=size.longer.get((spec.width, spec.depth)))
        doomed = is_doomed(spec, settings.level)
        if doomed or spec.depth == min(size.depths):
            yield TrainedCell.of(cell, States.OUTCOME)
        if doomed:
            yield TrainedCell.of(cell, States.MECHANISM)
    if settings.level.name == "standard":
        for cell in accuracy_map.networks("vanilla", settings, size=AGAIN):
            yield TrainedCell.of(cell, States.TIME, steps=AGAIN.steps)


def residual_cells(settings: Settings) -> Iterator[TrainedCell]:
    """The outcome just inside the window in every network, and just outside it in some of the narrowest."""
    size = MAPS[settings.level.name]
    if "residual" in settings.architectures:
        for cell in accuracy_map.networks("residual", settings, INSIDE):
            yield TrainedCell.of(cell, States.OUTCOME, INSIDE)
        for cell in accuracy_map.networks("residual", settings, OUTSIDE):
            if cell.spec.width == min(size.widths) and cell.spec.depth in size.outside:
                yield TrainedCell.of(cell, States.OUTSIDE, OUTSIDE)


def size_after(draws: Floats) -> Floats:
    """‖W‖² after training with attacks over that before it."""
    return after(draws, SIZE)


def as_before(outcome: Outcome) -> Together:
    """Most pairs come to an outcome, and the median network's weights are as large as before, and not 1.25 times."""
    return Together((Mostly(ends_as(outcome)), Rival(size_after, 1 - SAME, 1 + SAME)))


AS_BEFORE = {outcome: f"{outcome}, with the weights' size as it was" for outcome in Outcome}
IN_MOST = {outcome: f"in most pairs {outcome}" for outcome in Outcome}


def most(
    cell: TrainedCell, level: Level, outcome: Outcome, regime: Regime, caveat: str = ""
) -> Callable[[PaperTheory], Majority]:
    """Most pairs of networks come to an outcome."""
    steps, breaks = cell.trained_for(level), cell.statement is States.OUTSIDE
    others = [other for other in Outcome if other is not outcome]
    rivals: dict[str, Alternative] = {IN_MOST[other]: Mostly(ends_as(other)) for other in others}
    rivals |= {AS_BEFORE[other]: as_before(other) for other in (Outcome if breaks else others)}
    return lambda theory: Majority(
        accuracy_map.pairs(cell.spec, steps),
        quantity=f"after {steps} steps {outcome}",
        property=ends_as(outcome),
        looks_at=images,
        rivals=rivals,
        exceptions=EXCEPTIONS.get(level.name, 0),
        curve=lambda draws: accuracy_map.place(theory, cell.spec, steps, draws),
        breaks=breaks,
        regime=regime,
        caveat=caveat,
    )


def outcome(cell: TrainedCell, level: Level) -> Ask:
    """Both fit, but of deep and narrow vanilla networks only the control."""
    if cell.spec.architecture == "vanilla" and is_doomed(cell.spec, level):
        return most(cell, level, Outcome.CONTROL, OUTCOME, DELAYED)
    convention = CONVENTION if cell.statement is States.OUTSIDE else ""
    return most(cell, level, Outcome.BOTH, OUTCOME, CONTRAST if cell.spec.architecture == "vanilla" else convention)


def time(cell: TrainedCell, level: Level) -> Ask:
    """Only the control fits where T passes before training ends, and elsewhere both do."""

    def ask(theory: PaperTheory) -> Majority:
        late = is_late(theory, cell.spec, cell.trained_for(level))
        comes_of_it = Outcome.CONTROL if late else Outcome.BOTH
        return most(cell, level, comes_of_it, LATE, DELAYED if late else "")(theory)

    return ask


def mechanism(cell: TrainedCell, level: Level) -> MedianWithin:
    """ω^L has left the window."""

    def gain(draws: Floats) -> Floats:
        return gain_at(cell.spec, np.maximum(size_after(draws), 0.0))

    return MedianWithin(
        accuracy_map.pairs(cell.spec, cell.trained_for(level)),
        statistic=gain,
        name="median ω^L after training",
        looks_at=images,
        low=0.0,
        high=LOWER,
        origin="m = 0.1 of the window",
        rivals={AS_BEFORE[Outcome.CONTROL]: as_before(Outcome.CONTROL)},
        regime=MECHANISM,
    )


STATES: dict[States, Callable[[TrainedCell, Level], Ask]] = {
    States.OUTCOME: outcome,
    States.TIME: time,
    States.MECHANISM: mechanism,
    States.OUTSIDE: outcome,
}


@claim("thm5.7/vanilla-untrainable", cells=vanilla_cells)
def test_vanilla_untrainable(cell: TrainedCell, decide: Decider) -> None:
    """Attacks keep deep and narrow vanilla networks, and not others, from fitting what training without them fits, in a
    time T and because ω^L has left the window."""
    decide(STATES[cell.statement](cell, decide.settings.level))


@claim("thm5.8/residual-trainable", cells=residual_cells)
def test_residual_trainable(cell: TrainedCell, decide: Decider) -> None:
    """Residual networks are fitted with attacks too, at every depth and width, where ασ_w² ≤ M^{1/L} − 1."""
    decide(STATES[cell.statement](cell, decide.settings.level))
