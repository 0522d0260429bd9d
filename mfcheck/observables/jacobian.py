"""Statistics of the input Jacobian of one network draw (Theorem 4.1)."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Columns, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import divisor
from mfcheck.spec import NetworkSpec

LAZY = Columns(more=4)
"""Columns that a lazy network is asked for: the input, and one of J, on either side."""


def _entry_wishart(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    scales = wishart.entry_scales(spec, draws, stream)
    return torch.stack([scales.sqrt() * stream.normal(draws), scales], dim=1)


def _entry_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network, x = draw_stack(spec, stream, replicates=draws), _tensor(probe, stream, torch.float32)
    if not isinstance(network, Network):
        outputs = network.column(x[:1], probe.column)[:, 0].double()
        return torch.stack([outputs[:, 0], outputs.square().mean(dim=1)], dim=1)
    return _entry(network, x, probe.column)


def _entry_lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, engine="lazy", replicates=draws)
    network.reserve(LAZY.more)
    return _entry(network, _tensor(probe, stream, torch.float32), probe.column)


def _entry(network: Network, x: Tensor, column: int) -> Tensor:
    features = network.feature_jacobian(x, [column])[:, 0]
    entry = (network.output_row(0)[:, None] @ features).flatten().double()
    return torch.stack([entry, features.double().square().mean(dim=(1, 2))], dim=1)


entry = Source(
    "Jacobian entry and its conditional variance",
    {"wishart": _entry_wishart, "dense": _entry_dense, "lazy": _entry_lazy},
    {"wishart": False, "dense": True, "lazy": True},
    columns=LAZY,
)
"""`[n, 2]`: J_0j, and its variance given all but P_out. The latter has the mean of J_0j² and a far lighter tail.

Modules do not show P_out: there it is the mean of J²_kj over their outputs k."""


def _entry_at_inputs_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    x = _tensor(probe, stream, torch.float32)
    network = draw_stack(spec, stream, replicates=draws)
    if not isinstance(network, Network):
        return network.column(x, probe.column)[:, :, 0]
    column = network.feature_jacobian(x, [probe.column])[..., 0]
    return (column @ network.output_row(0)[:, :, None]).squeeze(2)


entry_at_inputs = Source("Jacobian entry at several inputs", {"dense": _entry_at_inputs_dense}, {"dense": True})
"""`[n, B]`: J_0j of one network at each of the B inputs."""


def _linearity_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws, dtype=torch.float64)
    x = _tensor(probe, stream, torch.float64)[:1].expand(draws, 1, -1)
    slopes = network.gate_slopes(x)
    jacobian = _autograd_jacobian(network, x)
    offset = network.with_gates(slopes, torch.zeros_like(x))
    direction = stream.normal(draws, 1, spec.input_dim)
    wall = _distance_to_wall(network, slopes, x, direction)
    steps = (wall * torch.rand(draws, dtype=wall.dtype, device=wall.device, generator=stream.torch), 2 * wall)
    points = [x + step[:, None, None] * direction for step in steps]
    gaps = []
    for point in points:
        affine = (jacobian @ point.mT).mT + offset
        gaps.append((network(point) - affine).abs().amax(dim=(1, 2)))
    rounding = _rounding_bound(network, slopes, torch.stack(points).abs().amax(dim=0))
    vacuous_offset = torch.ones(draws, dtype=torch.bool, device=wall.device)
    if not spec.bias_variance:
        vacuous_offset = (offset == 0).all(dim=2).flatten()
    inside = (gaps[0] <= rounding) & vacuous_offset
    return torch.stack([inside, gaps[1] <= rounding], dim=1)


linearity = Source("affine identity inside and beyond a region", {"dense": _linearity_dense}, {"dense": True})
"""`[n, 2]`: whether f(x') = J(x)x' + a(x) up to rounding, at a uniform point between x and the nearest wall on a random
line, and at twice the distance of that wall, where it should not hold. J is autograd's, a the biases through fixed
gates; without biases the first column also asks a = 0 exactly."""


def _autograd_jacobian(network: Network, x: Tensor) -> Tensor:
    """J at one input per replicate, `[R, 1, d]` → `[R, K, d]`, by back-propagation through the network as it is."""
    with torch.enable_grad():
        leaf = x.clone().requires_grad_()
        outputs = network(leaf)[:, 0].sum(dim=0)
        rows = [torch.autograd.grad(output, leaf, retain_graph=True)[0][:, 0] for output in outputs]
    return torch.stack(rows, dim=1)


def _distance_to_wall(network: Network, slopes: list[Tensor], x: Tensor, direction: Tensor) -> Tensor:
    """The signed step along `direction` at which the nearest pre-activation changes sign, `[R]`.

    Pre-activations are affine inside the region, so this is exact, and on a line through x there is always a wall.
    """
    start = torch.cat(network.preactivations(slopes, x), dim=2)
    speed = torch.cat(network.preactivations(slopes, direction, bias=False), dim=2)
    steps = torch.where(speed == 0, torch.inf, -start / speed).flatten(1)
    return steps.gather(1, steps.abs().argmin(dim=1, keepdim=True)).squeeze(1)


def _rounding_bound(network: Network, slopes: list[Tensor], x: Tensor) -> Tensor:
    """A bound on the rounding error of f(x), J x and a together, `[R]`.

    Each is a chain of inner products with at most m = d + (2L + 1)(N + 2) roundings on any path, so its error is at
    most γ_m = m·eps/(1 − m·eps) times the same chain of absolute values (Higham, §3.1). Overwrites the network.
    """
    spec = network.spec
    for tensor in network.stored:
        tensor.abs_()
    size = network.with_gates([slope.abs() for slope in slopes], x).amax(dim=(1, 2))
    m_eps = (spec.input_dim + (2 * spec.depth + 1) * (spec.width + 2)) * torch.finfo(x.dtype).eps
    return 3 * m_eps / (1 - m_eps) * size


def _tensor(probe: Probe, stream: Stream, dtype: torch.dtype) -> Tensor:
    return torch.as_tensor(probe.x, dtype=dtype, device=stream.device)


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
        step = budget * torch.linalg.vector_norm(x) * gradient / divisor(length)
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
