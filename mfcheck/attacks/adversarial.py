"""The adversarial loss of Theorem 5.1, max ‖f(x+η) − f(x)‖_q over ‖η‖_p ≤ ε, as far as an attack finds it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from mfcheck.attacks.balls import dual_map, norm, onto_ball
from mfcheck.attacks.operator_norm import maximiser
from mfcheck.spec import norm_exponent, positive_integer
from mfcheck.verdict import NotANumber

STARTS = ("jacobian", "random")
FIRST_STEP, LAST_STEP = 1.0, 0.05
"""Lengths of the first and last steps of an ascent, in units of ε."""
ROUNDING = 16
"""Roundings by which the norm of a perturbation may pass its budget."""


@dataclass(frozen=True, eq=False)
class AttackResult:
    """The best perturbation found: its loss `[B]`, itself `[B, d]`, and the best loss after each step `[steps+1, B]`.

    `flips [B]` is the share of activations whose slope differs between x and x + η, where the network can tell.
    """

    loss: Tensor
    perturbation: Tensor
    trace: Tensor
    flips: Tensor | None


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


def adversarial_loss(
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    eps: float,
    p: float,
    q: float,
    *,
    steps: int,
    generator: torch.Generator,
    restarts: int = 1,
    start: str | Tensor = "jacobian",
    box: tuple[float, float] | None = None,
) -> AttackResult:
    """Maximise ‖f(x+η) − f(x)‖_q over ‖η‖_p ≤ ε by `steps` gradient steps; ε is in the units of x.

    Each of `restarts` ascends from its own point: the first, with `start="jacobian"`, from the maximiser of the linear
    map J(x) (of a `Linearised` network its own, else K more gradients; exact if f is linear and `operator_norm` is) or,
    given directions `[B, d]`, along those; all others from a random point of the sphere. A step goes along the dual map
    of the gradient, its length falling from ε to ε/20, and back onto the ball; for p = 1, whose extreme points are
    single pixels, it is a Frank–Wolfe step. `box = (low, high)` keeps x + η inside. Leading axes before B are
    independent networks. Raises ValueError for budgets, exponents, counts, shapes and inputs that cannot be, NotANumber
    when f is not finite.

    >>> J = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    >>> found = adversarial_loss(lambda x: x @ J.T, torch.zeros(1, 2), 0.5, 2, 2, steps=3, generator=torch.Generator())
    >>> bool(torch.isclose(found.loss[0], torch.linalg.matrix_norm(J, 2) / 2))
    True
    """
    p, q = norm_exponent("p", p), norm_exponent("q", q)
    steps, restarts = positive_integer("steps", steps), positive_integer("restarts", restarts)
    _check(x, eps, start, box)
    reserve(f, x.shape[-2] * (restarts * (steps + 1) + 1))
    with torch.no_grad():
        clean = f(x).detach()
    if clean.ndim < 2 or clean.shape[-2] != x.shape[-2]:
        raise ValueError(f"f must map inputs {tuple(x.shape)} to outputs […, B, K], got shape {tuple(clean.shape)}")
    _assert_finite(clean, "an input")
    x = x.expand(*clean.shape[:-1], x.shape[-1]).detach()

    random = torch.empty(restarts, *x.shape, dtype=x.dtype, device=x.device).uniform_(-1, 1, generator=generator)
    starts = [eps * point / norm(point, p)[..., None] for point in random.unbind()]
    if start != "random":
        first = start.expand_as(x) if isinstance(start, Tensor) else _linear_start(f, x, clean.shape[-1], p, q)
        length = norm(first, p)[..., None]
        first = torch.where(length > 0, eps * first / torch.where(length > 0, length, 1.0), starts[0])
        starts[0] = first if box is None else _better_sign(f, x, first, clean, q, box)
    many, still = x.repeat_interleave(restarts, dim=-2), clean.repeat_interleave(restarts, dim=-2)
    eta = _boxed(torch.stack(starts, dim=-2).flatten(-3, -2), many, box)
    best, trace = ascend(f, many, eta, lambda output: norm(output - still, q), p, eps, steps, box)

    losses = trace.reshape(steps + 1, *x.shape[:-1], restarts)
    loss, which = losses[-1].max(dim=-1)
    each = best.reshape(*x.shape[:-1], restarts, -1)
    perturbation = each.take_along_dim(which[..., None, None], dim=-2)[..., 0, :]
    _assert_within(perturbation, p, eps)
    return AttackResult(loss, perturbation, losses.amax(dim=-1), _flips(f, x, perturbation))


def adversarial_cross_entropy(
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    labels: Tensor,
    eps: float,
    p: float,
    *,
    steps: int,
    generator: torch.Generator,
    start: Tensor | None = None,
    box: tuple[float, float] | None = None,
) -> AttackResult:
    """Maximise the cross-entropy −log softmax(f(x+η))_y over ‖η‖_p ≤ ε, as practitioners attack; labels y `[B]`.

    The ascent of `adversarial_loss`, once, along the directions `start [B, d]` or from a random point of the sphere.
    Raises what `adversarial_loss` raises, and ValueError for labels that are no outputs of f.
    """
    p, steps = norm_exponent("p", p), positive_integer("steps", steps)
    _check(x, eps, "random" if start is None else start, box)
    if labels.is_floating_point() or labels.is_complex():
        raise ValueError(f"labels must be whole numbers, got {labels.dtype}")
    labels = labels.long()
    reserve(f, x.shape[-2] * (steps + 2))
    with torch.no_grad():
        clean = f(x[..., :1, :])  # one input tells the outputs there are, and the axes before them
    _assert_finite(clean, "an input")
    if labels.shape != x.shape[-2:-1] or not 0 <= int(labels.min()) <= int(labels.max()) < clean.shape[-1]:
        allowed = f"{x.shape[-2]} of 0…{clean.shape[-1] - 1}"
        raise ValueError(f"labels must be {allowed}, got {tuple(labels.shape)} from {labels.min()} to {labels.max()}")
    x = x.expand(*clean.shape[:-2], *x.shape[-2:]).detach()
    first = torch.empty_like(x).uniform_(-1, 1, generator=generator) if start is None else start.expand_as(x)
    length = norm(first, p)[..., None]
    eta = _boxed(torch.where(length > 0, eps * first / torch.where(length > 0, length, 1.0), 0.0), x, box)

    def rises(output: Tensor) -> Tensor:
        return -output.log_softmax(dim=-1).take_along_dim(labels.expand(output.shape[:-1])[..., None], dim=-1)[..., 0]

    perturbation, trace = ascend(f, x, eta, rises, p, eps, steps, box)
    _assert_within(perturbation, p, eps)
    return AttackResult(trace[-1], perturbation, trace, None)


def ascend(
    f: Callable[[Tensor], Tensor],
    x: Tensor,
    eta: Tensor,
    score: Callable[[Tensor], Tensor],
    p: float,
    eps: float,
    steps: int,
    box: tuple[float, float] | None,
) -> tuple[Tensor, Tensor]:
    """The η `[…, B, d]` of the highest score(f(x+η)) `[…, B]` on an ascent, and the best after each step."""
    best, most = eta, torch.full_like(x[..., 0], -math.inf)
    trace = []
    for step in range(steps + 1):
        last = step == steps
        reached, gradient = _scored(f, x + eta, score, gradient=not last)
        best, most = torch.where((reached > most)[..., None], eta, best), torch.maximum(reached, most)
        trace.append(most)
        if gradient is not None:
            share = 1 - step / steps
            along = dual_map(_unblocked(gradient, x + eta, box), p)
            if p == 1:
                eta = eta + share * (eps * along - eta)
            else:
                eta = onto_ball(eta + eps * max(LAST_STEP, FIRST_STEP * share) * along, p, eps)
            eta = _boxed(eta, x, box)
    return best, torch.stack(trace)


def _scored(
    f: Callable[[Tensor], Tensor], points: Tensor, score: Callable[[Tensor], Tensor], *, gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """score(f(points)) and, where asked, its gradient in the points."""
    with torch.set_grad_enabled(gradient):
        points = points.detach().requires_grad_(gradient)
        found = score(f(points))
        slope = torch.autograd.grad(found.sum(), points)[0] if gradient else None
    found = found.detach()
    _assert_finite(found, "an attacked input")
    return found, slope


def _assert_finite(output: Tensor, where: str) -> None:
    if not bool(torch.isfinite(output).all()):
        raise NotANumber(f"the network's output at {where} is NaN or infinite")


def reserve(f: Callable[[Tensor], Tensor], columns: int) -> None:
    """Make room for so many columns in a network that must; others need none."""
    if isinstance(f, Reserving):
        f.reserve(columns)


def _linear_start(f: Callable[[Tensor], Tensor], x: Tensor, outputs: int, p: float, q: float) -> Tensor:
    """The direction `[…, B, d]` in which the linear map at x moves most, 0 where it is 0."""
    reserve(f, x.shape[-2] * (outputs + 1))
    return maximiser(jacobian_at(f, x, outputs), p, q)[0]


def _better_sign(
    f: Callable[[Tensor], Tensor], x: Tensor, eta: Tensor, clean: Tensor, q: float, box: tuple[float, float]
) -> Tensor:
    """η or −η, whichever moves f more once the box has clipped it: a linear map sees no difference, the box may."""
    signed = [x + _boxed(sign * eta, x, box) for sign in (1, -1)]
    losses = [_scored(f, points, lambda output: norm(output - clean, q), gradient=False)[0] for points in signed]
    return torch.where((losses[0] >= losses[1])[..., None], eta, -eta)


def _unblocked(gradient: Tensor, point: Tensor, box: tuple[float, float] | None) -> Tensor:
    """The gradient without the entries in which the box lets the point go no further."""
    if box is None:
        return gradient
    blocked = ((point >= box[1]) & (gradient > 0)) | ((point <= box[0]) & (gradient < 0))
    return gradient.masked_fill(blocked, 0.0)


def jacobian_at(f: Callable[[Tensor], Tensor], x: Tensor, outputs: int) -> Tensor:
    """J at every input, `[…, B, K, d]`; of a network that does not know it all outputs of a repeated input at once."""
    if isinstance(f, Linearised):
        with torch.no_grad():
            return f.jacobian(x)
    with torch.enable_grad():
        point = x.repeat_interleave(outputs, dim=-2).requires_grad_()
        f_at = f(point)
        one_hot = torch.eye(outputs, dtype=f_at.dtype, device=f_at.device).repeat(x.shape[-2], 1).expand_as(f_at)
        pulled = torch.autograd.grad(f_at, point, one_hot)[0]
    return pulled.reshape(*x.shape[:-1], outputs, -1)


def _boxed(eta: Tensor, x: Tensor, box: tuple[float, float] | None) -> Tensor:
    """η shortened entry by entry until x + η lies in the box; as x does, no norm of η grows."""
    return eta if box is None else (x + eta).clamp(*box) - x


def _flips(f: Callable[[Tensor], Tensor], x: Tensor, perturbation: Tensor) -> Tensor | None:
    if not isinstance(f, Gated):
        return None
    with torch.no_grad():  # both inputs in one pass
        slopes = f.gate_slopes(torch.cat([x, x + perturbation], dim=-2))
    halves = [one.chunk(2, dim=-2) for one in slopes]
    return torch.stack([(before != after).double().mean(dim=-1) for before, after in halves]).mean(dim=0)


def _assert_within(perturbation: Tensor, p: float, eps: float) -> None:
    longest = float(norm(perturbation, p).max())
    allowed = eps * (1 + ROUNDING * torch.finfo(perturbation.dtype).eps * perturbation.shape[-1] ** 0.5)
    if not longest <= allowed:
        raise AssertionError(f"an attack of budget {eps!r} returned a perturbation of norm {longest!r}")


def _check(x: Tensor, eps: float, start: str | Tensor, box: tuple[float, float] | None) -> None:
    if isinstance(eps, bool) or not isinstance(eps, (int, float)) or not 0 < eps < math.inf:
        raise ValueError(f"eps must be positive and finite, got {eps!r}")
    if isinstance(start, Tensor):
        if start.shape[-1:] != x.shape[-1:] or not bool(torch.isfinite(start).all()):
            raise ValueError(f"a start must be finite directions like x, {tuple(x.shape)}, got {tuple(start.shape)}")
    elif start not in STARTS:
        raise ValueError(f"start {start!r} is unknown; allowed are {', '.join(STARTS)}, or a tensor of directions")
    if x.ndim < 2 or 0 in x.shape or not x.is_floating_point():
        raise ValueError(f"x must be floating-point inputs of shape [B, input_dim], got {x.dtype} {tuple(x.shape)}")
    if not bool(torch.isfinite(x).all()):
        raise ValueError(f"x holds {int((~torch.isfinite(x)).sum())} values that are NaN or infinite")
    if box is not None and not (box[0] < box[1] and box[0] <= float(x.min()) and float(x.max()) <= box[1]):
        raise ValueError(f"box {box!r} must hold all of x, which lies in [{float(x.min()):g}, {float(x.max()):g}]")
