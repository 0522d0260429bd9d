"""The part of some inputs that lies outside a known span, as orthonormal rows; what is only rounding is dropped."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfcheck.numerics import divisor

DEPENDENT = 16
"""A direction shorter than this many roundings of the input it came from is rounding, and is dropped."""
SHAKEN = 4
"""Roundings by which inputs are moved where their directions are not to be counted."""
NARROW, SHORT = (1e-15, 1e15), 2**14
"""Lengths, and numbers of entries, of rows whose squares float32 sums to a few roundings, in a fifth of the time."""
HIDDEN = 1e-12
"""Squared lengths that a float64 Gram matrix can tell from 0, in units of the largest."""


def orthonormal_rows(rest: Tensor, lengths: Tensor, known: Tensor) -> tuple[Tensor, Tensor] | None:
    """Orthonormal rows spanning what of `rest [R, k, n]` lies outside `known`, and which of them are not 0 `[R, k, 1]`.

    `lengths [R, k]` are those of the inputs that `rest` is left of. None where no replicate has a new direction, rows
    of zeros where one has fewer than others. One pass finds the directions, in units of the inputs' own lengths so that
    a short input counts like a long one; the second makes them orthogonal to rounding, once their length is 1 (twice
    is enough; Parlett).
    """
    rounding = torch.finfo(rest.dtype).eps * DEPENDENT
    if rest.shape[1] == 1:  # most of an attack's: its length is all there is to find
        fresh, long = _unit(rest, rounding * lengths[:, :, None])
        if not bool(long.any()):
            return None
        fresh, long = _unit(fresh - (fresh @ known.mT) @ known, 0.5)
        return (fresh, long) if bool(long.any()) else None  # rounding that hid among the known directions
    unit = rest / divisor(lengths).to(rest.dtype)[:, :, None]
    rows = _normalised(unit, rounding**2)
    if rows is None:
        return None
    rows = _normalised(rows - (rows @ known.mT) @ known, 0.25)
    return None if rows is None else (rows, (rows != 0).any(dim=2, keepdim=True))


def shaken_rows(x: Tensor, pair: Tensor, known: Tensor, out: Tensor) -> None:
    """As many orthonormal rows as `out [R, m, n]` takes, m ≤ k, outside of `known`, for inputs x `[R, k, n]`.

    They span the inputs but for a few roundings, by which what is left of these is moved along standard normal shakes:
    so an input that is known already, 0 or not finite gets a direction too, and how many are new need not be asked of a
    GPU. By Householder's QR, which waits for nothing there. `pair [2, R, k, n]` holds the shakes second; the first
    of it is written to.
    """
    x, pair = x[:, : out.shape[1]], pair[:, :, : out.shape[1]]
    least = SHAKEN * torch.finfo(x.dtype).eps / math.sqrt(x.shape[2])
    passes = 2 if 2 * known.shape[1] > x.shape[2] else 1  # of random directions little may be left
    lengths = torch.linalg.vector_norm(x, dim=2, keepdim=True)
    if x.shape[1] == 1:  # most of an attack's, in as few launches as will do
        torch.div(_outside(x, known, 1 / least), lengths, out=pair[0])
        rows = torch.nansum(pair, dim=0)
        for _ in range(passes):
            rows = _outside(rows, known)
        torch.div(rows, torch.linalg.vector_norm(rows, dim=2, keepdim=True), out=out)
        return
    rows = torch.add(_outside((x / lengths).nan_to_num_(0.0, 0.0, 0.0), known), pair[1], alpha=least)
    for _ in range(passes):
        rows = _outside(_orthonormal(rows), known)
    out.copy_(_orthonormal(rows))


def row_lengths(rows: Tensor) -> Tensor:
    """Lengths `[R, k]` in float64 of rows `[R, k, n]`, by float32 sums where that is as good.

    >>> row_lengths(torch.tensor([[[3e-30, 4e-30]]]))
    tensor([[5.0000e-30]], dtype=torch.float64)
    """
    lengths: Tensor
    if rows.dtype == torch.float32 and rows.numel() and rows.shape[2] <= SHORT:
        lengths = torch.linalg.vector_norm(rows, dim=2)
        shortest, longest = torch.aminmax(lengths)
        if NARROW[0] < shortest.item() and longest.item() < NARROW[1]:
            return lengths.double()
    lengths = torch.linalg.vector_norm(rows, dim=2, dtype=torch.float64)
    return lengths


def _outside(rows: Tensor, known: Tensor, factor: float = 1.0) -> Tensor:
    """Rows `[R, k, n]` less their parts in the span of orthonormal ones, times a factor."""
    if known.shape[1]:
        return torch.baddbmm(rows, rows @ known.mT, known, beta=factor, alpha=-factor)
    return rows if factor == 1 else rows * factor


def _orthonormal(rows: Tensor) -> Tensor:
    basis: Tensor = torch.linalg.qr(rows.mT).Q
    return basis.mT


def _unit(rows: Tensor, least: Tensor | float) -> tuple[Tensor, Tensor]:
    """Rows `[R, 1, n]` over their lengths, 0 where these are at most `least`, and whether they are not `[R, 1, 1]`."""
    length = row_lengths(rows)[:, :, None]
    long = length > least
    return rows * torch.where(long, length.reciprocal(), 0.0).to(rows.dtype), long


def _normalised(rows: Tensor, least: float) -> Tensor | None:
    """Rows `[R, k, n]` made orthonormal through their float64 Gram matrix, those of squared length ≤ `least` zero.

    Nor those that the Gram matrix's own rounding hides behind the longest.
    """
    wide = rows.double()
    values, vectors = torch.linalg.eigh(wide @ wide.mT)
    kept = values > (HIDDEN * values[:, -1:]).clamp_min(least)
    most = int(kept.sum(dim=1).max())
    if most == 0:
        return None
    weights = (vectors * torch.where(kept, values, 1.0).rsqrt().mul_(kept)[:, None]).mT[:, -most:]
    orthonormal: Tensor = (weights @ wide).to(rows.dtype)
    return orthonormal


def distance_from_identity(rows: Tensor) -> float:
    gram = rows.double() @ rows.double().mT
    gram.diagonal(dim1=1, dim2=2).sub_((gram.diagonal(dim1=1, dim2=2) > 0.5).to(gram.dtype))
    return float(gram.abs().max()) if gram.numel() else 0.0
