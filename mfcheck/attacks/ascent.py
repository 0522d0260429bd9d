"""The ascent: gradient steps on a ball, from the best that the linear map at x knows and from random points."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck import numerics
from mfcheck.attacks.balls import all_finite, assert_all_finite, dual_map, norm, onto_ball
from mfcheck.attacks.networks import Function, Rounded, flips, linear_start, reserve
from mfcheck.attacks.search import Search
from mfcheck.verdict import NotANumber

FIRST_STEP, LAST_STEP = 1.0, 0.05
"""Lengths of the first and last steps of an ascent, in units of ε."""
ROUGHLY = 0.9
"""Share of the steps that go by a network known roughly, where it is: all but the shortest."""
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


def largest_loss(
    f: Function,
    x: Tensor,
    eps: float,
    p: float,
    q: float,
    *,
    steps: int,
    generator: torch.Generator,
    start: str | Tensor = "jacobian",
    clean: Tensor | None = None,
) -> AttackResult:
    """`adversarial_loss` of networks of our own, which need none of its questions to f; `clean` is f(x), if known."""
    search = Search.checked(x, eps, p, q, steps, 1, start, None)
    reserve(f, search.columns(x))
    return climb(f, x, clean_output(f, x) if clean is None else clean, search, generator)


def clean_output(f: Function, x: Tensor) -> Tensor:
    """f(x); ValueError unless it has as many rows as x, NotANumber unless it is finite."""
    with torch.no_grad():
        clean = f(x).detach()
    if clean.ndim < 2 or clean.shape[-2] != x.shape[-2]:
        raise ValueError(f"f must map inputs {tuple(x.shape)} to outputs […, B, K], got shape {tuple(clean.shape)}")
    assert_finite(clean, "an input")
    return clean


def climb(f: Function, x: Tensor, clean: Tensor, search: Search, generator: torch.Generator) -> AttackResult:
    """The best of all ascents from x `[…, B, d]`, where f is `clean [R…, B, K]`."""
    eps, p, q, steps, restarts, box = search.eps, search.p, search.q, search.steps, search.restarts, search.box
    x = x.expand(*clean.shape[:-1], x.shape[-1]).detach()

    random = torch.empty(restarts, *x.shape, dtype=x.dtype, device=x.device).uniform_(-1, 1, generator=generator)
    first = None
    if search.start != "random":
        given = search.start
        first = given.to(x).expand_as(x) if isinstance(given, Tensor) else linear_start(f, x, clean.shape[-1], p, q)
        first = on_sphere(first, p, eps, instead=random[0])
        first = first if box is None else _better_sign(f, x, first, clean, q, box)
    starts = [on_sphere(point, p, eps) for point in (random if first is None else random[1:])]
    starts = starts if first is None else [first, *starts]
    many, still, eta = x, clean, starts[0]
    if restarts > 1:
        many, still = x.repeat_interleave(restarts, dim=-2), clean.repeat_interleave(restarts, dim=-2)
        eta = torch.stack(starts, dim=-2).flatten(-3, -2)
    eta = boxed(eta, many, box)
    best, trace = ascend(f, many, eta, lambda output: norm(output - still, q), p, eps, steps, box)

    losses = trace.reshape(steps + 1, *x.shape[:-1], restarts)
    loss, which = losses[-1].max(dim=-1)
    each = best.reshape(*x.shape[:-1], restarts, -1)
    perturbation = each[..., 0, :] if restarts == 1 else each.take_along_dim(which[..., None, None], dim=-2)[..., 0, :]
    assert_within(perturbation, p, eps)
    return AttackResult(loss, perturbation, losses.amax(dim=-1), flips(f, x, perturbation))


def ascend(
    f: Function,
    x: Tensor,
    eta: Tensor,
    score: Function,
    p: float,
    eps: float,
    steps: int,
    box: tuple[float, float] | None,
) -> tuple[Tensor, Tensor]:
    """The η `[…, B, d]` of the highest score(f(x+η)) `[…, B]` on an ascent, and the best after each step.

    Where f is known roughly as well, all but the last and shortest steps go by that, and by its scores. Those go on
    from there, if it is better than the start, which may be what an earlier attack found; for p = 1, whose steps leap
    between vertices, from the best so far.
    """

    def climbed(near: Function, eta: Tensor, taken: range) -> tuple[Tensor, list[Tensor], Tensor, Tensor]:
        best, most, trace = eta, None, []
        for step in (*taken, None):
            reached, gradient = _scored(near, x + eta, score, gradient=step is not None)
            best, most = (eta, reached) if most is None else _better(best, most, eta, reached)
            trace.append(most)
            if step is not None and gradient is not None:
                eta = boxed(_stepped(eta, gradient, x, 1 - step / steps, p, eps, box), x, box)
        return best, trace, eta, reached

    rough, before = 0, list[Tensor]()
    if isinstance(f, Rounded):
        rough = math.ceil(ROUGHLY * steps)
        best, before, last, reached = climbed(f.roughly, eta, range(rough))
        eta = best if p == 1 else _better(eta, before[0], last, reached)[0]
    best, after, _, _ = climbed(f, eta, range(rough, steps))
    if numerics.is_far(best):  # where NaN and infinity have come through all steps
        assert_finite(after[-1], "an attacked input")
        best = torch.where((after[-1] < math.inf)[..., None], best, math.nan)
    return best, torch.stack([*before[:rough], *after])


def _better(best: Tensor, most: Tensor, eta: Tensor, reached: Tensor) -> tuple[Tensor, Tensor]:
    """The better of two points for every input, and its score."""
    better = reached > most
    if numerics.is_far(reached):
        return torch.where(better[..., None], eta, best), torch.maximum(reached, most)
    if not bool(better.any()):
        return best, most
    chosen = eta if bool(better.all()) else torch.where(better[..., None], eta, best)
    return chosen, torch.maximum(reached, most)


def _stepped(
    eta: Tensor,
    gradient: Tensor,
    x: Tensor,
    share: float,
    p: float,
    eps: float,
    box: tuple[float, float] | None,
) -> Tensor:
    """A step of the ascent in the ball, of so large a share of the first one's length."""
    along = dual_map(gradient if box is None else _unblocked(gradient, x + eta, box), p)
    if p == 1:
        return eta + share * (eps * along - eta)
    return onto_ball(torch.add(eta, along, alpha=eps * max(LAST_STEP, FIRST_STEP * share)), p, eps)


