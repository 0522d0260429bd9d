"""What is recorded along training is what a loop over it by hand meets at those times; and what training leaves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.arrays import Floats
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Sample, one_thread
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables import after_training, along_training
from mfcheck.observables.after_training import accuracy
from mfcheck.observables.along_training import (
    BACKWARD,
    CAPACITY,
    COLUMNS,
    DISTANCE,
    ERROR,
    FAILED,
    FORWARD,
    LOSS,
    PAID,
    SIZE,
    recorded,
)
from mfcheck.observables.capacity import fisher_rao
from mfcheck.tests.test_objectives import written
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

VANILLA = NetworkSpec("vanilla", 9, 3, 24, 3, 2.0)
BIASED = NetworkSpec("residual", 9, 3, 16, 2, 0.8, 0.3, ReLULike(1, 0.2))
ADVERSARIAL = Objective("adversarial", 0.3, steps=2)
THEORY = Objective("theory", 0.3, steps=2)
NETWORKS, SEED = 5, 11
MARKS = (0.02, 0.1, 0.3, 1.0)

both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def probe(count: int = 4, train: int | None = None, dimension: int = 9, outputs: int = 3) -> Probe:
    rng = np.random.default_rng(count)
    x = rng.standard_normal((count, dimension))
    x *= math.sqrt(dimension) / np.linalg.norm(x, axis=1, keepdims=True)
    return Probe(x, 0, rng.integers(0, outputs, count), train)


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


def squares(network: Network) -> Tensor:
    return torch.stack([written(matrix).double().square().sum((1, 2)) for matrix in network.weights], dim=1)


def by_hand(
    spec: NetworkSpec, objective: Objective, rule: SGD | Flow, steps: int
) -> Iterator[tuple[Step, Network, Tensor, Tensor]]:
    """Every step with its network, ‖W_l‖² at the start and ‖W_l − W_l(0)‖², both from the entries."""
    stream = Stream(SEED)
    network = Network(spec, stream, replicates=NETWORKS)
    begun, start = squares(network), [written(matrix).clone() for matrix in network.weights]
    x, labels = torch.as_tensor(probe().x, dtype=torch.float32), torch.as_tensor(probe().labels)
    for step in train(network, objective, x, labels, optimiser=rule, steps=steps, generator=stream.torch):
        apart = [written(m) - s for m, s in zip(network.weights, start, strict=True)]
        yield step, network, begun, torch.stack([one.double().square().sum((1, 2)) for one in apart], dim=1)


# Recorded paths ------------------------------------------------------------------------------------------------


def assert_row(row: Floats, step: Step, network: Network, begun: Tensor, apart: Tensor) -> None:
    """One network's row `[R, 9]`, against what the loop has at hand."""
    width, x = network.spec.width, torch.as_tensor(probe().x, dtype=torch.float32)
    expected = {
        SIZE: (squares(network) / begun).mean(dim=1),
        LOSS: step.adversarial,
        PAID: 2 * step.paid * (1 / begun).mean(dim=1),
        ERROR: step.error * (width / begun).mean(dim=1),
        DISTANCE: (apart / begun).sqrt().mean(dim=1),
        CAPACITY: fisher_rao(network, x, ("rows",))[:, 0],
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


def assert_row_of(which: int, row: Floats, step: Step, network: Network, begun: Tensor, apart: Tensor) -> None:
    assert row[SIZE] == pytest.approx(float((squares(network) / begun).mean(dim=1)[which]), rel=2e-4)
    assert row[LOSS] == pytest.approx(float(step.adversarial[which]), rel=2e-4, abs=1e-6)
    assert row[DISTANCE] == pytest.approx(float((apart / begun).sqrt().mean(dim=1)[which]), rel=2e-4, abs=1e-6)
    assert row[ERROR] == pytest.approx(float((step.error[which] * network.spec.width / begun[which]).mean()), rel=2e-4)


@both
@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_a_path_starts_where_nothing_has_moved(spec: NetworkSpec, engine: str) -> None:
    rows = recording(spec, ADVERSARIAL, Flow(0.2, MARKS), MARKS, 14, engine=engine)
    for column, start in {SIZE: 1, PAID: 0, ERROR: 0, DISTANCE: 0, FAILED: 0}.items():
        assert (rows[:, 0, column] == start).all()
    assert (rows[:, 0, LOSS] > 0).all()
    assert (rows[:, 0, CAPACITY] > 0).all()
    moved = rows[:, 1:, DISTANCE]
    assert (moved > 0).all()
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
    losses = [step.loss.numpy() for step, *_ in by_hand(VANILLA, objective, SGD(0.01), 5)]
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
            assert rows[network, row, CAPACITY] == 0
            assert rows[network, row, DISTANCE] == pytest.approx(1)  # its weights have been erased


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


def test_inputs_and_signals_are_free_of_the_weights_until_training_binds_them() -> None:
    one = Probe(probe(1).x, 0, np.zeros(1, dtype=np.int64))
    source = recorded(ADVERSARIAL, SGD(1e-3), (1e-3,), 1)
    rows = Sample(source, VANILLA, "dense", one, 3, "cpu", ChunkStore()).first(512)
    for column in (FORWARD, BACKWARD):
        start = rows[:, 0, column]
        assert abs(start.mean() - 1) < 6 * start.std() / math.sqrt(512)
        assert start.std() < 0.5
    network = Network(VANILLA, Stream(1), replicates=3)
    x, square = torch.as_tensor(one.x, dtype=torch.float32), squares(network)
    found = along_training.gains(network, x, square)
    assert all(torch.allclose(a, b) for a, b in zip(found, along_training.gains(network, 7 * x, square), strict=True))
    torch.testing.assert_close(along_training.gains(network, x, 2 * square)[1] * 2, found[1])
    # All inputs but the first are the singular vector of matrices of ones, and stretched by N.
    network.weights = [DenseMatrix(torch.ones_like(written(matrix))) for matrix in network.weights]
    forward = along_training.gains(network, x, squares(network))[0]
    alive = forward > 1
    assert alive.any()
    assert (forward[alive] * 3 > 2 * VANILLA.width).all()
    assert (forward[alive] < VANILLA.width).all()


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
    for row, column in [(0, LOSS), (0, CAPACITY), (1, LOSS), (1, SIZE), (1, DISTANCE), (1, CAPACITY), (1, BACKWARD)]:
        assert apart(dense[:, row, column], lazy[:, row, column]) < math.sqrt(math.log(4 * 7 / 1e-6) / 192), (
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


# What training leaves ------------------------------------------------------------------------------------------

ATTACKED = Objective("attacked", 0.2, steps=2)
RULE = SGD(0.02, 0.9, batch=4)


def left(spec: NetworkSpec = VANILLA, steps: int = 30, *, inputs: Probe | None = None, rule: SGD = RULE) -> Floats:
    source = after_training.trained(ATTACKED, rule, steps)
    found: Floats = source.engines["dense"](spec, inputs or probe(12, 8), Stream(SEED), NETWORKS).numpy()
    assert found.shape == (NETWORKS, 8)
    assert np.isfinite(found).all()
    return found


@both
def test_what_is_left_is_what_a_loop_by_hand_leaves(spec: NetworkSpec) -> None:
    found, points = left(spec), probe(12, 8)
    stream = Stream(SEED)
    network = Network(spec, stream, replicates=NETWORKS)
    x, labels = torch.as_tensor(points.x, dtype=torch.float32), torch.as_tensor(points.labels)
    begun, capacity = squares(network), fisher_rao(network, x[8:12], ("rows",))[:, 0]
    start = [written(matrix).clone() for matrix in network.weights]
    for _ in train(network, ATTACKED, x[:8], labels[:8], optimiser=RULE, steps=30, generator=stream.torch):
        pass
    right = (network(x).argmax(dim=-1) == labels).double().numpy()
    np.testing.assert_allclose(found[:, after_training.CLEAN], right[:, :8].mean(axis=1))
    np.testing.assert_allclose(found[:, after_training.HELD_OUT], right[:, 8:].mean(axis=1))
    away = [(written(m) - s).double().square().sum((1, 2)) for m, s in zip(network.weights, start, strict=True)]
    np.testing.assert_allclose(found[:, after_training.SIZE], (squares(network) / begun).mean(dim=1), rtol=1e-4)
    np.testing.assert_allclose(
        found[:, after_training.DISTANCE], (torch.stack(away, dim=1) / begun).sqrt().mean(dim=1), rtol=1e-4
    )
    now = fisher_rao(network, x[8:12], ("rows",))[:, 0]
    np.testing.assert_allclose(found[:, after_training.CAPACITY], now / capacity, rtol=1e-4)
    assert not found[:, after_training.DIVERGED].any()


def test_training_fits_what_it_is_taught_and_attacks_take_from_it() -> None:
    found = left(steps=120)
    assert found[:, after_training.CLEAN].mean() > 0.9
    assert (found[:, after_training.ATTACKED] <= found[:, after_training.CLEAN]).all()
    assert (found[:, after_training.HELD_OUT_ATTACKED] <= found[:, after_training.HELD_OUT]).all()
    assert (
        found[:, after_training.HELD_OUT].mean() < found[:, after_training.CLEAN].mean()
    )  # noise has nothing to learn from
    assert (left(steps=1)[:, after_training.CLEAN]).mean() < 0.8


def test_without_held_out_inputs_their_accuracies_are_none_and_capacity_is_that_of_the_others() -> None:
    found = left(inputs=probe(8))
    assert not found[:, [after_training.HELD_OUT, after_training.HELD_OUT_ATTACKED]].any()
    assert (found[:, after_training.CAPACITY] > 0).all()
    assert found[:, after_training.CLEAN].mean() > 0.5


def test_networks_that_diverge_have_learnt_nothing_and_are_flagged() -> None:
    found = left(rule=SGD(50.0, 0.9))
    gone = found[:, after_training.DIVERGED] == 1
    assert gone.all()
    assert not found[gone][:, : after_training.HELD_OUT_ATTACKED + 1].any()
    assert not found[gone][:, after_training.CAPACITY].any()


# Accuracy ------------------------------------------------------------------------------------------------------

SHALLOW = NetworkSpec("vanilla", 3, 3, 3, 1, 1.0)
LABELS = torch.tensor([0, 1, 2, 2])
POINTS = torch.tensor([[1.0, 0.1, 0.0], [0.0, 2.0, 0.5], [0.1, 0.0, 1.0], [1.0, 0.0, 0.2]])  # the last is class 0


def identities(replicates: int, *factors: float) -> Network:
    """Networks with f(x) = factor · x for x ≥ 0."""
    network = Network(SHALLOW, Stream(0), replicates=replicates)
    eye = torch.eye(3).expand(replicates, 3, 3).clone()
    network.input_projection, network.output_projection = DenseMatrix(eye), DenseMatrix(eye.clone())
    network.weights = [DenseMatrix(eye * torch.tensor(factors)[:, None, None])]
    return network


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def test_accuracy_is_the_share_put_in_their_class() -> None:
    found = accuracy(identities(2, 1.0, 5.0), ATTACKED, POINTS, LABELS, None)
    assert found.tolist() == [0.75, 0.75]
    assert accuracy(identities(1, 1.0), ATTACKED, POINTS[:3], LABELS[:3], None).tolist() == [1.0]
    assert accuracy(identities(1, 1.0), ATTACKED, POINTS[3:], LABELS[3:], None).tolist() == [0.0]


def test_an_attack_moves_what_lies_within_its_reach_over_the_edge() -> None:
    """The three margins are 0.9, 1.5 and 0.9: sign attacks of ε move each by 2ε, but for what falls below 0."""
    weak, strong = (Objective("attacked", eps, steps=3) for eps in (0.05, 0.7))
    clean = accuracy(identities(1, 4.0), weak, POINTS, LABELS, None)
    assert accuracy(identities(1, 4.0), weak, POINTS, LABELS, generator()).tolist() == clean.tolist()
    assert accuracy(identities(1, 4.0), strong, POINTS, LABELS, generator()).tolist() == [0.25]


def test_of_no_inputs_accuracy_is_nought() -> None:
    for attacker in (None, generator()):
        found = accuracy(identities(2, 1.0, 1.0), ATTACKED, POINTS[:0], LABELS[:0], attacker)
        assert found.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("broken", [math.nan, math.inf, 1e30, 1e19])  # the last only once it is under attack
def test_what_is_not_finite_is_in_no_class_and_spoils_nobody_elses_attack(broken: float) -> None:
    """0 is the class of an argmax over NaN: a network that is broken must not have it for free."""
    strong = Objective("attacked", 0.7, steps=3)
    stack = identities(3, 4.0, broken, 4.0)
    clean = accuracy(stack, strong, POINTS, LABELS, None)
    attacked = accuracy(stack, strong, POINTS, LABELS, generator())
    assert clean[[0, 2]].tolist() == [0.75, 0.75]
    assert (
        attacked.tolist()[::2]
        == accuracy(identities(3, 4.0, 1.0, 4.0), strong, POINTS, LABELS, generator()).tolist()[::2]
    )
    assert (attacked[[0, 2]] < 0.75).all()
    if not math.isfinite(broken):
        assert float(clean[1]) == float(attacked[1]) == 0
    # What is attacked is a copy: the stack itself stays as it is.
    assert float(written(stack.weights[0])[1, 0, 0]) == pytest.approx(broken, nan_ok=True)
