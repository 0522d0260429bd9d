"""CUDA graphs on the GPU that `pretend_cuda` pretends: what is recorded is not computed, and replayed as one launch.

As on a card, a recording draws no number and writes nothing: its results hold garbage until the first replay. Waiting
inside one fails, and so does a generator that the graph was not told of, or was told of while another device was the
current one. A recording that fails leaves its generators unusable, and its stream the current one. One that writes
into memory that was there before is not pretended, and fails too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.utils._pytree import tree_flatten

FORBIDDEN = "operation not permitted when stream is capturing"
LEFT_OVER = "the current stream or generator is left over from a recording that failed"
MEMORY = "pretended graphs do not write into memory that was there before"


class PretendedGraph:
    """What was launched between the beginning and the end of a recording, to be launched again."""

    recording: PretendedGraph | None = None
    """The one that launches go to now."""
    replays = 0
    """How often any was replayed."""
    stream: object = None
    """The current stream, None for the one that there always is."""
    entered = 0
    """How many blocks are open in which the pretended device is the current one."""
    spoilt: ClassVar[list[torch.Generator]] = []
    """Generators of recordings that failed."""

    def __init__(self) -> None:
        self._launches: list[Callable[[], None]] = []
        self._made: list[Tensor] = []
        self.generators: list[torch.Generator] = []

    def register_generator_state(self, generator: torch.Generator) -> None:
        """Numbers of this generator may be used."""
        if not PretendedGraph.entered:
            raise RuntimeError("the generator's seed would lie on another device than the graph")
        self.generators.append(generator)

    def replay(self) -> None:
        """Launch all once more, on the same memory."""
        PretendedGraph.replays += 1
        for launch in self._launches:
            launch()

    def launched(self, run: Callable[[], Any], out: Any, *, kind: str) -> None:
        """Take up what gave `out`: "new" numbers in memory of their own, such "room" alone, a "write" or a "view"."""
        results = [one for one in tree_flatten(out)[0] if isinstance(one, Tensor)]
        if kind in ("new", "room"):
            self._made += results

        def again() -> None:
            found = [one for one in tree_flatten(run())[0] if isinstance(one, Tensor)]
            if kind == "new":
                for place, one in zip(results, found, strict=True):
                    place.copy_(one)

        if kind in ("new", "write"):
            self._launches.append(again)

    def check_written(self, one: Tensor) -> None:
        """Raise NotImplementedError unless the recording made this memory."""
        place = one.untyped_storage().data_ptr()
        if not any(made.untyped_storage().data_ptr() == place for made in self._made):
            raise NotImplementedError(MEMORY)

    def spoil(self) -> None:
        """Leave garbage in all memory of the recording, as of something that was never computed."""
        for one in self._made:
            one.fill_(float("nan") if one.is_floating_point() else 1)


@contextlib.contextmanager
def recorded(graph: PretendedGraph, stream: object = None) -> Iterator[None]:
    """`torch.cuda.graph`."""
    states, before = [one.get_state() for one in graph.generators], PretendedGraph.stream
    PretendedGraph.recording, PretendedGraph.stream = graph, stream
    try:
        yield
    except RuntimeError:
        PretendedGraph.spoilt += graph.generators
        raise
    else:
        PretendedGraph.stream = before
    finally:
        PretendedGraph.recording = None
        for generator, state in zip(graph.generators, states, strict=True):
            generator.set_state(state)
        graph.spoil()


@contextlib.contextmanager
def entered(*_: object) -> Iterator[None]:
    """`torch.cuda.device`."""
    PretendedGraph.entered += 1
    try:
        yield
    finally:
        PretendedGraph.entered -= 1


def set_stream(stream: object) -> None:
    """`torch.cuda.set_stream`."""
    PretendedGraph.stream = stream
