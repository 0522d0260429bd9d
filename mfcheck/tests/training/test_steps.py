"""Stacks train as single networks do and lazy ones as stored ones; what diverges leaves the others alone."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.agreement import disagreements, ordered, stored_copy
from mfcheck.tests.support.objectives import data, drawn, written
from mfcheck.tests.support.training import BIASED, LEAKY, VANILLA, both, sliced, squares, trained
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import OBJECTIVES, Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")

OF_SLOPE = ("loss", "adversarial", "standard", "projection", "square")


def numbers(step: Step) -> dict[str, Tensor]:
    """What is measured of a step, by name."""
    kept = {"time": step.time, "change": step.change, "error": step.error}
    return kept | {name: getattr(step.slope, name) for name in OF_SLOPE}


@both
@pytest.mark.parametrize("rule", [SGD(0.02), SGD(0.02, 0.9), Flow(0.2)], ids=str)
@pytest.mark.parametrize("name", ["theory", "standard", "adversarial"])
def test_a_stack_is_as_many_single_runs(spec: NetworkSpec, rule: SGD | Flow, name: str) -> None:
    network, objective = drawn(spec, "dense", 5, replicates=4), Objective(name, 0.3)
    singles = [sliced(network, replicate) for replicate in range(4)]
    together = trained(network, objective, rule, 4)
    for replicate, single in enumerate(singles):
        for one, many in zip(trained(single, objective, rule, 4), together, strict=True):
            for kind, found in numbers(one).items():
                torch.testing.assert_close(found[0], numbers(many)[kind][replicate], rtol=1e-8, atol=1e-10)
        for alone, among in zip(single.weights, network.weights, strict=True):
            torch.testing.assert_close(written(alone)[0], written(among)[replicate], rtol=1e-8, atol=1e-10)


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
            "loss before": steps[0].slope.loss,
            "loss after 1 step": steps[1].slope.loss,
            "loss after 3 steps": last.slope.loss,
            "ratio": last.slope.loss / steps[0].slope.loss,
            "adversarial after 3 steps": last.slope.adversarial,
            "adversarial times standard": last.slope.adversarial * last.slope.standard,
            "time": last.time,
            "projection": last.slope.projection[:, 0],
            "gradient": last.slope.square[:, -1],
            "gradient times loss": last.slope.square.sum(dim=1) * steps[0].slope.loss,
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
        for kind, found in numbers(one).items():
            torch.testing.assert_close(found, numbers(other)[kind], rtol=1e-6, atol=1e-9)
    for one, other in zip(lazy.weights, stored.weights, strict=True):
        torch.testing.assert_close(written(one), written(other), rtol=1e-6, atol=1e-9)


def assert_standing(steps: list[Step], replicate: int) -> None:
    """A replicate stands still from its mark on, which comes when it diverges and never goes."""
    since = int(steps[-1].diverged[replicate])
    assert since >= 0
    for step in steps:
        assert int(step.diverged[replicate]) == (since if step.index >= since else -1)
        for kind, values in numbers(step).items():
            assert bool(values[replicate].isfinite().all())
            if step.index >= since:
                stands = torch.zeros_like(values) if kind in OF_SLOPE else numbers(steps[since])[kind]
                assert torch.equal(values[replicate], stands[replicate])
        assert step.slope.perturbation is None or bool(step.slope.perturbation.isfinite().all())


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
        for kind, values in numbers(one).items():
            torch.testing.assert_close(values[others], numbers(other)[kind][others], rtol=1e-8, atol=1e-10)


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
        assert one.slope.perturbation is not None
        assert other.slope.perturbation is not None
        torch.testing.assert_close(one.slope.perturbation[[0, 2]], other.slope.perturbation[[0, 2]])
        torch.testing.assert_close(one.slope.loss[[0, 2]], other.slope.loss[[0, 2]])


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
