"""How much of a loss went in the last quarter of a training: a network whose loss still fell is not yet decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

READINGS, PARTS = 4, 32
"""A loss is smoothed over so many readings, a 32nd of the training apart: those of its last eighth, and those a quarter
of the training before them."""


@dataclass(frozen=True, eq=False)
class LastQuarter:
    """Losses `[R]` read after some of the steps of one training."""

    steps: int
    read: dict[int, Tensor] = field(default_factory=dict)

    @property
    def earlier(self) -> list[int]:
        """The steps, counted from 1, before the last quarter."""
        return self._marks(PARTS - PARTS // 4)

    @property
    def later(self) -> list[int]:
        """The steps at the end; the last is that of the training."""
        return self._marks(PARTS)

    @property
    def marks(self) -> set[int]:
        """All steps after which a loss is to be read; 0 is the start."""
        return {*self.earlier, *self.later}

    def fall(self) -> Tensor:
        """The share of the loss that went, `[R]`; 0 where there was none, or where it is not finite."""
        before, after = (torch.stack([self.read[m] for m in marks]).mean(dim=0) for marks in (self.earlier, self.later))
        return torch.where(before > 0, 1 - after / before, 0.0).nan_to_num(0.0, 0.0, 0.0)

    def _marks(self, end: int) -> list[int]:
        return [(end - place) * self.steps // PARTS for place in range(READINGS)]
