"""The Jacobian at an input chosen against the network (break/attacked-input)."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles.chunks import Probe, Source
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec

STEPS = 5


def attack(network: Network, x: Tensor, budget: float) -> Tensor:
    """Inputs `[R, 1, d]` within ℓ2 distance budget·‖x‖ of x `[1, d]` that raise |f(x+η) − f(x)| of the first output.

    Frank–Wolfe's full steps on a ball, η = ε J(x+η)/‖J(x+η)‖, repeated. The objective is not convex, so a step may
    lose: each network keeps the best input it has seen. Where the Jacobian is 0 the input stays.
    """
    start = x.expand(network.replicates, 1, -1)
    before = network(start)[:, :, :1]
    point = best = start
    most = torch.zeros_like(before)
    for _ in range(STEPS):
        gradient = network.jacobian(point)[:, :, 0]
        length = torch.linalg.vector_norm(gradient, dim=2, keepdim=True)
        step = budget * torch.linalg.vector_norm(x) * gradient / torch.where(length > 0, length, 1.0)
        point = start + step
        moved = (network(point)[:, :, :1] - before).abs()
        best, most = torch.where(moved > most, point, best), torch.maximum(moved, most)
    return best


def _attacked_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws)
    x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)
    point = attack(network, x, budget=1.0)
    return network.jacobian(point, [probe.column])[:, 0, 0]


entry_at_attack = Source("Jacobian entry at an attacked input", {"dense": _attacked_dense}, {"dense": True})
"""`[n, 1]`: J_0j at the best input found for moving the first output within ‖η‖₂ ≤ ‖x‖."""
