"""Pairs of trainings of networks of one's own: one start, the same batches, and nothing but the attack between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL
from mfcheck.observables.own_training import Course, pairs
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
