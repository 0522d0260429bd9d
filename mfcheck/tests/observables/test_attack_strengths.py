"""Drifts at the start of training by attacks of growing strength, and what they bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec, PaperTheory, Probe
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.observables import slopes
from mfcheck.observables.attack_strengths import DRIFT, LOSS, TRUSTED, bounded, doubled, drifts, with_what_is_left
from mfcheck.spec import Attack
from mfcheck.theorems.variance import over_strengths
from mfcheck.training.objectives import Objective

ATTACK = Attack(0.3, math.inf, math.inf)
SPEC = NetworkSpec("vanilla", 20, 4, 32, 3, 2.0)
RESIDUAL = NetworkSpec("residual", 20, 4, 32, 3, 0.1)
DRAWS = 24


def looked_at(spec: NetworkSpec) -> Probe:
    x = np.random.default_rng(0).standard_normal((5, spec.input_dim))
    x *= math.sqrt(spec.input_dim) / np.linalg.norm(x, axis=1, keepdims=True)
    return Probe(x, 0, np.arange(5) % spec.output_dim)


def drawn(spec: NetworkSpec, strengths: tuple[int, ...] = (1, 8, 16)) -> Floats:
    sample = Sample(drifts(ATTACK, strengths), spec, "dense", looked_at(spec), 3, "cpu", ChunkStore())
    return sample.first(DRAWS)


def test_each_column_is_that_of_its_loss_and_of_eulers_identity() -> None:
    found = drawn(SPEC)
    assert found.shape == (DRAWS, 4, 2)
    adversarial = found[:, :-1]
    assert adversarial[..., DRIFT] == pytest.approx(2 / SPEC.width * adversarial[..., LOSS], rel=1e-4)
    assert (adversarial[:, 1, LOSS] >= adversarial[:, 0, LOSS] * (1 - 1e-6)).mean() > 0.9
    bound = PaperTheory().adversarial_bound(SPEC, *ATTACK)
    assert 0.2 * bound < np.median(adversarial[:, -1, LOSS]) < 1.5 * bound
    assert np.median(found[:, -1, LOSS]) == pytest.approx(math.log(SPEC.output_dim), abs=1.0)


def test_drifts_of_a_sum_are_the_sums_of_drifts() -> None:
    """What the objective that trains both has by itself, on other networks of the same law, and other attacks."""
    source = slopes.at_start(Objective("theory", *ATTACK, 16))
    other = Sample(source, RESIDUAL, "dense", looked_at(RESIDUAL), 4, "cpu", ChunkStore()).first(2000)
    ours = Sample(drifts(ATTACK, (8, 16)), RESIDUAL, "dense", looked_at(RESIDUAL), 3, "cpu", ChunkStore()).first(2000)
    theirs, sums = other[:, slopes.DRIFT], ours[:, -2, DRIFT] + ours[:, -1, DRIFT]
    error = math.hypot(theirs.std(), sums.std()) / math.sqrt(2000)
    assert abs(theirs.mean() - sums.mean()) < 5 * error


def test_bounds_hold_what_was_found_and_twice_what_the_last_doubling_added() -> None:
    found = drawn(RESIDUAL)
    low, high = bounded(found, standard=False).T
    assert low == pytest.approx(found[:, -2, DRIFT])
    gain = np.maximum(found[:, -2, LOSS] / found[:, -3, LOSS] - 1, 0)
    assert np.array_equal(np.isinf(high), gain > TRUSTED)
    known = gain <= TRUSTED
    assert high[known] == pytest.approx((low + 2 * gain * np.abs(low))[known])
    assert bounded(found, standard=True) == pytest.approx(bounded(found, standard=False) + found[:, -1:, DRIFT])


def test_nothing_bounds_from_above_what_an_attack_still_gains_much() -> None:
    one = torch.tensor([[[1.0, 1.0], [1.06, 1.06], [0.0, 0.0]], [[1.0, 1.0], [0.9, 0.9], [0.0, 0.0]]]).numpy()
    assert bounded(one, standard=False)[:, 1].tolist() == [math.inf, pytest.approx(0.9)]


def test_what_a_far_stronger_attack_finds_lies_within_the_bounds_of_a_weaker_one() -> None:
    """The median of networks in which gates flip, by eight times the steps."""
    found = drawn(SPEC, (1, 8, 16, 64, 128))
    low, high = np.median(bounded(found[:, [0, 1, 2, 5]], standard=False), axis=0)
    assert 0.99 * low <= np.median(found[:, 4, DRIFT]) <= 1.01 * high
    assert high < 1.1 * low


@pytest.mark.parametrize("strengths", [(10,), (10, 15), ()])
def test_attacks_whose_last_is_no_doubling_are_refused(strengths: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="twice the steps"):
        drifts(ATTACK, strengths)


def test_the_curve_is_over_the_theory_and_of_both_losses_where_both_train() -> None:
    found = drawn(SPEC)
    alone = over_strengths((1, 8, 16), found, 0.5, standard=False)
    assert alone.x == (1.0, 8.0, 16.0)
    assert alone.measured == pytest.approx(np.median(found[:, :-1, DRIFT], axis=0) / 0.5)
    both = over_strengths((1, 8, 16), found, 0.5, standard=True)
    assert both.measured == pytest.approx(np.median(found[:, :-1, DRIFT] + found[:, -1:, DRIFT], axis=0) / 0.5)
    assert (both.predicted, both.draws) == ((1.0, 1.0, 1.0), DRAWS)


def test_a_slope_stands_beside_the_loss_by_half_the_steps() -> None:
    source = doubled(ATTACK, 16)
    found = Sample(source, SPEC, "dense", looked_at(SPEC), 3, "cpu", ChunkStore()).first(DRAWS)
    assert found.shape == (DRAWS, 4 + 2 * SPEC.depth)
    both = drawn(SPEC, (8, 16))
    for column, known in ((slopes.LOSS, both[:, 1, LOSS]), (slopes.DRIFT, both[:, 1, DRIFT]), (-1, both[:, 0, LOSS])):
        assert np.median(found[:, column]) == pytest.approx(np.median(known), rel=0.3)
    assert (found[:, -1] <= found[:, slopes.LOSS] * (1 + 1e-6)).mean() > 0.8
    assert found[:, slopes.PULL] == pytest.approx(found[:, slopes.LAYERS : slopes.LAYERS + SPEC.depth].mean(axis=1))
    bounds = with_what_is_left(found[:, slopes.PULL], found[:, slopes.LOSS], found[:, -1])
    assert (bounds[:, 0] == found[:, slopes.PULL]).all()
    assert (bounds[:, 1] >= bounds[:, 0]).all()


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_an_attack_without_a_half_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match=f"even and positive to be halved, got {steps}"):
        doubled(ATTACK, steps)
