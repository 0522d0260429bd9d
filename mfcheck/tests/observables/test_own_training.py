"""Pairs of trainings of networks of one's own: one start, the same batches, and nothing but the attack between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL
from mfcheck.observables.own_training import Course, Learners, pairs, train_arm
from mfcheck.spec import NetworkSpec

COURSE = Course(eps=0.3, steps=64, batch=16, speed=1.6, momentum=0.9)
IMAGES = np.random.default_rng(3).normal(size=(24, 6))
PROBE = Probe(IMAGES, 0, (IMAGES[:, 0] > 0).astype(int) + 2 * (IMAGES[:, 1] > 0))


def small(path: str) -> NetworkSpec:
    return NetworkSpec(path, 6, 4, 32, 2, 2.0)


def drawn(path: str, course: Course = COURSE) -> torch.Tensor:
    with one_thread(), torch.no_grad():
        return pairs(course).engines["dense"](small(path), PROBE, Stream(4), 2)


def test_without_an_attack_both_arms_are_one(factory_paths: Callable[[str], str]) -> None:
    found = drawn(factory_paths("Vanilla"), replace(COURSE, eps=0.0))
    torch.testing.assert_close(found[:, :ARM], found[:, ARM:])
    assert (found[:, CLEAN] > 0.8).all()
    assert (found[:, DIVERGED] == 0).all()


def test_attacks_beyond_the_inputs_keep_the_images_from_being_fitted(factory_paths: Callable[[str], str]) -> None:
    found = drawn(factory_paths("Vanilla"), replace(COURSE, eps=3.0))
    assert (found[:, CLEAN] < found[:, ARM + CLEAN]).all()


def test_the_step_follows_the_networks_own_units(factory_paths: Callable[[str], str]) -> None:
    plain, scaled = (drawn(factory_paths(name), replace(COURSE, steps=32)) for name in ("Vanilla", "He"))
    assert (plain[:, ARM + DIVERGED] == 0).all()
    assert (scaled[:, ARM + DIVERGED] == 0).all()
    assert (scaled[:, ARM + CLEAN] > 0.6).all()


def test_steps_that_are_far_too_long_diverge(factory_paths: Callable[[str], str]) -> None:
    found = drawn(factory_paths("Vanilla"), replace(COURSE, speed=1e9))
    assert (found[:, ARM + DIVERGED] == 1).all()
    assert (found[:, [CLEAN, FALL]] == 0).all()


def test_networks_are_trained_alike_as_one_stack_and_one_by_one(factory_paths: Callable[[str], str]) -> None:
    short = replace(COURSE, steps=32)
    stacked, alone = (drawn(factory_paths(name), short) for name in ("Vanilla", "Branching"))
    torch.testing.assert_close(stacked, alone, rtol=1e-3, atol=1e-3)
    assert len(stacked.unique(dim=0)) == len(stacked)


def test_a_network_that_diverges_takes_no_other_with_it(factory_paths: Callable[[str], str]) -> None:
    """Networks of one stack have lengths of their own, by the kernels that they begin with."""
    network = ModuleStack(small(factory_paths("Vanilla")), Stream(4), replicates=3)
    learners = Learners.of(network, torch.as_tensor(IMAGES[:4], dtype=torch.float32))
    wild = replace(learners, kernel=learners.kernel * torch.tensor([1.0, 1e-9, 1.0]))
    x, labels = torch.as_tensor(IMAGES, dtype=torch.float32), torch.as_tensor(PROBE.labels)
    seen = torch.randint(24, (64, 3, 16), generator=torch.Generator().manual_seed(0))
    found = train_arm(wild, x, labels, seen, COURSE, 0)
    assert found[:, 1].tolist() == [0, 1, 0]
    assert (found[[0, 2], 0] > 0.6).all()


def test_the_kernel_is_that_of_every_network_by_itself(factory_paths: Callable[[str], str]) -> None:
    x, spec = torch.as_tensor(IMAGES[:3], dtype=torch.float32), small(factory_paths("Vanilla"))
    network = ModuleStack(spec, Stream(4), replicates=2)
    found = Learners.of(network, x).kernel
    for module, kernel in zip(network.modules, found, strict=True):
        parameters = [one.detach().requires_grad_(True) for one in module.parameters()]
        names = [name for name, _ in module.named_parameters()]
        with torch.enable_grad():
            given = dict(zip(names, parameters, strict=True))
            outputs = torch.func.functional_call(module, given, (x,)).flatten()
            each = [torch.autograd.grad(one, parameters, retain_graph=True) for one in outputs]
        sizes = [sum(float(one.square().sum()) for one in those) for those in each]
        assert float(kernel) == pytest.approx(sum(sizes) / len(sizes), rel=1e-4)


def test_a_parameter_of_no_dimensions_is_trained_too(factory_paths: Callable[[str], str]) -> None:
    plain, gained = (drawn(factory_paths(name), replace(COURSE, steps=32)) for name in ("Vanilla", "Gained"))
    assert plain.shape == gained.shape
    assert (gained[:, ARM + CLEAN] > 0.6).all()


def test_modules_that_no_longer_go_together_are_not_trained_as_if_they_did(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = ModuleStack(small(factory_paths("Vanilla")), Stream(4), replicates=2)
    x = torch.as_tensor(IMAGES).float()
    learners = Learners.of(network, x[:4])
    monkeypatch.setattr(network, "_batched", False)
    with pytest.raises(RuntimeError, match="at some inputs and not at others"):
        learners.outputs(x.expand(2, *x.shape))
