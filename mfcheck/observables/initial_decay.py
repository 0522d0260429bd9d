"""How fast training starts to lower L_adv: what the gradients of two disjoint batches have in common at t = 0.

A step on one batch lowers the loss of another by the inner product of their gradients. Within one batch an image also
lowers its own loss, which rules where images are few and says nothing of fresh ones; two batches leave that out.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import inputs
from mfcheck.spec import Attack, NetworkSpec
from mfcheck.training.objectives import Objective, Slope, inner, slope
from mfcheck.verdict import NotCovered

LOSS, OFF, BESIDE, PULL, STANDARD_PULL = range(5)
"""Columns of `initial_decay`: L_adv, ⟨∇L_adv(B), ∇L_adv(B')⟩ and ⟨∇L_adv(B), ∇L_std(B')⟩ of two disjoint batches; and
−dσ_w²/dt by L_adv and by L_std, meaned over layers."""
STANDARD = Objective("standard")


@family(maxsize=64)
def initial_decay(attack: Attack, steps: int) -> Source:
    """`[n, 5]`: the columns above, of the two halves of the probe's inputs, before any step.

    All is meaned over both halves, and BESIDE over which of them is B. Gradients are in all that trains, at attacks
    held fixed: (OFF + BESIDE)/LOSS is the rate at which training on fresh batches begins to lower L_adv, and OFF/LOSS
    the rate of training on L_adv alone.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return shared(Network(spec, stream, replicates=draws), attack, steps, *inputs(probe, stream), stream.torch)

    name = f"what batches share of the pull of L_adv at {attack.eps!r} ({attack.p:g}, {attack.q:g}) by {steps} steps"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=2 * steps)


def shared(
    network: Network,
    attack: Attack,
    steps: int,
    x: Tensor,
    labels: Tensor,
    generator: torch.Generator,
    other: Objective = STANDARD,
) -> Tensor:
    """The columns of `initial_decay` `[R, 5]` of a network's replicates at inputs `[B, d]`, with an objective of cross-
    entropy in the place of L_std.

    Raises NotCovered for fewer than two inputs.
    """
    if len(x) < 2:
        raise NotCovered("two disjoint batches take two inputs at least")
    halves = slice(None, len(x) // 2), slice(len(x) // 2, None)
    objective = Objective("adversarial", *attack, steps)
    found = [slope(network, objective, x[half], labels[half], generator) for half in halves]
    beside = [slope(network, other, x[half], labels[half], generator) for half in halves]
    loss = (found[0].loss + found[1].loss) / 2
    both = (overlap(found[0], beside[1]) + overlap(found[1], beside[0])) / 2
    pulls = [(one.projection + other.projection).mean(dim=1) / network.spec.width for one, other in (found, beside)]
    return torch.stack([loss, overlap(*found), both, *pulls], dim=1)


def overlap(one: Slope, other: Slope) -> Tensor:
    """⟨∇, ∇'⟩ of two gradients, over the weights and biases of all layers: `[R]`."""
    layers = zip(one.left, one.right, other.left, other.right, strict=True)
    weights = torch.stack([inner(*factors) for factors in layers]).sum(dim=0)
    for bias, also in zip(one.bias, other.bias, strict=True):
        weights = weights + (bias * also).sum(dim=1, dtype=torch.float64)
    return weights
