"""Gaussian matrices whose entries are all drawn and stored."""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence

import torch
from torch import Tensor

from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import is_far


class DenseMatrix:
    """R independent rows × columns Gaussian matrices, stored: `values [R, rows, columns]`.

    The first change makes new values, which later ones change in place, until the matrix is copied or `keep_values`.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._own = False
        """Whether nobody else knows the values."""
        self._rounded: tuple[weakref.ref[Tensor], int, DenseMatrix] | None = None
        """The values that were rounded last, in which version, and to what."""

    def __copy__(self) -> DenseMatrix:
        self.keep_values()
        return DenseMatrix(self.values)

    def keep_values(self) -> None:
        """Leave the values as they are from now on: others may hold them."""
        self._own = False

    @classmethod
    def drawn(
        cls, stream: Stream, replicates: int, rows: int, columns: int, *, variance: float, dtype: torch.dtype
    ) -> DenseMatrix:
        """Entries N(0, variance), of float32's resolution: torch draws those in a third of the time of float64's."""
        scale = math.sqrt(variance)
        if dtype != torch.float64:
            return cls(stream.normal(replicates, rows, columns, dtype=dtype, scale=scale))
        return cls(stream.coarse_normal(replicates, rows, columns).mul_(scale))

    @property
    def T(self) -> DenseMatrix:
        return DenseMatrix(self.values.mT)

    def __matmul__(self, x: Tensor) -> Tensor:
        """W X for X `[R, columns, k]` → `[R, rows, k]`, as (Xᵀ Wᵀ)ᵀ: up to ten times as fast for few columns.

        By bmm: where R is 1 and W in bfloat16, torch's matmul copies Wᵀ first, which takes as long as the product.
        """
        return torch.bmm(x.mT, self.values.mT).mT

    def rounded(self) -> DenseMatrix:
        """The same in bfloat16, rounded anew where the values have changed, and into the same memory: fresh pages of it
        take as long as products."""
        values = self.values
        version = -1 if values.is_inference() else values._version
        if self._rounded is not None:
            of, then, rough = self._rounded
            if of() is values and then == version >= 0:
                return rough
            rough.values.copy_(values)
        else:
            rough = DenseMatrix(values.bfloat16())
        self._rounded = weakref.ref(values), version, rough
        return rough

    def columns(self, indices: Sequence[int]) -> Tensor:
        """The named columns, `[R, rows, k]`."""
        chosen = list(indices)
        if chosen == list(range(self.values.shape[2])):
            return self.values
        if is_far(self.values):  # for a list of places a GPU would be waited for
            return torch.stack([self.values[:, :, index] for index in chosen], dim=2)
        return self.values[:, :, chosen]

    def add(self, left: Tensor, right: Tensor) -> None:
        """W ← W + left rightᵀ, factors `[R, rows, k]` and `[R, columns, k]`."""
        if self._own:
            self.values.baddbmm_(left, right.mT)
        else:
            self.values, self._own = torch.baddbmm(self.values, left, right.mT), True

    def subtract(self, factor: Tensor, change: Tensor) -> None:
        """W ← W − factor · change, factors `[R]`."""
        if self._own:
            self.values.addcmul_(factor[:, None, None], change, value=-1)
        else:
            self.values, self._own = torch.addcmul(self.values, factor[:, None, None], change, value=-1), True

    def scale(self, factor: Tensor | float) -> None:
        """W ← factor · W, one factor for all replicates or `[R]`."""
        self.values = self.values * for_each_replicate(factor)

    def erase(self, which: Tensor) -> None:
        """W ← 0 in the replicates `which [R]`, whatever W holds."""
        if self._own:
            self.values.masked_fill_(which[:, None, None], 0.0)
        else:
            self.values, self._own = self.values.masked_fill(which[:, None, None], 0.0), True

    def squared_norm(self) -> Tensor:
        """‖W‖_F² in float64: `[R]`."""
        return self.values.double().square().sum(dim=(1, 2))

    def moved(self, start: Tensor, scratch: Tensor | None = None) -> Tensor:
        """‖W − W(0)‖_F² from the values at the start, summed by torch in their own dtype: `[R]` in float64.

        `scratch`, of the values' shape, is written over: who asks often saves allocating as much every time.
        """
        length: Tensor = torch.linalg.vector_norm(torch.sub(self.values, start, out=scratch), dim=(1, 2))
        return length.double().square()


def for_each_replicate(factor: Tensor | float) -> Tensor | float:
    """A factor for every replicate, to be multiplied with `[R, …, …]`."""
    return factor[:, None, None] if isinstance(factor, Tensor) else factor
