"""Lazily revealed networks are stored ones in law: attacked, differentiated and trained, at widths far from the limit.

Two samples agree when sup|F̂₁ − F̂₂| stays under the two-sample DKW bound for every functional (Wei and Dudley 2012).
Each comparison of two samples errs with probability at most 1e-6 for all functionals together, and must reject networks
that are wrong on purpose.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles import networks
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.agreement import Functionals, disagreements, ordered, stored_copy
from mfcheck.tests.support.effort import mostly_slow

pytestmark = pytest.mark.usefixtures("one_thread_each")

DRAWS = 2**13
FEWER = 2**12  # where the violations are plain, or a draw is dear
LEAKY = ReLULike(1, 0.3)
RADIUS = 0.4
SPECS = {
    spec.label: spec
    for spec in (
        NetworkSpec("vanilla", 3, 2, 8, 2, 2.0),
        NetworkSpec("vanilla", 4, 3, 12, 3, 1.6, 0.4, LEAKY),
        NetworkSpec("residual", 3, 2, 10, 2, 1.5, 0.5),
        NetworkSpec("residual", 20, 2, 8, 3, 3.0, 0.0, LEAKY),
    )
}
every_spec = pytest.mark.parametrize("spec", mostly_slow(SPECS.values(), len(SPECS) // 2), ids=SPECS.keys())
some_specs = pytest.mark.parametrize("spec", mostly_slow(list(SPECS.values())[1::2]), ids=list(SPECS)[1::2])
LOSSES = {"loss after 1 sign step", "loss after 5 sign steps", "loss after 1 step", "loss after 5 steps"}


def points(spec: NetworkSpec, count: int = 2) -> Tensor:
    """Inputs neither of length √d nor along an axis, at angles between 0 and 90 degrees: `[B, d]`."""
    return Stream(71).normal(count, spec.input_dim, dtype=torch.float32) + 0.3


def drawn(
    spec: NetworkSpec, engine: str, seed: int, *, replicates: int = DRAWS, dtype: torch.dtype = torch.float32
) -> Network:
    return Network(spec, Stream(seed), engine=engine, replicates=replicates, dtype=dtype)


def dual_direction(gradient: Tensor, norm: float) -> Tensor:
    if norm == math.inf:
        return gradient.sign()
    return gradient / gradient.norm(dim=2, keepdim=True).clamp_min(1e-30)


def projected(moved: Tensor, norm: float) -> Tensor:
    if norm == math.inf:
        return moved.clamp(-RADIUS, RADIUS)
    return moved * (RADIUS / moved.norm(dim=2, keepdim=True)).clamp_max(1)


def attacked(network: Network, x: Tensor, norm: float, steps: int) -> tuple[list[Tensor], Tensor]:
    """The loss |f(x+η) − f(x)| `[R]` after every step of gradient ascent on it, and the last x + η `[R, 1, d]`."""
    start = x.expand(network.replicates, 1, -1)
    clean, losses = network(start).detach(), []
    moved = torch.full_like(start, 1e-2)  # the loss has no gradient at η = 0
    for _ in range(steps):
        at = moved.detach().requires_grad_()
        loss = (network(start + at) - clean).norm(dim=2)[:, 0]
        (gradient,) = torch.autograd.grad(loss.sum(), at)
        moved = projected(at.detach() + RADIUS / 2 * dual_direction(gradient, norm), norm)
        losses.append((network(start + moved) - clean).detach().norm(dim=2)[:, 0])
    return losses, start + moved


def first_entries(network: Network) -> Tensor:
    """The entry 0, 0 of the first weight matrix, `[R]`."""
    return network.weights[0].columns([0])[:, 0, 0]


def of_attack(spec: NetworkSpec, engine: str, seed: int) -> Functionals:
    """Functionals of attacks and Jacobians of the same networks, most of several of them at once."""
    network, x = drawn(spec, engine, seed), points(spec)
    f = network(x).detach()
    first, second = network.jacobian(x).unbind(1)
    signed, there = attacked(network, x[:1], math.inf, 5)
    straight, _ = attacked(network, x[:1], 2, 5)
    slopes = network.gate_slopes(there)
    pushed = network._pushed(slopes, [0])
    moved = (network.output_projection @ pushed[:, 0])[:, 0, 0]
    one, two, entry = first[:, 0, 0], second[:, 0, 0], first_entries(network)
    change = (moved - one).abs()  # rounding where no gate turns
    return ordered(
        {
            "|f|²": f[:, 0].square().sum(1),
            "inner product of outputs": (f[:, 0] * f[:, 1]).sum(1),
            "|J|²": first.square().sum((1, 2)),
            "J at two inputs, product": one * two,
            "J at two inputs, difference": one - two,
            "J at two inputs, signs": (first.sign() * second.sign()).sum((1, 2)),
            "J at two inputs, distance": (first - second).square().sum((1, 2)),
            "J where attacked": moved,
            "J where attacked, times J": moved * one,
            "J where attacked, change": torch.where(change > 1e-4 * first[:, 0].norm(dim=1), change, 0),
            "loss after 1 sign step": signed[0],
            "loss after 5 sign steps": signed[4],
            "loss after 1 step": straight[0],
            "loss after 5 steps": straight[4],
            "gain of 4 sign steps": signed[4] - signed[0],
            "loss of both norms": signed[4] - straight[4],
            "loss beyond |J|": straight[4] - RADIUS * torch.linalg.matrix_norm(first, 2),
            "loss times |f|": signed[4] * f[:, 0].norm(dim=1),
            "weight times J": entry * one,
            "|weight| times loss": entry.abs() * signed[4],
        }
    )


@cache
def stored_attack(spec: NetworkSpec) -> Functionals:
    return of_attack(spec, "dense", 1)


@every_spec
def test_attacks_and_jacobians_have_the_law_of_stored_networks(spec: NetworkSpec) -> None:
    assert not disagreements(stored_attack(spec), of_attack(spec, "lazy", 2))


def of_twenty_steps(engine: str, seed: int) -> Functionals:
    """Losses along twenty steps, each at a point that all before it led to; there is width enough for all of them."""
    network = drawn(NetworkSpec("vanilla", 30, 2, 24, 2, 2.0), engine, seed)
    losses, there = attacked(network, points(network.spec)[:1], 2, 20)
    return ordered(
        {
            "loss after 20 steps": losses[-1],
            "gain of the last ten": losses[-1] - losses[9],
            "loss times |f|": losses[-1] * network(there)[:, 0].norm(dim=1),
        }
    )


def test_twenty_steps_deep_the_losses_have_the_law_of_stored_networks() -> None:
    assert not disagreements(of_twenty_steps("dense", 5), of_twenty_steps("lazy", 6))


class Untied(LazyMatrix):
    """Wᵀ is drawn apart from W, as if gradients were independent of what was computed forward."""

    _apart: LazyMatrix | None = None

    @property
    def T(self) -> LazyMatrix:
        if self._apart is None:
            replicates, rows = self._asked.inputs.rows.shape[0], self._asked.answers.rows.shape[2]
            columns, dtype = self._asked.inputs.rows.shape[2], self._asked.inputs.rows.dtype
            self._apart = LazyMatrix.drawn(
                self._stream, replicates, columns, rows, variance=self._scale**2, dtype=dtype
            )
        return self._apart


class Forgetful(LazyMatrix):
    """Wᵀ does not see what was added to W."""

    @property
    def T(self) -> LazyMatrix:
        found = super().T
        rows, columns = self._asked.answers.rows.shape[2], self._asked.inputs.rows.shape[2]
        empty = LazyMatrix.drawn(
            self._stream, len(self._asked.inputs.rows), columns, rows, variance=1, dtype=torch.float32
        )
        found._update = empty._update
        return found


@some_specs
def test_weights_15_percent_off_are_told_apart(spec: NetworkSpec) -> None:
    """The losses have distances of 0.09 to 0.14; the bound for 2¹³ is 0.046."""
    wrong = replace(spec, weight_variance=1.15 * spec.weight_variance)
    found = disagreements(stored_attack(spec), of_attack(wrong, "lazy", 2))
    assert found.keys() >= LOSSES


@some_specs
def test_gradients_independent_of_the_forward_pass_are_told_apart(
    spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The losses have distances of 0.36 to 0.87; most laws of J at one input alone cannot object."""
    monkeypatch.setitem(networks.MATRICES, "lazy", Untied)
    found = disagreements(stored_attack(spec), of_attack(spec, "lazy", 2))
    assert found.keys() >= LOSSES


