"""Stochastic gradient descent is torch.optim's, and gradient flow knows its error and meets its marks."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.networks import Network
from mfcheck.tests.support.objectives import by_hand, data, drawn, losses, written
from mfcheck.tests.support.training import ROUNDING, VANILLA, both, trained
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import OBJECTIVES, Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

pytestmark = pytest.mark.usefixtures("one_thread_each")


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
            objective, lambda one: by_hand(network, weights, biases, one), at, labels[chosen], step.slope.perturbation
        )
        theirs.zero_grad()
        (parts[0] + parts[1]).sum().backward()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(step.slope.loss, (parts[0] + parts[1]).detach(), rtol=ROUNDING, atol=ROUNDING)
        torch.testing.assert_close(step.time, torch.full_like(step.time, lr * step.index))
        if step.index < 6:
            theirs.step()
    for one, other in zip([*map(written, mine.weights), *mine.biases], [*weights, *biases], strict=True):
        torch.testing.assert_close(one, other.detach(), rtol=ROUNDING, atol=ROUNDING)


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
    """‖W_l‖² − ‖W_k‖² is conserved up to the flow's own error (docs/theory.md#euler-identities)."""
    for share in (0.5, 0.1, 0.02):
        steps = trained(drawn(VANILLA, "dense", 7, replicates=8), Objective(name, 0.3), Flow(share), 20)
        spread = steps[-1].change.amax(dim=1) - steps[-1].change.amin(dim=1)
        assert bool((spread <= steps[-1].error).all())
        assert bool((steps[-1].slope.loss < steps[0].slope.loss).all())


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
