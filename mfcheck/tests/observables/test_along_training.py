"""What is recorded along training is what a loop over it by hand meets at those times."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.along_training import COLUMNS, ERROR, FAILED, LOSS, PAID, SIZE, recorded
from mfcheck.tests.support.paths import BIASED, VANILLA, probe, squares
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")

ADVERSARIAL = Objective("adversarial", 0.3, steps=2)
THEORY = Objective("theory", 0.3, steps=2)
NETWORKS, SEED = 5, 11
MARKS = (0.02, 0.1, 0.3, 1.0)
both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)


def recording(
    spec: NetworkSpec,
    objective: Objective,
    rule: SGD | Flow,
    times: tuple[float, ...],
    steps: int,
    *,
    engine: str = "dense",
    draws: int = NETWORKS,
) -> Floats:
    source = recorded(objective, rule, times, steps)
    found: Floats = source.engines[engine](spec, probe(), Stream(SEED), draws).numpy()
    assert found.shape == (draws, 1 + len(times), COLUMNS)
    assert np.isfinite(found).all()
    return found


def by_hand(
    spec: NetworkSpec, objective: Objective, rule: SGD | Flow, steps: int
) -> Iterator[tuple[Step, Network, Tensor]]:
    """Every step with its network, and ‖W_l‖² at the start from the entries."""
    stream = Stream(SEED)
    network = Network(spec, stream, replicates=NETWORKS)
    begun = squares(network)
    x, labels = torch.as_tensor(probe().x, dtype=torch.float32), torch.as_tensor(probe().labels)
    for step in train(network, objective, x, labels, optimiser=rule, steps=steps, generator=stream.torch):
        yield step, network, begun


# Recorded paths ------------------------------------------------------------------------------------------------


def assert_row(row: Floats, step: Step, network: Network, begun: Tensor) -> None:
    """One network's row `[R, 5]`, against what the loop has at hand."""
    expected = {
        SIZE: (squares(network) / begun).mean(dim=1),
        LOSS: step.slope.adversarial,
        PAID: 2 * step.paid * (1 / begun).mean(dim=1),
        ERROR: step.error * (network.spec.width / begun).mean(dim=1),
        FAILED: torch.zeros(len(row)),
    }
    for column, value in expected.items():
        np.testing.assert_allclose(row[:, column], value.numpy(), rtol=2e-4, atol=1e-6, err_msg=f"column {column}")


@both
@pytest.mark.parametrize("objective", [ADVERSARIAL, THEORY], ids=lambda objective: objective.name)
def test_rows_of_sgd_are_those_of_a_loop_by_hand(spec: NetworkSpec, objective: Objective) -> None:
    lr = 0.013  # of which multiples are no floating-point numbers
    rule, at = SGD(lr, 0.5, batch=3), (1, 3, 7)
    rows = recording(spec, objective, rule, tuple(lr * step for step in at), 9)
    met = 0
    for step, *rest in by_hand(spec, objective, rule, 9):
        if step.index in (0, *at):
            assert_row(rows[:, met], step, *rest)
            met += 1
    assert met == 4


@both
def test_rows_of_a_flow_are_those_of_a_loop_by_hand_for_each_network_at_its_own_step(spec: NetworkSpec) -> None:
    rule = Flow(0.2, MARKS)
    rows = recording(spec, ADVERSARIAL, rule, MARKS, 60)
    marks, arrived = (0.0, *MARKS), np.full((NETWORKS, 5), -1)
    for step, *rest in by_hand(spec, ADVERSARIAL, rule, 60):
        for row, mark in enumerate(marks):
            for network in range(NETWORKS):
                if arrived[network, row] < 0 and float(step.time[network]) >= mark:
                    arrived[network, row] = step.index
                    assert float(step.time[network]) in (mark, MARKS[-1])
                    if row % 2 == 0:
                        assert_row_of(network, rows[network, row], step, *rest)
    assert (arrived >= 0).all()
    assert (np.diff(arrived, axis=1) >= 0).all()
    assert len(np.unique(arrived[:, 1:])) > 4  # not all at the same steps


def assert_row_of(which: int, row: Floats, step: Step, network: Network, begun: Tensor) -> None:
    assert row[SIZE] == pytest.approx(float((squares(network) / begun).mean(dim=1)[which]), rel=2e-4)
    assert row[LOSS] == pytest.approx(float(step.slope.adversarial[which]), rel=2e-4, abs=1e-6)
    assert row[ERROR] == pytest.approx(float((step.error[which] * network.spec.width / begun[which]).mean()), rel=2e-4)


@both
@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_a_path_starts_where_nothing_has_moved(spec: NetworkSpec, engine: str) -> None:
    rows = recording(spec, ADVERSARIAL, Flow(0.2, MARKS), MARKS, 14, engine=engine)
    for column, start in {SIZE: 1, PAID: 0, ERROR: 0, FAILED: 0}.items():
        assert (rows[:, 0, column] == start).all()
    assert (rows[:, 0, LOSS] > 0).all()
    assert (rows[:, 1:, SIZE] != 1).all()
    assert (rows[:, 1:, ERROR] > 0).all()
    assert not rows[:, :, FAILED].any()
    assert (np.diff(rows[:, :, PAID], axis=1) >= 0).all()


