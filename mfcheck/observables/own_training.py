"""Networks of one's own trained on a few dozen images in pairs from one start: with attacks, and without as control.

Both arms see the same batches for as many steps of one length, so what tells them apart is the attack alone
(docs/theory.md#outcome-and-mechanism).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL
from mfcheck.observables.last_quarter import LastQuarter
from mfcheck.observables.slopes import parted
from mfcheck.spec import NetworkSpec

KERNEL_AT = 4
"""Inputs at which the tangent kernel is measured that a step is in proportion to."""


@dataclass(frozen=True)
class Course:
    """How both arms are trained: attacks of one signed step of ε, and SGD with momentum on batches, whose step is
    `speed` over the tangent kernel of the network at its start, so that f moves as fast in all networks."""

    eps: float
    steps: int
    batch: int
    speed: float
    momentum: float


@family(maxsize=16)
def pairs(course: Course) -> Source:
    """`[n, 2 · ARM]`: CLEAN, DIVERGED and FALL of `after_training` of a network trained with attacks and then of its
    control, in its columns; the others are 0. On the probe's inputs that are trained on."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        (x, labels), _ = parted(probe, stream)
        network = ModuleStack(spec, stream, replicates=draws)
        seen = torch.randint(len(x), (course.steps, draws, course.batch), generator=stream.torch, device=stream.device)
        learners = Learners.of(network, x[:KERNEL_AT])
        begun = [one.detach().clone() for one, _ in learners.parameters]
        found = torch.zeros(draws, 2 * ARM, dtype=torch.float64)
        for place, eps in ((0, course.eps), (ARM, 0.0)):
            with torch.no_grad():
                for (one, _), start in zip(learners.parameters, begun, strict=True):
                    one.copy_(start)
            columns = [place + column for column in (CLEAN, DIVERGED, FALL)]
            done = course.steps if place else 0
            found[:, columns] = train_arm(learners, x, labels, seen, replace(course, eps=eps), done)
        return found

    return Source(f"pairs of trainings, {course}", {"dense": dense}, {"dense": True}, most=STACK, passes=course.steps)


@dataclass(frozen=True, eq=False)
class Learners:
    """A stack of modules that are trained: their parameters, of all of them or of the one with a number, and the mean
    of ‖∂f_k/∂θ‖² over outputs k and inputs that each began with, `[R]`; 1 where it is 0."""

    network: ModuleStack
    parameters: list[tuple[Tensor, int | None]]
    kernel: Tensor

    @classmethod
    def of(cls, network: ModuleStack, x: Tensor) -> Learners:
        """Those of a stack as it is, whose kernel is measured at inputs `[B, d]`."""
        found = cls(network, network.trained(x[:1]), torch.zeros(network.replicates, device=x.device))
        with torch.enable_grad():
            outputs = found.outputs(x.expand(network.replicates, *x.shape)).flatten(1)
            for output in outputs.unbind(1):
                gradients = found.gradients(output, keep=True)
                for (_, number), one in zip(found.parameters, gradients, strict=True):
                    if number is None:
                        found.kernel.add_(one.reshape(network.replicates, -1).square().sum(1))
                    else:
                        found.kernel[number] += one.square().sum()
        kernel = found.kernel / outputs.shape[1]
        return replace(found, kernel=torch.where(kernel > 0, kernel, 1.0))

    def outputs(self, points: Tensor) -> Tensor:
        """What the modules themselves give at inputs `[R, B, d]`, in no units of a scale.

        RuntimeError where they no longer go together, as they did when what trains was listed.
        """
        found = torch.div(self.network(points), self.network.unit)
        if any((number is None) is not self.network.at_once for _, number in self.parameters):
            path = self.network.spec.architecture
            raise RuntimeError(f"modules of {path} can be evaluated together at some inputs and not at others")
        return found

    def losses(self, points: Tensor, labels: Tensor) -> Tensor:
        """Each module's mean cross-entropy at inputs `[R, B, d]` with labels `[R, B]`, `[R]`, with its gradient."""
        with torch.enable_grad():
            outputs, given = self.outputs(points).flatten(0, 1), labels.flatten()
            each: Tensor = functional.cross_entropy(outputs, given, reduction="none")
            return each.reshape(labels.shape).mean(1)

    def gradients(self, values: Tensor, keep: bool = False) -> list[Tensor]:
        """∂/∂θ of each module's value `[R]`, 0 where it does not depend on them."""
        parameters = [one for one, _ in self.parameters]
        if not values.requires_grad:  # what trains is not part of f
            return [torch.zeros_like(one) for one in parameters]
        found = torch.autograd.grad(values, parameters, torch.ones_like(values), allow_unused=True, retain_graph=keep)
        return [torch.zeros_like(p) if one is None else one for p, one in zip(parameters, found, strict=True)]

    def attacked(self, points: Tensor, labels: Tensor, eps: float) -> Tensor:
        """Inputs moved by ε along the signs of the gradient of the cross-entropy."""
        if not eps:
            return points
        leaf = points.detach().clone().requires_grad_()
        losses = self.losses(leaf, labels)
        (gradient,) = torch.autograd.grad(losses, leaf, torch.ones_like(losses))
        return points + eps * gradient.sign()

    def lengths(self, speed: float) -> list[Tensor]:
        """A step's length for each parameter, so that f moves as fast in all modules."""
        each = speed / self.kernel
        return [
            each.reshape(-1, *[1] * (one.ndim - 1)) if number is None else each[number]
            for one, number in self.parameters
        ]


def train_arm(learners: Learners, x: Tensor, labels: Tensor, seen: Tensor, course: Course, done: int) -> Tensor:
    """Train one arm of all networks, after so many steps were `done`, on the inputs seen `[steps, R, batch]`.

    Gives `[R, 3]`: accuracy on clean images, whether it diverged, and the share of its loss that went last.
    """
    lengths = learners.lengths(course.speed)
    velocity = [torch.zeros_like(one) for one, _ in learners.parameters]
    every, taught = x.expand(seen.shape[1], *x.shape), labels.expand(seen.shape[1], -1)
    quarter = LastQuarter(course.steps)
    for step, chosen in enumerate(seen, start=1):
        points, those = x[chosen], labels[chosen]
        gradients = learners.gradients(learners.losses(learners.attacked(points, those, course.eps), those))
        with torch.no_grad():
            for (one, _), pace, gradient, length in zip(learners.parameters, velocity, gradients, lengths, strict=True):
                one.sub_(length * pace.mul_(course.momentum).add_(gradient))
        if step in quarter.marks:
            quarter.read[step] = learners.losses(learners.attacked(every, taught, course.eps), taught).detach().double()
        progress.report(done + step, 2 * course.steps)
    with torch.no_grad():
        outputs = learners.outputs(every)
    lost = ~outputs.isfinite().all(2).all(1)
    accuracy = (outputs.argmax(dim=2) == labels).double().mean(1)
    fall = torch.where(lost, 0.0, quarter.fall())
    found = torch.stack([torch.where(lost, 0.0, accuracy), lost.double(), fall], dim=1)
    return found.cpu()
