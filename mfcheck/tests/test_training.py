"""Training keeps exact accounts of what it does to ‖W‖², descends as torch.optim does, and its flow knows its error."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import one_thread
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.test_lazy_agrees import disagreements, ordered, stored_copy
from mfcheck.tests.test_objectives import by_hand, data, drawn, losses, written
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import OBJECTIVES, Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

LEAKY = ReLULike(1, 0.3)
VANILLA = NetworkSpec("vanilla", 6, 3, 16, 3, 2.0)
BIASED = NetworkSpec("residual", 6, 3, 12, 2, 1.0, 0.3, LEAKY)
ROUNDING = 1e-10

both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)
specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.integers(1, 4),
    output_dim=st.integers(1, 3),
    width=st.integers(2, 9),
    depth=st.integers(1, 4),
    weight_variance=st.sampled_from([0.5, 2.0]),
    bias_variance=st.sampled_from([0.0, 0.4]),
    activation=st.sampled_from([ReLULike(1, 0), LEAKY, ReLULike(1, -1)]),
)
objectives = st.builds(Objective, st.sampled_from(OBJECTIVES), st.just(0.3), steps=st.just(2))
rules = st.sampled_from([SGD(0.05), SGD(0.05, 0.9), SGD(0.05, 0.5, batch=2), SGD(0.1, batch=3), Flow(0.1), Flow(0.5)])
seeds = st.integers(0, 2**32)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def trained(
    network: Network, objective: Objective, rule: SGD | Flow, steps: int, *, inputs: int = 5, seed: int = 0
) -> list[Step]:
    """All steps of training the network in place on the data of this seed."""
    x, labels = data(network.spec, seed, inputs)
    generator = torch.Generator().manual_seed(2)
    found = train(network, objective, x.to(network.dtype), labels, optimiser=rule, steps=steps, generator=generator)
    return list(found)


def squares(network: Network) -> Tensor:
    """‖W_l‖² `[R, L]`, from the entries."""
    return torch.stack([written(matrix).square().sum((1, 2)) for matrix in network.weights], dim=1)


@given(specs, objectives, rules, st.sampled_from(["dense", "lazy"]), seeds)
def test_the_account_of_the_squared_norm_is_exact(
    spec: NetworkSpec, objective: Objective, rule: SGD | Flow, engine: str, seed: int
) -> None:
    if engine == "lazy" and isinstance(rule, SGD) and rule.momentum:
        rule = SGD(rule.lr)
    network = drawn(spec, engine, seed)
    before = squares(network)
    steps = trained(network, objective, rule, 4, seed=seed)
    assert [step.index for step in steps] == list(range(5))
    assert not steps[0].change.any()
    kept = steps[-1].diverged < 0
    moved = (squares(network) - before) / spec.width
    torch.testing.assert_close(steps[-1].change[kept], moved[kept], rtol=1e-8, atol=1e-8)


def sliced(network: Network, replicate: int) -> Network:
    """One replicate of a stack as a stack of its own."""
    found, here = copy.copy(network), slice(replicate, replicate + 1)

    def of(matrix: Any) -> DenseMatrix:
        return DenseMatrix(matrix.values[here].clone())

    found.replicates = 1
    found.input_projection, found.output_projection = of(network.input_projection), of(network.output_projection)
    found.weights, found.shortcuts = [*map(of, network.weights)], [*map(of, network.shortcuts)]
    found.biases = [bias[here].clone() for bias in network.biases]
    return found


@both
@pytest.mark.parametrize(
    ("name", "batch", "momentum"), [("theory", None, 0.9), ("attacked", None, 0.0), ("standard", 3, 0.8)]
)
def test_sgd_is_that_of_torch(spec: NetworkSpec, name: str, batch: int | None, momentum: float) -> None:
    """On autograd's gradients of networks written down by hand, at the same perturbations and batches."""
    network, objective, lr = drawn(spec, "dense", 3), Objective(name, 0.3), 0.03
    x, labels = data(spec, 3, 8)
    mine = copy.deepcopy(network)
    weights = [written(matrix).clone().requires_grad_() for matrix in network.weights]
    biases = [bias.clone().requires_grad_() for bias in network.biases]
    theirs = torch.optim.SGD([*weights, *biases], lr=lr, momentum=momentum)
    generator, drawing = torch.Generator().manual_seed(1), torch.Generator().manual_seed(1)
    rule = SGD(lr, momentum, batch)
    for step in train(mine, objective, x, labels, optimiser=rule, steps=6, generator=generator):
        chosen = torch.arange(8) if batch is None else torch.randperm(8, generator=drawing)[:batch]
        at = x[chosen].expand(network.replicates, -1, -1)
        parts = losses(
            objective, lambda one: by_hand(network, weights, biases, one), at, labels[chosen], step.perturbation
        )
        theirs.zero_grad()
        (parts[0] + parts[1]).sum().backward()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(step.loss, (parts[0] + parts[1]).detach(), rtol=ROUNDING, atol=ROUNDING)
        torch.testing.assert_close(step.time, torch.full_like(step.time, lr * step.index))
        if step.index < 6:
            theirs.step()
    for one, other in zip([*map(written, mine.weights), *mine.biases], [*weights, *biases], strict=True):
        torch.testing.assert_close(one, other.detach(), rtol=ROUNDING, atol=ROUNDING)


