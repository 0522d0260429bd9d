"""Measured after training, in pairs from one start: with attacks, as practitioners train, and without, as its control.

Both arms of a pair begin with the same weights and see the same batches for as many steps of the same length, so what
tells them apart is the attack alone (docs/theory.md#outcome-and-mechanism).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.matrices.lazy import Overflow
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import is_far
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.last_quarter import LastQuarter
from mfcheck.observables.slopes import parted
from mfcheck.spec import NetworkSpec
from mfcheck.training.attacked import attack
from mfcheck.training.losses import cross_entropy
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

CLEAN, ATTACKED, HELD_OUT, HELD_OUT_ATTACKED, SIZE, CAPACITY, DIVERGED, FALL = range(8)
FIRST, LAST, FIRST_AT_START, LAST_AT_START = range(8, 12)
"""Columns of an arm: accuracies on training and on held-out inputs, clean and attacked; ‖W‖²/‖W(0)‖²,
meaned over layers; ‖w‖_FR (the rows' form, at held-out inputs if there are any) over its start; whether training
diverged, in which case accuracies are 0; the share of its loss that went in the last quarter; ‖∂L/∂W‖ of the first and
of the last layer, at the end and at the start, on a batch."""
ARM = 12
"""Columns of an arm: the control's stand so many after those of training with attacks."""
PROBED = 4
"""Inputs that a capacity is meaned over."""
WATCHED = 128
"""Training inputs at most that a loss is meaned over: the same ones every time, so that their choice adds no noise."""


@dataclass(frozen=True, eq=False)
class Lessons:
    """What both arms of a pair share: inputs `[B, d]` and labels of training and held out, and seeds of what is random.

    `strength` is the attack by which both are measured.
    """

    taught: tuple[Tensor, Tensor]
    fresh: tuple[Tensor, Tensor]
    strength: Objective
    rule: SGD
    steps: int
    seeds: tuple[int, ...]

    @property
    def probed(self) -> Tensor:
        """The inputs at which capacity is measured."""
        return (self.fresh[0] if len(self.fresh[0]) else self.taught[0])[:PROBED]

    def generator(self, which: int) -> torch.Generator:
        """The random numbers of the batches, of the attacks trained on or of those measured by, from their start."""
        return torch.Generator(self.taught[0].device).manual_seed(self.seeds[which])


BATCHES, ATTACKS, MEASURES = range(3)


@family(maxsize=64)
def trained(objective: Objective, rule: SGD, steps: int, most: int = STACK) -> Source:
    """`[n, 2 · ARM]`: the columns above after so many steps on the probe's first `train` inputs, with the objective's
    attacks and then without any; the rest of the inputs are held out."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        seeds = torch.randint(2**62, (3,), generator=stream.torch, device=stream.device).tolist()
        lessons = Lessons(*parted(probe, stream), objective, rule, steps, (*seeds,))
        twin = network.twin()
        arms = [arm(network, objective, lessons), arm(twin, Objective("standard"), lessons, after=steps)]
        return torch.cat(arms, dim=1)

    name = f"{objective} by {rule} in {steps} steps beside a control, {most} at once"
    return Source(name, {"dense": dense}, {"dense": True}, most=most, passes=steps * (objective.passes + 1))


def arm(network: Network, objective: Objective, lessons: Lessons, *, after: int = 0) -> Tensor:
    """Train one arm of every pair, after so many steps of the other: its columns, `[R, ARM]`."""
    squares = torch.stack([matrix.squared_norm() for matrix in network.weights], dim=1)
    before = fisher_rao(network, lessons.probed, ("rows",))[:, 0]
    gradients: list[Tensor] = []
    quarter = LastQuarter(lessons.steps)
    for step in train(
        network,
        objective,
        *lessons.taught,
        optimiser=lessons.rule,
        steps=lessons.steps,
        generator=lessons.generator(ATTACKS),
        batches=lessons.generator(BATCHES),
    ):
        progress.report(after + step.index, 2 * lessons.steps)
        if step.index in quarter.marks:
            quarter.read[step.index] = loss(network, objective, lessons)
        if step.index in (0, lessons.steps):
            gradients.append(step.slope.square[:, [0, -1]].sqrt())
    failed = step.diverged >= 0
    size = 1 + (step.change * network.spec.width / squares).mean(dim=1)
    left = fisher_rao(network, lessons.probed, ("rows",))[:, 0] / before
    columns = [*accuracies(network, lessons, failed), size, left]
    columns += [failed.double(), quarter.fall().masked_fill(failed, 0.0), *gradients[1].T, *gradients[0].T]
    return torch.stack(columns, dim=1)


def accuracies(network: Network, lessons: Lessons, failed: Tensor) -> list[Tensor]:
    """Accuracies on training and on held-out inputs, clean and attacked, `[R]` each; 0 of networks that failed."""
    found = [
        accuracy(network, lessons.strength, *part, lessons.generator(MEASURES) if attacked else None)
        for part in (lessons.taught, lessons.fresh)
        for attacked in (False, True)
    ]
    return [one.masked_fill(failed, 0.0) for one in found]


def loss(network: Network, objective: Objective, lessons: Lessons) -> Tensor:
    """The objective's cross-entropy, meaned over the first training inputs: `[R]`."""
    x, labels = (part[:WATCHED] for part in lessons.taught)
    points = x.expand(network.replicates, *x.shape)
    if objective.attacks:
        points = points + _attacked(network, objective, points, labels, lessons.generator(MEASURES))
    return cross_entropy(network(points), labels).double().mean(dim=1)


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
    """The attack's perturbations; networks that overflow are attacked as if their weights were 0.

    On a GPU nothing overflows so as to be told of, and weights of which a twin is made are copied by the next step.
    """
    stack, random = network if is_far(points) else network.twin(), attacker.get_state()
    while True:
        try:
            return attack(stack, objective, points, labels, attacker.set_state(random)).perturbation
        except Overflow as overflow:
            stack.erase(overflow.where)
