"""What a GPU computes again and again in the same places: its launches are recorded once, and replayed as one.

Small networks cost a GPU what their launches cost. A CUDA graph launches the same kernels on the same memory in the
same order, so that no bit of a result can depend on whether it was replayed.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor

AFTER = 32
"""Calls before the recording, which takes about as long as so many: what is called less often is never recorded."""
WAITING = "synchronizing CUDA operation"
"""What torch says of an operation that waits for the GPU, where such are forbidden."""

Found = TypeVar("Found")


class Replayed(Generic[Found]):
    """A function of tensors on a GPU that, called often enough, is replayed from a recording of its launches.

    It is handed a generator, and the arguments of the call; beside them it may read the tensors that `read()` lists,
    where they lie: what they hold may change between calls, and once others are listed, or arguments are of other
    shapes, what was recorded is forgotten. What it returns is overwritten by the next call. A function that waits for
    the GPU, or whose recording fails (for want of memory, say), is called as it is: a recording computes nothing, so
    that nothing is lost with it.
    """

    def __init__(
        self, function: Callable[..., Found], generator: torch.Generator, read: Callable[[], Sequence[Tensor]]
    ) -> None:
        self._function, self._generator, self._read = function, generator, read
        self._listed: list[Tensor] = []
        self._shapes: list[tuple[torch.Size, torch.dtype] | None] = []
        self._calls, self._refused = 0, False
        self._recording: _Recording[Found] | None = None

    def __call__(self, *given: Tensor | None) -> Found:
        """The function of these."""
        listed, shapes = list(self._read()), [None if one is None else (one.shape, one.dtype) for one in given]
        same = len(listed) == len(self._listed) and all(map(lambda a, b: a is b, listed, self._listed))
        if not same or shapes != self._shapes:
            self._listed, self._shapes = listed, shapes
            self._calls, self._refused, self._recording = 0, False, None
        self._calls += 1
        if self._calls == AFTER:
            return self._tried(given)
        if self._calls > AFTER and not self._refused and self._recording is None:
            self._recording = self._recorded(given)
            self._refused = self._recording is None
        if self._recording is None:
            return self._function(self._generator, *given)
        return self._recording.replay(self._generator, given)

    def _tried(self, given: Sequence[Tensor | None]) -> Found:
        """The function's value, found as it would have to be while it is recorded: without waiting for the GPU."""
        state = self._generator.get_state()
        try:
            with _no_waiting():
                return self._function(self._generator, *given)
        except RuntimeError as error:
            if WAITING not in str(error):
                raise
        self._refused = True
        self._generator.set_state(state)
        return self._function(self._generator, *given)

    def _recorded(self, given: Sequence[Tensor | None]) -> _Recording[Found] | None:
        """A recording, unless it fails: what is the function's own fault will show when it is called."""
        device = self._generator.device
        with torch.cuda.device(device):
            # A failed recording may leave its generator and its stream unusable; memory that torch's libraries work in
            # is kept by stream, and goes with a graph.
            before, random = torch.cuda.current_stream(device), torch.Generator(device)
            graph, stream = torch.cuda.CUDAGraph(), torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            graph.register_generator_state(random)
            places = [None if one is None else one.clone() for one in given]
            try:
                with torch.cuda.graph(graph, stream=stream):
                    found = self._function(random, *places)
            except RuntimeError:
                torch.cuda.set_stream(before)
                return None
        return _Recording(graph, random, places, found)


@dataclass(frozen=True, eq=False)
class _Recording(Generic[Found]):
    """A graph, the generator and the arguments that it reads, and the places that it writes what is found to."""

    graph: torch.cuda.CUDAGraph
    random: torch.Generator
    places: Sequence[Tensor | None]
    found: Found

    def replay(self, generator: torch.Generator, given: Sequence[Tensor | None]) -> Found:
        """What is found of these arguments, by the generator's next numbers."""
        for place, one in zip(self.places, given, strict=True):
            if place is not None and one is not None:
                place.copy_(one)
        self.random.set_state(generator.get_state())
        self.graph.replay()
        generator.set_state(self.random.get_state())
        return self.found


@contextlib.contextmanager
def _no_waiting() -> Iterator[None]:
    """RuntimeError where something inside waits for the GPU."""
    before = torch.cuda.get_sync_debug_mode()
    try:
        _set_waiting("error")
        yield
    finally:
        _set_waiting(before)


def _set_waiting(mode: str | int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says once that this is a prototype
        torch.cuda.set_sync_debug_mode(mode)
