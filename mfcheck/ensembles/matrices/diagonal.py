"""Diagonal matrices, for shortcuts in architectures of one's own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class DiagonalMatrix:
    """R diagonal n × n matrices: `values [R, n]`, such as all ones (the identity skip) or random signs."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    @property
    def T(self) -> DiagonalMatrix:
        return self

    def __matmul__(self, x: Tensor) -> Tensor:
        """D X for X `[R, n, k]` → `[R, n, k]`."""
        return self.values[:, :, None] * x

    def columns(self, indices: Sequence[int]) -> Tensor:
        """The named columns, `[R, n, k]`."""
        return torch.diag_embed(self.values)[:, :, list(indices)]