@both
@pytest.mark.parametrize("rule", [SGD(0.02), SGD(0.02, 0.9), Flow(0.2)], ids=str)
@pytest.mark.parametrize("name", ["theory", "standard", "adversarial"])
def test_a_stack_is_as_many_single_runs(spec: NetworkSpec, rule: SGD | Flow, name: str) -> None:
    network, objective = drawn(spec, "dense", 5, replicates=4), Objective(name, 0.3)
    singles = [sliced(network, replicate) for replicate in range(4)]
    together = trained(network, objective, rule, 4)
    for replicate, single in enumerate(singles):
        for one, many in zip(trained(single, objective, rule, 4), together, strict=True):
            for kind in ("time", "loss", "adversarial", "standard", "projection", "square", "change", "error"):
                found, expected = getattr(one, kind)[0], getattr(many, kind)[replicate]
                torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-10)
        for alone, among in zip(single.weights, network.weights, strict=True):
            torch.testing.assert_close(written(alone)[0], written(among)[replicate], rtol=1e-8, atol=1e-10)


def flowed(spec: NetworkSpec, objective: Objective, share: float, marks: tuple[float, ...]) -> tuple[Step, Network]:
    """The last step of a flow to the last mark, and the network there."""
    network = drawn(spec, "dense", 6, replicates=8)
    steps = trained(network, objective, Flow(share, marks), 4000)
    assert bool((steps[-1].time == marks[-1]).all())
    return steps[-1], network


def horizon(spec: NetworkSpec, objective: Objective) -> float:
    """A time by which training has come some way."""
    steps = trained(drawn(spec, "dense", 6, replicates=8), objective, Flow(0.2), 6)
    return float(steps[-1].time.median())


@both
@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_flows_error_is_no_less_than_what_finer_steps_find(spec: NetworkSpec, name: str) -> None:
    """But for attacks that end on another maximum of theirs, once steps differ: found in 1 replicate of 50."""
    objective = Objective(name, 0.3)
    marks = (horizon(spec, objective),)
    fine, _ = flowed(spec, objective, 0.04, marks)
    for share in (0.2, 0.5):
        coarse, _ = flowed(spec, objective, share, marks)
        gap, error = (coarse.change - fine.change).abs().amax(dim=1), coarse.error + fine.error
        assert int((gap > error).sum()) <= (1 if objective.attacks else 0)
        assert bool((gap <= 3 * error).all())
    assert float((fine.error / coarse.error).median()) <= 0.4


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_a_flow_is_of_second_order(architecture: str) -> None:
    """In weights and biases; of linear networks, which turn no gates."""
    spec = NetworkSpec(architecture, 6, 3, 12, 2, 1.0, 0.3, ReLULike(1, 1))
    objective = Objective("standard")
    marks = (horizon(spec, objective),)

    def ends(share: float) -> Tensor:
        network = flowed(spec, objective, share, marks)[1]
        return torch.cat([*(written(matrix).flatten(1) for matrix in network.weights), *network.biases], dim=1)

    coarse, half, quarter = map(ends, (0.06, 0.03, 0.015))
    assert 3 <= float((coarse - half).norm() / (half - quarter).norm()) <= 5


@pytest.mark.parametrize("name", OBJECTIVES)
def test_along_a_flow_layers_move_alike(name: str) -> None:
    """‖W_l‖² − ‖W_k‖² is conserved (vanilla, no bias; THEORY E4), as far as the flow's own error says."""
    for share in (0.5, 0.1, 0.02):
        steps = trained(drawn(VANILLA, "dense", 7, replicates=8), Objective(name, 0.3), Flow(share), 20)
        spread = steps[-1].change.amax(dim=1) - steps[-1].change.amin(dim=1)
        assert bool((spread <= steps[-1].error).all())
        assert bool((steps[-1].loss < steps[0].loss).all())


