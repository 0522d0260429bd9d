"""A gradient that is not that of the output is told from one that is, however either is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mfcheck.observables.own_gradient import astray
from mfcheck.observables.preflight import ASTRAY

Function = Callable[[Tensor], Tensor]
GENERATOR = torch.Generator().manual_seed(5)
FIRST, SECOND = (torch.randn(*sizes, dtype=torch.float64, generator=GENERATOR) / 6 for sizes in ((36, 36), (36, 36)))
LAST = torch.randn(5, 36, dtype=torch.float64, generator=GENERATOR)
X = torch.randn(2, 36, dtype=torch.float64, generator=GENERATOR)
FACES = torch.relu(X.reshape(2, 1, 6, 6) - 1).flatten(1)
"""Images that are mostly empty."""


class Scaled(torch.autograd.Function):
    """The identity, whose gradient is a factor."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.factor * gradients[0], None


def relu(x: Tensor) -> Tensor:
    return torch.relu(x @ FIRST.T)


def scaled(factor: float) -> Function:
    def found(x: Tensor) -> Tensor:
        scaled: Tensor = Scaled.apply(relu(x), factor)  # type: ignore[no-untyped-call]
        return scaled @ LAST.T

    return found


def single(x: Tensor) -> Tensor:
    """Float32 inside, as layers of which somebody thought that nobody needs more."""
    return (torch.relu(x.float() @ FIRST.float().T) @ LAST.float().T).double()


def convolved(x: Tensor) -> Tensor:
    """Max pooling over a convolution without biases, which stands on its walls where an image is empty."""
    kernels = FIRST[:4, :9].reshape(4, 1, 3, 3)
    return functional.max_pool2d(torch.relu(functional.conv2d(x.reshape(-1, 1, 6, 6), kernels, padding=1)), 2).flatten(
        1
    )


def hooked(x: Tensor) -> Tensor:
    inside = relu(x)
    if inside.requires_grad:
        inside.register_hook(lambda gradient: gradient.clamp(-0.1, 0.1))
    return inside @ LAST.T


RIGHT: dict[str, tuple[Function, Tensor]] = {
    "ReLU": (lambda x: relu(x) @ LAST.T, X),
    "in place": (lambda x: functional.relu(x @ FIRST.T, inplace=True) @ LAST.T, X),
    "written out": (scaled(1.0), X),
    "float32 inside": (single, X),
    "smooth": (lambda x: torch.tanh(3 * x @ FIRST.T) @ LAST.T, X),
    "normed": (lambda x: functional.layer_norm(relu(x), (36,)) @ LAST.T, X),
    "attention": (lambda x: torch.softmax(x @ FIRST.T, 1) * x, X),
    "most is dead": (lambda x: torch.relu(x @ FIRST.T - 1.5) @ LAST.T, X),
    "convolution": (convolved, X),
    "mostly empty images": (convolved, FACES),
    "checkpointed": (lambda x: checkpoint(relu, x, use_reentrant=False) @ LAST.T, X),  # type: ignore[no-any-return]
    "constant": (lambda x: 0 * x, X),
    "tiny outputs": (lambda x: 1e-30 * relu(x), X),
    "deep": (nn.Sequential(*[nn.Linear(36, 36, bias=False, dtype=torch.float64), nn.ReLU()] * 30), X),
}
WRONG: dict[str, Function] = {
    "sign": scaled(-1.0),
    "nothing": scaled(0.0),
    "a branch detached": lambda x: x + 0.3 * relu(x).detach(),
    "a skip detached": lambda x: x.detach() + relu(x),
    "attention detached": lambda x: torch.softmax(x @ FIRST.T, 1).detach() * x,
    "statistics detached": lambda x: relu(x) / relu(x).norm(dim=1, keepdim=True).detach(),
    "clipped": hooked,
    "straight through": lambda x: (inside := relu(x)) + ((8 * inside).round() / 8 - inside).detach(),
    "binary": lambda x: (inside := relu(x)) + ((inside > 0.2).double() - inside).detach(),
}


@pytest.mark.parametrize("seed", range(40))
def test_pooled_convolutions_of_mostly_empty_images_are_right(seed: int) -> None:
    """Where an image is blank, gates stand as near to turning as the little that is added leaves them."""
    stream = torch.Generator().manual_seed(seed)
    kernels = [torch.randn(*sizes, dtype=torch.float64, generator=stream) for sizes in ((16, 1, 3, 3), (16, 16, 3, 3))]
    images = torch.randn(2, 1, 28, 28, dtype=torch.float64, generator=stream)
    images[:, :, :, :18] = 0.0

    def f(x: Tensor) -> Tensor:
        x = x.reshape(-1, 1, 28, 28)
        for kernel in kernels:
            x = functional.max_pool2d(torch.relu(functional.conv2d(x, kernel, padding=1)), 2)
        return x.flatten(1)[:, :10] + x.mean((1, 2, 3))[:, None]

    assert astray(f, images.flatten(1)) < ASTRAY / 4


@pytest.mark.parametrize("depth", [8, 35, 60])
def test_where_differences_are_rounding_alone_nothing_is_wrong(depth: int) -> None:
    """Torch's default layers with biases, whose signal dies with depth, and outputs beside which it is nothing."""
    torch.manual_seed(depth)
    layers = [nn.Linear(36, 36, dtype=torch.float64) for _ in range(depth)]
    dies = nn.Sequential(*[part for layer in layers for part in (layer, nn.ReLU())])
    assert astray(dies, X) < 1e-3
    assert astray(lambda x: relu(x) + 1e10, X) < 1e-3


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_taken_for_right(name: str) -> None:
    f, x = RIGHT[name]
    assert astray(f, x) < (1e-3 if name == "float32 inside" else 1e-6)


@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_are_not(name: str) -> None:
    assert astray(WRONG[name], X) > 5 * ASTRAY


@given(st.floats(-2, 3))
def test_the_share_by_which_a_gradient_is_wrong_is_found(factor: float) -> None:
    expected = abs(factor - 1) / max(abs(factor), 1)
    assert astray(scaled(factor), X) == pytest.approx(expected, abs=1e-6)


def test_numbers_that_are_not_finite_are_as_far_as_can_be() -> None:
    assert astray(lambda x: torch.log(x - x.detach()) * 0 + x, X) == math.inf
