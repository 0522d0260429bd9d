"""What an attack is asked for, checked before any work: its budget, its norms, its steps and where it starts."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck.attacks.balls import assert_all_finite
from mfcheck.given import positive, real
from mfcheck.spec import norm_exponent, positive_integer

STARTS = ("jacobian", "random")


@dataclass(frozen=True, eq=False)
class Search:
    """What is looked for, ‖η‖_p ≤ ε in a box, measured in ℓq, and how: steps, restarts and the first start."""

    eps: float
    p: float
    q: float
    steps: int
    restarts: int = 1
    start: str | Tensor = "jacobian"
    box: tuple[float, float] | None = None

    @classmethod
    def checked(
        cls,
        x: Tensor,
        eps: object,
        p: object,
        q: object,
        steps: object,
        restarts: object,
        start: str | Tensor,
        box: tuple[float, float] | None,
    ) -> Search:
        """Numbers of any kind as Python's own; ValueError for what cannot be."""
        p, q = norm_exponent("p", p), norm_exponent("q", q)
        steps, restarts = positive_integer("steps", steps), positive_integer("restarts", restarts)
        return cls(check(x, eps, start, box), p, q, steps, restarts, start, box)

    def columns(self, x: Tensor) -> int:
        """How many inputs pass through f."""
        return x.shape[-2] * (self.restarts * (self.steps + 1) + 1)


def check(x: Tensor, eps: object, start: str | Tensor, box: tuple[float, float] | None) -> float:
    """ε as a float; ValueError for an input, a budget, a start or a box that cannot be."""
    if not isinstance(x, Tensor):
        raise ValueError(f"x must be a tensor of inputs [B, input_dim], got {type(x).__name__}")
    budget = positive("eps", eps)
    if isinstance(start, Tensor):
        rows = start.shape[-2:-1] in ((), (1,), x.shape[-2:-1])
        refusal = f"a start must be finite directions like x, {tuple(x.shape)}, got {tuple(start.shape)}"
        if start.shape[-1:] != x.shape[-1:] or not rows:
            raise ValueError(refusal)
        assert_all_finite(start, lambda: ValueError(refusal))
    elif start not in STARTS:
        raise ValueError(f"start {start!r} is unknown; allowed are {', '.join(STARTS)}, or a tensor of directions")
    if x.ndim < 2 or 0 in x.shape or not x.is_floating_point():
        raise ValueError(f"x must be floating-point inputs of shape [B, input_dim], got {x.dtype} {tuple(x.shape)}")
    if budget < (least := torch.finfo(torch.promote_types(x.dtype, torch.float32)).tiny):
        name = str(x.dtype).removeprefix("torch.")
        raise ValueError(f"eps={budget!r} is too small for x in {name}: allowed is {least:.2g} or more")
    assert_all_finite(
        x, lambda: ValueError(f"x holds {int((~torch.isfinite(x)).sum())} values that are NaN or infinite")
    )
    if box is not None:
        try:
            low, high = map(real, box)
        except (TypeError, ValueError):
            raise ValueError(f"box must be two numbers (low, high), got {box!r}") from None
        if not (low < high and low <= float(x.min()) and float(x.max()) <= high):
            raise ValueError(f"box {box!r} must hold all of x, which lies in [{float(x.min()):g}, {float(x.max()):g}]")
    return budget
