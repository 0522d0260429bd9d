"""The whole of training on minibatches: L_adv on held-out images, the exact fall of σ_w², and what L_std has of it.

Beside them stands what is known before the first step: the rate at which L_adv begins to fall.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from mfcheck import progress
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.initial_decay import shared
from mfcheck.observables.slopes import parted
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.training.attacked import attacked_loss
from mfcheck.training.objectives import Objective, slope
from mfcheck.training.rules import SGD
from mfcheck.training.steps import train

RATE, AT_START = 0, 1
"""Rows of `whole_training`: what is known at t = 0, and the start; then one for each stretch of training."""
LOSS, DROP, STANDARD, FAILED = range(4)
"""Columns of the rows from `AT_START` on: L_adv on held-out images; σ_w²(0) − σ_w²(t); and L_std's part of that fall,
(2/N)∫⟨f, softmax f − label⟩ of a vanilla network without biases. Means over layers; at the start this is a rate.
And whether training has diverged by then."""
KNOWN, HELD_OUT_STEPS = 128, 6
"""Images at which the rate is taken, at most, and steps of the attacks behind it and on held-out images."""
BATCH = 32

Stretch = tuple[float, int]
"""The step of SGD, and how many of them."""


@family(maxsize=32)
def whole_training(attack: Attack, stretches: tuple[Stretch, ...], attack_steps: int) -> Source:
    """`[n, 2 + T, 4]`: a row of r = (OFF + BESIDE)/LOSS's columns at t = 0, the start, and a row after each stretch.

    Training is on L_std + L_adv and batches of 32 of the probe's first `train` inputs; the rest are held out.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        taught, fresh = parted(probe, stream)
        known = shared(network, attack, HELD_OUT_STEPS, taught[0][:KNOWN], taught[1][:KNOWN], stream.torch)[:, :3]
        begun = slope(network, Objective("standard"), *taught, stream.torch).projection.mean(dim=1)
        drop = standard = failed = torch.zeros_like(begun)

        def row(of_standard: Tensor) -> Tensor:
            return torch.stack([_held_out(network, attack, fresh, stream), drop, of_standard, failed], dim=1)

        rows = [functional.pad(known, (0, 1)), row(begun * 2 / spec.width)]
        for index, (lr, steps) in enumerate(stretches):
            rule, objective = SGD(lr, batch=BATCH), Objective("theory", *attack, attack_steps)
            for step in train(network, objective, *taught, optimiser=rule, steps=steps, generator=stream.torch):
                if step.index < steps:
                    standard = standard + lr * step.slope.standard_pull * 2 / spec.width
            progress.report(index, len(stretches))
            drop = drop - step.change.mean(dim=1)
            failed = torch.maximum(failed, (step.diverged >= 0).double())
            rows.append(row(standard))
        return torch.stack(rows, dim=1)

    passes = sum(steps for _, steps in stretches) * (attack_steps + 2)
    name = f"whole training by {attack} in {attack_steps}, {stretches}"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=passes)


def times(stretches: tuple[Stretch, ...]) -> tuple[float, ...]:
    """The times at which the stretches end.

    >>> times(((0.25, 2), (0.5, 3)))
    (0.5, 2.0)
    """
    found = [0.0]
    for lr, steps in stretches:
        found.append(found[-1] + lr * steps)
    return tuple(found[1:])


def _held_out(network: Network, attack: Attack, fresh: tuple[Tensor, Tensor], stream: Stream) -> Tensor:
    return attacked_loss(network, attack, HELD_OUT_STEPS, fresh[0], stream.torch)
