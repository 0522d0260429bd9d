"""Early training by name: what a course holds is what the steps of the same training measure."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.regimes import LINEAR_SHARE
from mfcheck.observables.early_training import Course, Schedule, early
from mfcheck.observables.initial_decay import PULL, STANDARD_PULL, shared
from mfcheck.spec import Attack
from mfcheck.theorems.early import FORETOLD, foretold, linear_time, share_of_linear, with_what_is_left
from mfcheck.training.attacked import attacked_loss
from mfcheck.training.objectives import Objective, slope
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")

ATTACK = Attack(0.3, math.inf, math.inf)
VANILLA = NetworkSpec("vanilla", 20, 4, 24, 3, 2.0)
RESIDUAL = NetworkSpec("residual", 20, 4, 24, 3, 0.3)
SCHEDULE = Schedule(lr=2e-3, steps=12, looks=(0, 5, 12), batch=6)
DRAWS = 6
both_kinds = pytest.mark.parametrize("spec", [VANILLA, RESIDUAL], ids=lambda spec: spec.architecture)


def looked_at(spec: NetworkSpec, taught: int = 24) -> Probe:
    x = np.random.default_rng(0).standard_normal((taught + 8, spec.input_dim))
    x *= math.sqrt(spec.input_dim) / np.linalg.norm(x, axis=1, keepdims=True)
    return Probe(x, 0, np.arange(len(x)) % spec.output_dim, taught)


def course(spec: NetworkSpec, objective: str = "theory", schedule: Schedule = SCHEDULE) -> Course:
    source = early(Objective(objective, *ATTACK, 3), schedule)
    return Course(Sample(source, spec, "dense", looked_at(spec), 3, "cpu", ChunkStore()).first(DRAWS), schedule)


@both_kinds
@pytest.mark.parametrize("objective", ["theory", "adversarial", "attacked"])
def test_sigma_falls_by_what_eulers_identity_pays_and_the_steps_own_length(spec: NetworkSpec, objective: str) -> None:
    """What is left of the two, at steps a hundred times as short, is a hundred times as small."""
    shorter = Schedule(SCHEDULE.lr / 100, SCHEDULE.steps, SCHEDULE.looks, SCHEDULE.batch)
    apart = [
        np.abs(one.fallen - one.paid)[:, -1] for one in (course(spec, objective), course(spec, objective, shorter))
    ]
    assert (apart[1] < apart[0] / 2000).all()
    tiny = course(spec, objective, shorter)
    assert tiny.fallen[:, -1] == pytest.approx(tiny.paid[:, -1], rel=2e-2)


def test_euler_without_what_the_losses_or_the_shortcuts_have_is_seen_to_be_wrong() -> None:
    """Planted: L_adv alone for a training on both, and no shortcuts in a residual network."""
    spec, objective, stream = RESIDUAL, Objective("theory", *ATTACK, 3), Stream(1)
    network = Network(spec, stream, replicates=DRAWS)
    probe = looked_at(spec)
    x, labels = torch.as_tensor(probe.x, dtype=torch.float32), torch.as_tensor(probe.labels)
    found = slope(network, objective, x, labels, stream.torch)
    right = found.adversarial + found.standard_pull - found.shortcut_pull
    assert found.projection.mean(dim=1).tolist() == pytest.approx(right.tolist(), rel=1e-4)
    for wrong in (found.adversarial - found.shortcut_pull, found.adversarial + found.standard_pull):
        assert bool(((found.projection.mean(dim=1) - wrong).abs() > 0.01 * right.abs()).all())


@both_kinds
def test_paths_are_those_of_the_steps(spec: NetworkSpec) -> None:
    """Of the same training, stepped here."""
    objective, probe, stream = Objective("theory", *ATTACK, 3), looked_at(spec), Stream(7)
    drawn = Course(early(objective, SCHEDULE).engines["dense"](spec, probe, stream, DRAWS).numpy(), SCHEDULE)
    stream = Stream(7)
    network = Network(spec, stream, replicates=DRAWS)
    x, labels = torch.as_tensor(probe.x, dtype=torch.float32)[:24], torch.as_tensor(probe.labels)[:24]
    begun = shared(network, ATTACK, 3, x, labels, stream.torch)
    assert drawn.own_slope == pytest.approx((begun[:, PULL] + begun[:, STANDARD_PULL]).numpy())
    start = [matrix.values for matrix in network.weights]  # type: ignore[union-attr]
    # L_std alone goes first, on batches of its own.
    other = Network(spec, Stream(7), replicates=DRAWS)
    rule = SGD(SCHEDULE.lr, batch=SCHEDULE.batch)
    for step in train(other, Objective("standard"), x, labels, optimiser=rule, steps=12, generator=stream.torch):
        assert drawn.alone[:, step.index] == pytest.approx(-step.change.mean(dim=1).numpy(), abs=1e-12)
    first = next(train(network, objective, x, labels, optimiser=rule, steps=12, generator=stream.torch))
    assert first.index == 0
    assert (drawn.fallen[:, 0] == 0).all()
    assert (drawn.moved[:, 0] == 0).all()
    assert drawn.lost.tolist() == [0.0] * DRAWS
    assert len(start) == spec.depth
    assert (drawn.stronger >= drawn.held * 0.999).mean() > 0.9


def test_what_is_trained_beside_it_changes_nothing_else() -> None:
    """But the batches: of one network on all inputs at once there are none."""
    whole = Schedule(SCHEDULE.lr, SCHEDULE.steps, SCHEDULE.looks, batch=24)
    objective, probe = Objective("theory", *ATTACK, 3), looked_at(VANILLA)

    def drawn(beside: bool) -> Course:
        draws = early(objective, whole, beside=beside).engines["dense"](VANILLA, probe, Stream(7), DRAWS)
        return Course(draws.numpy(), whole)

    alone, both = drawn(False), drawn(True)
    assert alone.alone.shape == (DRAWS, 0)
    assert both.alone.shape == both.fallen.shape
    assert alone.own_slope.tolist() == both.own_slope.tolist()
    assert alone.fallen == pytest.approx(both.fallen, rel=1e-3, abs=1e-9)
    assert alone.held == pytest.approx(both.held, rel=1e-3)


@pytest.mark.parametrize("objective", ["theory", "adversarial", "attacked"])
def test_the_own_slope_is_that_of_the_start(objective: str) -> None:
    """However long the training that follows, which takes most of it away."""

    def drawn(schedule: Schedule) -> Course:
        source = early(Objective(objective, *ATTACK, 3), schedule, beside=False)
        return Course(source.engines["dense"](VANILLA, looked_at(VANILLA), Stream(7), DRAWS).numpy(), schedule)

    short = drawn(Schedule(lr=1e-6, steps=1, looks=(), batch=24))
    long = drawn(Schedule(lr=0.02, steps=40, looks=(), batch=24))
    assert long.own_slope.tolist() == short.own_slope.tolist()
    assert short.linear()[:, 0] == pytest.approx(1.0, rel=0.1)
    assert np.median(long.linear()[:, -1]) < 0.8


@pytest.mark.parametrize("name", ["theory", "adversarial", "attacked"])
@both_kinds
def test_the_rate_is_that_at_which_this_training_lowers_l_adv_of_other_inputs(spec: NetworkSpec, name: str) -> None:
    """Of a short step on one half of the inputs, seen on the other, within a budget in which no gate flips: by cross-
    entropy at attacked inputs L_adv falls at a rate of its own."""
    against, probe, length = Attack(1e-3, math.inf, math.inf), looked_at(spec), 0.2 if name == "adversarial" else 1e-3
    objective = Objective(name, *against, 3)
    drawn = early(objective, SCHEDULE, beside=False).engines["dense"](spec, probe, Stream(7), DRAWS).numpy()
    x, labels = torch.as_tensor(probe.x, dtype=torch.float32)[:24], torch.as_tensor(probe.labels)[:24]

    def seen(half: slice, other: slice) -> Floats:
        network, losses = Network(spec, Stream(7), replicates=DRAWS), []
        rule, random = SGD(length), Stream(8).torch
        for _ in train(network, objective, x[half], labels[half], optimiser=rule, steps=1, generator=random):
            losses.append(attacked_loss(network, against, 3, x[other], Stream(9).torch))
        return np.asarray((losses[0] - losses[1]) / length)

    found = (seen(slice(12), slice(12, 24)) + seen(slice(12, 24), slice(12))) / 2
    expected = Course(drawn, SCHEDULE).decay(standard=name != "adversarial") * drawn[:, 1]
    assert np.median(found / expected) == pytest.approx(1, abs=0.05)


def test_a_training_that_diverges_is_known_to_be_lost() -> None:
    wild = Schedule(lr=1e4, steps=6, looks=(0, 6), batch=6)
    found = course(VANILLA, schedule=wild)
    assert found.lost.tolist() == [1.0] * DRAWS
    bounds = found.lasting(LINEAR_SHARE)
    assert (bounds[:, 0] == 0).all()
    assert np.isinf(bounds[:, 1]).all()
    assert np.isinf(share_of_linear(found, standard=True)).all()


def planted(horizon: float, slope_of: float = 2.0) -> Course:
    """A decrease t·s₀ that stops being linear as 1 − t/(5·horizon/…), exactly `LINEAR_SHARE` at the horizon."""
    schedule = Schedule(lr=0.01, steps=100, looks=(0, 100))
    t = schedule.times
    fallen = slope_of * t * (1 - (1 - LINEAR_SHARE) * t / horizon)
    rows = np.concatenate([[slope_of, 1.0, FORETOLD / 0.3, 0.0, 0.0], fallen, fallen, 0 * t, [1, 1], [1.2, 1.1], 0 * t])
    return Course(np.array([rows]), schedule)


@pytest.mark.parametrize("horizon", [0.05, 0.333, 0.9])
def test_the_horizon_is_found_between_steps(horizon: float) -> None:
    assert planted(horizon).lasting(LINEAR_SHARE)[0] == pytest.approx([horizon, horizon], rel=1e-3)


def test_a_horizon_beyond_the_end_is_known_from_below_alone() -> None:
    assert planted(7.0).lasting(LINEAR_SHARE)[0].tolist() == [1.0, math.inf]


def test_what_is_foretold_is_read_at_each_networks_own_time() -> None:
    found = planted(0.6)
    assert foretold(found, standard=True).tolist() == pytest.approx([0.3])
    assert share_of_linear(found, standard=True)[0] == pytest.approx([0.9, 0.9])


def test_what_attacks_leave_is_granted_above_alone() -> None:
    assert with_what_is_left(planted(0.6), np.array([[1.0, 1.0]]))[0].tolist() == pytest.approx([1.0, 1.4])


@pytest.mark.parametrize("width", [64, 4096])
def test_the_theorys_own_horizon_is_in_proportion_to_the_width(width: int) -> None:
    def at(n: int) -> float:
        return linear_time(PaperTheory(), NetworkSpec("vanilla", 784, 10, n, 5, 2.0), ATTACK)

    assert at(2 * width) / at(width) == pytest.approx(2)


class Ends(PaperTheory):
    """σ_w² that falls at the same first rate, and no more after a time that width does not enter."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        start = spec.weight_variance
        return start + self.variance_rate(spec, eps, p, q) * 0.02 * (1 - math.exp(-t / 0.02))


def test_a_theory_of_another_horizon_has_that() -> None:
    specs = [NetworkSpec("vanilla", 784, 10, n, 5, 2.0) for n in (256, 4096)]
    times = [linear_time(Ends(), spec, ATTACK) for spec in specs]
    assert times[0] == pytest.approx(times[1])
    assert times[0] == pytest.approx(0.02 * 0.464, rel=1e-2)


def test_draws_do_not_depend_on_how_many_are_asked_for() -> None:
    source = early(Objective("theory", *ATTACK, 3), SCHEDULE, 4)
    sample = Sample(source, VANILLA, "dense", looked_at(VANILLA), 3, "cpu", ChunkStore())
    assert (sample.first(8)[:4] == sample.first(4)).all()
