"""The adversarial loss of Theorem 5.1, max ‖f(x+η) − f(x)‖_q over ‖η‖_p ≤ ε, as far as an attack finds it."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from mfcheck.attacks.ascent import AttackResult as AttackResult
from mfcheck.attacks.ascent import clean_output, climb
from mfcheck.attacks.balls import norm
from mfcheck.attacks.cross_entropy import adversarial_cross_entropy as adversarial_cross_entropy
from mfcheck.attacks.networks import Function, Reserving, operations, reserve
from mfcheck.attacks.networks import Linearised as Linearised
from mfcheck.attacks.networks import jacobian_at as jacobian_at
from mfcheck.attacks.resolution import ENOUGH, flat, refuse, rounding_error, smallest_budget, unexplained, unit
from mfcheck.attacks.search import Search
from mfcheck.attacks.soundness import Guarded, check_alone, check_repeatable, check_reproduced, left_as_it_was
from mfcheck.attacks.widened import widened
from mfcheck.numerics import full_precision, threads_for

LOW = 1e-4
"""Roundings from which on a dtype is too coarse to ascend in."""
COARSE = 0.03
"""Distance from the gradient's integral that no curvature explains at a small budget."""


@full_precision()
def adversarial_loss(
    f: Function,
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
    independent networks.

    f is handed copies, so it may write into its input; x, its module's buffers and torch's random numbers stay as they
    were. Where rounding would take more than 1 % of a loss, f is evaluated in float64. Raises ValueError where it
    cannot be, for an f that is random or depends on its batch mates, and for budgets, exponents, counts, shapes and
    inputs that cannot be; NotANumber when f is not finite.

    >>> J = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    >>> found = adversarial_loss(lambda x: x @ J.T, torch.zeros(1, 2), 0.5, 2, 2, steps=3, generator=torch.Generator())
    >>> bool(torch.isclose(found.loss[0], torch.linalg.matrix_norm(J, 2) / 2))
    True
    """
    search = Search.checked(x, eps, p, q, steps, restarts, start, box)
    if not isinstance(generator, torch.Generator) or generator.device.type != x.device.type:
        on = getattr(generator, "device", type(generator).__name__)
        raise ValueError(f"generator must be a torch.Generator on {x.device.type}, as x is, got {on}")
    x = _usable(x)
    if isinstance(start, Tensor):
        search = replace(search, start=_usable(start))
    own, guarded = isinstance(f, Reserving), Guarded(f)
    reserve(guarded, search.columns(x))
    with threads_for(operations(f, search.columns(x))), left_as_it_was(f, x, generator):
        try:
            try:
                clean = clean_output(guarded, x)
            except ValueError:
                check_alone(guarded, x)
                raise
            if not own:
                check_repeatable(guarded, x, clean)
            at = x.expand(*clean.shape[:-1], x.shape[-1])
            return _attacked(guarded, at, clean, search, generator, own=own)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # of autograd, since what f itself raises is a ValueError by now
            said = str(error).partition("\n")[0]
            raise ValueError(f"f cannot be differentiated in its input: {said}") from error


def _attacked(
    f: Guarded, x: Tensor, clean: Tensor, search: Search, generator: torch.Generator, *, own: bool
) -> AttackResult:
    """The attack in the dtype of x where its losses can be trusted, else in float64."""
    p, q, begun = search.p, search.q, generator.get_state()
    wide = widened(f, x, clean) if unit(x, clean) > LOW and not own else None
    if wide is None:
        found = climb(f, x, clean, search, generator)
        rounded = rounding_error(x, clean, found, p, q)
        apart = torch.zeros_like(rounded) if own else unexplained(f, x, clean, found, p, q)
        doubtful = torch.maximum(rounded, apart) > ENOUGH
        if not bool(doubtful.any()) or _all_flat(f, x, clean, found, doubtful, apart):
            if not own:
                _check_reproduced(f, x, clean, found, q)
            return found
        wide = None if own else widened(f, x, clean)
        if wide is None:
            if bool((doubtful & ((rounded > ENOUGH) | (apart > COARSE))).any()):
                hidden = search.eps * float(apart.max()) / ENOUGH
                refuse(search.eps, x, max(smallest_budget(f, x, clean, p, q), hidden), p)
            return found
        if not bool((doubtful & (rounded > ENOUGH)).any()) and _holds(wide, x, found, q):
            return found
    generator.set_state(begun)
    return _in_float64(wide, x, clean, search, generator)


def _in_float64(f: Function, x: Tensor, clean: Tensor, search: Search, generator: torch.Generator) -> AttackResult:
    """The attack on f in float64, its results in the dtypes of x and f(x)."""
    exact = x.double()
    still = clean_output(f, exact)
    found = climb(f, exact, still, search, generator)
    doubtful = rounding_error(exact, still, found, search.p, search.q) > ENOUGH
    if bool(doubtful.any()) and not _all_flat(
        f, exact, still, found, doubtful, unexplained(f, exact, still, found, search.p, search.q)
    ):
        refuse(search.eps, exact, smallest_budget(f, exact, still, search.p, search.q), search.p)
    _check_reproduced(f, exact, still, found, search.q)
    loss, eta = found.loss.to(clean.dtype), found.perturbation.to(x.dtype)
    for wide, narrow in ((found.loss, loss), (found.perturbation.abs().amax(dim=-1), eta.abs().amax(dim=-1))):
        if bool(((narrow.double() - wide).abs() > ENOUGH * wide).any()):
            name, info = str(narrow.dtype).removeprefix("torch."), torch.finfo(narrow.dtype)
            raise ValueError(
                f"eps={search.eps!r} leads to numbers from {float(wide.min()):.2g} to {float(wide.max()):.2g}, and "
                f"{name} holds {info.tiny:.2g} to {info.max:.2g}; hand over x and f in float32"
            )
    return AttackResult(loss, eta, found.trace.to(clean.dtype), found.flips)


def _all_flat(f: Function, x: Tensor, clean: Tensor, found: AttackResult, doubtful: Tensor, apart: Tensor) -> bool:
    """Whether those losses are 0 because f does not move there at all, at x or along what was found."""
    still = (found.loss == 0) & (apart == 0)
    return not bool((doubtful & ~still).any()) and not bool((doubtful & ~flat(f, x, clean)).any())


def _check_reproduced(f: Function, x: Tensor, clean: Tensor, found: AttackResult, q: float) -> None:
    """Once no rounding explains it, a loss that does not come back is that of a random function."""
    check_reproduced(f, x, found.perturbation, found.loss, lambda output: norm(output - clean, q), 2 * ENOUGH)


def _holds(f: Function, x: Tensor, found: AttackResult, q: float) -> bool:
    """Whether the losses found are those that f has in float64."""
    exact, eta = x.double(), found.perturbation.double()
    with torch.no_grad():
        loss = norm(f(exact + eta) - f(exact), q)
    return bool(((loss - found.loss).abs() <= ENOUGH * loss).all())


def _usable(x: Tensor) -> Tensor:
    """x without its history, and not of inference mode, whose tensors cannot be differentiated."""
    return x.detach().clone() if x.is_inference() else x.detach()
