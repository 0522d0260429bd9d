"""What a pair of trainings leaves is what a loop by hand leaves; its arms differ in the attack alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables import after_training
from mfcheck.observables.after_training import accuracy
from mfcheck.observables.capacity import fisher_rao
from mfcheck.tests.support.objectives import written
from mfcheck.tests.support.paths import BIASED, VANILLA, probe, squares
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")


NETWORKS, SEED = 5, 11
both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)


# What training leaves ------------------------------------------------------------------------------------------


ATTACKED = Objective("attacked", 0.2, steps=2)
RULE = SGD(0.02, 0.9, batch=4)


def pair(
    spec: NetworkSpec = VANILLA,
    steps: int = 30,
    *,
    inputs: Probe | None = None,
    rule: SGD = RULE,
    objective: Objective = ATTACKED,
) -> tuple[Floats, Floats]:
    """What training with attacks left, and what its control did."""
    source = after_training.trained(objective, rule, steps)
    found: Floats = source.engines["dense"](spec, inputs or probe(12, 8), Stream(SEED), NETWORKS).numpy()
    assert found.shape == (NETWORKS, 2 * after_training.ARM)
    assert np.isfinite(found).all()
    return found[:, : after_training.ARM], found[:, after_training.ARM :]


def left(spec: NetworkSpec = VANILLA, steps: int = 30, *, inputs: Probe | None = None, rule: SGD = RULE) -> Floats:
    return pair(spec, steps, inputs=inputs, rule=rule)[0]


@both
@pytest.mark.parametrize("objective", [ATTACKED, Objective("standard")], ids=lambda one: one.name)
def test_what_is_left_is_what_a_loop_by_hand_leaves(spec: NetworkSpec, objective: Objective) -> None:
    found, points = pair(spec)[objective.name == "standard"], probe(12, 8)
    stream = Stream(SEED)
    network = Network(spec, stream, replicates=NETWORKS)
    order, attacks, _ = (
        torch.Generator().manual_seed(seed) for seed in torch.randint(2**62, (3,), generator=stream.torch).tolist()
    )
    x, labels = torch.as_tensor(points.x, dtype=torch.float32), torch.as_tensor(points.labels)
    begun, capacity = squares(network), fisher_rao(network, x[8:12], ("rows",))[:, 0]
    squared = []
    for step in train(
        network, objective, x[:8], labels[:8], optimiser=RULE, steps=30, generator=attacks, batches=order
    ):
        squared.append(step.slope.square.sqrt().numpy())
    right = (network(x).argmax(dim=-1) == labels).double().numpy()
    np.testing.assert_allclose(found[:, after_training.CLEAN], right[:, :8].mean(axis=1))
    np.testing.assert_allclose(found[:, after_training.HELD_OUT], right[:, 8:].mean(axis=1))
    np.testing.assert_allclose(found[:, after_training.SIZE], (squares(network) / begun).mean(dim=1), rtol=1e-4)
    now = fisher_rao(network, x[8:12], ("rows",))[:, 0]
    np.testing.assert_allclose(found[:, after_training.CAPACITY], now / capacity, rtol=1e-4)
    assert not found[:, after_training.DIVERGED].any()
    np.testing.assert_allclose(found[:, after_training.FIRST], squared[-1][:, 0])
    np.testing.assert_allclose(found[:, after_training.LAST], squared[-1][:, -1])
    np.testing.assert_allclose(found[:, after_training.FIRST_AT_START], squared[0][:, 0])
    np.testing.assert_allclose(found[:, after_training.LAST_AT_START], squared[0][:, -1])


# The arms of a pair --------------------------------------------------------------------------------------------


@both
def test_with_the_attack_switched_off_both_arms_are_one_and_the_same_training(spec: NetworkSpec) -> None:
    """An attack of 1e-30 is lost in the rounding of x: same weights, same batches, same steps, to the last bit."""
    nothing = Objective("attacked", 1e-30, steps=2)
    attacked, control = pair(spec, objective=nothing)
    np.testing.assert_array_equal(attacked, control)
    assert (control[:, after_training.SIZE] != 1).all()


def test_an_attack_tells_the_arms_apart_and_leaves_the_control_as_it_was() -> None:
    attacked, control = pair()
    without = pair(objective=Objective("attacked", 1e-30, steps=2))[1]
    measured_by_the_attack = [after_training.ATTACKED, after_training.HELD_OUT_ATTACKED]
    others = [column for column in range(after_training.ARM) if column not in measured_by_the_attack]
    np.testing.assert_array_equal(control[:, others], without[:, others])
    assert (attacked[:, after_training.SIZE] != control[:, after_training.SIZE]).all()
    start = [after_training.LAST_AT_START]
    assert (attacked[:, start] != control[:, start]).all()  # from the first step on


def test_a_network_that_nothing_can_fit_is_fitted_by_neither_arm() -> None:
    """Of one and the same input under two labels no network puts more than half in its class."""
    points = probe(8)
    same = Probe(np.repeat(points.x[:1], 8, axis=0), 0, np.arange(8) % 2)
    for arm in pair(steps=60, inputs=same):
        assert (arm[:, after_training.CLEAN] <= 0.5).all()
        assert np.abs(arm[:, after_training.FALL]).max() < 0.5


def test_a_loss_that_comes_to_rest_has_not_fallen_and_one_that_is_learnt_has() -> None:
    assert (pair(steps=40)[1][:, after_training.FALL] > 0.01).all()
    still = pair(steps=40, rule=SGD(1e-7, 0.0, batch=4))
    for arm in still:
        assert np.abs(arm[:, after_training.FALL]).max() < 1e-3


@pytest.mark.parametrize("steps", [1, 2, 7, 31])
def test_however_short_a_training_is_its_loss_is_read(steps: int) -> None:
    for arm in pair(steps=steps):
        assert (np.abs(arm[:, after_training.FALL]) < 1).all()


def test_chunks_do_not_depend_on_who_asks_for_them() -> None:
    first, again = pair()[0], pair()[0]
    np.testing.assert_array_equal(first, again)


# What is learnt ------------------------------------------------------------------------------------------------


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
