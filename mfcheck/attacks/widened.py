"""A function evaluated in float64, whatever its own parameters are: every operation inside it meets wide tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from mfcheck.attacks.networks import Function

NARROW = (torch.float32, torch.float16, torch.bfloat16)
WRITING = ("__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__", "__imatmul__")
"""Operators that change a tensor; its methods that do so end in an underscore."""
_CASTS = (Tensor.float, Tensor.half, Tensor.bfloat16)


class Wide(TorchFunctionMode):
    """Inside, tensors of lower precision are taken, made and returned as float64; what is stored stays as it is.

    So what writes into a stored tensor is another function in float64, which would read what was there before: it
    raises TypeError.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if _written(func, args, kwargs or {}):
            raise TypeError("a stored tensor of lower precision is written to")
        args, kwargs = tree_map(_wide, (args, kwargs or {}))
        return args[0] if func in _CASTS else tree_map(_wide, func(*args, **kwargs))


def _wide(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.double() if value.dtype in NARROW else value
    return torch.float64 if value in NARROW and isinstance(value, torch.dtype) else value


def _written(func: Any, args: Any, kwargs: Any) -> bool:
    """Whether a call writes into a tensor of lower precision, which inside is a stored one."""
    name = getattr(func, "__name__", "")
    in_place = name in WRITING or (name.endswith("_") and not name.endswith("__")) or kwargs.get("inplace") is True
    into = [kwargs.get("out"), args[0] if in_place and args else None]
    return any(isinstance(one, Tensor) and one.dtype in NARROW for one in into)


class Widened:
    """f, and what it knows of itself, in float64."""

    def __init__(self, f: Function) -> None:
        self._f = f
        for name in ("gate_slopes", "jacobian"):
            if callable(method := getattr(f, name, None)):
                setattr(self, name, _widened(method))

    def __call__(self, x: Tensor) -> Tensor:
        output: Tensor = _widened(self._f)(x)
        return output


def widened(f: Function, x: Tensor, clean: Tensor) -> Function | None:
    """f in float64 where it can be had and is the same function: at x, where f is `clean`; else None."""
    wide = Widened(f)
    try:
        with torch.no_grad():
            output = wide(x.double())
    except ValueError:  # it holds what cannot be asked in float64, such as code that was compiled
        return None
    if output.dtype != torch.float64 or output.shape != clean.shape:
        return None
    coarsest = max(torch.finfo(dtype).eps for dtype in (x.dtype, clean.dtype, torch.float32))
    size = 4 * coarsest**0.5 * clean.abs().amax()
    return wide if bool(((output - clean).abs() <= size).all()) else None


def _widened(function: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
    def called(x: Tensor) -> Any:
        with Wide():
            return function(x)

    return called
