"""Rules of training: SGD, and gradient flow by Heun's method."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from mfcheck.given import plain, positive, real
from mfcheck.spec import positive_integer


@dataclass(frozen=True)
class SGD:
    """Steps W ← W − lr·V, V ← momentum·V + ∂L/∂W, on `batch` inputs drawn anew for every step (all if None).

    Raises ValueError unless lr > 0 is finite, 0 ≤ momentum < 1 and the batch is a positive integer.
    """

    lr: float
    momentum: float = 0.0
    batch: int | None = None

    def __post_init__(self) -> None:
        positive("lr", self.lr)
        if not 0 <= real(self.momentum) < 1:
            raise ValueError(f"momentum must lie in [0, 1), got {self.momentum!r}")
        if self.batch is not None:
            positive_integer("batch", self.batch)
        for name in ("lr", "momentum", "batch"):
            object.__setattr__(self, name, plain(getattr(self, name)))


@dataclass(frozen=True)
class Flow:
    """Gradient flow Ẇ = −∂L/∂W by Heun's method, every replicate with its own steps: h = share · L/‖∂L/∂W‖².

    So a step lowers the loss by about that share of it. A replicate steps onto each of the times in `marks` and stops
    at the last, which it reaches in the steps it is given: in their second half they are as long as that takes. It
    rests once its loss is 1 % of its start. Raises ValueError unless
    0 < share ≤ 0.5 and the marks are positive and grow.
    """

    share: float = 0.05
    marks: tuple[float, ...] = (math.inf,)

    def __post_init__(self) -> None:
        if not 0 < real(self.share) <= 0.5:
            raise ValueError(f"share must lie in (0, 0.5], got {self.share!r}")
        if not self.marks or not all(a < b for a, b in itertools.pairwise((0.0, *map(real, self.marks)))):
            raise ValueError(f"marks must be positive and grow, got {self.marks!r}")
        object.__setattr__(self, "share", plain(self.share))
        object.__setattr__(self, "marks", tuple(plain(mark) for mark in self.marks))
