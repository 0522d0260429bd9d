"""Theorems 5.7 and 5.8: which networks practical adversarial training fits, over depth and width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mfcheck import Cell, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Rival
from mfcheck.decisions.probes import images
from mfcheck.observables.after_training import CLEAN, SIZE, trained
from mfcheck.observables.path_bounds import after
from mfcheck.settings import Settings
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


def vanilla_cells(settings: Settings) -> Iterator[Cell]:
    """The predicted boundary in all networks, the outcome in the shallowest and where the deepest are narrow, and there
    the mechanism too."""
    if "vanilla" not in settings.architectures:
        return
    depths = MAPS[settings.level.name].depths
    for cell in accuracy_map.networks("vanilla", settings):
        statements = ["boundary"]
        if cell.spec.depth == min(depths):
            statements.append("outcome")
        if cell.spec.depth == max(depths) and cell.spec.width <= NARROW * cell.spec.depth:
            statements += ["outcome", "mechanism"]
        for statement in statements:
            yield replace(cell, details={**cell.details, "statement": statement})


def residual_cells(settings: Settings) -> Iterator[Cell]:
    """The outcome, in every network."""
    if "residual" in settings.architectures:
        for cell in accuracy_map.networks("residual", settings):
            yield replace(cell, details={**cell.details, "statement": "outcome"})


def decide_fit(cell: Cell, decide: Decider, *, fits: bool, rivals: dict[str, Rival], draw: bool) -> None:
    """Decide that the median network's training accuracy is on the given side of halfway."""
    steps, spec = MAPS[decide.settings.level.name].steps, cell.spec
    decide.median_within(
        trained(accuracy_map.objective(), accuracy_map.rule(spec), steps, accuracy_map.chunk(spec.width, spec.depth)),
        statistic=lambda draws: draws[:, CLEAN],
        name="median training accuracy",
        probe=images(decide.settings, cell),
        low=FITTED if fits else 0.0,
        high=1.0 if fits else FITTED,
        origin="halfway between chance and all",
        rivals=rivals,
        curve=(lambda draws: accuracy_map.place(decide.theory, spec, steps, draws)) if draw else None,
    )


@claim("thm5.7/vanilla-untrainable", cells=vanilla_cells)
def test_vanilla_untrainable(cell: Cell, decide: Decider) -> None:
    """Deep and narrow vanilla networks are not fitted by adversarial training, because ω^L has left the window."""
    size, spec, statement = MAPS[decide.settings.level.name], cell.spec, cell.details["statement"]
    if statement == "outcome":
        decide_fit(cell, decide, fits=spec.depth == min(size.depths), rivals={}, draw=False)
        return
    if statement == "boundary":
        in_time = accuracy_map.collapse_over_training(PaperTheory(), spec, size.steps) > 1
        kept = Rival(lambda draws: after(draws, SIZE), 1 - SAME, 1 + SAME)
        grew = Rival(lambda draws: after(draws, SIZE), 1.0)
        decide_fit(cell, decide, fits=in_time, rivals={KEPT: kept} if in_time else {GREW: grew}, draw=True)
        return

    def gain(draws: Floats) -> Floats:
        return gain_at(spec, np.maximum(after(draws, SIZE), 0.0))

    decide.median_within(
        trained(
            accuracy_map.objective(), accuracy_map.rule(spec), size.steps, accuracy_map.chunk(spec.width, spec.depth)
        ),
        statistic=gain,
        name="median ω^L after training",
        probe=images(decide.settings, cell),
        low=0.0,
        high=LOWER,
        origin="m = 0.1 of the window",
        rivals={KEPT: Rival(lambda draws: after(draws, SIZE), 1 - SAME, 1 + SAME), INSIDE: Rival(gain, LOWER, UPPER)},
    )


@claim("thm5.8/residual-trainable", cells=residual_cells)
def test_residual_trainable(cell: Cell, decide: Decider) -> None:
    """Residual networks with ασ_w² ≤ M^{1/L} − 1 are fitted by adversarial training at every depth and width."""
    inside = Rival(lambda draws: gain_at(cell.spec, np.maximum(after(draws, SIZE), 0.0)), LOWER, UPPER)
    risen = Rival(lambda draws: after(draws, SIZE), 1.0)
    decide_fit(cell, decide, fits=True, rivals={INSIDE: inside, RISEN: risen}, draw=True)
