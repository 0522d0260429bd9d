"""Open questions: explored and plotted, never gating."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.probes import images
from mfcheck.ensembles.samples import STACK
from mfcheck.findings import regimes, series
from mfcheck.observables import along_training
from mfcheck.observables.after_training import CAPACITY, HELD_OUT_ATTACKED, trained
from mfcheck.observables.path_bounds import after, fallen_at
from mfcheck.observables.whole_training import whole_training
from mfcheck.settings import Level, Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems import accuracy_map, full_training
from mfcheck.theorems.accuracy_map import MAPS
from mfcheck.theorems.bound import INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.theorems.scatter import scatter
from mfcheck.theory.full_training import BEST
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import Flow

EPS = 0.3
MARKS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Times in units of 1/N."""
WIDTHS = {"quick": (16, 48), "standard": (32, 64, 128), "paper": (64, 128, 256)}
LEFT = 0.8
"""The share of L_adv(0) at which the linear law is over: its rate is L_adv's."""
WHOLE_WIDTHS = {"quick": 128, "standard": 256, "paper": 1000}
STRETCHES, WHOLE_STEPS = (*((0.0025, 8),) * 2, *((0.01, 8),) * 2, *((0.025, 8),) * 4), 3
"""Steps of SGD to t = 1, small at first, when L_adv is large; and steps of the attacks trained on."""
NONE = Allowance(0.0, 0.0, "none")


def horizon_cells(settings: Settings) -> Iterator[Cell]:
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            width = WIDTHS[settings.level.name][0]
            spec = NetworkSpec(architecture, 49, 10, width, 5, {"vanilla": 2.0, "residual": 0.4}[architecture])
            yield Cell(spec, "dense", {"eps": EPS, "images": 8, "dataset": settings.dataset})


def lasting(spec: NetworkSpec) -> MedianGroup:
    """The time for which L_adv stays above a share of its start, along gradient flow at one width."""
    times = tuple(mark / spec.width for mark in MARKS)
    every = np.array((0.0, *times))

    def crossing(draws: Floats) -> Floats:
        found: Floats = np.maximum(fallen_at(draws, along_training.LOSS, LEFT, every), every[1] / 10)
        return found

    objective = Objective("adversarial", EPS, *INF_INF, 3)
    flow = along_training.recorded(objective, Flow(0.1, times), times, 80, most=8 * STACK)
    return MedianGroup(math.log(spec.width), spec, flow, crossing)


def horizon(cell: Cell, level: Level) -> MedianSlope:
    """The time for which the law lasts falls like 1/N."""
    return MedianSlope(
        [lasting(replace(cell.spec, width=width)) for width in WIDTHS[level.name]],
        quantity="the time until L_adv is at 80 % of its start",
        looks_at=images,
        x_label="log N",
        rises=lambda theory, group: 1 / group.spec.width,
        allowance=lambda: NONE,
        spread=0.12,
        delta=0.3,
        caveat=regimes.FEW_IMAGES,
    )


@claim("open/validity-horizon", cells=horizon_cells)
def test_validity_horizon(cell: Cell, decide: Decider) -> None:
    """The linear law of σ_w² lasts for a time ∝ 1/N: so long L_adv stays above 80 % of its start."""
    decide(horizon(cell, decide.settings.level))


@dataclass(frozen=True, kw_only=True)
class WholeCell(AttackCell):
    """A network that trains on `trained` of its images and is looked at on the rest."""

    trained: int


def whole_cells(settings: Settings) -> Iterator[WholeCell]:
    """The paper's setting: digits in minibatches, ten outputs, at its budget."""
    if "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, WHOLE_WIDTHS[settings.level.name], 5, 2.0)
        yield WholeCell(spec, "dense", pair=INF_INF, eps=EPS, images=288, trained=256, dataset=settings.dataset)


def whole(cell: WholeCell) -> MedianWithin:
    """L_adv on held-out images follows the law to a tenth, in the root mean square of its logarithm over times."""
    return MedianWithin(
        whole_training(cell.attack, STRETCHES, WHOLE_STEPS),
        statistic=lambda draws: full_training.log_errors(draws, STRETCHES, BEST),
        name="median RMS error of log L_adv(t)",
        looks_at=images,
        low=0.0,
        high=0.1,
        origin="a tenth, from trials on other seeds",
        curve=lambda draws: full_training.by_exponent(draws, STRETCHES, cell.spec.width),
    )


@claim("open/full-training-law", cells=whole_cells)
def test_full_training_law(cell: WholeCell, decide: Decider) -> None:
    """L_adv falls as L₀(1 + rt/p)^{−p}, p = 0.4, over the whole of training, r known at t = 0."""
    decide(whole(cell))


def capacity_cells(settings: Settings) -> Iterator[Cell]:
    """The networks of the maps of training accuracy, whose draws these are."""
    for architecture in settings.architectures:
        if architecture in ARCHITECTURES:
            yield from accuracy_map.networks(architecture, settings)


def used_up(cell: Cell, level: Level) -> MedianWithin:
    """Capacity after training is below that before it."""
    spec, steps = cell.spec, MAPS[level.name].steps
    rule, chunk = accuracy_map.rule(spec), accuracy_map.chunk(spec.width, spec.depth)
    return MedianWithin(
        trained(accuracy_map.objective(), rule, steps, chunk),
        statistic=lambda draws: after(draws, CAPACITY),
        name="median of ‖w‖_FR after over before training",
        looks_at=images,
        low=0.0,
        high=1.0,
        origin="capacity at the start",
        curve=lambda draws: scatter(series.OVER_CAPACITY, draws[:, CAPACITY], draws[:, HELD_OUT_ATTACKED]),
    )


@claim("open/capacity-exhaustion", cells=capacity_cells)
def test_capacity_exhaustion(cell: Cell, decide: Decider) -> None:
    """Adversarial training uses capacity up, and robust accuracy with it: ‖w‖_FR is smaller after than before."""
    decide(used_up(cell, decide.settings.level))
