"""Parameters that a factory freezes stay as drawn wherever its networks train, and count for nothing there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.degrees import groups
from mfcheck.observables.own_flow import EARLY, EULER, LAW, Course, Turn, descent, flow
from mfcheck.observables.own_training import Course as Lessons
from mfcheck.observables.own_training import Learners, train_arm
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

IMAGES = np.random.default_rng(3).normal(size=(24, 6))
LABELS = torch.as_tensor((IMAGES[:, 0] > 0).astype(int))
X = torch.as_tensor(IMAGES, dtype=torch.float32)
TRAINS = ("layers.0", "layers.1", "layers.2", "last")


def small(path: str) -> NetworkSpec:
    return NetworkSpec(path, 6, 4, 16, 3, 1.6)


def weights(network: ModuleStack) -> list[dict[str, Tensor]]:
    return [{name: one.detach().clone() for name, one in module.named_parameters()} for module in network.modules]


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name, one in before.items() if not torch.equal(one, after[name])}


@pytest.mark.parametrize("factory", ["RandomFeatures", "BranchingFeatures"])
def test_they_have_no_degree_and_the_others_theirs(factory_paths: Callable[[str], str], factory: str) -> None:
    found = groups(small(factory_paths(factory)))
    assert {group.names: group.degree for group in found} == {(name,): 1 for name in TRAINS}


def test_where_all_are_frozen_all_train(factory_paths: Callable[[str], str]) -> None:
    free, frozen = (small(factory_paths(name)) for name in ("Vanilla", "ToLookAt"))
    assert groups(free) == groups(frozen)
    stack = ModuleStack(frozen, Stream(1))
    assert [set(names) for names in stack.trains] == [{"first", *TRAINS}]


@pytest.mark.parametrize("factory", ["RandomFeatures", "BranchingFeatures", "ToLookAt"])
def test_a_descent_moves_what_trains_alone(factory_paths: Callable[[str], str], factory: str) -> None:
    network = ModuleStack(small(factory_paths(factory)), Stream(2), dtype=torch.float64)
    before = weights(network)[0]
    steps = list(descent(network, X[:1][None].double(), Stream(3), Course(0.02, 3, Turn(0, 1))))
    trains = set(before) if factory == "ToLookAt" else set(TRAINS)
    assert moved(before, weights(network)[0]) == trains
    assert all(set(step.gradients) == trains for step in steps)


def test_the_pull_is_the_loss_times_the_degree_of_what_trains(factory_paths: Callable[[str], str]) -> None:
    probe = Probe(np.linspace(-1, 1, 6)[None] + 0.1)
    drawn = flow(0.025, 4, 40).engines["dense"](small(factory_paths("RandomFeatures")), probe, Stream(2), 3)
    assert drawn[:, EULER].abs().max() < 0.01
    assert ((drawn[:, EARLY] - 1).abs() < 0.1).all()
    assert ((drawn[:, LAW] - 1).abs() < 0.05).all()


@pytest.mark.parametrize("factory", ["RandomFeatures", "BranchingFeatures", "ToLookAt"])
def test_lessons_move_what_trains_alone(factory_paths: Callable[[str], str], factory: str) -> None:
    network = ModuleStack(small(factory_paths(factory)), Stream(4), replicates=3)
    learners = Learners.of(network, X[:3])
    each = [one if number is not None else one[0] for one, number in learners.parameters]
    assert len(each) == {"RandomFeatures": 4, "BranchingFeatures": 12, "ToLookAt": 5}[factory]
    before, still = [one.detach().clone() for one in each], [one["first"] for one in weights(network)]
    output = network(X).detach()
    seen = torch.randint(24, (16, 3, 8), generator=torch.Generator().manual_seed(0))
    found = train_arm(learners, X, LABELS, seen, Lessons(0.1, 16, 8, 1.6, 0.9), 0)
    assert found[:, 1].tolist() == [0, 0, 0]
    after = [one if number is not None else one[0] for one, number in learners.parameters]
    assert not any(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not torch.allclose(network(X), output)
    if factory == "BranchingFeatures":
        assert all(torch.equal(one["first"], first) for one, first in zip(weights(network), still, strict=True))


def test_the_kernel_is_of_what_trains(factory_paths: Callable[[str], str]) -> None:
    free, frozen = (
        Learners.of(ModuleStack(small(factory_paths(name)), Stream(4), replicates=2), X[:3]).kernel
        for name in ("Vanilla", "RandomFeatures")
    )
    one_by_one = Learners.of(ModuleStack(small(factory_paths("BranchingFeatures")), Stream(4), replicates=2), X[:3])
    assert (frozen < 0.95 * free).all()
    torch.testing.assert_close(one_by_one.kernel, frozen, rtol=1e-4, atol=0)


def flown(path: str, seed: int = 2) -> Tensor:
    return flow(0.025, 4, 8).engines["dense"](small(path), Probe(np.linspace(-1, 1, 6)[None] + 0.1), Stream(seed), 2)


def test_networks_that_freeze_different_layers_say_so(factory_paths: Callable[[str], str]) -> None:
    path, said = factory_paths("Freezing"), []
    for seed in range(12):
        try:
            flown(path, seed)
        except NotCovered as reason:
            said.append(str(reason))
    assert said
    assert all("freeze different parameters, such as" in one for one in said)
    stack = ModuleStack(small(path), Stream(4), replicates=8)
    assert len(set(stack.trains)) > 1
    assert not stack.at_once
    for one, number in Learners.of(stack, X[:3]).parameters:
        assert number is not None
        assert any(one is own for own in stack.modules[number].parameters())


def test_a_layer_that_networks_share_trains_in_all_of_them(factory_paths: Callable[[str], str]) -> None:
    path = factory_paths("Sharing")
    for _ in range(2):
        assert {name for names in ModuleStack(small(path), Stream(1), replicates=2).trains for name in names} == {
            "first",
            *TRAINS,
        }
        assert flown(path)[:, EULER].abs().max() < 0.01


def test_where_nothing_that_trains_is_asked_nothing_moves(factory_paths: Callable[[str], str]) -> None:
    path = factory_paths("Auxiliary")
    assert flown(path).shape == (2, 4)
    learners = Learners.of(ModuleStack(small(path), Stream(4), replicates=2), X[:3])
    assert learners.kernel.tolist() == [1, 1]
    seen = torch.randint(24, (4, 2, 8), generator=torch.Generator().manual_seed(0))
    assert train_arm(learners, X, LABELS, seen, Lessons(0.1, 4, 8, 1.6, 0.9), 0)[:, 1].tolist() == [0, 0]
