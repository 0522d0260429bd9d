"""Networks to attack, attacks on them, and what every result of an attack must keep to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.attacks.adversarial import (
    AttackResult,
    adversarial_loss,
)
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream

Function = Callable[[Tensor], Tensor]
VANILLA = NetworkSpec("vanilla", 12, 3, 40, 2, 2.0)
RESIDUAL = NetworkSpec("residual", 12, 3, 40, 2, 1.0, 0.3, ReLULike(1, 0.2))
ROUNDING = 1e-10


def gaussian(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers that follow from the seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def network(spec: NetworkSpec, replicates: int = 1, engine: str = "dense", seed: int = 1) -> Network:
    """A network in double precision."""
    return Network(spec, Stream(seed), replicates=replicates, engine=engine, dtype=torch.float64)


def attack(f: Function, x: Tensor, eps: float = 0.3, p: float = 2, q: float = 2, **options: Any) -> AttackResult:
    """An attack from a generator of its own, the same in every call."""
    settings = {"steps": 8, "generator": torch.Generator().manual_seed(5)} | options
    return adversarial_loss(f, x, eps, p, q, **settings)


def length(x: Tensor, p: float) -> Tensor:
    """‖x‖_p of every row."""
    found: Tensor = torch.linalg.vector_norm(x, p, dim=-1)
    return found


def assert_sound(found: AttackResult, f: Function, x: Tensor, eps: float, p: float, q: float, steps: int = 8) -> None:
    """The loss is that of the perturbation, which keeps to its budget, and the trace climbs to it."""
    assert bool((length(found.perturbation, p) <= eps * (1 + ROUNDING)).all())
    torch.testing.assert_close(length(f(x + found.perturbation) - f(x), q), found.loss, rtol=ROUNDING, atol=ROUNDING)
    assert found.trace.shape == (steps + 1, *found.loss.shape)
    assert bool((found.trace[1:] >= found.trace[:-1]).all())
    assert torch.equal(found.trace[-1], found.loss)
