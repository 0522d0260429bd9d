"""A step of training on a GPU launches no more than it must, and waits for nothing; what diverges stays alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import jacobian, losses
from mfcheck.tests.support.device_trainings import ATTACKED, MEASURED, PULLED, STANDARD, THEORY, X, trained
from mfcheck.tests.support.pretend_cuda import here, pretend_cuda
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow


def launches(objective: Objective, rule: SGD | Flow, engine: str, depth: int, steps: int) -> tuple[int, int]:
    """Kernels and waits of so many steps on a pretended GPU."""
    with pretend_cuda() as gpu, one_thread(), torch.no_grad():
        spec = NetworkSpec("vanilla", 49, 10, 64, depth, 2.0)
        trained(Network(spec, Stream(0, "cuda:0"), engine=engine, replicates=3), objective, rule, steps, "cuda:0")
        return gpu.kernels, gpu.waits


@pytest.mark.parametrize(
    ("objective", "rule", "engine", "depth", "most"),
    [
        (STANDARD, Flow(0.05), "dense", 5, 300),
        (ATTACKED, Flow(0.05), "dense", 5, 779),
        (PULLED, Flow(0.05), "dense", 5, 891),
        (THEORY, Flow(0.05), "dense", 5, 925),
        (THEORY, Flow(0.05), "lazy", 5, 1500),
        (ATTACKED, SGD(0.01, 0.9), "dense", 10, 612),
        (THEORY, SGD(0.01), "dense", 5, 455),
    ],
    ids=str,
)
def test_a_step_waits_for_nothing_in_no_more_launches(
    objective: Objective, rule: SGD | Flow, engine: str, depth: int, most: int
) -> None:
    (few, begun), (many, ended) = (launches(objective, rule, engine, depth, steps) for steps in (1, 3))
    assert ended == begun
    assert many - few <= 2 * most


@pytest.mark.parametrize(
    ("architecture", "engine", "most"),
    [("vanilla", "lazy", 2900), ("residual", "lazy", 4750), ("vanilla", "dense", 950), ("residual", "dense", 1200)],
)
def test_an_attack_waits_for_nothing_but_its_chunk(architecture: str, engine: str, most: int) -> None:
    spec, probe = NetworkSpec(architecture, 49, 10, 64, 5, 1.0), Probe(X[:1].astype(float))
    with pretend_cuda() as gpu:
        Order(losses.attacked(math.inf, 2.0, (0.1,), 10), spec, engine, probe, 1, "cuda:0", 0, 2).draw()
    assert gpu.kernels <= most
    assert gpu.waits <= 3


@pytest.mark.parametrize(("architecture", "most"), [("vanilla", 50), ("residual", 75)])
def test_a_chunk_of_jacobians_is_some_dozen_launches(architecture: str, most: int) -> None:
    spec, probe = NetworkSpec(architecture, 49, 10, 64, 5, 1.0), Probe(X[:1].astype(float))
    with pretend_cuda() as gpu:
        Order(jacobian.entry, spec, "dense", probe, 1, "cuda:0", 0, 2).draw()
    assert gpu.kernels <= most
    assert gpu.waits <= 2


def at_once(engine: str, objective: Objective, rule: SGD | Flow, device: str) -> tuple[list[Step], list[Tensor]]:
    """Four steps of three networks of which the second is a thousand times too large, and where they end."""
    spec = NetworkSpec("vanilla", 49, 10, 40, 2, 2.0)
    network = Network(spec, Stream(3, device), engine=engine, replicates=3)
    for matrix in network.weights:
        matrix.scale(torch.tensor([1.0, 1e18, 1.0]).to(device))
    steps = trained(network, objective, rule, 4, device)
    return steps, [here(network(torch.from_numpy(X).to(device)))]


@pytest.mark.parametrize("rule", [SGD(0.01), SGD(0.01, 0.9), Flow(0.05)], ids=str)
@pytest.mark.parametrize("objective", [STANDARD, ATTACKED, THEORY], ids=lambda one: one.name)
def test_networks_diverge_alone_and_are_measured_as_on_the_cpu(objective: Objective, rule: SGD | Flow) -> None:
    with one_thread(), torch.no_grad():
        there, end = at_once("dense", objective, rule, "cpu")
        with pretend_cuda():
            found, last = at_once("dense", objective, rule, "cuda:0")
            squares = [here(step.slope.square) for step in found]
    assert len(found) == len(there)
    for one, other, square in zip(found, there, squares, strict=True):
        assert here(one.diverged).tolist() == other.diverged.tolist()
        assert other.diverged.tolist()[1] >= 0
        assert other.diverged.tolist()[0] == other.diverged.tolist()[2] == -1
        for mine, right in zip(MEASURED(one), MEASURED(other), strict=True):
            torch.testing.assert_close(here(mine), right, rtol=2e-3, atol=1e-5)
        torch.testing.assert_close(square, other.slope.square, rtol=2e-3, atol=1e-5)
    torch.testing.assert_close(last[0], end[0], rtol=2e-3, atol=1e-4)


def test_lazy_networks_diverge_alone_too() -> None:
    with one_thread(), torch.no_grad(), pretend_cuda():
        found, last = at_once("lazy", THEORY, SGD(0.01), "cuda:0")
        assert [here(one.diverged).tolist() for one in found] == [[-1, 0, -1]] * 5
        assert bool(last[0].isfinite().all())
        assert bool(here(found[-1].slope.loss)[0] > 0)
