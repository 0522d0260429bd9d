"""The (L, N) maps of training with and without attacks: their sizes by level, how networks train, what a cell shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import is_present
from mfcheck.ensembles.memory import check_room
from mfcheck.ensembles.samples import STACK, Source
from mfcheck.findings import series
from mfcheck.findings.cell import Cell
from mfcheck.findings.finding import Curve
from mfcheck.observables.after_training import (
    ARM,
    ATTACKED,
    CAPACITY,
    CLEAN,
    DIVERGED,
    HELD_OUT,
    HELD_OUT_ATTACKED,
    SIZE,
    trained,
)
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems import outcomes
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.variance import LOWER, UPPER, gain_at
from mfcheck.theory import PaperTheory
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

ATTACK_STEPS = 1
"""The paper's budget for MNIST, at inputs of length √d. At a third of it attacks delay training and do not end it:
networks are still learning when their control has long fitted, and nothing can be said of what they come to."""
BATCH, MOMENTUM, SPEED = 32, 0.9, 1.6
"""A step has lr = SPEED/(N L): the tangent kernel grows like N L, so f moves as fast at every depth and width."""
SMALL, NARROW = 26, 64
"""Networks in a stack of narrow ones: as many as tell what most come to, though one comes to something else."""
INSIDE, OUTSIDE = 0.9, 1.1
"""ασ_w² of residual networks over the edge M^{1/L} − 1 of their own depth: just inside the window, and just outside."""


@dataclass(frozen=True)
class Map:
    """Widths and depths of a map, its inputs, of which `trained` are trained on, and the steps of training.

    `outside` are the depths of which residual networks just outside the window are trained too, the narrowest ones;
    `beside` are further vanilla networks (width, depth), of a width at which the whole grid would take too long; and
    `longer` the steps of those that so many do not bring to an end: attacks only delay them.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    input_dim: int
    images: int
    trained: int
    steps: int
    outside: tuple[int, ...] = field(default=())
    beside: tuple[tuple[int, int], ...] = field(default=())
    longer: Mapping[tuple[int, int], int] = field(default_factory=dict)

    def places(self, architecture: str) -> list[tuple[int, int]]:
        """Widths and depths of an architecture's networks."""
        grid = [(width, depth) for width in self.widths for depth in self.depths]
        return grid + list(self.beside if architecture == "vanilla" else ())

    def steps_of(self, spec: NetworkSpec) -> int:
        """How long a network of the map trains to come to an end."""
        longer = self.longer if spec.architecture == "vanilla" else {}
        return longer.get((spec.width, spec.depth), self.steps)


# Steps and images are chosen by the control alone: without attack networks of ten layers fit so many in so many steps,
# and of twelve at level quick. Where many attacked networks are still learning then, nothing can be said of them, and
# they are trained for four and eight times as long: by then those of other seeds had come to an end. The paper's maps
# see 12 800 images in all, each fifty times: of 1024 different ones no control had fitted its share by then.
MAPS = {
    "quick": Map((64,), (2, 12), 784, 160, 128, 250),
    "standard": Map(
        *((96, 256), (2, 10, 20), 784, 384, 256, 400),
        outside=(10, 20),
        beside=((512, 10),),
        longer={(96, 10): 3200, (256, 20): 1600},
    ),
    "paper": Map((64, 128, 256, 512, 1024, 2048), (2, 5, 10, 20, 30, 40, 50), 784, 384, 256, 400, outside=(10, 50)),
}
AGAIN = replace(MAPS["quick"], depths=(12,), steps=3000)
"""The network of level quick that attacks keep from fitting, whose loss stands still, for twelve times as long."""


def networks(
    architecture: str, settings: Settings, over_edge: float = INSIDE, size: Map | None = None
) -> Iterator[Cell]:
    """The cells of a map, if not given the level's: vanilla networks at ω = 1, residual ones so far over the edge y =
    M^{1/L} − 1.

    The paper's size on MNIST or Fashion-MNIST, where one is found. Raises ValueError if the largest stack would not
    fit in memory, before any is trained.
    """
    size = size or MAPS[settings.level.name]
    paper = settings.level.name == "paper"
    dataset = settings.dataset
    if paper and dataset == "digits":
        dataset = next((one for one in ("mnist", "fashion-mnist") if is_present(one, settings.data_dir)), dataset)
    check_memory(architecture, size, settings.device)
    details: dict[str, str | int | float] = {"pair": str(INF_INF), "eps": EPS, "dataset": dataset}
    details |= {"images": size.images, "trained": size.trained}
    for width, depth in size.places(architecture):
        variance = 2.0 if architecture == "vanilla" else 2 * over_edge * (UPPER ** (1 / depth) - 1)
        spec = NetworkSpec(architecture, size.input_dim, 10, width, depth, variance)
        yield Cell(spec, "dense", details, f"The paper's map of accuracy: {architecture}" if paper else "")


