"""What a network may know of itself, beyond its outputs: gates, the room it needs, its linear map at an input."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from mfcheck.attacks.operator_norm import maximiser

Function = Callable[[Tensor], Tensor]


@runtime_checkable
class Gated(Protocol):
    """A network that shows its gates: their slopes at inputs `[…, B, d]`, one `[…, B, N]` a layer."""

    def gate_slopes(self, x: Tensor) -> list[Tensor]: ...


@runtime_checkable
class Reserving(Protocol):
    """A network that must make room for the columns an attack will send through it."""

    def reserve(self, columns: int) -> None: ...


@runtime_checkable
class Linearised(Protocol):
    """A network that knows J at inputs `[…, B, d]`, as `[…, B, K, d]`, from one pass forward."""

    def jacobian(self, x: Tensor) -> Tensor: ...


@runtime_checkable
class Rounded(Protocol):
    """A network that knows f(x) roughly as well, in less time: as good to who only asks which way to go."""

    def roughly(self, x: Tensor) -> Tensor: ...


@runtime_checkable
class Weighed(Protocol):
    """A network that knows about how many operations its largest product takes with so many columns of either side."""

    def operations(self, columns: int) -> float: ...


def operations(f: Function, columns: int) -> float:
    """The same of any function; infinity of one that does not tell."""
    return f.operations(columns) if isinstance(f, Weighed) else math.inf


def reserve(f: Function, columns: int) -> None:
    """Make room for so many columns in a network that must; others need none."""
    if isinstance(f, Reserving):
        f.reserve(columns)


def jacobian_at(f: Function, x: Tensor, outputs: int) -> Tensor:
    """J at every input, `[…, B, K, d]`; of a network that does not know it all outputs of a repeated input at once."""
    if isinstance(f, Linearised):
        with torch.no_grad():
            found = f.jacobian(x)
        if found.shape[-3:] != (x.shape[-2], outputs, x.shape[-1]):
            asked = f"[…, B, K, d] = […, {x.shape[-2]}, {outputs}, {x.shape[-1]}]"
            raise ValueError(f"f.jacobian must give {asked} at inputs {tuple(x.shape)}, got {tuple(found.shape)}")
        return found
    with torch.enable_grad():
        point = x.repeat_interleave(outputs, dim=-2).requires_grad_()
        f_at = f(point)
        one_hot = torch.eye(outputs, dtype=f_at.dtype, device=f_at.device).repeat(x.shape[-2], 1).expand_as(f_at)
        pulled = torch.autograd.grad(f_at, point, one_hot)[0]
    return pulled.reshape(*x.shape[:-1], outputs, -1)


def linear_start(f: Function, x: Tensor, outputs: int, p: float, q: float) -> Tensor:
    """The direction `[…, B, d]` in which the linear map at x moves most, 0 where it is 0."""
    reserve(f, x.shape[-2] * (outputs + 1))
    return maximiser(jacobian_at(f, x, outputs), p, q)[0]


def flips(f: Function, x: Tensor, perturbation: Tensor) -> Tensor | None:
    """The share of activations whose slope differs between x and x + η, `[…, B]`; None where the network hides it."""
    if not isinstance(f, Gated):
        return None
    with torch.no_grad():  # both inputs in one pass
        slopes = f.gate_slopes(torch.cat([x, x + perturbation], dim=-2))
    halves = [one.chunk(2, dim=-2) for one in slopes]
    return torch.stack([(before != after).double().mean(dim=-1) for before, after in halves]).mean(dim=0)
