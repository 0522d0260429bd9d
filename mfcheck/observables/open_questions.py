"""For open questions: an attack's effect on a pair of inputs, and the number of steps that attacks need."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from mfcheck.attacks.ascent import ascend, largest_loss
from mfcheck.attacks.balls import norm
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import inputs
from mfcheck.spec import NetworkSpec

NEEDED = 0.95
"""The share of the best loss found that counts as reached."""


@lru_cache(maxsize=64)
def pushed_apart(eps: float, p: float, q: float, steps: int) -> Source:
    """`[n, 1]`: max over ‖η‖_p ≤ ε of ‖f(x + η) − f(x')‖_q − ‖f(x) − f(x')‖_q, for the probe's first two inputs."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x = inputs(probe, stream)[0].expand(draws, -1, -1)
        anchor, other = x[:, :1], network(x[:, 1:2])
        before = norm(network(anchor) - other, q)
        start = largest_loss(network, anchor, eps, p, q, steps=1, generator=stream.torch).perturbation
        gains = [
            ascend(network, anchor, sign * start, lambda output: norm(output - other, q), p, eps, steps, None)[1][-1]
            for sign in (1, -1)
        ]
        return torch.maximum(gains[0], gains[1]) - before

    return Source(f"pair pushed apart ({p:g}, {q:g}) at {eps!r}", {"dense": dense}, {"dense": True}, most=64)


@lru_cache(maxsize=64)
def steps_needed(eps: float, p: float, q: float, steps: int) -> Source:
    """`[n, 1]`: after how many of so many steps an attack has found 95 % of the most it finds, from a random start."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x = inputs(probe, stream)[0][:1].expand(draws, 1, -1)
        found = largest_loss(network, x, eps, p, q, steps=steps, start="random", generator=stream.torch)
        reached = found.trace >= NEEDED * found.trace[-1]
        return reached.double().argmax(dim=0)

    return Source(f"steps needed ({p:g}, {q:g}) at {eps!r} of {steps}", {"dense": dense}, {"dense": True}, most=64)
