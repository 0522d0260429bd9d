"""Whether a loss can be told from what rounding does to it, and how small ε may be where it cannot.

x + η is rounded to the grid that x lies on, and f(x + η) − f(x) loses the digits that the two have in common. Both are
small beside the loss unless ε is small beside x; then the gradient, from which nothing cancels, says what to expect.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfcheck.attacks.ascent import AttackResult
from mfcheck.attacks.balls import dual_map, norm
from mfcheck.attacks.networks import Function, jacobian_at
from mfcheck.attacks.operator_norm import largest_found
from mfcheck.numerics import divisor
from mfcheck.spec import dual_exponent

ENOUGH = 0.01
"""Relative error that a loss may have."""
PASSED_ON = 4
"""Roundings of its largest numbers that an output is taken to hold."""
SMALL = 0.01
"""Budgets in units of ‖x‖_p below which digits that cancel inside f are looked for."""
NODES = (0.5 - 0.75**0.5 / 3, 0.5 + 0.75**0.5 / 3)
"""Of Gauss and Legendre on [0, 1]."""


def rounding_error(x: Tensor, clean: Tensor, found: AttackResult, p: float, q: float) -> Tensor:
    """What rounding may have done to each loss, relative to it: `[…, B]`."""
    eta = found.perturbation.double()
    length = norm(eta, p)
    missed = norm((x + found.perturbation).double() - x.double() - eta, p) / divisor(length)
    cancelled = PASSED_ON * unit(x, clean) * norm(clean.double(), q)
    error = missed + torch.where(cancelled > 0, cancelled / found.loss.double(), 0.0)
    return torch.where(length > 0, error, 0.0)


def unexplained(f: Function, x: Tensor, clean: Tensor, found: AttackResult, p: float, q: float) -> Tensor:
    """How far each loss is from the gradient's integral along its perturbation, relative to the larger: `[…, B]`.

    0 where the budget is not small and something moved. ⟨w, f(x+η) − f(x)⟩ = ∫₀¹⟨w, J(x+tη)η⟩dt with the w that makes
    the left side the loss, by two nodes; where nothing moved, any w.
    """
    eta, loss = found.perturbation, found.loss.double()
    asked = (norm(eta, p) <= SMALL * norm(x, p)) | (loss == 0)
    if not bool(asked.any()):
        return torch.zeros_like(loss)
    with torch.no_grad():
        moved = f(x + eta) - clean
    some = torch.linspace(1, 2, clean.shape[-1], dtype=clean.dtype, device=clean.device)
    along = torch.where(loss[..., None] > 0, dual_map(moved, dual_exponent(q)), some)
    expected = torch.zeros_like(loss)
    for node in NODES:
        with torch.enable_grad():
            point = (x + node * eta).detach().requires_grad_()
            gradient = torch.autograd.grad((f(point) * along).sum(), point)[0]
        expected += (gradient * eta).double().sum(dim=-1) / 2
    expected = expected.abs()
    return torch.where(asked, (expected - loss).abs() / divisor(torch.maximum(expected, loss)), 0.0)


def flat(f: Function, x: Tensor, clean: Tensor) -> Tensor:
    """Where J is 0, so that no loss is the right one: `[…, B]`."""
    return (jacobian_at(f, x, clean.shape[-1]) == 0).flatten(-2).all(dim=-1)


def smallest_budget(f: Function, x: Tensor, clean: Tensor, p: float, q: float) -> float:
    """The ε from which on rounding takes less than half of what is allowed, by the linear map at x."""
    steepness = largest_found(jacobian_at(f, x, clean.shape[-1]), p, q).double()
    cancelled = PASSED_ON * norm(clean.double(), q) / divisor(steepness)
    least = unit(x, clean) * (norm(x.double(), p) + torch.where(steepness > 0, cancelled, 0.0))
    return 2 * float(least.max()) / ENOUGH


def refuse(eps: float, x: Tensor, least: float, p: float) -> None:
    """Raise ValueError naming the least budget, to two digits and no less."""
    name = str(x.dtype).removeprefix("torch.")
    if 0 < least < math.inf:
        place = 10.0 ** (math.floor(math.log10(least)) - 1)
        least = math.ceil(least / place) * place
    if least > float(norm(x.double(), p).max()) > 0:
        raise ValueError(
            f"eps={eps!r} moves f by less than {name} can tell from f(x): it is all but flat at this x, as a softmax "
            "that saturates is; attack what comes before it"
        )
    wider = "" if x.dtype == torch.float64 else ", or hand over x and f in float64"
    raise ValueError(
        f"eps={eps!r} is too small for this x in {name}: rounding would take more than 1 % of the loss; allowed are "
        f"budgets from {least:.2g}{wider}"
    )


def unit(x: Tensor, clean: Tensor) -> float:
    """Half a unit in the last place of the coarser dtype."""
    return max(torch.finfo(one.dtype).eps for one in (x, clean)) / 2
