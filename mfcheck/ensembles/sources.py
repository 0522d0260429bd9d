"""What can be drawn of a network: sources of statistics, where they look, and how many draws make a chunk."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from mfcheck.arrays import Floats, Integers
from mfcheck.ensembles.construction import size_of
from mfcheck.ensembles.memory import stack_floats
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec

STACK = 22
"""Networks in a chunk where each is dear: as many as the first look at a median takes at the default error rate."""


CACHED = 256
"""Dense networks in a chunk at least, if they fit, however little a processor's cache holds."""


@dataclass(frozen=True, eq=False)
class Probe:
    """Where a network is looked at: inputs `x [B, d]`, a column of the Jacobian, and labels `[B]` for training on them.

    `train` of the inputs are trained on and the rest held out (all if None). Prints as a digest.
    """

    x: Floats
    column: int = 0
    labels: Integers | None = None
    train: int | None = None

    def __str__(self) -> str:
        digest = hashlib.sha256(np.ascontiguousarray(self.x).tobytes())
        if self.labels is not None:
            digest.update(np.ascontiguousarray(self.labels).tobytes())
        split = "" if self.train is None else f"/{self.train}"
        return digest.hexdigest()[:16] + f"@{self.column}{split}"


Sampler = Callable[[NetworkSpec, Probe, Stream, int], Tensor]


@dataclass(frozen=True)
class Columns:
    """Columns that a lazy network is asked for on either side at an input: so many an output, and so many more."""

    outputs: int = 0
    more: int = 128

    def of(self, spec: NetworkSpec) -> int:
        """Their number for a network."""
        return self.outputs * spec.output_dim + self.more


MANY = Columns()
"""What a lazy network is taken to be asked for by whoever does not say."""


@dataclass(frozen=True)
class Made:
    """The call that made a source: of the function `name` in a module."""

    module: str
    name: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    def again(self) -> Source:
        """The source of this process that the call makes."""
        make = getattr(importlib.import_module(self.module), self.name)
        source: Source = make(*self.arguments, **self.keywords)
        return source


@dataclass(frozen=True, eq=False)
class Source:
    """Statistics of one network draw that are computed together: `engines[name](spec, probe, stream, n)` → `[n, …]`."""

    name: str
    engines: Mapping[str, Sampler]
    uses_input: Mapping[str, bool]
    """Whether the engine looks at the input at all; if not, the probe is no part of the seed."""
    most: int = 65536
    """Draws in a chunk at most, where one draw's statistics take long."""
    passes: int = 1
    """About how often a draw goes through its network, there and back: what its cost is planned by."""
    columns: Columns = MANY
    """What a draw asks of a lazy network at an input: what its chunks are sized by."""
    made: Made | None = field(default=None, repr=False)
    """The call that made it, by which other processes make it too."""

    def __reduce__(self) -> tuple[Any, ...]:
        if self.made is not None:
            return Made.again, (self.made,)
        return Source, (self.name, dict(self.engines), dict(self.uses_input), self.most, self.passes, self.columns)

    def chunk_draws(self, spec: NetworkSpec, engine: str, device: str = "cpu", inputs: int = 1) -> int:
        """Draws in a chunk of this source, which looks at so many inputs: its own number, or what even parts of it, as
        few as fit, hold of it; of stored networks parts that leave nothing over, where they fill a third of the room.
        """
        columns = inputs * self.columns.of(spec)
        if engine == "dense" and is_gaussian(spec.architecture):
            fit = room_for(spec, engine, columns, device)
            for parts in range(-(-self.most // fit), 3 * self.most // fit + 1):
                if self.most % parts == 0:
                    return self.most // parts
        parts = -(-self.most // chunk_draws(spec, engine, columns, device))
        return -(-self.most // parts)


def chunk_draws(spec: NetworkSpec, engine: str, columns: int = MANY.more, device: str = "cpu") -> int:
    """Draws in a chunk: the largest power of two that there is `room_for`."""
    return int(2 ** (room_for(spec, engine, columns, device).bit_length() - 1))


def room_for(spec: NetworkSpec, engine: str, columns: int = MANY.more, device: str = "cpu") -> int:
    """Draws that fit 64 MiB of float32, one at least and at most 65536 (4096 lazy networks).

    Of dense networks that is their matrices, of Wishart chains their factors; of modules of one's own what one holds
    and keeps of an input, as measured. Of lazy networks 128 MiB of so many `columns` as they are asked for: their
    products are small, so that two at a time take up to four times as long a draw as sixteen. Small dense networks are
    drawn 256 to 8192 at a time, as many as fit 8 MiB: larger stacks leave a processor's cache, and take up to twice as
    long; smaller ones of the smallest networks wait for torch. On a GPU a part of its memory takes the place of 64 MiB
    (`stack_floats`), and 4096 that of 8192.
    """
    room = stack_floats(device)
    if engine == "dense" and not is_gaussian(spec.architecture):
        size = size_of(spec)
        return int(max(1, min(4096, room // max(1, size.parameters + size.activations))))
    n, k, d = spec.width, spec.output_dim, spec.input_dim
    layers = spec.square_matrices
    floats, most = {
        "dense": (n * (d + k) + layers * n * n, 8192 if device == "cpu" else 4096),
        "lazy": (columns * (2 * n + d + k + layers * 2 * n), 4096),
        "wishart": (8 * k * k, 65536),
    }[engine]
    fit = room // floats
    if engine == "dense" and device == "cpu":
        fit = min(fit, max(CACHED, 2**21 // floats))
    return int(max(1, min(most, fit)))
