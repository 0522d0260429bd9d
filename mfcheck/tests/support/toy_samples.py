"""A made-up source of draws that counts how often it is asked, and samples of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream

# Sizes that make short chunks: 16 draws by the wishart engine, 4 by the dense one.
SMALL = NetworkSpec("vanilla", 3, 300, 1000, 2, 2.0)
PROBE = Probe(np.linspace(-1, 1, 12).reshape(2, 6), 1)


def plain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    """Two standard normal numbers a draw."""
    return stream.normal(draws, 2)


TOY = Source("toy", {"wishart": plain, "dense": plain}, {"wishart": False, "dense": True})


class Log(list[Any]):
    """A list that is no part of what a function that writes it is known by."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Log, ()


class Counted:
    """A source that remembers how many chunks it had to make, which is no part of what it is known by."""

    def __init__(self) -> None:
        self.made = 0
        self.source = Source("counted", {"wishart": self.draw}, {"wishart": False})

    def draw(self, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        self.made += 1
        return stream.normal(draws)

    def __getstate__(self) -> None:
        return None


def sample(
    source: Source = TOY,
    spec: NetworkSpec = SMALL,
    engine: str = "wishart",
    probe: Probe = PROBE,
    seed: int = 0,
    store: ChunkStore | None = None,
) -> Sample:
    """A sample of the toy unless another source is named."""
    return Sample(source, spec, engine, probe, seed, "cpu", store or ChunkStore())


def same(one: Floats, other: Floats) -> bool:
    """Whether two arrays hold the same bits."""
    return one.dtype == other.dtype == np.float64 and one.tobytes() == other.tobytes()