def _scored(
    f: Function, points: Tensor, score: Callable[[Tensor], Tensor], *, gradient: bool
) -> tuple[Tensor, Tensor | None]:
    """score(f(points)) and, where asked, its gradient in the points."""
    with torch.set_grad_enabled(gradient):
        points = points.detach().requires_grad_(gradient)
        found = score(f(points))
        slope = torch.autograd.grad(found.sum(), points)[0] if gradient else None
    found = found.detach()
    if not numerics.is_far(found):
        assert_finite(found, "an attacked input")
    return found, slope


def on_sphere(direction: Tensor, p: float, eps: float, instead: Tensor | None = None) -> Tensor:
    """Directions `[…, d]` at the length ε; those that are 0 stay so, or go along others that are given `instead`."""
    length = norm(direction, p)[..., None]
    known = length > 0
    far, whole = numerics.is_far(direction), torch.where(known, length, 1.0)
    scale = eps / whole
    found = direction * scale if not far and all_finite(scale) else eps * (direction / whole)
    if instead is None or (not far and bool(known.all())):
        return found
    return torch.where(known, found, on_sphere(instead, p, eps))


def assert_finite(output: Tensor, where: str) -> None:
    assert_all_finite(output, lambda: NotANumber(f"the network's output at {where} is NaN or infinite"))


def _better_sign(f: Function, x: Tensor, eta: Tensor, clean: Tensor, q: float, box: tuple[float, float]) -> Tensor:
    """η or −η, whichever moves f more once the box has clipped it: a linear map sees no difference, the box may."""
    signed = [x + boxed(sign * eta, x, box) for sign in (1, -1)]
    losses = [_scored(f, points, lambda output: norm(output - clean, q), gradient=False)[0] for points in signed]
    return torch.where((losses[0] >= losses[1])[..., None], eta, -eta)


def _unblocked(gradient: Tensor, point: Tensor, box: tuple[float, float]) -> Tensor:
    """The gradient without the entries in which the box lets the point go no further."""
    blocked = ((point >= box[1]) & (gradient > 0)) | ((point <= box[0]) & (gradient < 0))
    return gradient.masked_fill(blocked, 0.0)


def boxed(eta: Tensor, x: Tensor, box: tuple[float, float] | None) -> Tensor:
    """η shortened entry by entry until x + η, as it is rounded, lies in the box; as x does, no norm of η grows."""
    if box is None:
        return eta
    aim = (x + eta).clamp(*box)
    short = aim - x
    short = torch.where((x + short).clamp(*box) == x + short, short, torch.nextafter(aim, x) - x)
    short = short.sign() * torch.minimum(short.abs(), eta.abs())
    return torch.where(aim == x + eta, eta, short)


def assert_within(perturbation: Tensor, p: float, eps: float) -> None:
    longest = norm(perturbation, p).max()
    allowed = eps * (1 + ROUNDING * torch.finfo(perturbation.dtype).eps * perturbation.shape[-1] ** 0.5)
    if numerics.is_far(longest):  # of a network that met NaN there is nothing to say
        said = f"an attack of budget {eps!r} returned a longer perturbation"
        numerics.require(longest, lambda length: not length > allowed, lambda: AssertionError(said))
    else:
        assert float(longest) <= allowed, f"an attack of budget {eps!r} returned a perturbation of norm {longest!r}"