def test_what_vanilla_networks_pay_along_a_flow_is_what_their_weights_lose() -> None:
    """Euler's identity: ‖W_l(t)‖² = ‖W_l(0)‖² − 2∫L_adv dt, in every layer, up to the error that the flow states."""
    rows = recording(VANILLA, ADVERSARIAL, Flow(0.1, MARKS), MARKS, 200, draws=8)
    lost = 1 - rows[:, :, SIZE]
    assert (np.abs(lost - rows[:, :, PAID]) <= rows[:, :, ERROR] + 1e-5).all()
    assert (lost[:, -1] > 10 * rows[:, -1, ERROR]).mean() > 0.5  # or the bound says nothing
    # And of residual networks they lose less: a shortcut carries part of the loss.
    other = recording(BIASED, ADVERSARIAL, Flow(0.1, MARKS), MARKS, 100, draws=8)
    assert (1 - other[:, 2, SIZE] < 0.9 * other[:, 2, PAID]).all()


@pytest.mark.parametrize("objective", [Objective("standard"), Objective("attacked", 0.2, steps=1)], ids=str)
def test_an_objective_without_an_adversarial_loss_records_itself(objective: Objective) -> None:
    rows = recording(VANILLA, objective, SGD(0.01), (0.05,), 5)
    losses = [step.slope.loss.numpy() for step, *_ in by_hand(VANILLA, objective, SGD(0.01), 5)]
    np.testing.assert_allclose(rows[:, 0, LOSS], losses[0], rtol=1e-5)
    np.testing.assert_allclose(rows[:, 1, LOSS], losses[5], rtol=1e-4)


@both
def test_networks_that_diverge_fill_the_rest_and_are_flagged(spec: NetworkSpec) -> None:
    lr = 40.0
    times = tuple(lr * step for step in (1, 2, 30, 60))
    rows = recording(spec, Objective("theory", 0.3, steps=1), SGD(lr), times, 60, draws=8)
    failed = rows[:, :, FAILED]
    assert not failed[:, 0].any()
    assert failed[:, -1].any()
    assert (np.diff(failed, axis=1) >= 0).all()
    for network in range(8):
        since = int(failed[network].argmax()) if failed[network].any() else 5
        for row in range(since, 5):
            assert (rows[network, row] == rows[network, since]).all()
            assert rows[network, row, LOSS] == 0


def test_networks_that_rest_are_at_all_later_times_as_they_are() -> None:
    """A flow whose loss is all but gone steps over all marks that are left at once: nothing has failed."""
    late = (0.1, 1e3, 2e3, 5e3, 1e4)
    rows = recording(VANILLA, Objective("standard"), Flow(0.3, late), late, 60)
    assert not rows[:, :, FAILED].any()
    assert (rows[:, 2:, SIZE] == rows[:, 2:3, SIZE]).all()
    assert (rows[:, 2:, LOSS] <= 0.011 * rows[:, :1, LOSS]).all()
    assert (rows[:, 1, SIZE] != rows[:, 2, SIZE]).all()


def test_networks_that_do_not_come_so_far_are_flagged() -> None:
    rows = recording(VANILLA, ADVERSARIAL, SGD(0.01), (0.03, 0.08, 5.0), 6)
    assert rows[:, :, FAILED].tolist() == [[0, 0, 1, 1]] * NETWORKS
    assert (rows[:, 2] == rows[:, 3]).all()
    assert (rows[:, 2, PAID] > rows[:, 1, PAID]).all()


def apart(one: Floats, other: Floats) -> float:
    first, second = np.sort(one), np.sort(other)
    at = np.concatenate([first, second])
    below = [np.searchsorted(values, at, "right") / len(values) for values in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


@pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)
def test_stored_and_revealed_networks_take_paths_of_one_law(spec: NetworkSpec) -> None:
    source = recorded(ADVERSARIAL, SGD(0.02), (0.06,), 3)
    dense, lazy = (
        Sample(source, spec, engine, probe(2), 3, "cpu", ChunkStore()).first(192) for engine in ("dense", "lazy")
    )
    for row, column in [(0, LOSS), (1, LOSS), (1, SIZE), (1, PAID)]:
        assert apart(dense[:, row, column], lazy[:, row, column]) < math.sqrt(math.log(4 * 4 / 1e-6) / 192), (
            row,
            column,
        )


def test_chunks_of_paths_are_the_same_every_time_and_differ_from_each_other() -> None:
    source = recorded(ADVERSARIAL, Flow(0.2, (0.1,)), (0.1,), 20, most=4)

    def drawn(count: int, seed: int = 3) -> Floats:
        return Sample(source, VANILLA, "dense", probe(), seed, "cpu", ChunkStore()).first(count)

    eight = drawn(8)
    np.testing.assert_array_equal(eight, drawn(8))
    np.testing.assert_array_equal(eight[:6], drawn(6))
    assert (eight[:4] != eight[4:]).any()
    assert (eight != drawn(8, seed=4)).any()
    # What tells sources apart is in their names, which seed them.
    names = {
        recorded(objective, rule, times, steps).name
        for objective in (ADVERSARIAL, THEORY)
        for rule in (Flow(0.2, (0.1,)), Flow(0.1, (0.1,)), SGD(0.1))
        for times in ((0.1,), (0.1000000001,))
        for steps in (20, 21)
    }
    assert len(names) == 24
