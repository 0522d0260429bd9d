"""Small products of plain calls take one thread, whatever the caller has set, and large ones those that are set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, adversarial_loss, draw_network, operator_norm
from mfcheck.attacks import operator_norm as norms_module
from mfcheck.attacks.networks import operations
from mfcheck.ensembles.networks import Network
from mfcheck.numerics import THREADED, threads_for


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


class Linear:
    """f(x) = x Jᵀ, which tells how large its products are and notes by how many threads it is asked."""

    def __init__(self, size: float) -> None:
        self.size, self.seen = size, set[int]()

    def __call__(self, x: Tensor) -> Tensor:
        self.seen.add(torch.get_num_threads())
        return x @ torch.eye(3)

    def operations(self, columns: int) -> float:
        return self.size * columns


@pytest.mark.parametrize(("size", "threads"), [(10.0, 1), (THREADED, 2)])
def test_an_attack_takes_as_many_threads_as_its_products_are_worth(size: float, threads: int) -> None:
    f = Linear(size)
    adversarial_loss(f, torch.ones(1, 3), 0.1, 2, 2, steps=2, generator=torch.Generator())
    assert f.seen == {threads}


def test_a_function_that_does_not_tell_keeps_the_callers_threads() -> None:
    seen = set()

    def f(x: Tensor) -> Tensor:
        seen.add(torch.get_num_threads())
        return x * 2

    adversarial_loss(f, torch.ones(1, 3), 0.1, 2, 2, steps=2, generator=torch.Generator())
    assert seen == {2}
    assert operations(f, 3) == math.inf


@pytest.mark.parametrize("engine", ["lazy", "dense"])
def test_a_small_network_is_asked_on_one_thread(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    f, seen, embedded = draw_network(NetworkSpec("vanilla", 4, 2, 30, 2, 2.0), engine), set(), Network._embedded

    def noted(network: Network, x: Tensor) -> Tensor:
        seen.add(torch.get_num_threads())
        return embedded(network, x)

    monkeypatch.setattr(Network, "_embedded", noted)
    f(torch.ones(2, 4))
    assert seen == {1}
    assert operations(f, 10) == 2 * 30 * (10 if engine == "lazy" else 30) * 10
    with pytest.raises(ValueError, match="inputs must have shape"):
        f(torch.tensor(1.0))


def test_a_small_norm_is_found_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, found = set(), norms_module.maximiser

    def noted(*arguments: Any) -> Any:
        seen.add(torch.get_num_threads())
        return found(*arguments)

    monkeypatch.setattr(norms_module, "maximiser", noted)
    operator_norm(torch.ones(2, 3), 2, 2)
    assert seen == {1}


def test_threads_are_given_back_after_an_error() -> None:
    def fails() -> None:
        with threads_for(1.0):
            assert torch.get_num_threads() == 1
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    with threads_for(THREADED):
        assert torch.get_num_threads() == 2
