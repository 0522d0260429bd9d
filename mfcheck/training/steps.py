"""Training of a stack of random networks as a stream of measured steps: SGD, and gradient flow with its error.

Every replicate trains by itself: nothing of one enters another, so a stack is as many single runs. ‖W‖² is followed by
its exact change in every step, −2h⟨W, V⟩ + h²‖V‖² for a step W ← W − hV, never as a difference of large numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.numerics import full_precision, is_far
from mfcheck.spec import positive_integer
from mfcheck.training.ledger import Ledger, Step
from mfcheck.training.objectives import Objective, Slope, inner, layerwise
from mfcheck.training.rules import SGD, Flow

ASKED = 16
"""Steps after which a flow on a GPU, which is not waited for in each of them, is asked whether it is over."""
REST = 0.01
"""A flow rests once its loss is this share of its start: near 0 it is all kinks, and steps would shrink for ever."""


def train(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    *,
    optimiser: SGD | Flow,
    steps: int,
    generator: torch.Generator,
    batches: torch.Generator | None = None,
) -> Iterator[Step]:
    """Train a network's weights and biases in place; yields steps + 1 measurements, the last after the last step.

    A flow ends sooner once every replicate has reached the last mark or diverged. Inputs x `[n, d]`, labels `[n]`;
    `batches` draws them, where it is given, so that trainings with other attacks may see the same ones. Lazy
    networks train by low-rank updates, so they take SGD without momentum, or a flow. Raises ValueError, before any
    step, for counts, shapes and labels that cannot be.
    """
    steps, outputs = positive_integer("steps", steps), network.spec.output_dim
    if x.shape[1:] != (network.spec.input_dim,) or labels.shape != x.shape[:1] or not len(x):
        needed = f"x [n, {network.spec.input_dim}] and labels [n]"
        raise ValueError(f"training needs {needed}, got {tuple(x.shape)} and {tuple(labels.shape)}")
    if labels.is_floating_point() or not 0 <= int(labels.min()) <= int(labels.max()) < outputs:
        found = f"{labels.dtype} from {labels.min()} to {labels.max()}"
        raise ValueError(f"labels must be integers of 0…{outputs - 1}, got {found}")
    labels = labels.long()
    for matrix in network.weights:
        if isinstance(matrix, DenseMatrix):
            matrix.keep_values()
    network.biases = [bias.clone() for bias in network.biases]  # others may hold them, and steps change them in place
    if isinstance(optimiser, Flow):
        return _flow(network, objective, x, labels, optimiser, steps, generator)
    if optimiser.momentum and any(isinstance(matrix, LazyMatrix) for matrix in network.weights):
        raise ValueError("momentum needs stored matrices; engine lazy trains with momentum 0")
    if optimiser.batch is not None and optimiser.batch > len(x):
        raise ValueError(f"batch {optimiser.batch} is larger than the {len(x)} inputs")
    return _sgd(network, objective, x, labels, optimiser, steps, generator, batches or generator)


def _sgd(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    rule: SGD,
    steps: int,
    generator: torch.Generator,
    batches: torch.Generator,
) -> Iterator[Step]:
    state, mu = Ledger(network, objective, generator), rule.momentum
    velocity = [torch.zeros_like(m.values) for m in network.weights if mu and isinstance(m, DenseMatrix)]
    drift = [torch.zeros_like(b) for b in network.biases]
    along = torch.zeros_like(state.change)  # ⟨W, V⟩
    for index in range(steps + 1):
        batch = (x, labels)
        if rule.batch is not None:
            chosen = torch.randperm(len(x), generator=batches, device=x.device)[: rule.batch]
            batch = (x[chosen], labels[chosen])
        found = state.slope(index, *batch)
        state.erase()
        yield state.measured(index, found)
        if index == steps:
            return
        h = torch.full_like(state.time, rule.lr).masked_fill(state.diverged >= 0, 0.0)
        if mu:
            lengths = []
            for matrix, v, left, right in zip(network.weights, velocity, found.left, found.right, strict=True):
                assert isinstance(matrix, DenseMatrix)
                v.baddbmm_(left, right.mT, beta=mu)
                lengths.append(torch.linalg.vector_norm(v, dim=2).double().square().sum(dim=1))
                matrix.subtract(h.to(v), v)
            length = torch.stack(lengths, dim=1)
            along = mu * along + found.projection
            state.moved(h, along, length)
            state.paid += h * found.loss
            along = along - h[:, None] * length
            drift = [mu * one + now for one, now in zip(drift, found.bias, strict=True)]
            _shift(network, drift, h)
        else:
            _descend(network, found, h)
            state.moved(h, found.projection, found.square)
            state.paid += h * found.loss


def _flow(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    rule: Flow,
    steps: int,
    generator: torch.Generator,
) -> Iterator[Step]:
    state = Ledger(network, objective, generator)
    warm, begun, far = None, None, is_far(x)
    ends = math.isfinite(rule.marks[-1])
    marks = torch.tensor(rule.marks, dtype=torch.float64, device=x.device)
    for index in range(steps + 1):
        first = state.slope(index, x, labels, warm)
        state.erase()
        yield state.measured(index, first)
        over = (state.time >= marks[-1]) | (state.diverged >= 0)
        if index == steps or ((not far or index % ASKED == 0) and bool(over.all())):
            return
        steep = first.square.sum(dim=1)
        ahead = marks[torch.searchsorted(marks, state.time, right=True).clamp_max(len(marks) - 1)]
        h = rule.share * first.loss / torch.where(steep > 0, steep, 1.0)
        h = torch.where(steep > 0, h, torch.where(ahead < math.inf, ahead, 0.0))  # without a slope there is no hurry
        if begun is None:
            begun = first.loss
        # What is left of a loss that rests could still pull for all the time that is left.
        rests = (first.loss <= REST * begun) & ~over & ends
        left = (marks[-1] - state.time) * first.loss
        state.error += torch.where(rests, 2 * left / network.spec.width, 0.0)
        state.time = torch.where(rests, marks[-1], state.time)
        over = over | rests
        if index > steps // 2 and ends:
            h = torch.maximum(h, (marks[-1] - state.time) / max(1, steps - index - len(marks)))
        lands = state.time + h >= ahead
        h = torch.where(lands, ahead - state.time, h).masked_fill(over, 0.0)
        _descend(network, first, h)
        second = state.slope(index + 1, x, labels, first.perturbation)
        h = h.masked_fill(state.diverged >= 0, 0.0)
        _descend(network, first, -h / 2)
        _descend(network, second, h / 2)
        with full_precision():
            met = layerwise(inner, first.left, first.right, second.left, second.right)
        # V = (G₁ + G₂)/2; ⟨W, G₂⟩ was measured at W − hG₁, which ⟨G₁, G₂⟩ makes good.
        along = (first.projection + second.projection + h[:, None] * met) / 2
        length = (first.square + 2 * met + second.square) / 4
        state.moved(h, along, length)
        state.time = torch.where(lands & (state.diverged < 0) & ~over, ahead, state.time)  # not a rounding short of it
        state.paid += h * (first.loss + second.loss) / 2
        # By Euler's step change would differ by the first term; along the flow itself, ‖V‖² adds nothing.
        apart = first.square - 2 * met + second.square
        missed = h[:, None] * (second.projection - first.projection).abs() + h[:, None] ** 2 * apart / 4
        state.error += missed.amax(dim=1) / network.spec.width
        warm = second.perturbation


@full_precision()
def _descend(network: Network, found: Slope, h: Tensor) -> None:
    """W ← W − h ∂L/∂W and b ← b − h ∂L/∂b, h `[R]`."""
    down = -h.to(found.left[0])[:, None, None]
    lefts = down * found.left if isinstance(found.left, Tensor) else [down * left for left in found.left]
    for matrix, left, right in zip(network.weights, lefts, found.right, strict=True):
        matrix.add(left, right)
    _shift(network, found.bias, h)


def _shift(network: Network, drift: list[Tensor], h: Tensor) -> None:
    """b ← b − h·drift."""
    for bias, one in zip(network.biases, drift, strict=True):
        bias.sub_(h.to(one)[:, None] * one)
