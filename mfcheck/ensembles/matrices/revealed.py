"""The record of a lazily revealed matrix: the inputs it was multiplied with, and the products."""

from __future__ import annotations

import torch
from torch import Tensor


class GrowingRows:
    """Rows `[R, count, size]` in a buffer that doubles when it is full."""

    def __init__(self, replicates: int, size: int, dtype: torch.dtype, device: torch.device) -> None:
        self._buffer = torch.empty(replicates, 0, size, dtype=dtype, device=device)
        self.count = 0

    @property
    def rows(self) -> Tensor:
        return self._buffer[:, : self.count]

    def append(self, rows: Tensor) -> None:
        self.more(rows.shape[1]).copy_(rows)

    def more(self, count: int) -> Tensor:
        """So many rows beyond those there are, to be written."""
        if self.count + count > self._buffer.shape[1]:
            self.reserve(max(count, self.count))
        self.count += count
        return self._buffer[:, self.count - count : self.count]

    def replace(self, rows: Tensor) -> None:
        """Keep these rows, no more than there are, instead of all."""
        self.count = rows.shape[1]
        self._buffer[:, : self.count] = rows

    def reserve(self, more: int) -> None:
        """Make room for so many rows beyond those there are."""
        replicates, room, size = self._buffer.shape
        if self.count + more > room:
            grown = self._buffer.new_empty(replicates, self.count + more, size)
            grown[:, : self.count] = self.rows
            self._buffer = grown


class Revealed:
    """What is known of a matrix on one side: inputs, and its answers to them."""

    def __init__(self, inputs: GrowingRows, answers: GrowingRows) -> None:
        self.inputs, self.answers = inputs, answers

    def append(self, inputs: Tensor, answers: Tensor) -> None:
        """Keep both; where more rows than dimensions result, those of zeros, dependent in one replicate, make room."""
        self.inputs.append(inputs)
        self.answers.append(answers)
        if self.inputs.count > inputs.shape[2]:
            kept = self.inputs.rows.abs().amax(dim=2) > 0
            order = kept.sort(dim=1, descending=True, stable=True).indices[:, : int(kept.sum(dim=1).max()), None]
            for rows in (self.inputs, self.answers):
                rows.replace(rows.rows.take_along_dim(order, dim=1))

    @property
    def rows(self) -> tuple[Tensor, Tensor]:
        """Inputs and answers, `[R, count, …]` each."""
        return self.inputs.rows, self.answers.rows

    @property
    def swapped(self) -> Revealed:
        return Revealed(self.answers, self.inputs)

    def reserve(self, more: int) -> None:
        self.inputs.reserve(more)
        self.answers.reserve(more)
