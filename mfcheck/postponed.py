"""Questions about numbers on a GPU, put together and read when a computation is done: none of them is waited for.

On the CPU a number is there once it is computed, and so are its questions asked at once.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import torch
from torch import Tensor

Question = tuple[Tensor, Callable[[float], bool], Callable[[], Exception]]
_open: ContextVar[list[Question] | None] = ContextVar("questions put off", default=None)


def is_far(x: Tensor) -> bool:
    """Whether numbers lie where reading one waits for all that was launched before."""
    return x.device.type == "cuda"


def require(value: Tensor, fine: Callable[[float], bool], error: Callable[[], Exception]) -> None:
    """Raise the error unless a number on a GPU is fine: as the block of `together` ends, or now where there is none."""
    if (questions := _open.get()) is None:
        if not fine(float(value)):
            raise error()
    else:
        questions.append((value, fine, error))


def require_finite(x: Tensor, error: Callable[[], Exception]) -> None:
    """Raise the error unless every number on a GPU is finite, like `require`; NaN passes both extremes."""
    if x.numel():
        for end in torch.aminmax(x.detach()):
            require(end, math.isfinite, error)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """What is required inside is read at the end, at one go; the first that is not fine raises its error."""
    questions: list[Question] = []
    token = _open.set(questions)
    try:
        yield
    finally:
        _open.reset(token)
    if questions:
        values = torch.stack([value.double() for value, *_ in questions]).tolist()
        for number, (_, fine, error) in zip(values, questions, strict=True):
            if not fine(number):
                raise error()


@contextlib.contextmanager
def unheeded() -> Iterator[None]:
    """What is required inside may fail: the numbers themselves are looked at later."""
    token = _open.set([])
    try:
        yield
    finally:
        _open.reset(token)
