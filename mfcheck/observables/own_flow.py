"""L_adv of networks of one's own and its pull on their parameters: Euler's identity, and σ_w² along a short training.

A training descends L_adv alone, at one input, in steps that lower it by a given share to first order, so that all
networks go as far whatever their size (docs/theory.md#euler-identities).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.attacks.ascent import largest_loss
from mfcheck.attacks.balls import norm
from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.placement import differentiable
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.degrees import Group, groups
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

P = Q = math.inf
REACH = 0.1
"""The longest perturbation, in units of the input's length."""
FIRST_STEPS, STEPS = 10, 3
"""Steps of the first attack, and of those along a training, which go on from the last one's perturbation."""
AT_ONCE = 8
"""Networks in a chunk: they are trained one by one."""
FAR_OFF = 1e9
"""What stands for a gradient that is no number: no identity holds of it."""
EULER, EARLY, LATE, LAW = range(4)
"""Columns of `flow`."""


def _gradient(network: ModuleStack, x: Tensor, eta: Tensor, names: Sequence[str]) -> tuple[float, list[Tensor]]:
    """L_adv at a perturbation that is held fixed, and its gradients in the parameters of these names."""
    each = dict(network.modules[0].named_parameters())
    parameters = [each[name].requires_grad_(True) for name in names]
    with torch.enable_grad(), differentiable():
        both = network(torch.cat([x, x + eta], dim=1))[0]
        loss = norm((both[1] - both[0])[None], Q)[0]
        asked = loss.requires_grad  # or what trains is not part of f
        found = torch.autograd.grad(loss, parameters, allow_unused=True) if asked else [None] * len(parameters)
    for one in parameters:
        one.requires_grad_(False)
    gradients = [torch.zeros_like(p) if one is None else one for p, one in zip(parameters, found, strict=True)]
    return float(loss.detach()), gradients


def _attack(network: ModuleStack, x: Tensor, stream: Stream, start: Tensor | None) -> Tensor:
    steps = FIRST_STEPS if start is None else STEPS
    begun = "jacobian" if start is None else start
    return largest_loss(network, x, REACH, P, Q, steps=steps, generator=stream.torch, start=begun).perturbation


def pulls(found: Sequence[Group], values: dict[str, float]) -> list[float]:
    """⟨θ, ∂L/∂θ⟩ of every group, of those of its tensors."""
    return [math.fsum(values[name] for name in one.names) for one in found]


@family(maxsize=16)
def flow(share: float, early: int, late: int) -> Source:
    """`[n, 4]`, of one network: by how much ⟨θ, ∂L_adv⟩ over L_adv is off the degree k of its group, either way, where
    that is most; the decrease of Σ‖θ‖² over groups after `early` steps over 2 Σk L_adv(0) t, and after `late` steps;
    and the latter over what Euler's identity makes of the loss on the way, 2 Σk ∫L_adv dt.

    Each step lowers L_adv by so large a `share`, to first order. NotCovered of networks without such groups.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        found = groups(spec)
        if not found:
            raise NotCovered(f"no tensor of {spec.architecture} is one that f is homogeneous in, so Euler says nothing")
        x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)[:1][None]
        courses = [Course(share, late, Turn(place, draws)) for place in range(draws)]
        return torch.tensor([_trained(spec, found, x, stream, one, early) for one in courses], dtype=torch.float64)

    name = f"L_adv and its pull, {early} and {late} steps that lower it by {share:g}"
    return Source(name, {"dense": dense}, {"dense": True}, most=AT_ONCE)


class Step(NamedTuple):
    """A step of a descent on L_adv: its number from 1 on, the loss and gradients before it, by name, and its length."""

    number: int
    loss: float
    gradients: dict[str, Tensor]
    h: float


class Turn(NamedTuple):
    """Which one of several descents it is, `place` from 0 on, `of` how many."""

    place: int
    of: int


class Course(NamedTuple):
    """Steps of a descent, the `share` of L_adv by which each lowers it to first order, and whose turn it is."""

    share: float
    steps: int
    turn: Turn


def one_network(spec: NetworkSpec, stream: Stream, found: Sequence[Group]) -> ModuleStack:
    """A network in float64 to train, in which all of these groups do; NotCovered where one is frozen in it."""
    network = ModuleStack(spec, stream, replicates=1, dtype=torch.float64)
    if frozen := sorted({name for one in found for name in one.names} - set(network.trains[0])):
        raise NotCovered(f"networks of {spec.architecture} freeze different parameters, such as {frozen[0]}")
    return network


def descent(network: ModuleStack, x: Tensor, stream: Stream, course: Course) -> Iterator[Step]:
    """Descend L_adv of a stack of one module at an input `[1, 1, d]`; all steps of all turns count as progress."""
    parameters, begun = dict(network.modules[0].named_parameters()), None
    names, (share, steps, turn) = network.trains[0], course
    for index in range(steps):
        progress.report(turn.place * steps + index, turn.of * steps)
        begun = _attack(network, x, stream, begun)
        loss, found = _gradient(network, x, begun, names)
        gradients = dict(zip(names, found, strict=True))
        length = math.fsum(float(one.square().sum()) for one in found)
        h = share * loss / length if length > 0 else 0.0
        for name, gradient in gradients.items():
            parameters[name].sub_(h * gradient)
        yield Step(index + 1, loss, gradients, h)


def _trained(
    spec: NetworkSpec, found: Sequence[Group], x: Tensor, stream: Stream, course: Course, early: int
) -> list[float]:
    network = one_network(spec, stream, found)
    parameters = dict(network.modules[0].named_parameters())
    pulled = [one for one in found if one.degree]
    begun = {name: one.clone() for name, one in parameters.items()}
    start = {name: float(one.square().sum()) for name, one in begun.items()}
    off, first, time, paid, readings = 0.0, 0.0, 0.0, 0.0, []
    for step in descent(network, x, stream, course):
        if step.number == 1:
            along = {name: float((begun.pop(name) * gradient).sum()) for name, gradient in step.gradients.items()}
            first, pulled_by = step.loss, pulls(found, along)
            # Where the loss is 0 at every perturbation the identity is 0 = 0.
            off = max(
                (
                    abs(pull / (first or 1.0) - one.degree * (first > 0))
                    for pull, one in zip(pulled_by, found, strict=True)
                )
            )
        time, paid = time + step.h, paid + step.h * step.loss
        if step.number in (early, course.steps):
            readings.append((_fallen(parameters, start, pulled), time, paid))
    k = math.fsum(one.degree for one in pulled)
    (drop, soon, _), (fallen, then, by_then) = readings[0], readings[-1]
    laws = [(drop, k * first * soon), (fallen, k * first * then), (fallen, k * by_then)]
    values = [one / (2 * law) if law > 0 else 0.0 for one, law in laws]
    return [off if math.isfinite(off) else FAR_OFF, *(one if math.isfinite(one) else 0.0 for one in values)]


def _fallen(parameters: Mapping[str, Tensor], start: dict[str, float], pulled: Sequence[Group]) -> float:
    """By how much Σ‖θ‖² over groups has fallen."""
    now = {name: start[name] - float(one.square().sum()) for name, one in parameters.items()}
    return math.fsum(pulls(pulled, now))
