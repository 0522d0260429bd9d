"""How the capacity moves at the start of training in minibatches, beside each network's own slope at t = 0.

Both are taken at images that are not trained on: a capacity is a mean over inputs, and an image's own pull on itself is
no part of that. The capacity is the rows' form of the Fisher–Rao norm (docs/theory.md#capacity).
"""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.slopes import inputs
from mfcheck.spec import NetworkSpec
from mfcheck.training.objectives import Objective, slope
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

SPEED, FAILED, LEFT = range(3)
"""Columns: −d log‖w‖_FR/dt at t = 0; whether training diverged on the way; and the first of ‖w‖_FR(t)/‖w‖_FR(0), which
has one for the start and one for every step."""


@family(maxsize=64)
def speeds(objective: Objective, step: float) -> Source:
    """`[n, 1]`: −d log‖w‖_FR/dt at t = 0 under the gradient on all images that the probe trains on.

    A difference over `step` of time on either side: gates that flip on the way are part of it, as of the flow.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        (x, labels), seen = split(probe, stream)
        return speed(network, objective, x, labels, seen, stream.torch, step)[:, None]

    return Source(
        f"speed of capacity under {objective} over {step!r}", {"dense": dense}, {"dense": True}, most=STACK // 2
    )


@family(maxsize=64)
def falls(objective: Objective, rule: SGD, steps: int) -> Source:
    """`[n, 3 + steps]`: the columns above, by so many steps of `rule` on the images that the probe trains on.

    The slope is taken over as long a time, by the gradient on all of them.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        (x, labels), seen = split(probe, stream)
        own, left, failed = speed(network, objective, x, labels, seen, stream.torch, rule.lr * steps), [], None
        for now in train(network, objective, x, labels, optimiser=rule, steps=steps, generator=stream.torch):
            progress.report(now.index, steps)
            left.append(capacity(network, seen))
            failed = (now.diverged >= 0).double()
        assert failed is not None
        return torch.stack([own, failed, *(one / left[0] for one in left)], dim=1)

    name = f"fall of capacity under {objective} by {rule} in {steps} steps"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK // 2, passes=steps * objective.passes)


def split(probe: Probe, stream: Stream) -> tuple[tuple[Tensor, Tensor], Tensor]:
    """The images `[n, d]` that are trained on with their labels `[n]`, and the others; ValueError if there are none."""
    if probe.train is None or not 0 < probe.train < len(probe.x):
        raise ValueError(f"some of {len(probe.x)} images must be trained on and some not, got {probe.train} trained")
    x, labels = inputs(probe, stream)
    return (x[: probe.train], labels[: probe.train]), x[probe.train :]


def capacity(network: Network, x: Tensor) -> Tensor:
    """‖w‖_FR (the rows' form), meaned over inputs `[B, d]`: `[R]`."""
    return fisher_rao(network, x, ("rows",))[:, 0]


def speed(
    network: Network,
    objective: Objective,
    x: Tensor,
    labels: Tensor,
    seen: Tensor,
    generator: torch.Generator,
    step: float,
) -> Tensor:
    """−d log‖w‖_FR/dt at t = 0, `[R]`, from the capacities a `step` of time before and after; W is left as it was."""
    here, logs = slope(network, objective, x, labels, generator), []
    for sign in (1.0, -1.0):
        moved = network.twin()
        for matrix, left, right in zip(moved.weights, here.left, here.right, strict=True):
            matrix.add(sign * step * left, right)
        logs.append(capacity(moved, seen).log())
    return (logs[0] - logs[1]) / (2 * step)
