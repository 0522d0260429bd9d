"""foolbox's attacks on networks of ours, the peers that our own attack is held against."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from mfcheck.tests.support.attacking import length

with warnings.catch_warnings():  # foolbox imports names that scipy deprecates
    warnings.simplefilter("ignore", DeprecationWarning)
    import eagerpy
    import foolbox


Function = Callable[[Tensor], Tensor]


class Wrapped(nn.Module):
    """A function as foolbox wants it."""

    def __init__(self, f: Function) -> None:
        super().__init__()
        self.f = f

    def forward(self, x: Tensor) -> Tensor:
        return self.f(x)


def by_foolbox(f: Function, x: Tensor, eps: float, p: float, q: float, steps: int, step: float | None) -> Tensor:
    """The loss foolbox's PGD finds with our loss for its own: from a random start, to the last step, nothing clipped.

    `step` in units of ε, None for foolbox's default.
    """
    clean = f(x)
    base: Any = foolbox.attacks.LinfPGD if math.isinf(p) else foolbox.attacks.L2PGD

    class Moving(base):
        def get_loss_fn(self, model: Any, labels: Any) -> Callable[[Any], Any]:
            return lambda at: eagerpy.astensor(length(model(at).raw - clean, q).sum())

    options = {} if step is None else {"rel_stepsize": step}
    model = foolbox.PyTorchModel(Wrapped(f).eval(), bounds=(-1e3, 1e3), device="cpu")
    criterion = foolbox.criteria.Misclassification(torch.zeros(len(x), dtype=torch.long))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = Moving(steps=steps, random_start=True, **options).run(model, x, criterion, epsilon=eps)
    assert bool((length(found - x, p) <= eps * (1 + 1e-4)).all())
    return length(f(found) - clean, q)