@both
@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_a_flow_steps_onto_every_mark_and_stops_at_the_last(spec: NetworkSpec, engine: str) -> None:
    marks = (0.1, 0.1 + 1e-9, 0.3, 1.0)
    network = drawn(spec, engine, 8, replicates=5)
    steps = trained(network, Objective("theory", 0.1), Flow(0.3, marks), 1000)
    assert 5 < len(steps) < 1000
    times = torch.stack([step.time for step in steps])
    assert bool((times[1:] >= times[:-1]).all())
    for mark in marks:
        assert bool((times == mark).any(dim=0).all())
    assert bool((times[-1] == 1.0).all())
    assert bool((times[-2] < 1.0).any())
    last = times[:-1] == 1.0
    for kind in ("change", "error"):
        values = torch.stack([getattr(step, kind) for step in steps])
        assert bool((values[1:][last] == values[:-1][last]).all())


@both
def test_a_flow_reaches_its_last_mark_in_the_steps_it_is_given(spec: NetworkSpec) -> None:
    """By longer steps where its own are too short, which its error then shows."""
    objective, marks = Objective("standard"), (0.05, 0.1, 0.2)
    few, many = (trained(drawn(spec, "dense", 8), objective, Flow(0.005, marks), steps) for steps in (9, 1000))
    assert len(few) <= 10
    assert len(many) > 20
    for steps in (few, many):
        times = torch.stack([step.time for step in steps])
        for mark in marks:
            assert bool((times == mark).any(dim=0).all())
    assert bool((few[-1].error > 2 * many[-1].error).all())
    gap = (few[-1].change - many[-1].change).abs().amax(dim=1)
    assert bool((gap <= few[-1].error + many[-1].error).all())


def test_without_a_slope_a_flow_stands_at_its_marks_at_once() -> None:
    """Dead networks have neither loss nor gradient, and must not keep the others waiting."""
    network = drawn(VANILLA, "dense", 9, replicates=3)
    network.erase(torch.tensor([False, True, False]))
    steps = trained(network, Objective("theory", 0.1), Flow(0.2, (0.2, 0.5)), 1000)
    assert [float(step.time[1]) for step in steps[:3]] == [0.0, 0.2, 0.5]
    assert not steps[-1].change[1].any()
    assert bool((steps[-1].time == 0.5).all())
    assert not trained(network, Objective("adversarial", 0.1), Flow(0.2), 3)[-1].time[1]


LAW = [NetworkSpec("vanilla", 4, 2, 12, 3, 1.6, 0.2), NetworkSpec("residual", 4, 2, 10, 2, 0.8, 0.1, LEAKY)]
DRAWS = 2**11
laws = pytest.mark.parametrize(("spec", "rule"), [(LAW[0], SGD(0.02)), (LAW[1], Flow(0.3))], ids=["sgd", "flow"])


def of_training(spec: NetworkSpec, engine: str, seed: int, rule: SGD | Flow) -> dict[str, NDArray[np.float64]]:
    """Functionals of three steps on three points, attacked in two steps."""
    network = Network(spec, Stream(seed), engine=engine, replicates=DRAWS)
    steps = trained(network, Objective("theory", 0.4, math.inf, 2, steps=2), rule, 3, inputs=3)
    last = steps[-1]
    assert not bool((last.diverged >= 0).any())
    return ordered(
        {
            "loss before": steps[0].loss,
            "loss after 1 step": steps[1].loss,
            "loss after 3 steps": last.loss,
            "ratio": last.loss / steps[0].loss,
            "adversarial after 3 steps": last.adversarial,
            "adversarial times standard": last.adversarial * last.standard,
            "time": last.time,
            "projection": last.projection[:, 0],
            "gradient": last.square[:, -1],
            "gradient times loss": last.square.sum(dim=1) * steps[0].loss,
            "change of the first": last.change[:, 0],
            "change of the last": last.change[:, -1],
            "changes, difference": last.change[:, 0] - last.change[:, -1],
            "error": last.error,
        }
    )


@cache
def stored_training(spec: NetworkSpec, rule: SGD | Flow) -> dict[str, NDArray[np.float64]]:
    return of_training(spec, "dense", 31, rule)


@laws
def test_lazy_networks_train_with_the_law_of_stored_ones(spec: NetworkSpec, rule: SGD | Flow) -> None:
    stored = stored_training(spec, rule)
    assert np.median(stored["ratio"]) < 0.9
    assert not disagreements(stored, of_training(spec, "lazy", 32, rule))


@laws
def test_lazy_networks_that_train_otherwise_are_told_apart(spec: NetworkSpec, rule: SGD | Flow) -> None:
    other = SGD(1.5 * rule.lr) if isinstance(rule, SGD) else Flow(1.5 * rule.share)
    found = disagreements(stored_training(spec, rule), of_training(spec, "lazy", 32, other))
    assert {"loss after 3 steps", "time"} <= found.keys()


