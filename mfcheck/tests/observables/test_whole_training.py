"""The whole of training is what a loop over it by hand meets, and Euler's identity closes its account of σ_w²."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate

from mfcheck import NetworkSpec, Probe
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.observables import initial_decay
from mfcheck.observables.whole_training import AT_START, DROP, FAILED, LOSS, RATE, STANDARD, times, whole_training
from mfcheck.spec import Attack
from mfcheck.tests.support.objectives import data
from mfcheck.tests.support.paths import squares
from mfcheck.theorems import full_training
from mfcheck.theory.full_training import BEST, EXPONENTS, loss_path

pytestmark = pytest.mark.usefixtures("one_thread_each")

SPEC = NetworkSpec("vanilla", 16, 4, 48, 3, 2.0)
ATTACK = Attack(0.3, math.inf, math.inf)
STRETCHES = ((0.002, 5), (0.01, 5), (0.01, 10))
NETWORKS, SEED = 6, 4


def images() -> Probe:
    x, labels = data(SPEC, 3, 60)
    x = x * 4 / torch.linalg.vector_norm(x, dim=1, keepdim=True)
    return Probe(x.numpy(), 0, labels.numpy(), 44)


@pytest.fixture(scope="module")
def drawn() -> Floats:
    found: Floats = (
        whole_training(ATTACK, STRETCHES, 3).engines["dense"](SPEC, images(), Stream(SEED), NETWORKS).double().numpy()
    )
    return found


def test_rows_are_the_rate_the_start_and_the_end_of_each_stretch(drawn: Floats) -> None:
    assert drawn.shape == (NETWORKS, 2 + len(STRETCHES), 4)
    assert not drawn[:, :, FAILED].any()
    assert times(STRETCHES) == pytest.approx((0.01, 0.06, 0.16))
    assert bool((drawn[:, AT_START, DROP] == 0).all())
    known = Probe(images().x[:44], 0, np.asarray(images().labels)[:44])
    other = initial_decay.initial_decay(ATTACK, 6).engines["dense"](SPEC, known, Stream(SEED), NETWORKS)[:, :3]
    assert drawn[:, RATE, :3].flatten().tolist() == pytest.approx(other.flatten().tolist(), rel=1e-5)
    assert bool((drawn[:, -1, LOSS] < 0.9 * drawn[:, AT_START, LOSS]).all())


def test_the_fall_of_the_weights_is_exact_and_eulers(drawn: Floats) -> None:
    """What L_adv and L_std take from σ_w² is all, but for what steps of SGD add."""
    network = Network(SPEC, Stream(SEED), replicates=NETWORKS)
    before = squares(network).mean(dim=1) / SPEC.width
    assert bool((drawn[:, -1, DROP] < before.numpy()).all())
    every = np.array([0.0, *times(STRETCHES)])
    adversarial = 2 / SPEC.width * integrate.trapezoid(drawn[:, AT_START:, LOSS], every, axis=1)
    account = adversarial + drawn[:, -1, STANDARD]
    # Held-out losses of a few times stand for those of every batch, and attacks in training are weaker.
    assert float(np.median(account / drawn[:, -1, DROP])) == pytest.approx(1.0, abs=0.35)
    assert float(np.median(account / 2 / drawn[:, -1, DROP])) < 0.65


def test_networks_that_diverge_are_marked_from_then_on() -> None:
    stretches = ((0.002, 3), (500.0, 5), (0.002, 3))
    found = whole_training(ATTACK, stretches, 1).engines["dense"](SPEC, images(), Stream(SEED), 2)
    assert found[:, :, FAILED].tolist() == [[0, 0, 0, 1, 1]] * 2
    assert bool(found[:, :, LOSS].isfinite().all())


def made_up(exponent: float, rate: float = 8.0) -> Floats:
    """Draws that follow the law of an exponent exactly, of rates that differ from network to network."""
    rates = rate * np.linspace(0.5, 2, 9)
    draws = np.zeros((9, 2 + len(STRETCHES), 4))
    draws[:, RATE, :3] = np.stack([np.full(9, 2.0), 1.5 * rates, 0.5 * rates], axis=1)
    draws[:, AT_START, LOSS] = 3.0
    at = np.array(times(STRETCHES))
    draws[:, AT_START + 1 :, LOSS] = loss_path(np.full((9, 1), 3.0), rates[:, None], at, exponent)
    draws[:, AT_START + 1 :, DROP] = 0.1
    return draws


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_the_law_that_draws_follow_is_off_by_nothing_and_others_are(exponent: float) -> None:
    draws = made_up(exponent)
    assert full_training.rates(draws) == pytest.approx(8.0 * np.linspace(0.5, 2, 9))
    assert full_training.log_errors(draws, STRETCHES, exponent) == pytest.approx(np.zeros(9), abs=1e-12)
    others = [np.median(full_training.log_errors(draws, STRETCHES, one)) for one in EXPONENTS if one != exponent]
    assert min(others) > 0.01


def test_the_curve_has_every_exponent_with_medians_and_a_finite_number_each() -> None:
    curve = full_training.by_exponent(made_up(BEST), STRETCHES, SPEC.width)
    assert curve.x[-1] == full_training.EXPONENTIAL
    assert curve.measured[1] == pytest.approx(0.0, abs=1e-12)
    assert all(math.isfinite(value) for values in curve.series.values() for value in values)
    assert curve.series["initial rate"] == (pytest.approx(10.0),)


def test_a_law_without_a_value_is_far_off() -> None:
    draws = made_up(BEST)
    draws[:, RATE, 1:] *= -30
    assert bool((full_training.log_errors(draws, STRETCHES, BEST) > 100).all())
