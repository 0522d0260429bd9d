"""For open questions: how far an attack on two inputs drives their outputs apart, and what one random start finds."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.attacks.ascent import ascend, largest_loss
from mfcheck.attacks.balls import norm
from mfcheck.attacks.operator_norm import largest_found
from mfcheck.ensembles import wishart
from mfcheck.ensembles.families import family
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.slopes import inputs
from mfcheck.spec import Attack, NetworkSpec

CLEAN, ATTACKED = 0, 1
"""Columns of `driven_apart`."""


@family(maxsize=64)
def driven_apart(attack: Attack, steps: int) -> Source:
    """`[n, 2]`: ‖f(x) − f(x')‖_q, and its largest over ‖η‖_p, ‖η'‖_p ≤ ε added to x and x', the probe's first two.

    The better of two ascents: from no perturbation, whose first step is the steepest, and from a random one.
    """
    eps, p, q = attack

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x = inputs(probe, stream)[0][:2].expand(draws, -1, -1)

        def apart(output: Tensor) -> Tensor:  # one score for both rows, so that they ascend, and are kept, together
            return norm(output[:, :1] - output[:, 1:], q).expand(-1, 2)

        starts = torch.zeros_like(x), _random(x, p, eps, stream)
        one, other = (ascend(network, x, start, apart, p, eps, steps, None)[1][-1, :, 0] for start in starts)
        return torch.stack([apart(network(x))[:, 0], torch.maximum(one, other)], dim=1)

    return Source(
        f"two outputs driven apart by {attack} in {steps}", {"dense": dense}, {"dense": True}, most=64, passes=2 * steps
    )


@family(maxsize=64)
def shares_found(attack: Attack, steps: int) -> Source:
    """`[n, steps + 1]`: the loss that an ascent from one random start has found after each step, over the most known.

    The most known is the best of that ascent and of one from the linear map's maximiser. On the exact chain the map is
    J itself, whose gates do not flip, and the most is ‖J‖_{p,q} as `operator_norm` finds it.
    """
    eps, p, q = attack

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = Network(spec, stream, replicates=draws)
        x = inputs(probe, stream)[0][:1].expand(draws, 1, -1)
        known = largest_loss(network, x, eps, p, q, steps=steps, generator=stream.torch).loss
        trace = largest_loss(network, x, eps, p, q, steps=steps, start="random", generator=stream.torch).trace
        return (trace / torch.maximum(known, trace[-1]))[..., 0].T

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        jacobian = wishart.jacobian(spec, draws, spec.input_dim, stream).float()
        still = torch.zeros(draws, 1, spec.input_dim, dtype=jacobian.dtype, device=jacobian.device)
        start, score = _random(still, p, 1.0, stream), lambda output: norm(output, q)
        trace = ascend(lambda eta: eta @ jacobian.mT, still, start, score, p, 1.0, steps, None)[1][..., 0]
        return (trace / torch.maximum(largest_found(jacobian, p, q), trace[-1])).T

    name = f"shares found from one random start by {attack} in {steps}"
    return Source(name, {"dense": dense, "wishart": chain}, {"dense": True, "wishart": False}, 64, passes=2 * steps)


def _random(x: Tensor, p: float, eps: float, stream: Stream) -> Tensor:
    """A start like that of attacks: uniform on a cube, scaled to ‖η‖_p = ε, `[…, d]`."""
    point = torch.empty(x.shape, dtype=x.dtype, device=x.device).uniform_(-1, 1, generator=stream.torch)
    return eps * point / norm(point, p)[..., None]
