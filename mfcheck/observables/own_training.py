"""Networks of one's own trained on a few dozen images in pairs from one start: with attacks, and without as control.

Both arms see the same batches for as many steps of one length, so what tells them apart is the attack alone
(docs/theory.md#outcome-and-mechanism).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from mfcheck import progress
from mfcheck.ensembles.construction import shaped
from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import ModuleStack, differentiable
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL, PARTS, READINGS
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
        found = torch.zeros(draws, 2 * ARM, dtype=torch.float64)
        for index in range(draws):
            network = ModuleStack(spec, stream, replicates=1)
            start = [one.clone() for one in network.modules[0].parameters()]
            seed = int(torch.randint(2**62, (), generator=stream.torch, device=stream.device))
            for place, eps in ((0, course.eps), (ARM, 0.0)):
                for one, begun in zip(network.modules[0].parameters(), start, strict=True):
                    one.copy_(begun)
                generator = torch.Generator(stream.device).manual_seed(seed)
                columns = [place + column for column in (CLEAN, DIVERGED, FALL)]
                found[index, columns] = torch.tensor(_arm(network, x, labels, course, eps, generator)).double()
                progress.report(2 * index + (place > 0) + 1, 2 * draws, "training")
        return found

    return Source(f"pairs of trainings, {course}", {"dense": dense}, {"dense": True}, most=STACK, passes=course.steps)


def _arm(
    network: ModuleStack, x: Tensor, labels: Tensor, course: Course, eps: float, generator: torch.Generator
) -> tuple[float, float, float]:
    """Train one arm: its accuracy on clean images, whether it diverged, and the share of its loss that went last."""
    module, spec = network.modules[0], network.spec
    parameters = list(module.parameters())
    for one in parameters:
        one.requires_grad_(True)
    lr, velocity = course.speed / _kernel(network, x[:KERNEL_AT]), [torch.zeros_like(one) for one in parameters]
    earlier, later = _marks(course.steps)
    read: dict[int, float] = {}
    for step in range(1, course.steps + 1):
        chosen = torch.randint(len(x), (course.batch,), generator=generator, device=x.device)
        points, taught = x[chosen], labels[chosen]
        gradients = _gradients(network, _attacked(network, points, taught, eps), taught, parameters)
        for one, pace, gradient in zip(parameters, velocity, gradients, strict=True):
            one.data.sub_(lr * pace.mul_(course.momentum).add_(gradient))
        if step in earlier or step in later:
            read[step] = float(_loss(network, _attacked(network, x, labels, eps), labels).detach())
    for one in parameters:
        one.requires_grad_(False)
    output = module(shaped(spec, x))
    if not bool(output.isfinite().all()):
        return 0.0, 1.0, 0.0
    before, after = (sum(read[mark] for mark in marks) / len(marks) for marks in (earlier, later))
    fall = 1 - after / before if before > 0 else 0.0
    return float((output.argmax(dim=1) == labels).double().mean()), 0.0, fall


def _marks(steps: int) -> tuple[list[int], list[int]]:
    """The steps after which losses are read: before the last quarter of training, and at its end."""
    parts = [[end - place for place in range(READINGS)] for end in (PARTS - PARTS // 4, PARTS)]
    earlier, later = ([part * steps // PARTS for part in ends] for ends in parts)
    return earlier, later


def _loss(network: ModuleStack, points: Tensor, labels: Tensor) -> Tensor:
    """The mean cross-entropy, with its gradient."""
    with torch.enable_grad(), differentiable():
        return functional.cross_entropy(network.modules[0](shaped(network.spec, points)), labels)


def _gradients(network: ModuleStack, points: Tensor, labels: Tensor, parameters: list[nn.Parameter]) -> list[Tensor]:
    found = torch.autograd.grad(_loss(network, points, labels), parameters, allow_unused=True)
    return [torch.zeros_like(p) if one is None else one for p, one in zip(parameters, found, strict=True)]


def _attacked(network: ModuleStack, points: Tensor, labels: Tensor, eps: float) -> Tensor:
    """Inputs moved by ε along the signs of the gradient of the cross-entropy."""
    if not eps:
        return points
    leaf = points.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(_loss(network, leaf, labels), leaf)
    return points + eps * gradient.sign()


def _kernel(network: ModuleStack, x: Tensor) -> float:
    """‖∂f_k/∂θ‖², meaned over outputs k and inputs, all parameters θ included; 1 where it is 0."""
    parameters = list(network.modules[0].parameters())
    with torch.enable_grad(), differentiable():
        outputs = network.modules[0](shaped(network.spec, x)).flatten()
        total = 0.0
        for output in outputs:
            found = torch.autograd.grad(output, parameters, retain_graph=True, allow_unused=True)
            total += sum(float(one.square().sum()) for one in found if one is not None)
    return total / len(outputs) or 1.0
