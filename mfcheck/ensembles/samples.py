"""Draws in fixed-size chunks: each seeded by what it is for, computed on one thread, shared and cached.

So a result is the same bit for bit on one device whatever the number of workers, the order of the claims or an
interruption: a longer sample begins with the shorter one, chunk by chunk.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.ensembles.gathering import gathered
from mfcheck.ensembles.import_closure import Closure
from mfcheck.ensembles.known_by import KnownBy, known_by
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.provenance import code_of_draws
from mfcheck.ensembles.sources import STACK, Columns, Probe, Sampler, Source, chunk_draws
from mfcheck.ensembles.store import ChunkStore
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

__all__ = ["STACK", "Columns", "Probe", "Sample", "Sampler", "Source", "chunk_draws"]


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample of networks as long as one asks for: what to draw, of which spec, by which engine, from which seed."""

    source: Source
    spec: NetworkSpec
    engine: str
    probe: Probe
    seed: int
    device: str
    store: ChunkStore
    few: int | None = None
    """Draws in a chunk at most, of a sample of which no more are asked for."""

    def __post_init__(self) -> None:
        if self.engine not in self.source.engines:
            allowed = ", ".join(self.source.engines)
            raise NotCovered(f"{self.source.name} cannot be drawn by engine {self.engine}; allowed are {allowed}")

    def first(self, draws: int) -> Floats:
        """The first `draws` ≥ 1 draws, `[draws, …]` in float64; NotANumber naming the chunk if any is not finite."""
        size = self.chunk
        where = (self.source, self.spec, self.engine, self.probe, self.seed, self.device)
        orders = [Order(*where, index, size) for index in range(-(-draws // size))]
        return np.concatenate(gathered(orders, self._code, self._code_now, self._by, self.store))[:draws]

    @property
    def chunk(self) -> int:
        """Draws that are made at a time, whether all of them are asked for or not."""
        size = self.source.chunk_draws(self.spec, self.engine, self.device, len(self.probe.x))
        return size if self.few is None else min(size, self.few)

    @cached_property
    def _code(self) -> Closure:
        """The code that these draws depend on, as it is when the first of them is asked for."""
        return self._code_now()

    @cached_property
    def _by(self) -> KnownBy:
        """What tells the function that draws from others, as it is when the first of them is asked for."""
        return known_by(self.source.engines[self.engine])

    def _code_now(self) -> Closure:
        return code_of_draws(self.source.engines[self.engine], self.spec.architecture)
