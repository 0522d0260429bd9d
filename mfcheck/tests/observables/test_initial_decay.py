"""What two batches share of the pull of L_adv is what autograd finds, and what a step on one does to the other."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.initial_decay import BESIDE, LOSS, OFF, initial_decay
from mfcheck.spec import Attack
from mfcheck.tests.support.objectives import by_hand, losses, written
from mfcheck.tests.support.paths import BIASED, VANILLA, probe
from mfcheck.training.objectives import Objective, slope
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train
from mfcheck.verdict import NotCovered

pytestmark = pytest.mark.usefixtures("one_thread_each")

ATTACK, STEPS, NETWORKS, SEED = Attack(0.4, math.inf, 2.0), 3, 4, 5
ADVERSARIAL = Objective("adversarial", *ATTACK, STEPS)
both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)


def halves(count: int) -> list[tuple[Tensor, Tensor]]:
    found = probe(count)
    x, labels = torch.as_tensor(found.x, dtype=torch.float32), torch.as_tensor(found.labels)
    return [(x[: count // 2], labels[: count // 2]), (x[count // 2 :], labels[count // 2 :])]


def drawn(spec: NetworkSpec, count: int) -> Tensor:
    return initial_decay(ATTACK, STEPS).engines["dense"](spec, probe(count), Stream(SEED), NETWORKS)


def gradients(network: Network, objective: Objective, x: Tensor, labels: Tensor, eta: Tensor | None) -> list[Tensor]:
    """∂L/∂(W, b) of every layer by autograd, at attacks that are given: `[R, …]` flattened to `[R, n]`."""
    weights = [written(matrix).clone().requires_grad_() for matrix in network.weights]
    biases = [bias.clone().requires_grad_() for bias in network.biases]
    with torch.enable_grad():
        points = x.expand(network.replicates, -1, -1)
        parts = losses(objective, lambda at: by_hand(network, weights, biases, at), points, labels, eta)
        found = torch.autograd.grad((parts[0] + parts[1]).sum(), [*weights, *biases])
    return [one.flatten(1) for one in found]


@both
@pytest.mark.parametrize("count", [6, 7])
def test_every_column_is_what_autograd_finds_at_the_same_attacks(spec: NetworkSpec, count: int) -> None:
    stream = Stream(SEED)
    network = Network(spec, stream, replicates=NETWORKS)
    found, standard, values = [], [], []
    for x, labels in halves(count):
        seen = slope(network, ADVERSARIAL, x, labels, stream.torch)
        found.append(gradients(network, ADVERSARIAL, x, labels, seen.perturbation))
        standard.append(gradients(network, Objective("standard"), x, labels, None))
        values.append(seen.loss)

    def dot(one: list[Tensor], other: list[Tensor]) -> Tensor:
        return sum(((a * b).sum(dim=1) for a, b in zip(one, other, strict=True)), torch.zeros(NETWORKS)).double()

    columns = drawn(spec, count)
    assert columns[:, LOSS].tolist() == pytest.approx(((values[0] + values[1]) / 2).tolist())
    assert columns[:, OFF].tolist() == pytest.approx(dot(*found).tolist(), rel=1e-3, abs=1e-4)
    beside = (dot(found[0], standard[1]) + dot(found[1], standard[0])) / 2
    assert columns[:, BESIDE].tolist() == pytest.approx(beside.tolist(), rel=1e-3, abs=1e-4)
    # A batch with itself would be another number: an image's own term.
    own = (dot(found[0], found[0]) + dot(found[1], found[1])) / 2
    assert bool((own > 1.2 * columns[:, OFF]).all())


def test_a_step_on_one_batch_lowers_the_loss_of_the_other_by_off() -> None:
    """To first order in the step, at attacks held fixed."""
    (x, labels), (other, of_other) = halves(8)
    stream = Stream(SEED)
    network = Network(VANILLA, stream, replicates=NETWORKS)
    first = slope(network, ADVERSARIAL, x, labels, stream.torch)
    second = slope(network, ADVERSARIAL, other, of_other, stream.torch)
    assert second.perturbation is not None
    eta, h = second.perturbation, 1e-4
    for matrix, left, right in zip(network.weights, first.left, first.right, strict=True):
        matrix.add(-h * left, right)
    points = other.expand(NETWORKS, -1, -1)
    after = torch.linalg.vector_norm(network(points + eta) - network(points), ATTACK.q, dim=2).double().mean(dim=1)
    fallen = (second.loss - after) / h
    assert fallen.tolist() == pytest.approx(drawn(VANILLA, 8)[:, OFF].tolist(), rel=0.1, abs=0.3)


def test_training_on_one_batch_lowers_the_held_out_loss_at_the_rate_of_both_columns() -> None:
    """L_std + L_adv on the first half, L_adv on the second: the mean over which is which, by BESIDE's definition."""
    parts, h = halves(8), 2e-5
    fallen = torch.zeros(NETWORKS, dtype=torch.float64)
    for trained, held_out in (parts, parts[::-1]):
        stream = Stream(SEED)
        network = Network(VANILLA, stream, replicates=NETWORKS)
        before = [slope(network, ADVERSARIAL, *part, stream.torch) for part in parts]
        at = 1 if held_out is parts[1] else 0
        eta = before[at].perturbation
        assert eta is not None
        objective, generator = Objective("theory", *ATTACK, STEPS), torch.Generator().manual_seed(0)
        list(train(network, objective, *trained, optimiser=SGD(h), steps=1, generator=generator))
        points = held_out[0].expand(NETWORKS, -1, -1)
        after = torch.linalg.vector_norm(network(points + eta) - network(points), ATTACK.q, dim=2).double().mean(dim=1)
        fallen += (before[at].loss - after) / h / 2
    columns = drawn(VANILLA, 8)
    expected = columns[:, OFF] + columns[:, BESIDE]
    assert fallen.tolist() == pytest.approx(expected.tolist(), rel=0.2, abs=1.0)


def test_one_input_makes_no_two_batches() -> None:
    with pytest.raises(NotCovered, match="two inputs"):
        drawn(VANILLA, 1)
