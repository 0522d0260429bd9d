"""Gaussian matrices of any size, drawn only as far as products `W @ X` and `W.T @ Y` ask for them.

A lazy matrix keeps orthonormal right inputs Q with A = W Q and orthonormal left inputs U with C = Wᵀ U. In a new right
direction q ⊥ Q the answer is W q = U(Cᵀ q) + (I − U Uᵀ) g with g ~ N(0, s² I) fresh; left products are the mirror
image. That is the exact law for any adaptive sequence of products (docs/theory.md#lazy-matrices), in O(N k) for the
k-th and without an N×N array. Columns are `[R, n, k]`, one matrix for each of R replicates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix, for_each_replicate
from mfcheck.ensembles.matrices.directions import distance_from_identity, orthonormal_rows, row_lengths, shaken_rows
from mfcheck.ensembles.matrices.revealed import GrowingRows, Revealed
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import is_far
from mfcheck.verdict import NotANumber


class Overflow(NotANumber):
    """NaN or infinity in some replicates of a stack: `where [R]`."""

    def __init__(self, message: str, where: Tensor) -> None:
        super().__init__(message)
        self.where = where


class LazyMatrix:
    """R independent rows × columns Gaussian matrices that exist only where they were asked.

    Products are differentiable in X, to any order. `gradients`, once a list, collects for every backward pass through
    `W @ X` the factors (left `[R, rows, k]`, right `[R, columns, k]`) whose product left rightᵀ is ∂/∂W; X must need a
    gradient for that, and what passes through `W.T @ Y` in a second backward pass is not collected.
    """

    def __init__(
        self, stream: Stream, scale: float | Tensor, asked: Revealed, mirror: Revealed, update: Revealed
    ) -> None:
        self._stream, self._scale = stream, scale
        self._asked, self._mirror, self._update = asked, mirror, update
        self.gradients: list[tuple[Tensor, Tensor]] | None = None

    @classmethod
    def drawn(
        cls, stream: Stream, replicates: int, rows: int, columns: int, *, variance: float, dtype: torch.dtype
    ) -> LazyMatrix:
        """Entries N(0, variance); nothing is drawn yet."""

        def pairs(inputs: int, answers: int) -> Revealed:
            kept = (GrowingRows(replicates, size, dtype, stream.device) for size in (inputs, answers))
            return Revealed(*kept)

        asked, mirror, update = pairs(columns, rows), pairs(rows, columns), pairs(columns, rows)
        return cls(stream, math.sqrt(variance), asked, mirror, update)

    @property
    def T(self) -> LazyMatrix:
        """The transpose; it shares all that is known."""
        return LazyMatrix(self._stream, self._scale, self._mirror, self._asked, self._update.swapped)

    def __matmul__(self, x: Tensor) -> Tensor:
        """W X for X `[R, columns, k]` → `[R, rows, k]`; Overflow if X is not finite."""
        return cast(Tensor, _Product.apply(x, self))  # type: ignore[no-untyped-call]

    def columns(self, indices: Sequence[int]) -> Tensor:
        """The named columns, `[R, rows, k]`, revealed by asking for them."""
        rows = self._asked.inputs.rows
        one_hot = torch.zeros(rows.shape[0], rows.shape[2], len(indices), dtype=rows.dtype, device=rows.device)
        for column, index in enumerate(indices):  # plain numbers, for which a GPU is not waited
            one_hot[:, index, column] = 1
        return self @ one_hot

    def add(self, left: Tensor, right: Tensor) -> None:
        """W ← W + left rightᵀ, factors `[R, rows, k]` and `[R, columns, k]`."""
        self._update.inputs.append(right.detach().mT)
        self._update.answers.append(left.detach().mT)

    def scale(self, factor: Tensor | float) -> None:
        """W ← factor · W, one factor for all replicates or `[R]`; transposes taken before know nothing of it."""
        each = for_each_replicate(factor)
        for answers in (self._asked.answers, self._mirror.answers, self._update.answers):
            answers.rows.mul_(each)
        self._scale = self._scale * each

    def erase(self, which: Tensor) -> None:
        """W ← 0 in the replicates `which [R]`, whatever W holds; transposes taken before know nothing of it."""
        for kept in (self._asked.answers, self._mirror.answers, self._update.inputs, self._update.answers):
            kept.rows.masked_fill_(which[:, None, None], 0.0)
        if not isinstance(self._scale, Tensor):
            self._scale = torch.full((), self._scale, dtype=torch.float64, device=which.device)
        self._scale = self._scale.double().expand(len(which), 1, 1).masked_fill(which[:, None, None], 0.0)

    def squared_norm(self) -> Tensor:
        """‖W‖_F² in float64, `[R]`, of the matrix as drawn at first; ask last, for products know nothing of the answer.

        Given the products it is ‖A‖² + ‖C‖² − ‖UᵀA‖² + s² χ² with (columns − k_Q)(rows − k_U) degrees of freedom
        (docs/theory.md#lazy-matrices); directions dropped as dependent do not count.
        """
        a, c, u = (kept.rows.double() for kept in (self._asked.answers, self._mirror.answers, self._mirror.inputs))
        known = [(side.inputs.rows.abs().amax(dim=2) > 0).sum(dim=1) for side in (self._asked, self._mirror)]
        hidden = (self._asked.inputs.rows.shape[2] - known[0]) * (u.shape[2] - known[1])
        seen = a.square().sum(dim=(1, 2)) + c.square().sum(dim=(1, 2)) - (a @ u.mT).square().sum(dim=(1, 2))
        spread = self._scale if isinstance(self._scale, float) else self._scale.double().flatten()
        return seen + spread**2 * self._stream.chi_square(hidden.double())

    @property
    def device(self) -> torch.device:
        return self._stream.device

    def reserve(self, right: int, left: int) -> None:
        """Make room for so many more columns of `W @ X` and of `W.T @ Y`."""
        self._asked.reserve(right)
        self._mirror.reserve(left)

    @property
    def known(self) -> tuple[int, int]:
        """Right and left directions kept."""
        return self._asked.inputs.count, self._mirror.inputs.count

    def drift(self) -> float:
        """The largest entry of |QᵀQ − I| and |UᵀU − I|, dropped directions apart: 0 in exact arithmetic."""
        return max(distance_from_identity(side.inputs.rows) for side in (self._asked, self._mirror))

    def reveal(self, x: Tensor) -> Tensor:
        """W xᵀ for rows x `[R, k, columns]` → `[R, k, rows]`, drawing what is not known yet."""
        if is_far(x):
            return self._reveal_unread(x)
        known, mirror = self._asked, self._mirror
        lengths = row_lengths(x)
        if not math.isfinite(lengths.sum().item()):
            finite = torch.isfinite(lengths).all(dim=1)
            raise Overflow("an input to a lazily revealed matrix holds NaN or infinity", ~finite)
        asked, (left, back) = known.inputs.rows, mirror.rows
        parts = x @ asked.mT
        result = parts @ known.answers.rows
        rest = x - parts @ asked
        while (found := orthonormal_rows(rest, lengths, asked)) is not None:
            fresh, alive = found
            noise = self._normals((*fresh.shape[:2], result.shape[2]), x.dtype)
            every = bool(alive.all())
            if not every:
                noise.mul_(alive)
            answer = noise.baddbmm_(fresh @ back.mT - noise @ left.mT, left)
            known.append(fresh, answer)
            share = rest @ fresh.mT
            result = result + share @ answer
            if fresh.shape[1] == x.shape[1] and every:
                break  # in every replicate: a row of zeros may stand for a direction too short for this pass
            rest = rest - share @ fresh  # columns all but equal differ in a direction too short for the first pass
            asked = known.inputs.rows
        if self._update.inputs.count:
            right, change = self._update.rows
            result = result + (x @ right.mT) @ change
        return result

    def _reveal_unread(self, x: Tensor) -> Tensor:
        """The same for a GPU, of which nothing is read: every input gets a direction, as long as there are any."""
        known, (left, back) = self._asked, self._mirror.rows
        if new := min(x.shape[1], x.shape[2] - known.inputs.count):
            (replicates, k, n), rows = x.shape, known.answers.rows.shape[2]
            drawn = self._stream.ahead(replicates * k * (2 * n + rows), x.dtype)  # room, shakes and noise
            pair, noise = drawn[: 2 * x.numel()].view(2, *x.shape), drawn[2 * x.numel() :].view(replicates, k, rows)
            noise, asked = noise[:, :new], known.inputs.rows
            shaken_rows(x, pair, asked, fresh := known.inputs.more(new))
            size, answer = self._scale, known.answers.more(new)
            if not isinstance(size, float):
                noise, size = noise.mul_(size), 1.0
            if left.shape[1]:
                inside = torch.baddbmm(fresh @ back.mT, noise, left.mT, alpha=-size)
                torch.baddbmm(noise, inside, left, beta=size, out=answer)
            else:
                torch.mul(noise, size, out=answer)
        asked, answers = known.rows
        result = (x @ asked.mT) @ answers
        if self._update.inputs.count:
            right, change = self._update.rows
            result = result.baddbmm_(x @ right.mT, change)
        return result

    def _normals(self, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """Fresh N(0, s²) entries; one s for all replicates costs no second pass in float32."""
        if dtype == torch.float64:
            return self._stream.coarse_normal(*shape).mul_(self._scale)
        if isinstance(self._scale, float) and self._scale >= 0:
            return self._stream.normal(*shape, dtype=dtype, scale=self._scale)
        return self._stream.normal(*shape, dtype=dtype).mul_(self._scale)


Matrix = DenseMatrix | LazyMatrix


class _Product(torch.autograd.Function):
    """W X, with Wᵀ asked for the backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, matrix: LazyMatrix) -> Tensor:
        ctx.matrix = matrix
        ctx.save_for_backward(x)
        return matrix.reveal(x.detach().mT).mT

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, None]:
        matrix: LazyMatrix = ctx.matrix
        if matrix.gradients is not None:
            matrix.gradients.append((gradients[0].detach(), ctx.saved_tensors[0].detach()))
        return (matrix.T @ gradients[0] if ctx.needs_input_grad[0] else None), None


def bytes_of(shapes: Iterable[tuple[int, int]], columns: int, replicates: int, dtype: torch.dtype) -> int:
    """Memory that lazy matrices of these shapes take once each has answered so many columns on either side."""
    return 2 * columns * replicates * dtype.itemsize * sum(rows + width for rows, width in shapes)
