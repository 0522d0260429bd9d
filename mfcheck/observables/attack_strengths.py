"""What an attack makes of networks as they are drawn, and what it has left to find: by attacks of growing strength."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from mfcheck.arrays import Floats
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import inputs, on_weights
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.training.attacked import attacked_loss, steepest
from mfcheck.training.objectives import Objective, slope

LOSS, DRIFT = 0, 1
"""Columns: the loss, and 2⟨W_l, ∂L⟩/N meaned over layers, which is −dσ_w²/dt of gradient flow."""
LEFT = 2.0
"""What is granted of an attack that goes on: at most so many times what its last doubling added. Doubled again and
again, an attack gains about half as much each time, so that about as much is left as it gained last."""
TRUSTED = 0.05
"""A gain of the last doubling beyond which nothing is granted."""


@family(maxsize=64)
def drifts(attack: Attack, strengths: tuple[int, ...]) -> Source:
    """`[n, S + 1, 2]`: the columns above of L_adv, attacked in so many steps each, and last those of L_std.

    All of one network and of the probe's inputs. Drifts of sums of the two are sums of theirs. Raises ValueError unless
    the last attack has twice the steps of the one before it.
    """
    if len(strengths) < 2 or strengths[-1] != 2 * strengths[-2]:
        raise ValueError(f"the last of the attacks must have twice the steps of the one before, got {strengths}")

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x, labels = inputs(probe, stream)
        start = steepest(network, attack, x)  # of all of them, found once
        objectives = [Objective("adversarial", *attack, steps) for steps in strengths]
        found = [slope(network, one, x, labels, stream.torch, start) for one in (*objectives, Objective("standard"))]
        pulls = [2 / spec.width * one.projection.mean(dim=1) for one in found]
        return torch.stack([torch.stack([one.loss for one in found], 1), torch.stack(pulls, 1)], dim=2)

    name = f"drift of L_adv at {attack.eps!r} ({attack.p:g}, {attack.q:g}) by {strengths} steps, and of L_std"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=sum(strengths))


def bounded(draws: Floats, *, standard: bool) -> Floats:
    """The drift of L_adv, or of L_std + L_adv, as bounds `[n, 2]`: as found, and with what the attack has left to find.

    Nothing bounds it from above where the last doubling of the attack still added more than 5 %.

    >>> one = np.array([[[1.00, 0.2], [1.02, 0.204], [0.5, 0.1]]])
    >>> bounded(one, standard=False).round(4).tolist(), bounded(one, standard=True).round(4).tolist()
    ([[0.204, 0.2122]], [[0.304, 0.3122]])
    """
    beside = draws[:, -1:, DRIFT] if standard else 0.0
    return with_what_is_left(draws[:, -2, DRIFT], draws[:, -2, LOSS], draws[:, -3, LOSS]) + beside


def with_what_is_left(found: Floats, loss: Floats, by_half: Floats) -> Floats:
    """What an attack found, as bounds `[n, 2]`: as it is, and with what the attack has left to find.

    `loss` is the loss by all its steps and `by_half` that by half of them. Nothing bounds it from above where twice the
    steps still added more than 5 %.
    """
    gain = np.maximum(loss / by_half - 1, 0.0)
    return np.stack([found, np.where(gain > TRUSTED, np.inf, found + LEFT * gain * np.abs(found))], axis=1)


@family(maxsize=64)
def doubled(attack: Attack, steps: int) -> Source:
    """`[n, 4 + 2L]`: the columns of `slopes.at_start` of L_adv, and last the loss that half the attack's steps find.

    Raises ValueError for an odd number of steps, or for none.
    """
    if steps < 2 or steps % 2:
        raise ValueError(f"an attack's steps must be even and positive to be halved, got {steps}")
    objective, half = Objective("adversarial", *attack, steps), steps // 2

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x, labels = inputs(probe, stream)
        start = steepest(network, attack, x)
        fewer = attacked_loss(network, attack, half, x, stream.torch, start)
        whole = on_weights(network, slope(network, objective, x, labels, stream.torch, start))
        return torch.cat([whole, fewer[:, None]], dim=1)

    name = f"slope of {objective}, and its loss by {half} steps"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=objective.passes + half)
