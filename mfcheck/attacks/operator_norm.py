"""‖J‖_{p,q} = max ‖Jη‖_q over ‖η‖_p ≤ 1: exact where that can be computed, else between certified bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck.attacks.balls import assert_all_finite, dual_map, norm
from mfcheck.numerics import divisor, full_precision, is_far, threads_for
from mfcheck.spec import dual_exponent, norm_exponent
from mfcheck.verdict import NotANumber

ENUMERATED = 10
"""Outputs up to which all sign vectors are tried: 2^{K−1} products with J."""
TRIALS, LEADERS, ASCENTS = 6, 3, 24
"""Steps of the nonlinear power method from every start, the starts then kept, and their further steps."""
AT_ONCE = 2**19
"""Numbers of images that are looked at together: what a processor's cache holds."""
COARSE = (torch.float16, torch.bfloat16)
"""Dtypes whose norms are found in float32."""
ASCENT = "ascent and embedding"
"""The method that finds bounds, not the norm."""


@dataclass(frozen=True, eq=False)
class OperatorNorm:
    """`lower ≤ ‖J‖_{p,q} ≤ upper`, both `[…]`, with `direction […, d]` of ‖·‖_p ≤ 1 that reaches `lower`.

    `exact` where the two are one; `method` says how they were found.
    """

    lower: Tensor
    upper: Tensor
    direction: Tensor
    exact: bool
    method: str


@full_precision()
def operator_norm(jacobian: Tensor, p: float, q: float) -> OperatorNorm:
    """The norm of matrices `[…, K, d]` from ℓp to ℓq, p and q ∈ [1, ∞].

    Exact for p = 1 (columns), q = ∞ (rows), p = q = 2 (singular values), q = 1 with up to ten rows and p = ∞ with up to
    ten columns (all sign vectors). Otherwise the lower bound is the best of K ascents, and the upper one the least that
    an exact norm gives through ‖·‖_p' ≤ d^{max(0, 1/p' − 1/p)} ‖·‖_p, or two of them give between them (p ≤ q), or
    ‖J‖² ≤ tr D · ‖J D^{−1/2}‖²_{2,2} with D the lengths of J's columns (derived: for a sign vector s,
    ‖Js‖₂² ≤ ‖J D^{−1/2}‖² sᵀDs). Raises ValueError for other exponents or shapes, NotANumber unless J is finite.

    >>> J = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    >>> [float(operator_norm(J, p, q).lower) for p, q in ((1, 1), (math.inf, math.inf), (math.inf, 1))]
    [6.0, 7.0, 8.0]
    """
    p, q = norm_exponent("p", p), norm_exponent("q", q)
    if not isinstance(jacobian, Tensor):
        raise ValueError(f"jacobian must be a tensor of matrices […, K, d], got {type(jacobian).__name__}")
    if jacobian.dtype in COARSE:
        found = operator_norm(jacobian.float(), p, q)
        lower, upper, direction = (part.to(jacobian.dtype) for part in (found.lower, found.upper, found.direction))
        return OperatorNorm(lower, upper, direction, found.exact, found.method)
    rows = jacobian.shape[-2] if jacobian.ndim > 1 else 1
    with threads_for(2.0 * jacobian.numel() * rows):
        direction, method = maximiser(jacobian, p, q)
        lower = norm(_times(jacobian, direction), q)
        upper = torch.maximum(lower, _upper(jacobian, p, q)) if method == ASCENT else lower
    return OperatorNorm(lower, upper, direction, method != ASCENT, method)


def maximiser(jacobian: Tensor, p: float, q: float) -> tuple[Tensor, str]:
    """The best direction `[…, d]` of ‖·‖_p ≤ 1 that `operator_norm` finds and how, without its upper bound.

    That costs as much again, and losses and attacks need none.
    """
    p, q = norm_exponent("p", p), norm_exponent("q", q)
    if jacobian.ndim < 2 or 0 in jacobian.shape:
        raise ValueError(f"a Jacobian must have shape […, K, d], got {tuple(jacobian.shape)}")
    if not jacobian.is_floating_point():
        raise ValueError(f"a Jacobian must hold floating-point numbers, got {jacobian.dtype}")
    assert_all_finite(jacobian, lambda: NotANumber("a Jacobian holds NaN or infinity"))
    return _exact(jacobian, p, q) or (_ascent(jacobian, p, q), ASCENT)