def check_memory(architecture: str, size: Map, device: str) -> None:
    """Raise ValueError, naming the map and what it needs, if its largest stack of networks would not fit."""
    import torch

    matrices = 2 if architecture == "residual" else 1
    where = torch.device(device if device != "auto" else "cpu")

    def needed(width: int, depth: int) -> int:
        spec = NetworkSpec(architecture, size.input_dim, 10, width, depth, 1.0)
        weights = depth * width**2 * (3 * matrices + 4) // 2  # and rounded; their values at the start, and velocities
        activations = 3 * size.trained * depth * width  # of all inputs at once, when they are attacked at the end
        return 4 * pairs(spec, size.steps).chunk_draws(spec, "dense", str(where)) * (weights + activations)

    widest, deepest = max(size.places(architecture), key=lambda place: needed(*place))
    check_room(needed(widest, deepest), f"the map of {architecture} networks to N = {widest}, L = {deepest}", where)


def stack(width: int) -> int:
    """Networks in a stack, where they fit: `STACK`, or `SMALL` narrow ones."""
    return SMALL if width <= NARROW else STACK


def objective() -> Objective:
    """The practitioners': cross-entropy at attacked inputs."""
    return Objective("attacked", EPS, INF_INF.p, INF_INF.q, ATTACK_STEPS)


def rule(spec: NetworkSpec) -> SGD:
    """SGD with momentum, a step in proportion to 1/(N L)."""
    return SGD(SPEED / (spec.width * spec.depth), MOMENTUM, BATCH)


def pairs(spec: NetworkSpec, steps: int) -> Source:
    """The trainings of a map's network in so many steps, with attacks and without."""
    return trained(objective(), rule(spec), steps, stack(spec.width))


def training_time(spec: NetworkSpec, steps: int) -> float:
    """The time of so many steps in units of the flow: steps · lr/(1 − momentum)."""
    return steps * rule(spec).lr / (1 - MOMENTUM)


def collapse_over_training(theory: PaperTheory, spec: NetworkSpec, steps: int) -> float:
    """The theory's T over the time of training: below 1 the network is to have left the window."""
    return theory.collapse_time(spec, EPS, INF_INF.p, INF_INF.q, LOWER) / training_time(spec, steps)


def place(theory: PaperTheory, spec: NetworkSpec, steps: int, draws: Floats) -> Curve:
    """One cell of the map: shares of the outcomes, medians of what both arms came to, and T over the time."""
    middle = np.median(draws, axis=0)
    values = {
        series.CONTROL: middle[ARM + CLEAN],
        series.ATTACKED: middle[ATTACKED],
        series.HELD_OUT: middle[HELD_OUT_ATTACKED],
        series.HELD_OUT_CLEAN: middle[HELD_OUT],
        series.CONTROL_HELD_OUT: middle[ARM + HELD_OUT],
        series.VARIANCE: middle[SIZE],
        series.GAIN: float(np.median(gain_at(spec, np.maximum(draws[:, SIZE], 0.0)))),
        series.CAPACITY: middle[CAPACITY],
        series.FIRST_OVER_LAST: outcomes.first_over_last(draws, 0),
        series.FIRST_OVER_LAST_AT_START: outcomes.first_over_last(draws, 0, at_start=True),
        series.FIRST_LEFT: outcomes.first_left(draws, 0),
        series.CONTROL_FIRST_LEFT: outcomes.first_left(draws, ARM),
        series.DIVERGED: draws[:, DIVERGED].mean(),
        series.CONTROL_DIVERGED: draws[:, ARM + DIVERGED].mean(),
        series.UNDECIDED: outcomes.undecided(draws),
    }
    return Curve(
        kind=series.MAP,
        x_label=series.OVER_DEPTHS,
        x=(float(spec.depth),),
        measured=(float(middle[CLEAN]),),
        predicted=(collapse_over_training(theory, spec, steps),),
        exact=(),
        draws=len(draws),
        series={name: (float(value),) for name, value in values.items()} | outcomes.shares(draws),
    )
