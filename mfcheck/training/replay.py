"""What a GPU computes again and again in the same places: its launches are recorded once, and replayed as one.

Small networks cost a GPU what their launches cost. A CUDA graph launches the same kernels on the same memory in the
same order, so that no bit of a result can depend on whether it was replayed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
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

    It may use numbers of the generator, and read the tensors that `read()` lists where they lie: what they hold may
    change between calls; once others are listed, or arguments are of other shapes, what was recorded is forgotten.
    What it returns is overwritten by the next call. A function that waits for the GPU, or whose recording fails (for
    want of memory, say), is called as it is: a recording computes nothing, so that nothing is lost with it.
    """

    def __init__(
        self, function: Callable[..., Found], generator: torch.Generator, read: Callable[[], Sequence[Tensor]]
    ) -> None:
        self._function, self._generator, self._read = function, generator, read
        self._listed: list[Tensor] = []
        self._shapes: list[tuple[torch.Size, torch.dtype] | None] = []
        self._forget()

    def __call__(self, *given: Tensor | None) -> Found:
        """The function of these."""
        listed, shapes = list(self._read()), [None if one is None else (one.shape, one.dtype) for one in given]
        same = len(listed) == len(self._listed) and all(map(lambda a, b: a is b, listed, self._listed))
        if not same or shapes != self._shapes:
            self._listed, self._shapes = listed, shapes
            self._forget()
        self._calls += 1
        if self._calls < AFTER or self._called:
            return self._function(*given)
        if self._calls == AFTER:
            return self._tried(given)
        if self._graph is None:
            return self._recorded(given)
        for place, one in zip(self._places, given, strict=True):
            if place is not None and one is not None:
                place.copy_(one)
        self._graph.replay()
        return self._found

    def _forget(self) -> None:
        self._calls, self._called = 0, False
        self._graph: torch.cuda.CUDAGraph | None = None
        self._places: list[Tensor | None] = []

    def _tried(self, given: Sequence[Tensor | None]) -> Found:
        """The function's value, found as it would have to be while it is recorded: without waiting for the GPU."""
        state = self._generator.get_state()
        try:
            with _no_waiting():
                return self._function(*given)
        except RuntimeError as error:
            if WAITING not in str(error):
                raise
        return self._as_it_is(given, state)

    def _recorded(self, given: Sequence[Tensor | None]) -> Found:
        """The function's value by a first replay."""
        device, state = self._generator.device, self._generator.get_state()
        self._places = [None if one is None else one.clone() for one in given]
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._generator)
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        try:
            with torch.cuda.device(device), torch.cuda.graph(graph, stream=stream):
                self._found = self._function(*self._places)
        except RuntimeError:  # if it is the function's own, it will show when that is called
            return self._as_it_is(given, state)
        self._graph = graph
        graph.replay()
        return self._found

    def _as_it_is(self, given: Sequence[Tensor | None], state: Tensor) -> Found:
        """The function's value, which is not tried to be recorded again."""
        self._called, self._places = True, []
        self._generator.set_state(state)
        return self._function(*given)


@contextlib.contextmanager
def _no_waiting() -> Iterator[None]:
    """RuntimeError where something inside waits for the GPU."""
    before = torch.cuda.get_sync_debug_mode()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode(before)
