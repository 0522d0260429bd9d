"""What is left of another loss is that of the networks that training leaves, and nothing where it diverges."""

from __future__ import annotations

import math

import numpy as np

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.datasets.inputs import batch
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.other_norm import FAILED, OTHER, OWN, left_after, other_over_own
from mfcheck.spec import Attack
from mfcheck.training.rules import SGD

SPEC = NetworkSpec("vanilla", 49, 10, 32, 3, 2.0)
FOUND = batch("digits", 49, 12, 0)
PROBE = Probe(FOUND.x, 0, FOUND.labels, 8)
OWNS, OTHERS = Attack(0.3, math.inf, math.inf), Attack(1.0, 2, 2)


def left(rule: SGD, steps: int = 10) -> Floats:
    source = left_after(OWNS, OTHERS, rule, steps, 2)
    return np.asarray(source.engines["dense"](SPEC, PROBE, Stream(4), 3))


def test_training_against_one_attack_lowers_both_losses() -> None:
    found = left(SGD(0.02))
    assert ((found[:, [OWN, OTHER]] > 0) & (found[:, [OWN, OTHER]] < 0.9)).all()
    assert not found[:, FAILED].any()
    np.testing.assert_allclose(other_over_own(found), np.repeat(found[:, [OTHER]] / found[:, [OWN]], 2, axis=1))


def test_hardly_trained_networks_have_all_of_it_left() -> None:
    assert np.abs(left(SGD(1e-9), 2)[:, [OWN, OTHER]] - 1).max() < 0.05


def test_of_networks_that_diverge_nothing_is_known() -> None:
    found = left(SGD(200.0))
    assert (found[:, FAILED] == 1).all()
    assert other_over_own(found).tolist() == [[0.0, math.inf]] * 3
