"""What cannot be attacked is refused in one sentence; what writes into its input is attacked; the caller keeps all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mfcheck import adversarial_loss
from mfcheck.attacks.ascent import AttackResult
from mfcheck.verdict import NotANumber

Function = Callable[[Tensor], Tensor]
WEIGHT = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
X = torch.randn(3, 7, generator=torch.Generator().manual_seed(1))
NORM = float(torch.linalg.matrix_norm(WEIGHT.double(), 2))
BUDGETS = (1e-3, 0.1)


def attack(f: Function, x: Tensor = X, eps: float = 0.1, **options: Any) -> AttackResult:
    settings = {"steps": 4, "generator": torch.Generator().manual_seed(5)} | options
    return adversarial_loss(f, x, eps, 2, 2, **settings)


def linear(*layers: nn.Module) -> nn.Sequential:
    first = nn.Linear(7, 5, bias=False)
    first.weight.data = WEIGHT.clone()
    return nn.Sequential(first, *layers)


@pytest.fixture(autouse=True)
def _fixed_random_numbers() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def assert_one_sentence(error: pytest.ExceptionInfo[ValueError]) -> None:
    said = str(error.value)
    assert "\n" not in said
    assert ". " not in said.removesuffix(".")


@pytest.mark.parametrize("rows", [3, pytest.param(1, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("eps", BUDGETS)
@pytest.mark.parametrize(
    "f",
    [
        linear(nn.Dropout(0.1)),
        linear(nn.Dropout(0.02)),
        nn.Sequential(nn.Dropout(0.5), linear()),
        linear(nn.RReLU(0.1, 0.9)),
        lambda x: x @ WEIGHT.T + 1e-2 * torch.randn(len(x), 5),
        lambda x: x @ WEIGHT.T * (1 + torch.rand(())),
    ],
    ids=["dropout", "seldom", "dropout first", "random slopes", "noise", "random scale"],
)
def test_random_functions_are_refused(f: Function, eps: float, rows: int) -> None:
    x = torch.randn(rows, 7, generator=torch.Generator().manual_seed(2))
    with pytest.raises(ValueError, match="random") as error:
        attack(f, x, eps)
    assert_one_sentence(error)


def test_noise_as_small_as_the_loss_is_found() -> None:
    with pytest.raises(ValueError, match="random"):
        attack(lambda x: x @ WEIGHT.T + 1e-7 * torch.randn(len(x), 5), eps=1e-6)


@pytest.mark.parametrize("rows", [17, 64])
@pytest.mark.parametrize("noise", [2e-5, 3e-4])
def test_noise_is_found_in_large_batches_too(noise: float, rows: int) -> None:
    x = torch.randn(rows, 7, generator=torch.Generator().manual_seed(2))
    with pytest.raises(ValueError, match="random") as error:
        attack(lambda x: x @ WEIGHT.T + noise * torch.randn(len(x), 5), x, eps=1e-5)
    assert_one_sentence(error)


@pytest.mark.parametrize("after", [5, 8])
def test_what_becomes_another_during_the_attack_is_refused(after: int) -> None:
    calls = 0

    def late(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        return x @ WEIGHT.T * (1.1 if calls > after else 1)

    with pytest.raises(ValueError, match="random"):
        attack(late)


@pytest.mark.parametrize(
    "rows", [1, 3, pytest.param(2, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "f",
    [
        linear(nn.BatchNorm1d(5)),
        nn.Sequential(nn.BatchNorm1d(7), linear()),
        nn.Sequential(nn.BatchNorm1d(7, track_running_stats=False).eval(), linear()),
        lambda x: (x - x.mean(0)) @ WEIGHT.T,
        lambda x: x.roll(1, 0) @ WEIGHT.T,
        lambda x: x @ WEIGHT.T / len(x),
        lambda x: torch.softmax(x @ WEIGHT.T, dim=0),
    ],
    ids=["batch norm", "batch norm first", "no statistics", "centred", "rolled", "batch size", "softmax over inputs"],
)
def test_functions_of_a_batch_are_refused(f: Function, rows: int) -> None:
    first, *_ = several = torch.randn(rows, 7, generator=torch.Generator().manual_seed(2))
    for x in (several, first.expand(rows, 7), torch.zeros(rows, 7)):
        if f(torch.cat([x, x + 1])).isnan().any():
            continue
        with pytest.raises(ValueError, match="depends on its batch mates") as error:
            attack(f, x)
        assert_one_sentence(error)


def summed(x: Tensor, dtype: torch.dtype, weight: Tensor = WEIGHT) -> Tensor:
    """x Wᵀ in another dtype inside, as libraries sum: batches of other sizes in another order."""
    order = [(entry + len(x)) % 7 for entry in range(7)]
    inside, rows = x.to(dtype), weight.to(dtype)
    total = torch.zeros(*x.shape[:-1], 5, dtype=dtype)
    for entry in order:
        total = total + inside[..., entry, None] * rows[:, entry]
    return total.to(x.dtype)


class Opaque(torch.autograd.Function):
    """`summed` in float32 by a library of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        inside = np.asarray(x.detach().tolist(), "float32")
        total = np.zeros((*x.shape[:-1], 5), "float32")
        for entry in range(7):
            at = (entry + len(x)) % 7
            total += inside[..., at, None] * WEIGHT.numpy()[:, at]
        return torch.tensor(total.tolist(), dtype=x.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return gradients[0] @ WEIGHT.to(gradients[0])


@pytest.mark.parametrize("rows", [1, 3, 9])
@pytest.mark.parametrize(
    ("f", "dtype"),
    [
        (lambda x: summed(x, torch.float16), torch.float32),
        (lambda x: summed(x, torch.bfloat16), torch.float32),
        (lambda x: summed(x, torch.bfloat16), torch.float64),
        (lambda x: summed(x, torch.float32), torch.float64),
        (Opaque.apply, torch.float64),
    ],
    ids=["half", "bfloat16", "bfloat16 in double", "single", "opaque"],
)
def test_what_rounds_otherwise_in_other_batches_is_no_function_of_its_batch(
    f: Function, dtype: torch.dtype, rows: int
) -> None:
    x = torch.randn(rows, 7, generator=torch.Generator().manual_seed(2)).to(dtype)
    outputs = f(x), f(torch.cat([x, x]))[:rows]
    assert not torch.equal(*outputs)
    torch.testing.assert_close(attack(f, x, 1.0).loss.double(), torch.full((rows,), NORM).double(), rtol=0.03, atol=0)
    with pytest.raises(ValueError, match="depends on its batch mates"):
        attack(lambda x: f(x) + 0.1 * x.mean(0).sum(), x)


class Centred(nn.Module):
    """The mean of a batch, kept where the next pass reads it."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(7))
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        mean = x.detach().mean(0)
        if self.how == "copied":
            self.mean.copy_(mean)
        elif self.how == "set":
            self.mean[:] = mean
        elif self.how == "written":
            torch.add(mean, 0, out=self.mean)
        else:
            self.mean *= 0
            self.mean += mean
        return (x - self.mean) @ WEIGHT.T


@pytest.mark.parametrize("rows", [3, 9, 32])
@pytest.mark.parametrize("how", ["copied", "set", "written", "in place"])
def test_what_keeps_its_batch_in_a_buffer_is_a_function_of_it(how: str, rows: int) -> None:
    with pytest.raises(ValueError, match="depends on its batch mates"):
        attack(Centred(how), torch.randn(rows, 7, generator=torch.Generator().manual_seed(2)))


def settling(start: float) -> Function:
    """A function that is another at its first passes."""
    passed = []

    def f(x: Tensor) -> Tensor:
        passed.append(1)
        return (1 + start * 0.05 ** len(passed)) * (x @ WEIGHT.T)

    return f


@pytest.mark.parametrize("rows", [3, 9, 32])
def test_functions_that_settle_and_what_is_random_in_double_are_refused(rows: int) -> None:
    x = torch.randn(rows, 7, generator=torch.Generator().manual_seed(2))
    powers = nn.utils.spectral_norm(linear()[0])
    noisy: Function = lambda x: x @ WEIGHT.T.double() + 3e-6 * torch.randn(len(x), 5)  # noqa: E731
    for f, at, eps in ((settling(10.0), x, 0.1), (powers, x, 0.3), (noisy, x.double(), 1e-6)):
        with pytest.raises(ValueError, match="is random"):
            attack(f, at, eps)


def test_a_module_that_is_frozen_is_attacked_and_one_that_is_not_keeps_its_statistics() -> None:
    module = linear(nn.BatchNorm1d(5), nn.Dropout(0.5)).eval()
    assert float(attack(module).loss.min()) == pytest.approx(0.1 * NORM, rel=1e-3)
    module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    numbers = torch.get_rng_state()
    with pytest.raises(ValueError, match="random"):
        attack(module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert all(part.training for part in module.modules())
    assert torch.equal(torch.get_rng_state(), numbers)


def zeroing(x: Tensor) -> Tensor:
    x[..., 0] = 0
    return x @ WEIGHT.T


def doubling(x: Tensor) -> Tensor:
    x.mul_(2).sub_(1)
    return x @ WEIGHT.T


@pytest.mark.parametrize("eps", [1e-8, *BUDGETS])
@pytest.mark.parametrize("start", ["jacobian", "random"])
@pytest.mark.parametrize(
    ("writes", "pure"),
    [
        (nn.Sequential(nn.ReLU(inplace=True), linear()), nn.Sequential(nn.ReLU(), linear())),
        (zeroing, lambda x: torch.cat([torch.zeros_like(x[..., :1]), x[..., 1:]], dim=-1) @ WEIGHT.T),
        (doubling, lambda x: (2 * x - 1) @ WEIGHT.T),
        (nn.Sequential(nn.LeakyReLU(0.5, inplace=True), linear()), nn.Sequential(nn.LeakyReLU(0.5), linear())),
    ],
    ids=["relu", "an entry", "arithmetic", "leaky"],
)
def test_functions_that_write_into_their_input_are_attacked_as_those_that_do_not(
    writes: Function, pure: Function, start: str, eps: float
) -> None:
    given = X.clone()
    found, right = (attack(f, given, eps, start=start, restarts=2) for f in (writes, pure))
    assert torch.equal(given, X)
    torch.testing.assert_close(found.loss, right.loss, rtol=1e-4, atol=0)


def test_a_function_that_answers_in_one_place_is_attacked() -> None:
    place = torch.empty(100, 5)

    def f(x: Tensor) -> Tensor:
        if x.requires_grad:
            return x @ WEIGHT.T
        place[: len(x)] = (x @ WEIGHT.T).detach()
        return place[: len(x)]

    torch.testing.assert_close(attack(f).loss, torch.full((3,), 0.1 * NORM), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    ("f", "x", "message"),
    [
        (linear(), X.double(), r"cannot take inputs \(3, 7\) of torch.float64"),
        (linear(), X.half(), r"cannot take inputs \(3, 7\) of torch.float16"),
        (linear(), X[:, :6], r"cannot take inputs \(3, 6\)"),
        (nn.Conv2d(1, 3, 3), X, "cannot take inputs"),
        (3, X, "cannot take inputs"),
        (lambda x: (x,), X, "f must return a tensor of floating-point outputs .* got tuple"),
        (lambda x: x.argmax(-1, keepdim=True), X, "f must return .* got torch.int64"),
        (lambda x: torch.ones(len(x), 5), X, "f cannot be differentiated"),
        (lambda x: torch.from_numpy(x.detach().numpy() * 2), X, "f cannot be differentiated"),
        (linear(), X.numpy(), r"x must be a tensor of inputs \[B, input_dim\], got ndarray"),
    ],
    ids=range(10),
)
def test_what_f_cannot_take_or_give_is_one_sentence(f: Any, x: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        attack(f, x)
    assert_one_sentence(error)


@pytest.mark.parametrize("generator", [None, 3])
def test_a_generator_is_asked_for(generator: Any) -> None:
    with pytest.raises(ValueError, match=r"generator must be a torch.Generator on cpu"):
        attack(linear(), generator=generator)


def test_the_global_generator_advances_if_it_is_handed_over() -> None:
    before = torch.get_rng_state()
    attack(linear(), generator=torch.default_generator)
    assert not torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("eps", [1e-8, 1e-3, 0.1])
@pytest.mark.parametrize(
    "mode",
    [torch.no_grad, torch.enable_grad, torch.inference_mode, lambda: torch.autocast("cpu", dtype=torch.bfloat16)],
    ids=["no grad", "grad", "inference", "autocast"],
)
def test_whatever_mode_it_is_called_in_the_loss_is_right(mode: Callable[[], Any], eps: float) -> None:
    module = linear()
    with mode():
        before = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")
        for x in (X, X.clone(), X.T.contiguous().T, X.repeat(1, 2)[:, :7]):
            found = attack(module, x, eps)
            torch.testing.assert_close(found.loss, torch.full((3,), eps * NORM), rtol=1e-3, atol=0)
        now = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")
        assert now == before
    assert found.loss.requires_grad is False
    found.loss + torch.ones(3, requires_grad=True)  # no tensor of inference mode


def test_gradients_modes_threads_and_parameters_are_left_alone() -> None:
    module, x = linear(nn.ReLU()), X.clone().requires_grad_()
    module[0].weight.requires_grad_(False)
    x.grad = torch.ones_like(x)
    threads = torch.get_num_threads()
    attack(module, x)
    assert x.requires_grad
    assert torch.equal(x.grad, torch.ones_like(x))
    assert not module[0].weight.requires_grad
    assert module[0].weight.grad is None
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("p", [1, 1.5, 2, math.inf])
@pytest.mark.parametrize("eps", [1e-4, 1e-3, 0.3])
def test_in_single_precision_the_box_and_the_budget_are_kept(p: float, eps: float) -> None:
    x = torch.rand(20, 7, generator=torch.Generator().manual_seed(2))
    x[:3] = x[:3].round()
    found = adversarial_loss(
        linear(), x, eps, p, 2, steps=5, generator=torch.Generator().manual_seed(1), restarts=3, box=(0, 1)
    )
    assert bool((torch.linalg.vector_norm(found.perturbation.double(), p, dim=-1) <= eps * (1 + 1e-5)).all())
    assert bool(((x + found.perturbation) >= 0).all())
    assert bool(((x + found.perturbation) <= 1).all())


def test_a_function_of_one_batch_size_is_attacked_where_that_can_be() -> None:
    def fixed(x: Tensor) -> Tensor:
        if len(x) != 3:
            raise RuntimeError("three inputs, please")
        return x @ WEIGHT.T

    assert float(attack(fixed, start="random", eps=1e-3).loss.min()) > 0
    with pytest.raises(ValueError, match=r"cannot take inputs \(15, 7\) .* three inputs, please"):
        attack(fixed)


def test_outputs_that_are_infinite_beside_x_are_no_difference() -> None:
    f: Function = lambda x: torch.where(x == X[:1], x, math.inf)  # noqa: E731
    with pytest.raises(NotANumber):
        attack(f, X[:1])


@pytest.mark.parametrize("shape", [(3, 7, 5), (3, 5), (2, 5, 7), (5, 7)], ids=str)
def test_a_jacobian_of_another_shape_is_refused_by_its_own_name(shape: tuple[int, ...]) -> None:
    class Knowing(nn.Linear):
        def jacobian(self, x: Tensor) -> Tensor:
            return torch.ones(shape)

    with pytest.raises(ValueError, match=r"f\.jacobian must give \[…, B, K, d\] = \[…, 3, 5, 7\] at inputs"):
        attack(Knowing(7, 5))
