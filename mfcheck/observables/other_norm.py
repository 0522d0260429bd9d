"""What training against one attack does to the loss under another."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfcheck import progress
from mfcheck.arrays import Floats
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.path_bounds import unless
from mfcheck.observables.slopes import parted
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.training.attacked import attacked_loss
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

OWN, OTHER, FAILED = range(3)
"""Columns of `left_after`: L_adv after training over before, under the attack trained against, and under the other; and
whether training diverged, after which nothing is left of either."""


def other_over_own(draws: Floats) -> Floats:
    """What is left of the other loss over what is left of the own one, as bounds `[n, 2]`: unknown where training
    diverged."""
    known = draws[:, FAILED] == 0
    return unless(~known, np.divide(draws[:, OTHER], draws[:, OWN], out=np.zeros(len(draws)), where=known))


@family(maxsize=64)
def left_after(own: Attack, other: Attack, rule: SGD, steps: int, attack_steps: int) -> Source:
    """`[n, 3]`: the columns above on the probe's held-out inputs, after training on L_std + L_adv on the others."""

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        taught, fresh = parted(probe, stream)

        def losses() -> list[Tensor]:
            return [attacked_loss(network, one, 2 * attack_steps, fresh[0], stream.torch) for one in (own, other)]

        before = losses()
        objective = Objective("theory", *own, attack_steps)
        for step in train(network, objective, *taught, optimiser=rule, steps=steps, generator=stream.torch):
            progress.report(step.index, steps)
        left = [one / start for one, start in zip(losses(), before, strict=True)]
        return torch.stack([*left, (step.diverged >= 0).double()], dim=1)

    name = f"L_adv left under {own} and {other} after {steps} of {rule} against the first in {attack_steps}"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=steps * (attack_steps + 2))
