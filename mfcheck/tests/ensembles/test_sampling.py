"""Whole Jacobians on request: their shape, their seed, and what cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from mfcheck import NetworkSpec, draw_network, sample_jacobian


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"engine": "lazy"}, "engine 'lazy'"),
        ({"engine": ""}, "engine ''"),
        ({"draws": 0}, "draws must be a positive integer, got 0"),
        ({"draws": -3}, "draws"),
        ({"columns": 0}, "columns must be a positive integer, got 0"),
        ({"columns": 5}, r"columns must lie in 1…input_dim=4, got 5"),
        ({"x": torch.ones(3)}, r"shape \(4,\), got shape \(3,\)"),
        ({"x": torch.ones(1, 4)}, r"got shape \(1, 4\)"),
        ({"x": torch.tensor([1.0, 2.0, float("nan"), 0.0])}, "finite"),
        ({"x": torch.tensor([1.0, 2.0, float("inf"), 0.0]), "engine": "dense"}, "finite"),
        ({"spec": NetworkSpec("own:factory", 4, 3, 8, 2, 1.0)}, "own:factory"),
        ({"spec": NetworkSpec("own:factory", 4, 3, 8, 2, 1.0), "engine": "dense"}, "own:factory"),
    ],
    ids=str,
)
def test_impossible_jacobians_are_refused(changes: dict[str, object], says: str) -> None:
    arguments: dict[str, object] = {"spec": NetworkSpec("vanilla", 4, 3, 8, 2, 1.0), "draws": 2}
    with pytest.raises(ValueError, match=says):
        sample_jacobian(**(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ["auto", "wishart", "dense"])
@pytest.mark.parametrize("columns", [1, 3, 4])
def test_jacobians_have_their_shape_and_their_seed(engine: str, columns: int) -> None:
    spec = NetworkSpec("residual", 4, 3, 8, 2, 1.0, 0.3)
    found = sample_jacobian(spec, 5, columns, engine, seed=3)
    assert found.shape == (5, 3, columns)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    assert torch.equal(found, sample_jacobian(spec, 5, columns, engine, seed=3))
    assert not torch.equal(found, sample_jacobian(spec, 5, columns, engine, seed=4))
    assert len(torch.unique(found[:, 0, 0])) == 5


def test_only_dense_jacobians_are_taken_at_the_input() -> None:
    spec, x = NetworkSpec("vanilla", 4, 3, 30, 2, 1.0), torch.tensor([1.0, -2.0, 0.5, 3.0])
    ones = torch.ones(4)
    assert torch.equal(sample_jacobian(spec, 3, engine="dense"), sample_jacobian(spec, 3, engine="dense", x=ones))
    assert not torch.equal(sample_jacobian(spec, 3, engine="dense"), sample_jacobian(spec, 3, engine="dense", x=x))
    assert torch.equal(sample_jacobian(spec, 3), sample_jacobian(spec, 3, x=x))
    assert torch.equal(sample_jacobian(spec, 3), sample_jacobian(spec, 3, engine="wishart"))


@pytest.mark.parametrize("factory", ["Vanilla", "Matrices"])
@pytest.mark.parametrize("columns", [1, 4])
def test_networks_of_ones_own_are_differentiated(
    factory_paths: Callable[[str], str], factory: str, columns: int
) -> None:
    spec = NetworkSpec(factory_paths(factory), 4, 3, 8, 2, 2.0)
    found = sample_jacobian(spec, 5, columns, seed=3)
    assert found.shape == (5, 3, columns)
    assert not found.requires_grad
    assert torch.equal(found, sample_jacobian(spec, 5, columns, "dense", seed=3))
    network = draw_network(spec, seed=1)
    assert tuple(network(torch.ones(2, 4)).shape) == (2, 3)
