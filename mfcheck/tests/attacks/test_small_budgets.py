"""At every budget the loss is right to a percent, or refused with the least budget that is."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from mfcheck import NetworkSpec, adversarial_loss, draw_network, operator_norm
from mfcheck.attacks.ascent import AttackResult

Function = Callable[[Tensor], Tensor]
DTYPES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
NETWORK = NetworkSpec("vanilla", 7, 5, 60, 2, 2.0)


def gaussian(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


W, X = gaussian(5, 7, seed=0), gaussian(3, 7, seed=1)
NORM = float(torch.linalg.matrix_norm(W.double(), 2))


def attack(f: Function, x: Tensor, eps: float, p: float = 2, q: float = 2, **options: Any) -> AttackResult:
    return adversarial_loss(f, x, eps, p, q, **({"steps": 5, "generator": torch.Generator().manual_seed(1)} | options))


def least(error: pytest.ExceptionInfo[ValueError]) -> float:
    found = re.search(r"allowed are budgets from ([\d.e+-]+\d)", str(error.value))
    assert found, error.value
    return float(found[1])


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(DTYPES),
    st.floats(-14, 4),
    st.sampled_from([0.0, 1.0, 1e3, -1e6]),
    st.sampled_from([(2, 2), (1, 2), (math.inf, math.inf), (2, math.inf), (1, 1)]),
    st.integers(0, 50),
)
def test_on_an_affine_map_the_loss_is_the_norm_or_refused(
    dtype: torch.dtype, power: float, offset: float, pair: tuple[float, float], seed: int
) -> None:
    weight, x = gaussian(5, 7, seed=seed, dtype=dtype), gaussian(2, 7, seed=seed + 100, dtype=dtype)
    shift = torch.tensor(offset, dtype=dtype) if abs(offset) < 1e4 else torch.tensor(0.0, dtype=dtype)
    eps = 10**power
    try:
        found = attack(lambda at: at @ weight.T + shift, x, eps, *pair)
    except ValueError as error:
        assert re.search(r"allowed are budgets from|hand over x|too small or large|holds", str(error))  # noqa: PT017
        return
    ratio = found.loss.double() / (eps * float(operator_norm(weight.double(), *pair).lower))
    coarse = 4 * torch.finfo(dtype).eps
    assert bool(((ratio - 1).abs() <= 0.011 + coarse).all()), ratio
    assert bool(
        (torch.linalg.vector_norm(found.perturbation.double(), pair[0], dim=-1) <= eps * (1 + 9 * coarse)).all()
    )


@pytest.mark.parametrize("eps", [1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 1.0])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: x @ W.T.to(x),
        lambda x: (x.double().float() @ W.T).double(),
        lambda x: (x.to(W.dtype) @ W.T).to(torch.float64),
        lambda x: torch.stack([x @ row for row in W.to(x)], dim=-1),
        lambda x: torch.einsum("bi,ki->bk", x, W.to(x)),
    ],
    ids=["plain", "inner cast", "inner to", "rows", "einsum"],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_where_f_can_be_widened_every_budget_is_right(f: Function, eps: float, dtype: torch.dtype) -> None:
    found = attack(f, X.to(dtype), eps)
    torch.testing.assert_close(found.loss.double(), torch.full((3,), eps * NORM).double(), rtol=0.01, atol=0)


def test_what_is_stored_stays_in_its_dtype() -> None:
    module = nn.Sequential(nn.Linear(7, 9), nn.ReLU(), nn.BatchNorm1d(9), nn.Linear(9, 5)).eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    found = attack(module, X, 1e-9)
    assert found.loss.dtype is found.trace.dtype is found.perturbation.dtype is torch.float32
    for name, value in module.state_dict().items():
        assert value.dtype is before[name].dtype
        assert torch.equal(value, before[name])
    wide = attack(module.double(), X.double(), 1e-9)
    torch.testing.assert_close(found.loss.double(), wide.loss, rtol=1e-3, atol=0)


class Single(torch.autograd.Function):
    """x Wᵀ in float32, by a library that knows no other."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.from_numpy(x.detach().numpy().astype("float32") @ W.numpy().T)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0] @ W.to(gradients[0])


@pytest.mark.parametrize("kind", ["foreign", "own dense", "own lazy"])
def test_where_f_cannot_be_widened_the_least_budget_is_said_and_right(kind: str) -> None:
    f: Function = Single.apply
    if kind != "foreign":
        f = draw_network(NETWORK, kind.removeprefix("own "), seed=3)
    with pytest.raises(ValueError, match="eps=1e-09 is too small for this x in float32") as error:
        attack(f, X, 1e-9)
    eps = least(error)
    assert 1e-6 < eps < 1e-2
    with pytest.raises(ValueError, match="too small"):
        attack(f, X, eps / 100)
    found = attack(f, X, eps)
    jacobian = torch.stack([torch.autograd.functional.jacobian(f, one[None])[0, :, 0] for one in X])
    expected = eps * torch.linalg.matrix_norm(jacobian.double(), 2)
    torch.testing.assert_close(found.loss.double(), expected, rtol=0.02, atol=0)


def test_in_float64_the_least_budget_is_said_too() -> None:
    with pytest.raises(ValueError, match="too small for this x in float64") as error:
        attack(lambda x: x @ W.T.double() + 1e6, X.double(), 1e-12)
    found = attack(lambda x: x @ W.T.double() + 1e6, X.double(), least(error))
    torch.testing.assert_close(found.loss, torch.full((3,), least(error) * NORM).double(), rtol=0.01, atol=0)


@pytest.mark.parametrize("eps", [1e-8, 1e-3, 0.1])
def test_digits_that_cancel_inside_f_are_no_loss(eps: float) -> None:
    with pytest.raises(ValueError, match=r"moves f by less|too small for this x"):
        attack(lambda x: (((x * 1e-3) + 1e6) - 1e6) @ W.T, X, eps)


@pytest.mark.parametrize("eps", [1e-8, 1e-3, 0.1, 2.0])
def test_where_f_is_flat_no_loss_is_right(eps: float) -> None:
    for f in (lambda x: (x - 100).relu() + 3, lambda x: x.round() * 0 + 1e3, lambda x: (x * 0 + 5).clamp(max=1)):
        assert not attack(f, X, eps).loss.any()


def test_a_softmax_that_saturates_is_named() -> None:
    with pytest.raises(ValueError, match="all but flat at this x"):
        attack(lambda x: torch.softmax(100 * x @ W.T, dim=-1), X, 1e-3)


@pytest.mark.parametrize("eps", [1e-9, 1e-6, 1e-3])
def test_at_a_kink_small_budgets_are_attacked(eps: float) -> None:
    f = nn.Sequential(nn.ReLU(), nn.Linear(7, 5))
    x = torch.zeros(2, 7)
    found = attack(f, x, eps, steps=20, restarts=10)
    most = eps * torch.linalg.matrix_norm(f[1].weight.double(), 2)
    assert bool((found.loss <= most * 1.01).all())
    assert bool((found.loss >= 0.5 * most).all())


def test_a_generator_is_in_one_state_whichever_way_the_attack_took() -> None:
    for eps in (1e-9, 1e-2):
        one, same = (attack(lambda x: x @ W.T, X, eps, start="random", restarts=2).loss for _ in range(2))
        assert torch.equal(one, same)
