"""The time by which the adversarial loss has lost a share of itself in training by minibatches, at several budgets."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.arrays import Floats
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import parted
from mfcheck.spec import NetworkSpec
from mfcheck.training.attacked import attacked_loss
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

KEPT = 0.8
"""The share of L_adv that is left at the horizon."""
MET, BEYOND, FAILED = range(3)
"""What is known of a horizon: where it lies, that it lies beyond the last step, or nothing, as training diverged."""


@family(maxsize=16)
def horizons(objectives: tuple[Objective, ...], rules: tuple[SGD, ...], steps: int) -> Source:
    """`[n, 2 B]`: for each of B objectives the time at which L_adv has fallen to KEPT, and what is known of it.

    The same networks are trained by each from the same start, in at most so many steps of its rule; L_adv is that of an
    attack at images that are not trained on, linear between steps. A time not reached is that of the last step.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        found: list[Tensor] = []
        for objective, rule in zip(objectives, rules, strict=True):
            found += _crossed(network.twin(), probe, stream, objective, rule, steps)
        return torch.stack(found, dim=1)

    passes = steps * sum(objective.passes for objective in objectives)
    told = "; ".join(f"{objective} by {rule}" for objective, rule in zip(objectives, rules, strict=True))
    return Source(
        f"horizons under {told} in {steps} steps", {"dense": dense}, {"dense": True}, most=STACK // 2, passes=passes
    )


def _crossed(
    network: Network, probe: Probe, stream: Stream, objective: Objective, rule: SGD, steps: int
) -> tuple[Tensor, Tensor]:
    """When L_adv has fallen to KEPT, and what is known of it."""
    taught, fresh = parted(probe, stream)
    time = torch.full((network.replicates,), math.nan, dtype=torch.float64, device=stream.device)
    before = start = torch.zeros_like(time)
    for now in train(network, objective, *taught, optimiser=rule, steps=steps, generator=stream.torch):
        progress.report(now.index, steps)
        left = attacked_loss(network, objective.attack, objective.steps, fresh[0], stream.torch)
        if now.index == 0:
            before = start = left
            continue
        met = time.isnan() & (left <= KEPT * start) & (now.diverged < 0)
        share = (before - KEPT * start) / torch.where(met, before - left, 1.0)
        time = torch.where(met, (now.index - 1 + share) * rule.lr, time)
        before = left
        open_ones = time.isnan() & (now.diverged < 0)
        if not bool(open_ones.any()):
            break
    known = torch.where(time.isnan(), torch.where(now.diverged < 0, BEYOND, FAILED), MET)
    return time.nan_to_num(steps * rule.lr), known.double()


def times(draws: Floats, which: int) -> Floats:
    """The horizons of one of the objectives, as bounds `[n, 2]`: of a network that has not come to it, nothing is known
    but that it lies beyond, and not even that where training diverged."""
    when, known = draws[:, 2 * which], draws[:, 2 * which + 1]
    return np.stack([np.where(known == FAILED, 0.0, when), np.where(known == MET, when, np.inf)], axis=1)
