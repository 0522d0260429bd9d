"""The (L, N) maps of training accuracy: their sizes by level, how networks train there, and what a cell shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import is_present
from mfcheck.ensembles.memory import check_room
from mfcheck.ensembles.samples import STACK
from mfcheck.findings import series
from mfcheck.findings.cell import Cell
from mfcheck.findings.finding import Curve
from mfcheck.observables.after_training import ATTACKED, CLEAN, DIVERGED, HELD_OUT_ATTACKED, SIZE
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec, NormPair
from mfcheck.theorems.variance import LOWER, UPPER
from mfcheck.theory import PaperTheory
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

PAIR = NormPair(math.inf, math.inf)
EPS, ATTACK_STEPS = 0.1, 1
BATCH, MOMENTUM, SPEED = 32, 0.9, 1.6
"""A step has lr = SPEED/(N L): the tangent kernel grows like N L, so f moves as fast at every depth and width."""


@dataclass(frozen=True)
class Map:
    """Widths and depths of a map, its inputs, of which `trained` are trained on, and the steps of training."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    input_dim: int
    images: int
    trained: int
    steps: int


# At quick no cell lies on the boundary itself, as N = 24, L = 8 does: where half of the networks fit, none is decided.
MAPS = {
    "quick": Map((24, 48), (2, 10, 24), 49, 128, 96, 200),
    "standard": Map((16, 32, 64, 128), (2, 4, 8, 16, 32), 49, 512, 384, 400),
    "paper": Map((64, 128, 256, 512, 1024, 2048), (2, 5, 10, 20, 30, 40, 50), 784, 1280, 1024, 400),
}


def networks(architecture: str, settings: Settings) -> Iterator[Cell]:
    """The cells of a level's map: vanilla networks at ω = 1, residual ones at nine tenths of the edge y = M^{1/L} − 1.

    The paper's size on MNIST or Fashion-MNIST, where one is found. Raises ValueError if the largest stack would not
    fit in memory, before any is trained.
    """
    size = MAPS[settings.level.name]
    paper = settings.level.name == "paper"
    dataset = settings.dataset
    if paper and dataset == "digits":
        dataset = next((one for one in ("mnist", "fashion-mnist") if is_present(one, settings.data_dir)), dataset)
    edge = UPPER ** (1 / max(size.depths)) - 1
    variance = 2.0 if architecture == "vanilla" else 2 * 0.9 * edge
    check_memory(architecture, size, settings.device)
    details: dict[str, str | int | float] = {"pair": str(PAIR), "eps": EPS, "dataset": dataset}
    details |= {"images": size.images, "trained": size.trained}
    for width in size.widths:
        for depth in size.depths:
            spec = NetworkSpec(architecture, size.input_dim, 10, width, depth, variance)
            yield Cell(spec, "dense", details, f"The paper's map of accuracy: {architecture}" if paper else "")


def check_memory(architecture: str, size: Map, device: str) -> None:
    """Raise ValueError, naming the map and what it needs, if its largest stack of networks would not fit."""
    import torch

    matrices = 2 if architecture == "residual" else 1
    widest, deepest = max(size.widths), max(size.depths)
    weights = deepest * widest**2 * (matrices + 2)  # with their values at the start and their velocities
    activations = 3 * size.trained * deepest * widest  # of all inputs at once, when they are attacked at the end
    needed = 4 * chunk(widest, deepest) * (weights + activations)
    where = torch.device(device if device != "auto" else "cpu")
    check_room(needed, f"the map of {architecture} networks to N = {widest}, L = {deepest}", where)


def chunk(width: int, depth: int) -> int:
    """Networks in a stack: at most `STACK`, and fewer, a power of two, where they are large."""
    fit = 2**28 // (width**2 * depth * 4)
    return max(1, min(STACK, 2 ** (fit.bit_length() - 1) if fit else 1))


def objective() -> Objective:
    """The practitioners': cross-entropy at attacked inputs."""
    return Objective("attacked", EPS, PAIR.p, PAIR.q, ATTACK_STEPS)


def rule(spec: NetworkSpec) -> SGD:
    """SGD with momentum, a step in proportion to 1/(N L)."""
    return SGD(SPEED / (spec.width * spec.depth), MOMENTUM, BATCH)


def training_time(spec: NetworkSpec, steps: int) -> float:
    """The time of so many steps in units of the flow: steps · lr/(1 − momentum)."""
    return steps * rule(spec).lr / (1 - MOMENTUM)


def collapse_over_training(theory: PaperTheory, spec: NetworkSpec, steps: int) -> float:
    """The theory's T over the time of training: below 1 the network is to have left the window."""
    return theory.collapse_time(spec, EPS, PAIR.p, PAIR.q, LOWER) / training_time(spec, steps)


def place(theory: PaperTheory, spec: NetworkSpec, steps: int, draws: Floats) -> Curve:
    """One cell of the map: medians of accuracies and of the weights' size, the share that diverged, T over the time."""
    middle = np.median(draws, axis=0)
    return Curve(
        kind=series.MAP,
        x_label=series.OVER_DEPTHS,
        x=(float(spec.depth),),
        measured=(float(middle[CLEAN]),),
        predicted=(collapse_over_training(theory, spec, steps),),
        exact=(),
        draws=len(draws),
        series={
            series.ATTACKED: (float(middle[ATTACKED]),),
            series.HELD_OUT: (float(middle[HELD_OUT_ATTACKED]),),
            series.VARIANCE: (float(middle[SIZE]),),
            series.DIVERGED: (float(draws[:, DIVERGED].mean()),),
        },
    )
