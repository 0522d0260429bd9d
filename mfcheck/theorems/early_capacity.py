"""Cells, statistics and statements that the claims about the fall of capacity share (Theorem 5.9)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope, RivalSlope
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import Source
from mfcheck.findings import regimes
from mfcheck.observables import early_capacity, projected
from mfcheck.observables.early_capacity import FAILED, SPEED
from mfcheck.observables.path_bounds import unless
from mfcheck.settings import Level, Settings
from mfcheck.spec import NetworkSpec, NormPair
from mfcheck.theorems import early
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.pull import LINEAR_STEPS, instant
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

SCALES = (1.0, 0.995)
"""Scales of the weights between which a projected flow's early slope is taken."""
BATCH, ATTACK_STEPS, STEPS = 128, 3, 2
TRAINED, SEEN = {"quick": 128, "standard": 256, "paper": 256}, 128
"""Digits that are trained on by level, in minibatches, and others at which the capacity is measured."""
AT_START = {"quick": (32, 32), "standard": (128, 32), "paper": (256, 128)}
"""The same where no step is taken, by level: of four times as many of each, at quick, the slope at the start is spread
over networks by no less."""
EARLY = {("vanilla", 5): 1e-3, ("vanilla", 10): 2e-4, ("residual", 5): 3e-4}
"""A time by architecture and depth: some tenth of the one by which L_adv has lost a fifth of itself, 0.015 and 0.002 in
vanilla networks of N = 256 and 0.005 in residual ones (docs/theory.md#capacity-in-training)."""
PLANNED = 0.04
"""The spread over networks of what is lost over the own slope times t, by trials on other seeds."""
SPREAD, ROOM = 0.25, 0.8
"""The spread of the slope at the start over networks, by trials on other seeds, and how far off an exponent is that the
first look sees: it tells one that is off by a whole, and which other one it is."""
NONE = Allowance(0.0, 0.0, "none: stated for every width and depth")


class Regime(StrEnum):
    """The pull on W alone; or training: its rate, its course, and its slope at the start over depths or widths."""

    PROJECTED = "projected"
    EARLY = "early"
    COURSE = "course"
    START = "start"


@dataclass(frozen=True, kw_only=True)
class DecayCell(AttackCell):
    """A network whose capacity falls, in one of the regimes."""

    regime: Regime
    trained: int | None = None

    @property
    def source(self) -> Source:
        """The projected flow with capacities, between two scales of the weights."""
        return projected.projected(Objective("adversarial", *self.attack, LINEAR_STEPS), SCALES, capacity=True)

    @property
    def objective(self) -> Objective:
        """The paper's own, L_std + L_adv."""
        return Objective("theory", *self.attack, ATTACK_STEPS)

    @property
    def time(self) -> float:
        """A time in which it trains by a few steps."""
        return EARLY[self.spec.architecture, self.spec.depth]

    @property
    def falls(self) -> Source:
        """Training up to that time, beside the slope at the start."""
        return early_capacity.falls(self.objective, SGD(self.time / STEPS, batch=BATCH), STEPS)


def projected_cell(spec: NetworkSpec, engine: str, pair: NormPair, eps: float | None = None) -> DecayCell:
    """A network with one output at noise, in a budget that stands for ε → 0 if none is given."""
    small = instant(pair, spec.input_dim) if eps is None else eps
    return DecayCell(spec, engine, pair=pair, eps=small, regime=Regime.PROJECTED, dataset="noise")


def trained_cell(settings: Settings, architecture: str, width: int, depth: int, regime: Regime) -> DecayCell:
    """A network of ten outputs that is trained on digits."""
    taught, seen = AT_START[settings.level.name] if regime is Regime.START else (TRAINED[settings.level.name], SEEN)
    return DecayCell(
        NetworkSpec(architecture, 784, 10, width, depth, early.VARIANCES[architecture]),
        "dense",
        pair=INF_INF,
        eps=EPS,
        regime=regime,
        images=taught + seen,
        trained=taught,
        dataset=settings.dataset,
    )


def early_slope(draws: Floats) -> Floats:
    """−d log‖w‖_FR/dt at t = 0 of a projected flow."""
    return projected.capacity_slope(draws, SCALES)


def lost(draws: Floats) -> Floats:
    """1 − ‖w‖_FR(t)/‖w‖_FR(0) at the end, as bounds."""
    return unless(draws[:, FAILED], np.maximum(1 - draws[:, -1], 0.0))


def own_share(time: float) -> Callable[[Floats], Floats]:
    """What was lost over each network's own slope at the start times t."""
    return lambda draws: lost(draws) / (time * np.maximum(draws[:, SPEED, None], 1e-12))


def at_start(
    cell: DecayCell,
    level: Level,
    places: Sequence[tuple[float, NetworkSpec]],
    label: str,
    rivals: Mapping[str, RivalSlope],
) -> MedianSlope:
    """Over depths or widths −d log‖w‖_FR/dt at t = 0 changes as the theory's does."""
    source = early_capacity.speeds(cell.objective, EARLY[cell.spec.architecture, 5])
    return MedianSlope(
        [MedianGroup(math.log(x), one, source, lambda draws: draws[:, SPEED]) for x, one in places],
        quantity="−d log‖w‖_FR/dt at the start",
        looks_at=images,
        x_label=label,
        rises=lambda theory, group: -theory.capacity_rate(group.spec, *cell.attack),
        allowance=lambda: NONE,
        spread=SPREAD,
        room=ROOM,
        delta=2 * level.slope,
        rivals=rivals,
        regime=regimes.START,
    )