def largest_found(jacobian: Tensor, p: float, q: float) -> Tensor:
    """`operator_norm(…).lower` alone, `[…]`."""
    return norm(_times(jacobian, maximiser(jacobian, p, q)[0]), q)


def _exact(jacobian: Tensor, p: float, q: float) -> tuple[Tensor, str] | None:
    """A maximiser, and how it was found; None where there is no way."""
    rows, columns = jacobian.shape[-2:]
    if p == 1:
        lengths = norm(jacobian.mT, q)
        return dual_map(lengths, 1), "columns"
    if math.isinf(q):
        best = norm(jacobian, dual_exponent(p)).argmax(dim=-1)
        return dual_map(_rows(jacobian, best[..., None])[..., 0, :], p), "rows"
    if p == q == 2:
        gram = jacobian.double() @ jacobian.double().mT
        if is_far(gram):  # where the matrices of all networks would fail with one that holds NaN
            gram = gram.nan_to_num()
        vectors = torch.linalg.eigh(gram).eigenvectors[..., -1]
        return dual_map(_pulled(jacobian, vectors.to(jacobian.dtype)), 2), "singular values"
    if q == 1 and rows <= ENUMERATED:
        signs = _signs(rows, jacobian)
        best = _longest(jacobian.mT, signs, dual_exponent(p))
        return dual_map(_pulled(jacobian, signs[best]), p), "signs of the outputs"
    if math.isinf(p) and columns <= ENUMERATED:
        signs = _signs(columns, jacobian)
        return signs[_longest(jacobian, signs, q)], "signs of the inputs"
    return None