@pytest.mark.parametrize("rule", [SGD(0.02), Flow(0.2)], ids=["sgd", "flow"])
@both
def test_a_lazy_network_trains_like_the_stored_one_of_its_entries(spec: NetworkSpec, rule: SGD | Flow) -> None:
    lazy = drawn(spec, "lazy", 10)
    stored = stored_copy(lazy)
    steps, expected = (trained(one, Objective("theory", 0.3, 2, 2), rule, 5) for one in (lazy, stored))
    for one, other in zip(steps, expected, strict=True):
        for kind in ("time", "loss", "projection", "square", "change", "error"):
            torch.testing.assert_close(getattr(one, kind), getattr(other, kind), rtol=1e-6, atol=1e-9)
    for one, other in zip(lazy.weights, stored.weights, strict=True):
        torch.testing.assert_close(written(one), written(other), rtol=1e-6, atol=1e-9)


NUMBERS = ("time", "loss", "adversarial", "standard", "projection", "square", "change", "error")


def assert_standing(steps: list[Step], replicate: int) -> None:
    """A replicate stands still from its mark on, which comes when it diverges and never goes."""
    since = int(steps[-1].diverged[replicate])
    assert since >= 0
    for step in steps:
        assert int(step.diverged[replicate]) == (since if step.index >= since else -1)
        for kind in NUMBERS:
            values = getattr(step, kind)[replicate]
            assert bool(values.isfinite().all())
            if step.index >= since:
                kept = kind in ("time", "change", "error")
                assert torch.equal(values, getattr(steps[since], kind)[replicate] if kept else torch.zeros_like(values))
        assert step.perturbation is None or bool(step.perturbation.isfinite().all())


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize("lr", [1e4, 1e15, 1e100])
def test_steps_far_too_long_diverge_and_end_nothing(lr: float, engine: str, name: str) -> None:
    kinds = [(VANILLA, 0.0, torch.float64), (BIASED, 0.0, torch.float32), (BIASED, 0.9, torch.float32)]
    for spec, momentum, dtype in kinds[: 2 if engine == "lazy" else 3]:
        network = Network(spec, Stream(11), engine=engine, replicates=3, dtype=dtype)
        steps = trained(network, Objective(name, 0.3), SGD(lr, momentum, batch=4), 6)
        assert len(steps) == 7
        for replicate in range(3):
            assert_standing(steps, replicate)
            assert int(steps[-1].diverged[replicate]) >= 1
        assert all(bool(tensor.isfinite().all()) for tensor in network.stored)


