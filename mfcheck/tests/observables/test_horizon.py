"""The time by which L_adv has lost a fifth of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.datasets.inputs import batch
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.horizon import BEYOND, FAILED, KEPT, MET, horizons, times
from mfcheck.training.objectives import Objective, slope
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

SPEC = NetworkSpec("vanilla", 49, 10, 32, 3, 2.0)
FOUND = batch("digits", 49, 12, 0)
PROBE = Probe(FOUND.x, 0, FOUND.labels, 8)
THEORY, ALONE = Objective("theory", 0.3, steps=2), Objective("adversarial", 0.3, steps=2)
RULE, STEPS = SGD(2e-2), 30


def drawn(objectives: tuple[Objective, ...], rule: SGD, steps: int) -> np.ndarray:
    source = horizons(objectives, (rule,) * len(objectives), steps)
    return np.asarray(source.engines["dense"](SPEC, PROBE, Stream(4), 4))


def test_the_horizon_is_where_the_loss_at_other_images_first_comes_down_to_the_share() -> None:
    found = drawn((THEORY,), RULE, STEPS)
    stream = Stream(4)
    network = Network(SPEC, stream, replicates=4)
    x, labels = torch.as_tensor(FOUND.x).float(), torch.as_tensor(FOUND.labels)
    last = math.ceil(found[:, 0].max() / RULE.lr)
    path = train(network, THEORY, x[:8], labels[:8], optimiser=RULE, steps=last, generator=stream.torch)
    losses = np.array([slope(network, ALONE, x[8:], labels[8:], stream.torch).adversarial.numpy() for _ in path])
    for row, (when, missed) in enumerate(found):
        left = losses[:, row] / losses[0, row]
        first = int(np.argmax(left <= KEPT))
        assert missed == 0
        assert (first - 1) * RULE.lr <= when <= first * RULE.lr
        share = (when / RULE.lr - (first - 1)) * (left[first] - left[first - 1]) + left[first - 1]
        assert share == pytest.approx(KEPT, abs=1e-4)


def test_every_objective_begins_from_the_same_networks() -> None:
    found = drawn((THEORY, THEORY), RULE, STEPS)
    assert found[:, :2] == pytest.approx(found[:, 2:])


def test_of_a_horizon_that_was_not_reached_only_a_lower_end_is_known() -> None:
    found = drawn((THEORY, THEORY), SGD(1e-9), 2)
    assert (found[:, [1, 3]] == BEYOND).all()
    assert times(found, 1).tolist() == [[2e-9, math.inf]] * 4
    reached = drawn((THEORY,), RULE, STEPS)
    assert (reached[:, 1] == MET).all()
    assert times(reached, 0).tolist() == [[one, one] for one in reached[:, 0]]


def test_of_a_training_that_diverges_nothing_is_known_of_the_horizon() -> None:
    found = drawn((THEORY,), SGD(200.0), 5)
    assert (found[:, 1] == FAILED).all()
    assert times(found, 0).tolist() == [[0.0, math.inf]] * 4
