"""What training and capacities cost, on one thread, against doing the same the obvious way in the same run."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.tests.support.objectives import written
from mfcheck.tests.support.timing import Work, interleaved, within
from mfcheck.tests.support.training import sliced
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")

REPLICATES = 16


def trained(networks: list[Network], rule: SGD | Flow, name: str) -> Work:
    """Two steps on eight images; every run trains copies."""
    spec = networks[0].spec
    x = Stream(1).normal(8, spec.input_dim, dtype=torch.float32)
    labels = torch.arange(8) % spec.output_dim
    objective = Objective(name, 0.1)

    def work() -> None:
        for network in networks:
            one = copy.copy(network)
            one.weights, one.biases = [*map(copy.copy, network.weights)], list(network.biases)
            for _ in train(one, objective, x, labels, optimiser=rule, steps=2, generator=torch.Generator()):
                pass

    return work


@pytest.mark.parametrize(("width", "most"), [(16, 0.5), (64, 0.5), (256, 1.0)])
@pytest.mark.parametrize(
    ("rule", "name"), [(SGD(0.01), "theory"), (SGD(0.01, 0.9), "attacked"), (Flow(0.1), "theory")], ids=str
)
def test_a_stack_trains_faster_than_its_replicates_one_by_one(
    benchmark: BenchmarkFixture, rule: SGD | Flow, name: str, width: int, most: float
) -> None:
    spec = NetworkSpec("vanilla", 64, 10, width, 4, 2.0)
    stack = Network(spec, Stream(2), replicates=REPLICATES)
    singles = [sliced(stack, replicate) for replicate in range(REPLICATES)]
    works = trained([stack], rule, name), trained(singles, rule, name)
    seconds, apart = interleaved(benchmark, *works, rounds=3, kept=within(most))
    benchmark.extra_info["share of the time of single runs"] = seconds / apart


@pytest.mark.parametrize(("width", "momentum", "most"), [(64, 0.0, 1.15), (128, 0.0, 1.0), (128, 0.9, 1.3)])
def test_a_stack_trains_no_slower_than_an_ensemble_by_torch_func(
    benchmark: BenchmarkFixture, width: int, momentum: float, most: float
) -> None:
    """Ours measures every step besides: ⟨W, ∂L/∂W⟩, ‖∂L/∂W‖² and the exact change of ‖W‖², with momentum ‖V‖²."""
    spec, steps = NetworkSpec("vanilla", 64, 10, width, 4, 2.0), 20
    network = Network(spec, Stream(2), replicates=STACK)
    x, labels = Stream(1).normal(16, spec.input_dim, dtype=torch.float32), torch.arange(16) % spec.output_dim
    first, last = written(network.input_projection), written(network.output_projection)

    def ours() -> Tensor:
        one, rule = network.twin(), SGD(0.01, momentum)
        for _ in train(one, Objective("standard"), x, labels, optimiser=rule, steps=steps, generator=torch.Generator()):
            pass
        return written(one.weights[0])

    def loss(weights: list[Tensor], project: Tensor, read: Tensor) -> Tensor:
        state = x @ project.T
        for weight in weights:
            state = (state @ weight.T).relu()
        return torch.nn.functional.cross_entropy(state @ read.T, labels)

    slopes = torch.func.vmap(torch.func.grad(loss))

    def theirs() -> Tensor:
        weights = [written(matrix).clone() for matrix in network.weights]
        velocity = [torch.zeros_like(weight) for weight in weights]
        for _ in range(steps):
            for weight, v, slope in zip(weights, velocity, slopes(weights, first, last), strict=True):
                v.mul_(momentum).add_(slope)
                weight.add_(v, alpha=-0.01)
        return weights[0]

    with torch.no_grad():
        torch.testing.assert_close(ours(), theirs(), rtol=1e-3, atol=1e-5)
        seconds, other = interleaved(benchmark, ours, theirs, rounds=7, kept=within(most))
    benchmark.extra_info["of the time of torch.func"] = seconds / other


def by_autograd(network: Network, x: Tensor) -> float:
    """The diagonal form at inputs `[B, d]`, from autograd's gradient of every output in every matrix, N×N each."""
    weights = [written(matrix)[0].clone().requires_grad_() for matrix in network.weights]
    first, last = written(network.input_projection)[0], written(network.output_projection)[0]
    total = 0.0
    for one in x:
        state = first @ one
        for weight in weights:
            state = (weight @ state).relu()
        for output in last @ state:
            gradients = torch.autograd.grad(output, weights, retain_graph=True)
            for weight, gradient in zip(weights, gradients, strict=True):
                total += float((gradient * weight.detach()).square_().sum())
    return total / len(x)


