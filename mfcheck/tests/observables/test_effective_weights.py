"""Weights as networks use them: which parameters are taken for those that train."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from mfcheck.observables.effective_weights import groups_of, tensors_of
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

N, L = 40, 2
SPEC = NetworkSpec(f"{__name__}:Residual", 7, 3, N, L, 2.0)


class Residual(nn.Module):
    """A residual network whose shortcuts are parameters that do not train."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(7, N, bias=False), nn.Linear(N, 3, bias=False)
        self.layers = nn.ModuleList(nn.Linear(N, N, bias=False) for _ in range(L))
        self.shortcuts = nn.ParameterList(nn.Parameter(torch.randn(N, N), requires_grad=False) for _ in range(L))

    def forward(self, x: Tensor) -> Tensor:
        x = self.into(x)
        for layer, shortcut in zip(self.layers, self.shortcuts, strict=True):
            x = layer(x).relu() + x @ shortcut.T / math.sqrt(N)
        return self.out(x)


def weights(module: nn.Module) -> list[Tensor]:
    return groups_of(module, SPEC)[0]


def test_parameters_that_do_not_train_are_no_weights() -> None:
    module = Residual()
    assert all(torch.equal(one, layer.weight) for one, layer in zip(weights(module), module.layers, strict=True))


@pytest.mark.parametrize("parametrised", [parametrizations.weight_norm, parametrizations.orthogonal])
def test_parametrised_weights_are_those_that_come_of_their_parameters(parametrised: object) -> None:
    module = Residual()
    for layer in module.layers:
        parametrised(layer)  # type: ignore[operator]
    assert all(torch.equal(one, layer.weight) for one, layer in zip(weights(module), module.layers, strict=True))
    assert not any("parametrizations" in name for name in tensors_of(module))


def test_frozen_ones_of_a_parametrised_layer_are_no_weights() -> None:
    module = Residual()
    for layer in module.layers:
        parametrizations.weight_norm(layer).requires_grad_(False)
    with pytest.raises(NotCovered, match=r"no parameter of shape \(40, 40\)"):
        weights(module)


def test_where_nothing_asks_for_a_gradient_all_parameters_are_looked_at() -> None:
    assert len(weights(Residual().requires_grad_(False))) == 2 * L


def test_to_read_a_weight_changes_nothing() -> None:
    module = Residual()
    for layer in module.layers:
        parametrizations.spectral_norm(layer)
    before = {name: one.clone() for name, one in module.state_dict().items()}
    for _ in range(2):
        tensors_of(module)
    assert module.training
    assert all(one.training for one in module.modules())
    assert all(torch.equal(one, before[name]) for name, one in module.state_dict().items())
