"""Attacks on the cross-entropy: closed forms are reached, budgets are kept, and what has none is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from mfcheck import NetworkSpec
from mfcheck.attacks.adversarial import (
    AttackResult,
    Linearised,
    adversarial_cross_entropy,
    jacobian_at,
)
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.spec import dual_exponent as dual
from mfcheck.tests.support.attacking import RESIDUAL, VANILLA, attack, gaussian, length, network
from mfcheck.verdict import NotANumber

pytestmark = pytest.mark.usefixtures("one_thread_each")

Function = Callable[[Tensor], Tensor]
EXPONENTS = [1.0, 1.5, 2.0, 4.0, math.inf]
ROUNDING = 1e-10
exponents = pytest.mark.parametrize("p", [1, 1.01, *EXPONENTS[1:]], ids=lambda value: f"{value:g}")
both = pytest.mark.parametrize("spec", [VANILLA, RESIDUAL], ids=lambda spec: spec.architecture)


def raised(f: Function, x: Tensor, labels: Tensor, eps: float = 0.3, p: float = 2, **options: Any) -> AttackResult:
    """An attack on the cross-entropy from a generator of its own."""
    settings = {"steps": 12, "generator": torch.Generator().manual_seed(5)} | options
    return adversarial_cross_entropy(f, x, labels, eps, p, **settings)


def cross_entropy(output: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(output.movedim(-1, 1), labels.expand(output.shape[:-1]), reduction="none")


@exponents
@pytest.mark.parametrize("eps", [0.02, 2.0])
def test_the_cross_entropy_of_two_linear_classes_is_raised_to_its_closed_form(p: float, eps: float) -> None:
    """log(1 + e^{−m}) with the margin m less ε‖∇m‖_{p*}: never beyond it, and all but there."""
    for seed in range(5):
        matrix, x = gaussian(2, 9, seed=seed), gaussian(6, 9, seed=seed + 50)
        labels = torch.tensor([0, 1, 1, 0, 1, 0])
        sign = 2 * labels.double() - 1
        along = matrix[1] - matrix[0]
        optimum = functional.softplus(-sign * (x @ along) + eps * length(along, dual(p)))
        found = raised(lambda at, matrix=matrix: at @ matrix.mT, x, labels, eps, p, steps=40)
        assert bool((found.loss <= optimum * (1 + ROUNDING)).all())
        assert bool((found.loss >= optimum - 1e-3 * (optimum - functional.softplus(-sign * (x @ along)))).all())


@both
@pytest.mark.parametrize("at", [(5, 12), (3, 5, 12)], ids=["shared inputs", "inputs of their own"])
def test_a_network_that_knows_its_jacobian_starts_where_others_do(spec: NetworkSpec, at: tuple[int, ...]) -> None:
    f, x = network(spec, 3), gaussian(*at)
    assert isinstance(f, Linearised)
    knows, asks = attack(f, x, steps=3), attack(lambda point: f(point), x, steps=3)
    torch.testing.assert_close(knows.trace, asks.trace, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(jacobian_at(f, x.expand(3, 5, 12), 3), jacobian_at(f.forward, x.expand(3, 5, 12), 3))


@both
def test_a_lazy_network_is_asked_once_for_its_linear_map(spec: NetworkSpec) -> None:
    """One direction forward an input and K back: no more are revealed for the start."""
    f, x = network(spec, 2, "lazy"), gaussian(1, 12)
    attack(f, x, steps=1)
    first = f.weights[0]
    assert isinstance(first, LazyMatrix)
    assert first.known == (2 + 1, spec.output_dim + 1)


@both
@exponents
@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_attacks_on_the_cross_entropy_are_sound(p: float, spec: NetworkSpec, engine: str) -> None:
    """The loss is that of the perturbation, within its budget, the trace climbs to it, and it exceeds the clean one."""
    f, x, labels = network(spec, 3, engine), gaussian(5, 12), torch.tensor([0, 2, 1, 1, 0])
    clean = cross_entropy(f(x), labels)
    for eps in (0.02, 2.0):
        found = raised(f, x, labels, eps, p)
        assert bool((length(found.perturbation, p) <= eps * (1 + ROUNDING)).all())
        reached = cross_entropy(f(x + found.perturbation), labels)
        torch.testing.assert_close(reached, found.loss, rtol=1e-8, atol=1e-10)
        assert found.loss.shape == (3, 5)
        assert found.trace.shape == (13, 3, 5)
        assert bool((found.trace[1:] >= found.trace[:-1]).all())
        assert torch.equal(found.trace[-1], found.loss)
        assert bool((found.loss > clean).all())
        assert found.flips is None


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_no_random_perturbation_raises_the_cross_entropy_further(p: float) -> None:
    f, x, labels = network(VANILLA), gaussian(5, 12), torch.tensor([0, 2, 1, 1, 0])
    found = raised(f, x, labels, 0.5, p, steps=20)
    tried = gaussian(2000, 12, seed=9)
    tried = 0.5 * tried / length(tried, p)[:, None]
    for index in range(5):
        others = cross_entropy(f(x[index] + tried), labels[index].expand(2000))[0]
        assert float(found.loss[0, index]) >= float(others.max())


def test_the_cross_entropy_is_attacked_from_a_given_start_and_inside_its_box() -> None:
    f, x, labels, along = network(RESIDUAL), gaussian(3, 12), torch.tensor([1, 0, 2]), gaussian(3, 12, seed=8)
    found = raised(f, x, labels, 0.3, 2, start=along)
    eta = 0.3 * along / length(along, 2)[:, None]
    torch.testing.assert_close(found.trace[0], cross_entropy(f(x + eta), labels))
    assert torch.equal(raised(f, x, labels, 0.3, 2, start=4 * along).trace[0], found.trace[0])
    still = raised(f, x, labels, 0.3, 2, start=0 * along)
    torch.testing.assert_close(still.trace[0], cross_entropy(f(x), labels))
    low, high = float(x.min()), float(x.max())
    boxed = raised(f, x, labels, 0.3, 2, box=(low, high))
    assert bool((x + boxed.perturbation >= low).all())
    assert bool((x + boxed.perturbation <= high).all())
    one, same = raised(f, x, labels), raised(f, x, labels)
    assert torch.equal(one.perturbation, same.perturbation)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eps": 0}, "eps must be positive and finite, got 0"),
        ({"eps": True}, "eps must be positive and finite, got True"),
        ({"eps": math.nan}, "eps must be positive and finite, got nan"),
        ({"p": 0.5}, r"p must lie in \[1, ∞\], got 0.5"),
        ({"steps": 0}, "steps must be a positive integer, got 0"),
        ({"start": torch.ones(2, 4)}, r"a start must be finite directions like x, \(2, 3\), got \(2, 4\)"),
        ({"start": torch.full((2, 3), math.nan)}, "a start must be finite directions"),
        ({"box": (0, 1)}, r"box \(0, 1\) must hold all of x"),
        ({"x": torch.full((2, 3), math.nan)}, "x holds 6 values that are NaN or infinite"),
        ({"x": torch.ones(3)}, r"x must be .* of shape \[B, input_dim\]"),
        ({"labels": torch.tensor([0, 3])}, r"labels must be 2 of 0…2, got \(2,\) from 0 to 3"),
        ({"labels": torch.tensor([-1, 0])}, r"labels must be 2 of 0…2, got \(2,\) from -1 to 0"),
        ({"labels": torch.tensor([0])}, r"labels must be 2 of 0…2, got \(1,\) from 0 to 0"),
        ({"labels": torch.tensor([[0, 1]])}, r"labels must be 2 of 0…2, got \(1, 2\) from 0 to 1"),
    ],
    ids=str,
)
def test_what_has_no_cross_entropy_to_attack_is_named(changes: dict[str, Any], message: str) -> None:
    x, labels = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.5, 1.0]]), torch.tensor([0, 1])
    arguments: dict[str, Any] = {"f": lambda at: 2 * at, "x": x, "labels": labels, "eps": 0.1, "p": 2, "steps": 3}
    with pytest.raises(ValueError, match=message):
        adversarial_cross_entropy(**(arguments | changes), generator=torch.Generator())


def test_a_cross_entropy_that_is_not_finite_is_no_number() -> None:
    x = torch.ones(2, 3)
    for f in (lambda at: at * math.nan, lambda at: 1 / (at - 1), lambda at: torch.where(at == 1, at, math.inf)):
        with pytest.raises(NotANumber):
            raised(f, x, torch.tensor([0, 1]))