def by_outer_products(network: Network, x: Tensor) -> float:
    """The same, with all inputs and outputs pulled back at once and gradients written into one array in turn."""
    passed = network.passed(x)
    outputs = torch.eye(network.spec.output_dim).expand(1, len(x), -1, -1)
    gradient, total = torch.empty(network.spec.width, network.spec.width), 0.0
    for layer, signal in enumerate(network.signals(passed, outputs)):
        weight = written(network.weights[layer])[0]
        for at, columns in enumerate(signal[0]):
            for column in columns.mT.contiguous():
                flat = torch.outer(column, passed.states[layer][0, at], out=gradient).mul_(weight).view(-1)
                total += float(flat.dot(flat))
    return total / len(x)


@pytest.mark.parametrize(("other", "times"), [(by_autograd, 20), (by_outer_products, 5)])
def test_capacities_faster_than_by_gradients_of_every_sample(
    benchmark: BenchmarkFixture, other: Callable[[Network, Tensor], float], times: float
) -> None:
    """These of four inputs, for a sixteenth of the time that all would take.

    The outer products rest on the same signals, pulled back at once, which are most of what the capacities take.
    """
    network = Network(NetworkSpec("vanilla", 784, 10, 1000, 10, 2.0), Stream(3))
    x = Stream(4).normal(64, 784, dtype=torch.float32)
    assert float(fisher_rao(network, x[:4], ("diagonal",))) == pytest.approx(other(network, x[:4]), rel=1e-5)
    seconds, few = interleaved(
        benchmark,
        lambda: fisher_rao(network, x, ("diagonal",)),
        lambda: other(network, x[:4]),
        rounds=3,
        kept=within(16 / times),
    )
    benchmark.extra_info["times faster"] = 16 * few / seconds


def products_of_training(network: Network, batch: int, attack_steps: int) -> Work:
    """The matrix products of a step, and nothing else: K rows pulled back, an ascent, the gradient and its update."""
    first, last = written(network.input_projection), written(network.output_projection)
    weights = [written(matrix) for matrix in network.weights]
    stream, spec = Stream(3), network.spec

    def forward(rows: Tensor) -> None:
        state = first @ rows.mT
        for weight in weights:
            state = weight @ state
        last @ state

    def backward(columns: Tensor, *, through: bool) -> None:
        state = last.mT @ columns
        for weight in reversed(weights):
            state = weight.mT @ state
        if through:
            first.mT @ state

    def random(*shape: int) -> Tensor:
        return stream.normal(1, *shape, dtype=torch.float32)

    x, both = random(batch, spec.input_dim), random(2 * batch, spec.input_dim)
    outputs = {count: random(spec.output_dim, count) for count in (batch, 2 * batch, spec.output_dim * batch)}
    factor = random(spec.width, 2 * batch)

    def work() -> None:
        forward(x)
        backward(outputs[spec.output_dim * batch], through=True)
        for _ in range(attack_steps):
            forward(x)
            backward(outputs[batch], through=True)
        forward(both)
        backward(outputs[2 * batch], through=False)
        for weight in weights:
            torch.baddbmm(weight, factor, factor.mT)

    return work


def test_a_step_of_attacked_training_costs_little_more_than_its_matrix_products(benchmark: BenchmarkFixture) -> None:
    """1.1 to 1.3 times, at N = 1000, L = 5, 64 images and ten steps of the attack; the rest is gates and norms."""
    spec, batch, steps = NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0), 64, 10
    network = Network(spec, Stream(2))
    x, labels = Stream(1).normal(batch, spec.input_dim, dtype=torch.float32), torch.arange(batch) % spec.output_dim
    objective = Objective("theory", 0.3, steps=steps)

    def step() -> None:
        # One step makes two measurements, each with an attack.
        for _ in train(network, objective, x, labels, optimiser=SGD(1e-6), steps=1, generator=torch.Generator()):
            pass

    once = products_of_training(network, batch, steps)

    def twice() -> None:
        once()
        once()

    seconds, floor = interleaved(benchmark, step, twice, rounds=5, kept=within(1.4))
    benchmark.extra_info["over its matrix products"] = seconds / floor