DEEP = [
    NetworkSpec("vanilla", 3, 2, 12, 20, 2.0),
    NetworkSpec("vanilla", 3, 2, 8, 20, 1.8, 0.1, LEAKY),
    NetworkSpec("residual", 3, 2, 8, 20, 1.0),
]


def of_depth(spec: NetworkSpec, engine: str, seed: int) -> Functionals:
    network, x = drawn(spec, engine, seed, replicates=FEWER), points(spec)
    with torch.no_grad():
        f, j = network(x), network.jacobian(x[:1], [1])[:, 0, :, 0]
    squares = f.square().sum(2)
    return ordered(
        {
            "log |f|²": squares[:, 0].log(),
            "angle": torch.cosine_similarity(f[:, 0], f[:, 1], dim=1),
            "log |column|²": j.square().sum(1).log(),
            "|column| over |f|": j.square().sum(1) / (j.square().sum(1) + squares[:, 0] + 1e-30),
        }
    )


@pytest.mark.parametrize("spec", mostly_slow(DEEP), ids=[spec.label for spec in DEEP])
def test_narrow_networks_of_depth_20_agree(spec: NetworkSpec) -> None:
    stored = of_depth(spec, "dense", 11)
    assert not disagreements(stored, of_depth(spec, "lazy", 12))
    found = disagreements(stored, of_depth(replace(spec, weight_variance=1.15 * spec.weight_variance), "lazy", 12))
    assert "log |f|²" in found


