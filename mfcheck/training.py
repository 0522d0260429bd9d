"""Training of a stack of random networks as a stream of measured steps: SGD, and gradient flow with its error.

Every replicate trains by itself: nothing of one enters another, so a stack is as many single runs. ‖W‖² is followed by
its exact change in every step, −2h⟨W, V⟩ + h²‖V‖² for a step W ← W − hV, never as a difference of large numbers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mfcheck.ensembles.gaussian import DenseMatrix, LazyMatrix, Matrix
from mfcheck.ensembles.networks import Network
from mfcheck.objectives import Objective, Slope, inner, slope
from mfcheck.spec import positive_integer

BLOWN = 1e6
"""A loss beyond this counts as diverged: the next product would overflow."""


@dataclass(frozen=True)
class SGD:
    """Steps W ← W − lr·V, V ← momentum·V + ∂L/∂W, on `batch` inputs drawn anew for every step (all if None).

    Raises ValueError unless lr > 0 is finite, 0 ≤ momentum < 1 and the batch is a positive integer.
    """

    lr: float
    momentum: float = 0.0
    batch: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.lr, bool) or not 0 < self.lr < math.inf:
            raise ValueError(f"lr must be positive and finite, got {self.lr!r}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must lie in [0, 1), got {self.momentum!r}")
        if self.batch is not None:
            positive_integer("batch", self.batch)


@dataclass(frozen=True)
class Flow:
    """Gradient flow Ẇ = −∂L/∂W by Heun's method, every replicate with its own steps: h = share · L/‖∂L/∂W‖².

    So a step lowers the loss by about that share of it. A replicate steps onto each of the times in `marks` and stops
    at the last. Raises ValueError unless 0 < share ≤ 0.5 and the marks are positive and grow.
    """

    share: float = 0.05
    marks: tuple[float, ...] = (math.inf,)

    def __post_init__(self) -> None:
        if not 0 < self.share <= 0.5:
            raise ValueError(f"share must lie in (0, 0.5], got {self.share!r}")
        if not self.marks or not all(a < b for a, b in itertools.pairwise((0.0, *self.marks))):
            raise ValueError(f"marks must be positive and grow, got {self.marks!r}")


@dataclass(frozen=True, eq=False)
class Step:
    """What is measured before step `index`, for every replicate, in float64.

    `time [R]` in units of the flow (a step of SGD takes lr). `loss`, `adversarial`, `standard` `[R]`; `projection`
    ⟨W, ∂L/∂W⟩, `square` ‖∂L/∂W‖² and `change` (‖W(t)‖² − ‖W(0)‖²)/N `[R, L]`; `error [R]`, of a flow, the estimated
    error of `change` from the steps taken so far; `diverged [R]`, from which step on a replicate stood still since its
    loss was NaN, infinite or beyond 10⁶ (−1: never); the `perturbation [R, B, d]` of the attack.
    """

    index: int
    time: Tensor
    loss: Tensor
    adversarial: Tensor
    standard: Tensor
    projection: Tensor
    square: Tensor
    change: Tensor
    error: Tensor
    diverged: Tensor
    perturbation: Tensor | None


def train(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    *,
    optimiser: SGD | Flow,
    steps: int,
    generator: torch.Generator,
) -> Iterator[Step]:
    """Train a network's weights and biases in place; yields steps + 1 measurements, the last after the last step.

    Inputs x `[n, d]`, labels `[n]`. Lazy networks train by low-rank updates, so they take SGD without momentum, or a
    flow. Raises ValueError for counts and shapes that cannot be.
    """
    steps = positive_integer("steps", steps)
    if x.ndim != 2 or labels.shape != x.shape[:1]:
        raise ValueError(f"training needs x [n, d] and labels [n], got {tuple(x.shape)} and {tuple(labels.shape)}")
    if isinstance(optimiser, SGD):
        yield from _sgd(network, objective, x, labels, optimiser, steps, generator)
    else:
        yield from _flow(network, objective, x, labels, optimiser, steps, generator)


def _sgd(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    rule: SGD,
    steps: int,
    generator: torch.Generator,
) -> Iterator[Step]:
    lazy = any(isinstance(matrix, LazyMatrix) for matrix in network.weights)
    if lazy and rule.momentum:
        raise ValueError("momentum needs stored matrices; engine lazy trains with momentum 0")
    if rule.batch is not None and rule.batch > len(x):
        raise ValueError(f"batch {rule.batch} is larger than the {len(x)} inputs")
    velocity = [DenseMatrix(torch.zeros_like(m.values)) for m in network.weights if isinstance(m, DenseMatrix)]
    drift = [torch.zeros_like(b) for b in network.biases]
    state = _Ledger(network)
    along = torch.zeros_like(state.change)  # ⟨W, V⟩
    length = torch.zeros_like(state.change)  # ‖V‖²
    mu = rule.momentum
    for index in range(steps + 1):
        chosen = slice(None)
        if rule.batch is not None:
            chosen = torch.randperm(len(x), generator=generator, device=x.device)[: rule.batch]
        found = state.checked(index, slope(network, objective, x[chosen], labels[chosen], generator))
        yield state.measured(index, found)
        if index == steps:
            return
        h = torch.full_like(state.time, rule.lr)
        h[state.diverged >= 0] = 0.0
        if mu:
            # ⟨W, V⟩ and ‖V‖² of the new velocity from those of the old one.
            met = [
                (left.double() * (v @ right).double()).sum(dim=(1, 2))
                for v, left, right in zip(velocity, found.left, found.right, strict=True)
            ]
            length = mu**2 * length + 2 * mu * torch.stack(met, dim=1) + found.square
            along = mu * along + found.projection
            for v, left, right in zip(velocity, found.left, found.right, strict=True):
                v.values.mul_(mu).baddbmm_(left, right.mT)
            for matrix, v in zip(network.weights, velocity, strict=True):
                assert isinstance(matrix, DenseMatrix)
                matrix.values = matrix.values - h.to(v.values)[:, None, None] * v.values
            state.moved(h, along, length)
            along = along - h[:, None] * length
        else:
            _descend(network, found, h)
            state.moved(h, found.projection, found.square)
        for place, gradient in enumerate(found.bias):
            drift[place] = mu * drift[place] + gradient
            network.biases[place] = network.biases[place] - h.to(gradient)[:, None] * drift[place]


def _flow(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    rule: Flow,
    steps: int,
    generator: torch.Generator,
) -> Iterator[Step]:
    state = _Ledger(network)
    warm = None
    marks = torch.tensor(rule.marks, dtype=torch.float64, device=x.device)
    for index in range(steps + 1):
        first = state.checked(index, slope(network, objective, x, labels, generator, warm))
        yield state.measured(index, first)
        over = (state.time >= marks[-1]) | (state.diverged >= 0)
        if index == steps or bool(over.all()):
            return
        steep = first.square.sum(dim=1)
        h = torch.where(steep > 0, rule.share * first.loss / torch.where(steep > 0, steep, 1.0), 0.0)
        ahead = marks[torch.searchsorted(marks, state.time, right=True).clamp_max(len(marks) - 1)]
        lands = state.time + h >= ahead
        h = torch.where(lands, ahead - state.time, h).masked_fill(over, 0.0)
        _descend(network, first, h)
        second = slope(network, objective, x, labels, generator, first.perturbation)
        _descend(network, first, -h / 2)
        _descend(network, second, h / 2)
        for place, (one, two) in enumerate(zip(first.bias, second.bias, strict=True)):
            network.biases[place] = network.biases[place] - h.to(one)[:, None] * (one + two) / 2
        met = torch.stack(
            [inner(a, b, c, d) for a, b, c, d in zip(first.left, first.right, second.left, second.right, strict=True)],
            dim=1,
        )
        # V = (G₁ + G₂)/2; ⟨W, G₂⟩ was measured at W − hG₁, which ⟨G₁, G₂⟩ makes good.
        along = (first.projection + second.projection + h[:, None] * met) / 2
        length = (first.square + 2 * met + second.square) / 4
        state.moved(h, along, length)
        state.time = torch.where(lands & ~over, ahead, state.time)  # not a rounding short of the mark
        state.error += h * (second.projection - first.projection).abs().amax(dim=1) / network.spec.width
        warm = second.perturbation


def _descend(network: Network, found: Slope, h: Tensor) -> None:
    """W ← W − h ∂L/∂W, h `[R]`."""
    for matrix, left, right in zip(network.weights, found.left, found.right, strict=True):
        matrix.add(-h.to(left)[:, None, None] * left, right)


class _Ledger:
    """Time, exact change of ‖W‖² and divergence of every replicate."""

    def __init__(self, network: Network) -> None:
        replicates, device = network.replicates, network.device
        self._width = network.spec.width
        self.time = torch.zeros(replicates, dtype=torch.float64, device=device)
        self.error = torch.zeros_like(self.time)
        self.change = torch.zeros(replicates, network.spec.depth, dtype=torch.float64, device=device)
        self.diverged = torch.full((replicates,), -1, device=device)

    def checked(self, index: int, found: Slope) -> Slope:
        """The slope with what is not finite set to 0 and its replicates marked: they stand still from here on."""
        sound = found.loss.isfinite() & (found.loss < BLOWN) & found.square.isfinite().all(dim=1)
        self.diverged[~sound & (self.diverged < 0)] = index
        if bool(sound.all()):
            return found
        keep = sound[:, None]

        def zeroed(values: Tensor) -> Tensor:
            return torch.where(sound.view(-1, *[1] * (values.ndim - 1)), values, 0.0)

        return replace(
            found,
            loss=zeroed(found.loss),
            adversarial=zeroed(found.adversarial),
            standard=zeroed(found.standard),
            left=[zeroed(one) for one in found.left],
            right=[zeroed(one) for one in found.right],
            bias=[zeroed(one) for one in found.bias],
            projection=torch.where(keep, found.projection, 0.0),
            square=torch.where(keep, found.square, 0.0),
        )

    def measured(self, index: int, found: Slope) -> Step:
        return Step(
            index=index,
            time=self.time.clone(),
            loss=found.loss,
            adversarial=found.adversarial,
            standard=found.standard,
            projection=found.projection,
            square=found.square,
            change=self.change.clone(),
            error=self.error.clone(),
            diverged=self.diverged.clone(),
            perturbation=found.perturbation,
        )

    def moved(self, h: Tensor, along: Tensor, length: Tensor) -> None:
        self.time = self.time + h
        self.change = self.change + (h[:, None] ** 2 * length - 2 * h[:, None] * along) / self._width
