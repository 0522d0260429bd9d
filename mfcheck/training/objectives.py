"""Objectives with their gradients, as factors of low rank.

The gradient in a weight matrix is a sum over inputs of outer products: a back-propagated signal δ^(l) = ∂L/∂h^(l)
times the layer's input x^(l−1). So ⟨W, ∂L/∂W⟩ = Σ ⟨δ, W x⟩ needs no product with W, ‖∂L/∂W‖² follows from two small
Gram matrices, and neither needs an N×N array. Perturbations are held fixed while a gradient is taken (Danskin).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from mfcheck.attacks.balls import dual_map, norm
from mfcheck.ensembles.networks import Network, Pass
from mfcheck.numerics import full_precision, is_far
from mfcheck.spec import dual_exponent
from mfcheck.training.attacked import attack
from mfcheck.training.losses import OBJECTIVES as OBJECTIVES
from mfcheck.training.losses import Objective as Objective
from mfcheck.training.losses import cross_entropy, residual

Layers = list[Tensor] | Tensor
"""A matrix `[R, m, n]` for every layer; as one tensor `[L, R, m, n]` on a GPU, where it is calls that cost."""


@dataclass(frozen=True, eq=False)
class Slope:
    """An objective's value and gradient at one place.

    `loss`, `adversarial` and `standard` `[R]` (0 where not part of the objective; of "attacked" the cross-entropy at
    attacked inputs is `standard`); per layer the factors `left [R, N, k]`, `right [R, N, k]` of ∂L/∂W = left rightᵀ and
    `bias [R, N]`; `projection` ⟨W, ∂L/∂W⟩ `[R, L]` in float64; the `perturbation [R, B, d]`; and `standard_pull`
    ⟨f, softmax f − y⟩ `[R]`, which is ⟨W, ∂L/∂W⟩ of the cross-entropy where f is homogeneous in W
    (docs/theory.md#euler-identities); `shortcut_pull` ⟨P, ∂L/∂P⟩ `[R]`, meaned over layers, which a residual network
    has of it instead of ⟨W, ∂L/∂W⟩.
    """

    loss: Tensor
    adversarial: Tensor
    standard: Tensor
    left: Layers
    right: Layers
    bias: list[Tensor]
    projection: Tensor
    perturbation: Tensor | None
    standard_pull: Tensor
    shortcut_pull: Tensor

    @cached_property
    def square(self) -> Tensor:
        """‖∂L/∂W‖² `[R, L]` in float64, found where it is asked for: of small networks it takes a tenth of a step."""
        with full_precision():
            return layerwise(lambda a, b: inner(a, b, a, b), self.left, self.right)


@full_precision()
def slope(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    start: Tensor | None = None,
) -> Slope:
    """The objective's mean over inputs x `[B, d]` with labels `[B]`, and its gradient, for every replicate.

    `start [R, B, d]` gives directions for the attack to ascend from, such as an earlier perturbation. Raises Overflow
    where an attack, or a lazy matrix, meets what is not finite.
    """
    x = x.expand(network.replicates, *x.shape[-2:])
    eta, apart = None, objective.name in ("adversarial", "theory")
    clean = network.passed(x) if apart else None
    if objective.attacks:
        found = attack(network, objective, x, labels, generator, start, clean)
        eta, passed = found.perturbation, found.passed()
    else:
        passed = network.passed(x)
    if clean is not None:
        passed = _beside(passed, clean)
    inputs, nothing = x.shape[1], torch.zeros(network.replicates, dtype=torch.float64, device=x.device)
    adversarial, standard, standard_pull = nothing, nothing, nothing
    cotangents = torch.zeros_like(passed.output)
    if apart:
        moved = passed.output[:, :inputs] - passed.output[:, inputs:]
        adversarial = norm(moved, objective.q).double().mean(dim=1)
        steepest = dual_map(moved, dual_exponent(objective.q)) / inputs
        cotangents[:, :inputs] += steepest
        cotangents[:, inputs:] -= steepest
    if objective.name != "adversarial":
        output = passed.output[:, -inputs:]
        standard, off = cross_entropy(output, labels).double().mean(dim=1), residual(output, labels)
        standard_pull = (output * off).sum(dim=(1, 2), dtype=torch.float64) / inputs
        cotangents[:, -inputs:] += off / inputs
    at_products, at_states = network.cotangents(passed, cotangents[..., None])
    shortcut_pull = _through_shortcuts(network, passed, [one[..., 0] for one in at_states])
    signals = layers([one[..., 0] for one in at_products])
    states, products = layers(passed.states[:-1]), layers(passed.products)
    if apart:
        # δ'x'ᵀ + δxᵀ = δ'(x' − x)ᵀ + (δ' + δ)xᵀ: δ' is all but −δ, x' all but x, and nothing large is left to cancel.
        for one in _each(signals):
            one[..., inputs:, :] += one[..., :inputs, :]
        for one in (*_each(states), *_each(products)):
            one[..., :inputs, :] -= one[..., inputs:, :]
    left, right = _transposed(signals), _transposed(states)
    return Slope(
        loss=adversarial + standard,
        adversarial=adversarial,
        standard=standard,
        left=left,
        right=right,
        bias=[one[:, -inputs:].sum(dim=1) for one in signals] if network.biases else [],
        projection=layerwise(lambda one, h: total(one * h), signals, products),
        perturbation=eta,
        standard_pull=standard_pull,
        shortcut_pull=shortcut_pull,
    )


def _beside(attacked: Pass, clean: Pass) -> Pass:
    """Two passes as one, of the attacked inputs and then of the clean ones."""

    def both(first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
        return [torch.cat(pair, dim=1) for pair in zip(first, second, strict=True)]

    return Pass(
        both(attacked.states, clean.states),
        both(attacked.products, clean.products),
        both(attacked.slopes, clean.slopes),
        *both([attacked.output], [clean.output]),
    )


def _through_shortcuts(network: Network, passed: Pass, pulled: list[Tensor]) -> Tensor:
    """⟨P, ∂L/∂P⟩ meaned over layers, `[R]`: what a state has beside φ(h), times ∂L/∂x^(l)."""
    pull = torch.zeros(network.replicates, dtype=torch.float64, device=network.device)
    if not network.shortcuts:
        return pull
    for layer, (h, slopes, at) in enumerate(zip(passed.products, passed.slopes, pulled, strict=True)):
        activated = (h + network.biases[layer][:, None] if network.biases else h) * slopes
        pull = pull + total(at * (passed.states[layer + 1] - activated))
    return pull / network.spec.depth


def layers(matrices: list[Tensor]) -> Layers:
    """Matrices of every layer as they are, or as one tensor on a GPU."""
    return torch.stack(matrices) if is_far(matrices[0]) else matrices


def layerwise(function: Callable[..., Tensor], *parts: Layers) -> Tensor:
    """A number of each network, `[R]`, from a layer's matrices `[R, m, n]`, of every layer: `[R, L]`."""
    if all(isinstance(part, Tensor) for part in parts):
        return function(*parts).mT
    return torch.stack([function(*one) for one in zip(*parts, strict=True)], dim=1)


def _each(matrices: Layers) -> list[Tensor]:
    """What is to be gone through for every layer: all of them at once, if they are one tensor."""
    return [matrices] if isinstance(matrices, Tensor) else matrices


def _transposed(matrices: Layers) -> Layers:
    return matrices.mT if isinstance(matrices, Tensor) else [one.mT for one in matrices]


def inner(left: Tensor, right: Tensor, other_left: Tensor, other_right: Tensor) -> Tensor:
    """⟨left rightᵀ, other_left other_rightᵀ⟩ from factors `[…, N, k]`: `[…]` in float64.

    By the factors' Gram matrices in float64, or for N ≤ 2k, where these take longer, by the products themselves.
    """
    if left.shape[-2] <= 2 * left.shape[-1]:
        first = left @ right.mT
        same = left is other_left and right is other_right
        return total(first * (first if same else other_left @ other_right.mT))
    first, second = (_gram(*pair) for pair in ((left, other_left), (right, other_right)))
    return (first * second).sum(dim=(-2, -1))


def total(values: Tensor) -> Tensor:
    """The sum of each matrix `[…, m, n]`, `[…]`: of its rows in their own dtype, and of their sums in float64."""
    return values.sum(dim=-1).double().sum(dim=-1)


def _gram(one: Tensor, other: Tensor) -> Tensor:
    """The inner products of columns `[…, N, k]` in float64: `[…, k, k]`."""
    rows = one.mT.double()
    return rows @ (rows if one is other else other.mT.double()).mT
