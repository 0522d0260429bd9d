"""ℓp norms on the last axis of a tensor, their dual maps, and steps that stay inside a ball."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from mfcheck import numerics


def norm(x: Tensor, p: float) -> Tensor:
    """‖x‖_p over the last axis, `[…, n]` → `[…]`; powers neither over- nor underflow.

    torch's own vector_norm takes up to sixty times as long where the last axis is not contiguous, or p = ∞, and twenty
    times for p other than 1, 2 and ∞.
    """
    if p == 1:
        return x.abs().sum(dim=-1)
    if math.isinf(p):
        return x.abs().amax(dim=-1)
    unit = _not_zero(x.detach().abs().amax(dim=-1, keepdim=True))
    scaled = x / unit
    if p == 2:
        length: Tensor = torch.linalg.vector_norm(scaled.contiguous(), dim=-1)
        return length * unit[..., 0]
    total = (scaled.abs() ** p).sum(dim=-1)
    some = total > 0  # the root has no derivative at 0, where that of a norm is taken to be 0
    return torch.where(some, total, 1.0) ** (1 / p) * some * unit[..., 0]


def all_finite(x: Tensor) -> bool:
    """Whether no entry is NaN or infinite; in a tenth of the time of torch.isfinite, since NaN passes both extremes."""
    return x.numel() == 0 or all(map(math.isfinite, (float(end) for end in torch.aminmax(x.detach()))))


def assert_all_finite(x: Tensor, error: Callable[[], Exception]) -> None:
    """Raise the error if an entry is NaN or infinite; on a GPU only once somebody reads from it anyway."""
    if numerics.is_far(x):
        numerics.require_finite(x, error)
    elif not all_finite(x):
        raise error()


def dual_map(g: Tensor, p: float) -> Tensor:
    """A maximiser of ⟨g, s⟩ over ‖s‖_p ≤ 1, `[…, n]`; 0 where g is 0.

    p = ∞: the signs; p = 1: the largest entry alone; between them sign(g)|g|^{p*−1}/‖g‖_{p*}^{p*−1}.
    """
    if math.isinf(p):
        return g.sign()
    if p == 1:
        largest = g.abs().argmax(dim=-1, keepdim=True)
        return torch.zeros_like(g).scatter(-1, largest, g.gather(-1, largest).sign())
    unit = g / _not_zero(g.abs().amax(dim=-1, keepdim=True))
    if p == 2:
        return unit / _not_zero(torch.linalg.vector_norm(unit.contiguous(), dim=-1, keepdim=True))
    raised = unit.sign() * unit.abs() ** (1 / (p - 1))
    # ‖raised‖_p^p is ⟨unit, raised⟩, at least 1 where anything is: no power of it is so small as to be lost.
    return raised / _not_zero((unit * raised).sum(dim=-1, keepdim=True)) ** (1 / p)


def onto_ball(x: Tensor, p: float, radius: float) -> Tensor:
    """x where ‖x‖_p ≤ radius, else a point of that sphere near it.

    The nearest point for p = 1, 2 and ∞; the one on the ray through x for other p.
    """
    if math.isinf(p):
        return x.clamp(-radius, radius)
    if p == 1:
        return _onto_simplices(x, radius)
    return x * (radius / _not_zero(norm(x, p)[..., None])).clamp(max=1)


def _onto_simplices(x: Tensor, radius: float) -> Tensor:
    """The nearest point with ‖·‖₁ ≤ radius: all sizes less one threshold, found by sorting them."""
    ordered = x.abs().sort(dim=-1, descending=True).values
    over = ordered.cumsum(dim=-1) - radius
    count = torch.arange(1, x.shape[-1] + 1, device=x.device)
    last = (ordered * count > over).sum(dim=-1, keepdim=True).clamp(min=1) - 1
    threshold = (over.gather(-1, last) / (last + 1)).clamp(min=0)
    return x.sign() * (x.abs() - threshold).clamp(min=0)


def _not_zero(x: Tensor) -> Tensor:
    if numerics.is_far(x):  # one call instead of two; what is smaller still counts as 0
        return x.clamp_min(torch.finfo(x.dtype).tiny)
    return numerics.divisor(x)
