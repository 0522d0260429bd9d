"""The arithmetic of a computation, whatever the caller has set: full precision, and for draws one thread and defaults.

TF32, bfloat16 products, autocast and flushed denormals change results without a word, by environment variables, by
global settings and by contexts around a call. All are put right inside, and left outside exactly as they were.

Questions about numbers on a GPU are put off (`require`), and read when a computation is done, since each would be
waited for; on the CPU a number is there once it is computed, and is asked for at once.
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar

import torch
from torch import Tensor

LEAVES = tuple((backend, op) for backend in ("cuda", "mkldnn") for op in ("matmul", "conv", "rnn"))
"""Where torch 2.9 and later keep how float32 may be rounded inside an operation."""
WHOLES = (("cuda", "all"), ("mkldnn", "all"))
_GENERIC = ("generic", "all")
_HAS_PLACES = hasattr(torch._C, "_get_fp32_precision_getter")
_CUDA = torch.version.cuda is not None or torch.version.hip is not None
_REDUCED = tuple(
    name
    for name in (
        "allow_fp16_reduced_precision_reduction",
        "allow_bf16_reduced_precision_reduction",
        "allow_fp16_accumulation",
    )
    if hasattr(torch.backends.cuda.matmul, name)
)


@contextlib.contextmanager
def full_precision() -> Iterator[None]:
    """Products, convolutions and sums inside keep the precision of their dtype; outside nothing is changed.

    No inference mode is left on either, whose tensors cannot be differentiated. Raises ValueError where the environment
    turns TF32 on and no program can turn it off.
    """
    with ExitStack() as stack:
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
            stack.enter_context(torch.no_grad())  # as the caller had it
        if not _is_ieee():
            _round_as_ieee(stack)
        _refuse_forced_tf32()
        for device in ("cpu", "cuda"):
            if torch.is_autocast_enabled(device):
                stack.enter_context(torch.autocast(device, enabled=False))
        if _flushes_denormals():
            torch.set_flush_denormal(False)
            stack.callback(torch.set_flush_denormal, True)
        yield


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """What a draw is computed in: full precision, torch's defaults for dtype, device and algorithms, and one thread.

    How a reduction is split over threads would show in its last bits.
    """
    with ExitStack() as stack:
        stack.enter_context(full_precision())
        stack.callback(torch.set_num_threads, torch.get_num_threads())
        torch.set_num_threads(1)
        if (dtype := torch.get_default_dtype()) != torch.float32:
            stack.callback(torch.set_default_dtype, dtype)
            torch.set_default_dtype(torch.float32)
        if default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        if torch.are_deterministic_algorithms_enabled():
            warns = torch.is_deterministic_algorithms_warn_only_enabled()
            stack.callback(torch.use_deterministic_algorithms, True, warn_only=warns)
            torch.use_deterministic_algorithms(False)
        yield


def default_device() -> torch.device:
    """Where torch makes tensors by default; its own function fails before version 2.5 once a default was taken back."""
    return torch.empty(0).device


THREADED = 2e8
"""Operations of a product from which on more threads than one are worth their meeting: some milliseconds on one."""


@contextlib.contextmanager
def threads_for(operations: float) -> Iterator[None]:
    """One thread where the largest product takes so few operations, else those that the caller has set.

    Threads wait for one another at the end of every small product, which on a busy machine takes many times as long as
    the product.
    """
    with ExitStack() as stack:
        if operations < THREADED and (threads := torch.get_num_threads()) > 1:
            stack.callback(torch.set_num_threads, threads)
            torch.set_num_threads(1)
        yield


def _is_ieee() -> bool:
    """Whether nothing need be set; on a build for CUDA, whose convolutions start with TF32, something must at first."""
    try:
        if torch.get_float32_matmul_precision() != "highest":
            return False
    except RuntimeError:  # torch's two ways to set it are mixed
        return False
    if _CUDA and any(getattr(torch.backends.cuda.matmul, name) for name in _REDUCED):
        return False
    if not _HAS_PLACES:
        return not (_CUDA and torch.backends.cudnn.allow_tf32)
    return all(_get(*key) in ("none", "ieee") for key in LEAVES if _CUDA or key[0] != "cuda")


def _round_as_ieee(stack: ExitStack) -> None:
    """Round as float32 is defined to everywhere, until the stack is left.

    What inherits is not touched, but given something else to inherit: torch has a first state that no setter brings
    back.
    """
    if _HAS_PLACES:
        places = _places()
        own = {key: value for key, value in places.items() if key not in LEAVES or value != "none"}
        for key, value in ({key: places[key] for key in LEAVES if key[1] == "matmul"} | own).items():
            stack.callback(_set, *key, value)  # matmul's are set by the older way below
        for key in own:
            _set(*key, "ieee")  # after which the older ways can be asked
    else:
        stack.callback(setattr, torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)
        torch.backends.cudnn.allow_tf32 = False
    stack.callback(torch.set_float32_matmul_precision, torch.get_float32_matmul_precision())
    torch.set_float32_matmul_precision("highest")
    for name in _REDUCED if _CUDA else ():
        stack.callback(setattr, torch.backends.cuda.matmul, name, getattr(torch.backends.cuda.matmul, name))
        setattr(torch.backends.cuda.matmul, name, False)


def _places() -> dict[tuple[str, str], str]:
    """What is set itself at every place: what is shown is what is set, or else what the place above it shows."""
    found = {_GENERIC: _get(*_GENERIC)}
    for above, keys in (((_GENERIC,), WHOLES), (WHOLES, LEAVES)):
        shown = []
        for value in ("ieee", "tf32"):
            for key in above:
                _set(*key, value)
            shown.append([_get(*key) for key in keys])
        found |= {key: one if one == other else "none" for key, one, other in zip(keys, *shown, strict=True)}
    for key in (_GENERIC, *WHOLES):
        _set(*key, found[key])
    return found


def _get(backend: str, op: str) -> str:
    return str(torch._C._get_fp32_precision_getter(backend, op))


def _set(backend: str, op: str, value: str) -> None:
    torch._C._set_fp32_precision_setter(backend, op, value)


def _refuse_forced_tf32() -> None:
    forced = "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE" if torch.backends.cuda.matmul.allow_tf32 else ""
    if _CUDA and os.environ.get("NVIDIA_TF32_OVERRIDE", "0") not in ("", "0"):
        forced = "NVIDIA_TF32_OVERRIDE"
    if forced:
        found = os.environ.get(forced, "")
        raise ValueError(f"{forced}={found} turns TF32 on, which keeps three digits of a product; unset it")


def _flushes_denormals(tiny: float = sys.float_info.min) -> bool:
    """Whether this thread takes numbers below the smallest normal one for 0; torch does not tell."""
    return tiny / 4 == 0.0


Question = tuple[Tensor, Callable[[float], bool], Callable[[], Exception]]
_open: ContextVar[list[Question] | None] = ContextVar("questions put off", default=None)


def is_far(x: Tensor) -> bool:
    """Whether numbers lie where reading one waits for all that was launched before."""
    return x.device.type == "cuda"


def divisor(length: Tensor) -> Tensor:
    """Lengths ≥ 0 as what to divide by: 1 in place of 0, whose parts are all 0 too."""
    return torch.where(length > 0, length, 1.0)


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