def _longest(matrix: Tensor, signs: Tensor, order: float) -> Tensor:
    """Which sign vector `[S, n]` has the longest image under `[…, m, n]`: indices `[…]`, a few matrices at a time."""
    flat = (matrix.flatten(0, -3) if matrix.ndim > 2 else matrix[None]).detach()
    if order == 2:  # quadratic forms are far cheaper than the images themselves
        gram = flat.double().mT @ flat.double()
        wide = signs.double()
        return ((wide @ gram) * wide).sum(dim=-1).argmax(dim=-1).reshape(matrix.shape[:-2])
    batch = max(1, AT_ONCE // (len(signs) * matrix.shape[-2]))
    room = flat.new_empty(min(batch, len(flat)), len(signs), matrix.shape[-2])  # once: it is more than a cache forgets
    best = [
        _lengths(_images(signs, part, room[: len(part)]), order).argmax(dim=-1) for part in torch.split(flat, batch)
    ]
    return torch.cat(best).reshape(matrix.shape[:-2])


def _images(signs: Tensor, matrices: Tensor, room: Tensor) -> Tensor:
    """All sign vectors `[S, n]` under matrices `[B, m, n]`, in `room [B, S, m]`.

    The few of the first half of their entries, and those of the rest, are added in all pairs; not on a GPU, where it is
    calls that cost.
    """
    if is_far(matrices):
        return signs @ matrices.mT
    half = signs.shape[1] // 2
    first = signs[: 2**half, :half] @ matrices[..., :half].mT
    rest = signs[:: 2**half, half:] @ matrices[..., half:].mT
    torch.add(rest[:, :, None], first[:, None], out=room.view(len(room), rest.shape[1], *first.shape[1:]))
    return room


def _lengths(images: Tensor, order: float) -> Tensor:
    """Their norms; sums of sizes are taken where the images lie, which nobody needs any more."""
    return images.abs_().sum(dim=-1) if order == 1 else norm(images, order)


def _ascent(jacobian: Tensor, p: float, q: float) -> Tensor:
    """The best of K ascents η ← dual_p(Jᵀ dual_{q*}(Jη)), one from each output alone: each step is no loss (convexity).

    After a few steps only the leading ones go on. `[…, d]` of ‖·‖_p ≤ 1.
    """

    unscaled = q == 2 and math.isinf(p)  # whose dual maps leave signs of what they scale
    matrix = jacobian
    if unscaled:
        largest = jacobian.abs().amax(dim=(-2, -1), keepdim=True)
        matrix = jacobian / divisor(largest)

    def climbed(direction: Tensor, steps: int) -> tuple[Tensor, Tensor]:
        for _ in range(steps):
            image, before = direction @ matrix.mT, direction
            direction = dual_map((image if unscaled else dual_map(image, dual_exponent(q))) @ matrix, p)
            if not is_far(direction) and torch.equal(direction, before):
                break
        return direction, norm(direction @ jacobian.mT, q)

    direction, found = climbed(dual_map(jacobian, p), TRIALS)
    leaders = found.topk(min(LEADERS, found.shape[-1]), dim=-1).indices
    direction, found = climbed(_rows(direction, leaders), ASCENTS)
    return _rows(direction, found.argmax(dim=-1, keepdim=True))[..., 0, :]


def _upper(jacobian: Tensor, p: float, q: float) -> Tensor:
    rows, columns = jacobian.shape[-2:]
    through = [(1.0, q), (p, math.inf), (2.0, 2.0)] + ([(p, 1.0)] if rows <= ENUMERATED else [])
    bounds = []
    for from_p, to_q in through:
        bounds.append(
            _norm_of(jacobian, from_p, to_q)
            * columns ** max(0.0, 1 / from_p - 1 / p)
            * rows ** max(0.0, 1 / q - 1 / to_q)
        )
    lengths = norm(jacobian.mT, 2)  # D; through ‖·‖_∞ ≤ ‖·‖_p it bounds every pair
    scaled = jacobian / divisor(lengths).sqrt()[..., None, :]
    certified = lengths.sum(dim=-1).sqrt() * torch.linalg.matrix_norm(scaled, ord=2)
    bounds.append(certified * rows ** max(0.0, 1 / q - 0.5))
    if p <= q:
        bounds.append(_interpolated(jacobian, 1 / p, 1 / q))
    return torch.stack(bounds).amin(dim=0)


def _interpolated(jacobian: Tensor, a: float, b: float) -> Tensor:
    """A bound at (p, q) = (1/a, 1/b), a ≥ b, between two exact norms: ‖J‖_{2,2} and one at p = 1 or q = ∞.

    log‖J‖ is convex in (1/p, 1/q) (Riesz and Thorin, with constant 1 for real matrices where p ≤ q). The other end is
    where the ray from (½, ½) through (a, b) leaves the square.
    """
    to_one = 0.5 / (a - 0.5) if a > 0.5 else math.inf
    to_zero = 0.5 / (0.5 - b) if b < 0.5 else math.inf
    reach = min(to_one, to_zero)  # (½, ½) + reach · (a − ½, b − ½) lies on the edge
    if math.isinf(reach):
        return _norm_of(jacobian, 2.0, 2.0)
    end = [min(max(0.5 + reach * (at - 0.5), 0.0), 1.0) for at in (a, b)]
    from_p, to_q = (1 / at if at > 0 else math.inf for at in end)
    return _norm_of(jacobian, 2.0, 2.0) ** (1 - 1 / reach) * _norm_of(jacobian, from_p, to_q) ** (1 / reach)


def _norm_of(jacobian: Tensor, p: float, q: float) -> Tensor:
    """An exact norm."""
    found = _exact(jacobian, p, q)
    assert found is not None
    return norm(_times(jacobian, found[0]), q)


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector[..., None])[..., 0]


def _pulled(matrix: Tensor, vector: Tensor) -> Tensor:
    """Its transpose times a vector, by rows as they lie."""
    return (vector[..., None, :] @ matrix)[..., 0, :]


def _rows(matrix: Tensor, index: Tensor) -> Tensor:
    """Some rows of each matrix `[…, m, n]`, by indices `[…, r]`: `[…, r, n]`."""
    flat, those = matrix.reshape(-1, *matrix.shape[-2:]), index.reshape(-1, index.shape[-1])
    chosen = flat[torch.arange(len(flat), device=flat.device)[:, None], those]
    return chosen.reshape(*index.shape, matrix.shape[-1])


def _signs(count: int, like: Tensor) -> Tensor:
    """All sign vectors up to a common sign, `[2^{count−1}, count]`."""
    bits = torch.arange(2 ** (count - 1), device=like.device)[:, None] >> torch.arange(count, device=like.device)
    return (1 - 2 * (bits & 1)).to(like.dtype)
