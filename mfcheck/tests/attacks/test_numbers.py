"""A number is its value, whatever kind it is; what is none is refused by name."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mfcheck
from mfcheck import NetworkSpec, NormPair, Objective, ReLULike, adversarial_loss, operator_norm
from mfcheck.given import real, whole
from mfcheck.training.rules import SGD, Flow

W = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
X = torch.randn(2, 4, generator=torch.Generator().manual_seed(1))
TENTHS = [
    np.float64(0.1),
    np.float32(0.1),
    np.float16(0.1),
    np.longdouble("0.1"),
    np.array(0.1),
    torch.tensor(0.1),
    torch.tensor(0.1, dtype=torch.bfloat16),
    torch.tensor(0.1, requires_grad=True),
    Fraction(1, 10),
    Decimal("0.1"),
]
TWOS = [2, np.int8(2), np.uint64(2), np.array(2), torch.tensor(2), torch.tensor(2, dtype=torch.int8)]
NO_NUMBERS = [
    True,
    False,
    np.True_,
    torch.tensor(True),
    np.array(False),
    "1",
    None,
    1j,
    [1.0],
    torch.ones(1),
    np.ones(1),
]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.float32("nan"), torch.tensor(math.inf), Decimal("NaN"), Decimal("sNaN")]
TOO_SMALL = [0, -1, 0.0, -0.1, Fraction(-1, 10), np.float32(0), torch.tensor(-0.1)]


def value_of(number: Any) -> float:
    return float(number.item() if hasattr(number, "item") else number)


def loss(**changes: Any) -> torch.Tensor:
    options: dict[str, Any] = {"eps": 0.1, "p": 2, "q": 2, "steps": 3, "restarts": 1} | changes
    return adversarial_loss(lambda x: x @ W.T, X, **options, generator=torch.Generator().manual_seed(0)).loss


@pytest.mark.parametrize("eps", [*TENTHS, 1, np.int32(3), torch.tensor(2)], ids=repr)
def test_budgets_of_any_kind(eps: Any) -> None:
    assert torch.equal(loss(eps=eps), loss(eps=value_of(eps)))


@pytest.mark.parametrize("two", [*TWOS, np.float32(2), Fraction(2), Decimal(2), torch.tensor(2.0)], ids=repr)
def test_exponents_of_any_kind(two: Any) -> None:
    assert torch.equal(loss(p=two, q=two), loss())
    assert torch.equal(operator_norm(W, two, two).lower, operator_norm(W, 2, 2).lower)
    assert NormPair(two, two) == NormPair(2, 2)
    assert str(NormPair(two, two)) == "2-2"


@pytest.mark.parametrize("two", TWOS, ids=repr)
def test_counts_and_seeds_of_any_kind(two: Any) -> None:
    assert torch.equal(loss(steps=two, restarts=two), loss(steps=2, restarts=2))
    spec = NetworkSpec("vanilla", two, two, two, two, two, two, ReLULike(two, two))
    assert spec == NetworkSpec("vanilla", 2, 2, 2, 2, 2, 2, ReLULike(2, 2))
    assert str(spec) == str(NetworkSpec("vanilla", 2, 2, 2, 2, 2.0, 2.0, ReLULike(2.0, 2.0)))
    for engine in ("wishart", "dense"):
        one, other = (mfcheck.sample_jacobian(spec, n, n, engine, n) for n in (two, 2))
        assert torch.equal(one, other)
    assert torch.equal(*(mfcheck.draw_network(spec, seed=n)(torch.ones(1, 2)) for n in (two, 2)))


@pytest.mark.parametrize("tenth", TENTHS, ids=repr)
def test_objectives_and_rules_print_alike_whatever_kind_they_were_given(tenth: Any) -> None:
    value = value_of(tenth)
    assert str(Objective("theory", tenth, np.float64(2), Fraction(2), np.int64(3))) == str(
        Objective("theory", value, 2.0, 2.0, 3)
    )
    assert str(SGD(tenth, momentum=tenth, batch=np.int64(3))) == str(SGD(value, momentum=value, batch=3))
    assert str(Flow(tenth, marks=(tenth, np.float32(3)))) == str(Flow(value, marks=(value, 3.0)))
    assert NetworkSpec("vanilla", 2, 2, 2, 2, tenth).weight_variance == value


@pytest.mark.parametrize("value", [*NO_NUMBERS, *NOT_FINITE, *TOO_SMALL], ids=repr)
def test_what_is_no_budget_is_named(value: Any) -> None:
    with pytest.raises(ValueError, match="eps must be positive and finite, got"):
        loss(eps=value)
    with pytest.raises(ValueError, match="eps must be positive and finite for objective 'theory', got"):
        Objective("theory", value)
    with pytest.raises(ValueError, match="lr must be positive and finite, got"):
        SGD(value)


@pytest.mark.parametrize("value", [*NO_NUMBERS, math.nan, 0.99, -2, Fraction(1, 2), torch.tensor(0.5)], ids=repr)
def test_what_is_no_exponent_is_named(value: Any) -> None:
    for name in ("p", "q"):
        with pytest.raises(ValueError, match=rf"{name} must lie in \[1, ∞\], got"):
            loss(**{name: value})
        with pytest.raises(ValueError, match=rf"{name} must lie in \[1, ∞\], got"):
            NormPair(**({"p": 2.0, "q": 2.0} | {name: value}))


@pytest.mark.parametrize("value", [*NO_NUMBERS, *NOT_FINITE, 0, -3, 2.0, np.float64(2), torch.tensor(2.0)], ids=repr)
def test_what_is_no_count_is_named(value: Any) -> None:
    for name in ("steps", "restarts"):
        with pytest.raises(ValueError, match=f"{name} must be a positive integer, got"):
            loss(**{name: value})
    for name in ("draws", "columns"):
        with pytest.raises(ValueError, match=f"{name} must be a positive integer, got"):
            mfcheck.sample_jacobian(NetworkSpec("vanilla", 4, 2, 9, 2, 2.0), **({"draws": 2} | {name: value}))
    for name in ("input_dim", "output_dim", "width", "depth"):
        sizes = {"input_dim": 4, "output_dim": 2, "width": 9, "depth": 2} | {name: value}
        with pytest.raises(ValueError, match=f"{name} must be a positive integer, got"):
            NetworkSpec("vanilla", weight_variance=2.0, **sizes)


@pytest.mark.parametrize("value", [1.5, True, "7", None, torch.ones(1)], ids=repr)
def test_what_is_no_seed_is_named(value: Any) -> None:
    spec = NetworkSpec("vanilla", 4, 2, 9, 2, 2.0)
    for ask in (lambda: mfcheck.sample_jacobian(spec, 2, seed=value), lambda: mfcheck.draw_network(spec, seed=value)):
        with pytest.raises(ValueError, match="seed must be an integer, got"):
            ask()


@given(st.floats(allow_nan=False) | st.fractions() | st.integers() | st.decimals(allow_nan=False))
def test_a_number_is_its_value(value: Any) -> None:
    try:
        expected = float(value)
    except OverflowError:
        expected = math.copysign(math.inf, value)
    assert real(value) == expected
    assert math.copysign(1, real(value)) > 0 or expected != 0  # there is one zero


@given(st.integers(-(2**62), 2**62))
def test_an_integer_is_its_value(value: int) -> None:
    assert whole(value) == whole(np.int64(value)) == whole(torch.tensor(value)) == whole(np.array(value)) == value
    assert whole(float(value)) is None
