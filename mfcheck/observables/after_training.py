"""Measured after practical adversarial training: accuracies, the weights' size, and whether it diverged."""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.ensembles.matrices.lazy import Overflow
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.slopes import inputs
from mfcheck.spec import NetworkSpec
from mfcheck.training.objectives import Objective, attack
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

CLEAN, ATTACKED, HELD_OUT, HELD_OUT_ATTACKED, SIZE, DISTANCE, CAPACITY, DIVERGED = range(8)
"""Columns of `trained`: accuracies on training and on held-out inputs, clean and attacked; ‖W‖²/‖W(0)‖² and
‖W − W(0)‖/‖W(0)‖, means over layers; ‖w‖_FR (the rows' form, at held-out inputs if there are any) over its start;
whether training diverged, in which case accuracies are 0."""
PROBED = 4
"""Inputs that a capacity is meaned over."""


@lru_cache(maxsize=64)
def trained(objective: Objective, rule: SGD, steps: int, most: int = STACK) -> Source:
    """`[n, 8]`: the columns above after so many steps on the probe's first `train` inputs; the rest are held out."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        begun = [matrix.values for matrix in network.weights]  # type: ignore[union-attr]
        squares = torch.stack([matrix.squared_norm() for matrix in network.weights], dim=1)
        x, labels = inputs(probe, stream)
        count = len(x) if probe.train is None else probe.train
        taught, fresh = (x[:count], labels[:count]), (x[count:], labels[count:])
        probed = (fresh[0] if len(fresh[0]) else taught[0])[:PROBED]
        before = fisher_rao(network, probed, ("rows",))[:, 0]
        for step in train(network, objective, *taught, optimiser=rule, steps=steps, generator=stream.torch):
            progress.report(step.index, steps)
        failed = step.diverged >= 0
        columns = [
            accuracy(network, objective, *part, stream.torch if attacked else None)
            for part in (taught, fresh)
            for attacked in (False, True)
        ]
        moved = torch.stack([matrix.moved(start) for matrix, start in zip(network.weights, begun, strict=True)], dim=1)
        size = 1 + (step.change * spec.width / squares).mean(dim=1)
        left = fisher_rao(network, probed, ("rows",))[:, 0] / before
        rest = [size, (moved / squares).sqrt().mean(dim=1), left, failed.double()]
        return torch.stack([*(column.masked_fill(failed, 0.0) for column in columns), *rest], dim=1)

    name = f"{objective} by {rule} in {steps} steps, {most} at once"
    return Source(name, {"dense": dense}, {"dense": True}, most=most)


def accuracy(
    network: Network, objective: Objective, x: Tensor, labels: Tensor, attacker: torch.Generator | None
) -> Tensor:
    """The share of inputs put in their class, `[R]`, after the objective's attack where an attacker is given.

    0 of no inputs; what is not finite is in no class, and leaves the other networks' attacks as they are.
    """
    if not len(x):
        return torch.zeros(network.replicates, dtype=torch.float64, device=x.device)
    points = x.expand(network.replicates, *x.shape)
    if attacker is not None:
        points = points + _attacked(network, objective, points, labels, attacker)
    output = network(points)
    right = (output.argmax(dim=-1) == labels) & output.isfinite().all(dim=-1)
    return right.double().mean(dim=1)


def _attacked(
    network: Network, objective: Objective, points: Tensor, labels: Tensor, attacker: torch.Generator
) -> Tensor:
    """The attack's perturbations; networks that overflow are attacked as if their weights were 0."""
    stack, random = copy.copy(network), attacker.get_state()
    stack.weights = [copy.copy(matrix) for matrix in network.weights]
    while True:
        try:
            return attack(stack, objective, points, labels, attacker.set_state(random))
        except Overflow as overflow:
            stack.erase(overflow.where)
