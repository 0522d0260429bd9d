"""Inputs, draws and networks for the projected flow."""

from __future__ import annotations

import math

import numpy as np

from mfcheck import NetworkSpec, NormPair
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.observables.projected import projected
from mfcheck.theorems.pull import LINEAR_STEPS, instant
from mfcheck.training.objectives import Objective

INF = NormPair(math.inf, math.inf)
STORE = ChunkStore()


def inputs(dimension: int) -> Probe:
    """One input of the length of the theory."""
    x = np.random.default_rng(dimension).standard_normal((1, dimension))
    return Probe(x * math.sqrt(dimension) / np.linalg.norm(x))


def drawn(source: Source, spec: NetworkSpec, engine: str, draws: int) -> Floats:
    """Draws of a source at one input, made once."""
    return Sample(source, spec, engine, inputs(spec.input_dim), 3, "cpu", STORE).first(draws)


def linear(input_dim: int, scales: tuple[float, ...], *, capacity: bool = False) -> Source:
    """The projected flow of an attack within an instant."""
    objective = Objective("adversarial", instant(INF, input_dim), math.inf, math.inf, LINEAR_STEPS)
    return projected(objective, scales, capacity=capacity)