TRAINED = [NetworkSpec("vanilla", 4, 2, 12, 3, 1.6, 0.2), NetworkSpec("residual", 4, 2, 12, 2, 0.8, 0.1, LEAKY)]
RATE = 0.002


def of_training(spec: NetworkSpec, engine: str, seed: int, rate: float = RATE) -> Functionals:
    """Eight steps of gradient descent of all W and b on a regression of three points."""
    network = drawn(spec, engine, seed, replicates=FEWER)
    targets = Stream(72).normal(3, spec.output_dim, dtype=torch.float32)
    # Factors are collected in backward passes, and where no input needs a gradient there is none.
    x = points(spec, 3).expand(FEWER, -1, -1).clone().requires_grad_()
    losses = []
    for _ in range(9):
        for matrix in network.weights:
            if isinstance(matrix, DenseMatrix):
                matrix.values = matrix.values.detach().requires_grad_()
            else:
                matrix.gradients = []
        network.biases = [bias.detach().requires_grad_() for bias in network.biases]
        loss = (network(x) - targets).square().sum((1, 2))
        losses.append(loss.detach())
        stored = [matrix.values for matrix in network.weights if isinstance(matrix, DenseMatrix)]
        gradients = torch.autograd.grad(loss.sum(), [x, *network.biases, *stored])[1:]
        if len(losses) == 9:
            break
        for bias, gradient in zip(network.biases, gradients, strict=False):
            bias.detach().sub_(rate * gradient)
        for value, gradient in zip(stored, gradients[len(network.biases) :], strict=True):
            value.detach().sub_(rate * gradient)
        for matrix in network.weights:
            if isinstance(matrix, LazyMatrix):
                assert matrix.gradients is not None
                for left, right in matrix.gradients:
                    matrix.add(-rate * left, right)
    for matrix in network.weights:
        if isinstance(matrix, LazyMatrix):
            matrix.gradients = None
    with torch.no_grad():
        j = network.jacobian(points(spec))[:, 0]
    entry = first_entries(network).detach()
    return ordered(
        {
            "loss before": losses[0],
            "loss after 1 step": losses[1],
            "loss after 8 steps": losses[8],
            "ratio": losses[8] / losses[0],
            "late gain": (losses[4] - losses[8]) / losses[0],
            "|J|²": j.square().sum((1, 2)),
            "|J|² times loss": j.square().sum((1, 2)) * losses[8],
            "weight times J": entry * j[:, 0, 0],
        }
    )