@pytest.mark.parametrize("name", ["theory", "standard", "attacked"])
@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize(
    "rule", [SGD(0.01), SGD(0.01, 0.9, batch=4), Flow(0.5, (0.05, 0.1))], ids=["sgd", "momentum", "flow"]
)
@pytest.mark.parametrize("factor", [6.0, 1e5, 1e60, math.nan], ids=str)
def test_a_replicate_that_diverges_leaves_the_others_alone(
    factor: float, rule: SGD | Flow, engine: str, name: str
) -> None:
    """Neither its numbers nor the random numbers it used up reach them."""
    if engine == "lazy" and isinstance(rule, SGD) and rule.momentum:
        rule = SGD(rule.lr, batch=rule.batch)
    each = torch.tensor([1.0, factor, 1.0])
    found = {}
    for blown in (False, True):
        network = drawn(BIASED, engine, 12, replicates=3)
        for matrix in network.matrices:
            written(matrix)  # so that a lazy one draws no more random numbers
        if blown:
            for matrix in network.weights:
                matrix.scale(each.double())
        found[blown] = trained(network, Objective(name, 0.3), rule, 5)
    if len(found[True]) == len(found[False]) and factor > 1e4:
        assert_standing(found[True], 1)
    others = [0, 2]
    for one, other in zip(found[True], found[False], strict=False):
        assert torch.equal(one.diverged[others], other.diverged[others])
        for kind in NUMBERS:
            torch.testing.assert_close(getattr(one, kind)[others], getattr(other, kind)[others], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_a_flow_takes_no_step_that_blows_its_network_up(engine: str, name: str) -> None:
    """Not even half of it: what is measured at the far end is void, and so is the mean with it."""
    network = drawn(BIASED, engine, 13, replicates=3)
    steps = trained(network, Objective(name, 0.3), Flow(0.1, (1e-4, 1e80)), 6)
    for replicate in range(3):
        assert_standing(steps, replicate)
        since = int(steps[-1].diverged[replicate])
        assert since >= 2
        for kind in ("time", "change", "error"):
            assert torch.equal(getattr(steps[since], kind)[replicate], getattr(steps[since - 1], kind)[replicate])
    assert not squares(network).any()
    assert not any(bias.any() for bias in network.biases)


@pytest.mark.parametrize("name", ["theory", "attacked"])
def test_random_numbers_of_an_attack_that_overflows_are_drawn_again(name: str) -> None:
    """One that does so only once it has drawn them: at the inputs themselves the network is still finite."""
    found = []
    for factor in (1.0, 1e76):
        network = drawn(BIASED, "dense", 12, replicates=3)
        for matrix in network.weights:
            matrix.scale(torch.tensor([1.0, factor, 1.0], dtype=torch.float64))
        assert float(network(data(BIASED, 0, 5)[0]).abs().max()) < torch.finfo(torch.float64).max ** 0.5
        found.append(trained(network, Objective(name, 1e4), SGD(1e-8), 2))
    assert found[1][0].diverged.tolist() == [-1, 0, -1]
    for one, other in zip(*found, strict=True):
        assert one.perturbation is not None
        assert other.perturbation is not None
        torch.testing.assert_close(one.perturbation[[0, 2]], other.perturbation[[0, 2]])
        torch.testing.assert_close(one.loss[[0, 2]], other.loss[[0, 2]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *[
            (lambda lr=lr: SGD(lr), f"lr must be positive and finite, got {lr}")
            for lr in (0, -0.1, math.nan, math.inf, True)
        ],
        *[
            (lambda momentum=momentum: SGD(0.1, momentum), r"momentum must lie in \[0, 1\), got " + str(momentum))
            for momentum in (1, -0.1, 1.5, math.nan)
        ],
        *[
            (lambda batch=batch: SGD(0.1, batch=batch), f"batch must be a positive integer, got {batch}")
            for batch in (0, -1, 2.5, True)
        ],
        *[
            (lambda share=share: Flow(share), r"share must lie in \(0, 0.5\], got " + str(share))
            for share in (0, -0.1, 0.6, math.nan, True)
        ],
        *[
            (lambda marks=marks: Flow(0.1, marks), "marks must be positive and grow, got ")
            for marks in ((), (0.0, 1.0), (-1.0,), (1.0, 1.0), (2.0, 1.0), (1.0, math.nan), (math.inf, math.inf))
        ],
    ],
)
def test_rules_that_cannot_be_are_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps must be a positive integer, got 0"),
        ({"steps": 1.5}, "steps must be a positive integer, got 1.5"),
        ({"x": torch.ones(5)}, r"got \(5,\) and \(4,\)"),
        ({"x": torch.ones(2, 4, 6)}, r"got \(2, 4, 6\) and \(4,\)"),
        ({"x": torch.ones(3, 6)}, r"got \(3, 6\) and \(4,\)"),
        ({"labels": torch.zeros(4, 1, dtype=torch.long)}, r"got \(4, 6\) and \(4, 1\)"),
        ({"x": torch.ones(0, 6), "labels": torch.ones(0, dtype=torch.long)}, r"got \(0, 6\) and \(0,\)"),
        ({"x": torch.ones(4, 5)}, r"training needs x \[n, 6\] and labels \[n\], got \(4, 5\) and \(4,\)"),
        ({"labels": torch.tensor([0, 1, 2, 3])}, "labels must be integers of 0…2, got torch.int64 from 0 to 3"),
        ({"labels": torch.tensor([0, -100, 2, 1])}, "labels must be integers of 0…2, got torch.int64 from -100 to 2"),
        ({"labels": torch.tensor([0.0, 1.0, 2.0, 1.0])}, "labels must be integers of 0…2, got torch.float32 from 0"),
        ({"optimiser": SGD(0.1, batch=5)}, "batch 5 is larger than the 4 inputs"),
        ({"engine": "lazy", "optimiser": SGD(0.1, 0.9)}, "momentum needs stored matrices; engine lazy trains with"),
    ],
    ids=str,
)
def test_training_that_cannot_be_is_named_before_any_step(changes: dict[str, Any], message: str) -> None:
    network = Network(VANILLA, Stream(1), engine=changes.pop("engine", "dense"))
    arguments: dict[str, Any] = {"x": torch.ones(4, 6), "labels": torch.tensor([0, 1, 2, 1]), "steps": 2}
    arguments |= {"optimiser": SGD(0.1), "generator": torch.Generator()} | changes
    with pytest.raises(ValueError, match=message):
        train(network, Objective("standard"), **arguments)