@cache
def stored_training(spec: NetworkSpec) -> Functionals:
    return of_training(spec, "dense", 21)


@pytest.mark.parametrize("spec", mostly_slow(TRAINED), ids=[spec.label for spec in TRAINED])
def test_trained_networks_agree(spec: NetworkSpec) -> None:
    stored = stored_training(spec)
    assert np.median(stored["ratio"]) < 0.8
    assert not disagreements(stored, of_training(spec, "lazy", 22))


def test_wrong_training_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps 30 % longer move the loss by 0.17, steps that Wᵀ does not see |J|² by 0.27; the bound for 2¹² is 0.062."""
    spec = TRAINED[1]
    faster = disagreements(stored_training(spec), of_training(spec, "lazy", 22, 1.3 * RATE))
    assert "loss after 8 steps" in faster
    monkeypatch.setitem(networks.MATRICES, "lazy", Forgetful)
    found = disagreements(stored_training(spec), of_training(spec, "lazy", 22))
    assert "|J|²" in found


@every_spec
def test_a_lazy_network_is_the_stored_one_of_its_entries(spec: NetworkSpec) -> None:
    """So its values, Jacobians pushed forward and pulled back, and gradients are all of one network."""
    network = drawn(spec, "lazy", 31, replicates=20, dtype=torch.float64)
    x = points(spec, 3).double()

    def seen(one: Network) -> list[Tensor]:
        jacobian, pushed = one.jacobian(x), one.jacobian(x, [0])
        assert pushed.shape[3] < spec.output_dim <= jacobian.shape[3]
        torch.testing.assert_close(pushed, jacobian[..., :1])
        torch.testing.assert_close(
            one.output_row(1)[:, None, :] @ one.feature_jacobian(x, [0])[:, 0], pushed[:, 0, 1:2]
        )
        torch.testing.assert_close(autograd_jacobian(one, x), jacobian)
        losses, there = attacked(one, x[:1], math.inf, 3)
        slopes = one.gate_slopes(x)
        offsets = one.with_gates(slopes, torch.zeros(20, 3, spec.input_dim, dtype=torch.float64))
        torch.testing.assert_close(offsets + (jacobian @ x[:, :, None])[..., 0], one(x))
        return [one(x), jacobian, *losses, one(there), *slopes, offsets]

    for _ in range(2):
        for found, expected in zip(seen(network), seen(stored_copy(network)), strict=True):
            torch.testing.assert_close(found, expected)


def autograd_jacobian(network: Network, x: Tensor) -> Tensor:
    """∂f/∂x of every replicate at every input by back-propagation, `[R, B, K, d]`."""
    at = x.expand(network.replicates, -1, -1).clone().requires_grad_()
    outputs = network(at)
    rows = [torch.autograd.grad(outputs[..., k].sum(), at, retain_graph=True)[0] for k in range(outputs.shape[2])]
    return torch.stack(rows, dim=2)


@every_spec
def test_equal_rows_of_a_batch_have_equal_outputs(spec: NetworkSpec) -> None:
    network, x = drawn(spec, "lazy", 41, replicates=50), points(spec)
    x = torch.stack([x[0], x[1], x[0], x[0]])
    at = x.expand(50, -1, -1).clone().requires_grad_()
    f, j = network(at), network.jacobian(x)
    (gradient,) = torch.autograd.grad(f.pow(3).sum(), at)
    for values in (f.detach(), j, gradient):
        allowed = 1e-5 * values.flatten(2).norm(dim=2).max(dim=1).values
        for other in (2, 3):
            gap = (values[:, other] - values[:, 0]).flatten(1).norm(dim=1)
            assert bool((gap <= allowed).all())
        assert not torch.equal(values[:, 0], values[:, 1])
    assert network.input_projection.known[0] == 2  # type: ignore[union-attr]
