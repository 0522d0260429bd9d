"""A network of one's own at its own scale: its Jacobian, norms and attacks over √(d·mean J²) of the same network."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor

from mfcheck.attacks.ascent import largest_loss
from mfcheck.attacks.networks import reserve
from mfcheck.attacks.operator_norm import largest_found, maximiser
from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.samples import STACK, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec, NormPair

NINE = tuple(NormPair(p, q) for p, q in product((1.0, 2.0, math.inf), repeat=2))
"""The pairs of 1, 2 and ∞."""
INPUTS = 3
"""Inputs at which `views` looks."""
AT_ONCE = 64
"""Networks in a chunk at most: all Jacobians of a chunk are held at once."""


def size_at(index: int) -> int:
    """The column of `views` with the size of J at an input."""
    return index


def entry_at(index: int) -> int:
    """The column of `views` with an entry of J at an input."""
    return INPUTS + index


def norm_of(pair: NormPair) -> int:
    """The column of `views` with a norm."""
    return 2 * INPUTS + NINE.index(pair)


def offset_size_at(index: int) -> int:
    """The column of `views` with the mean square over outputs of the offset at an input."""
    return 2 * INPUTS + len(NINE) + index


def offset_entry_at(index: int) -> int:
    """The column of `views` with an entry of the offset at an input."""
    return offset_size_at(INPUTS) + index


OFFSET = 4 * INPUTS + len(NINE)
"""The column of `views` with the largest offset over the largest output at the first input."""


def _views(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)[:INPUTS]
    network = draw_stack(spec, stream, replicates=draws)
    jacobian, output = network.jacobian(x), network(x).detach().double()
    sizes, offset = _sizes(jacobian), output - (jacobian.double() @ x.double()[..., None])[..., 0]
    entries = jacobian[:, :, 0, probe.column].double() / (sizes / spec.input_dim).sqrt().clamp_min(_TINY)
    here, unit = jacobian[:, 0], sizes[:, 0].sqrt().clamp_min(_TINY)
    norms = [largest_found(here, *pair).double() / unit for pair in NINE]
    beside = offset[:, 0].abs().amax(dim=1) / output[:, 0].abs().amax(dim=1).clamp_min(_TINY)
    offsets = [offset.square().mean(dim=2), offset[:, :, 0], beside[:, None]]
    return torch.cat([sizes, entries, torch.stack(norms, dim=1), *offsets], dim=1)


views = Source("a network at its own scale", {"dense": _views}, {"dense": True}, most=AT_ONCE)
"""`[n, 22]`, of one network: the size d·mean J² at three inputs; J_0j there over √(size/d); the nine norms of J at the
first input over √size, which no unit of the outputs changes; the mean square over outputs of the offset a = f(x) − J x
at the three inputs; a_0 there; and the largest |a_i| over the largest |f_i| at the first."""

_TINY = 1e-300


def _sizes(jacobian: Tensor) -> Tensor:
    """d times the mean square of the entries of J, `[R, B, K, d]` → `[R, B]`."""
    return jacobian.double().square().mean(dim=(2, 3)) * jacobian.shape[-1]


@family(maxsize=16)
def attacks(reach: float, steps: int) -> Source:
    """`[n, 9]`: for every pair of `NINE` the loss that an attack finds at the first input, over ε times √(d·mean J²).

    The longest perturbation has ‖η‖₂ = reach·√d in all of them; each ascends from the maximiser of the linear map.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = draw_stack(spec, stream, replicates=draws)
        x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)[:1].expand(draws, 1, -1)
        reserve(network, spec.output_dim + 1 + len(NINE) * (steps + 1))
        jacobian = network.jacobian(x)
        unit, clean = _sizes(jacobian)[:, 0].sqrt().clamp_min(_TINY), network(x).detach()
        found = []
        for p, q in NINE:
            eps = _budget(spec, p, reach)
            start, _ = maximiser(jacobian, p, q)
            attack = largest_loss(network, x, eps, p, q, steps=steps, start=start, generator=stream.torch, clean=clean)
            found.append(attack.loss[:, 0].double() / (eps * unit))
        return torch.stack(found, dim=1)

    name = f"attacks at a network's own scale, of {steps} steps, {reach:g} of its input"
    return Source(name, {"dense": dense}, {"dense": True}, most=AT_ONCE // 4)


@family(maxsize=16)
def over_budgets(reaches: tuple[float, ...], steps: int) -> Source:
    """`[n, 9·R]`: for every pair of `NINE` the losses that attacks find at the first input at R budgets, in float64.

    The longest perturbations are `reaches` of the input's length; each ascends from the maximiser of the linear map.
    """

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = draw_stack(spec, stream, replicates=draws, dtype=torch.float64)
        x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)[:1].expand(draws, 1, -1)
        reserve(network, spec.output_dim + 1 + len(NINE) * len(reaches) * (steps + 1))
        jacobian, clean, found = network.jacobian(x), network(x).detach(), []
        for p, q in NINE:
            start, _ = maximiser(jacobian, p, q)
            for eps in (_budget(spec, p, reach) for reach in reaches):
                attack = largest_loss(
                    network, x, eps, p, q, steps=steps, start=start, generator=stream.torch, clean=clean
                )
                found.append(attack.loss[:, 0])
        return torch.stack(found, dim=1).clamp_min(_TINY)

    name = f"attacks of {steps} steps at {', '.join(map(repr, reaches))} of their input, nine pairs"
    return Source(name, {"dense": dense}, {"dense": True}, most=STACK, passes=len(NINE) * len(reaches) * (steps + 1))


def _budget(spec: NetworkSpec, p: float, reach: float) -> float:
    """The ε of ℓp whose longest perturbation has ‖η‖₂ = reach·√d."""
    return reach * math.sqrt(spec.input_dim) / math.pow(spec.input_dim, max(0.0, 0.5 - 1 / p))


def _size_pairs(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)[:1]
    column = draw_stack(spec, stream, replicates=2 * draws).jacobian(x, [probe.column])
    one, other = column.double().square().mean(dim=(1, 2, 3)).clamp_min(_TINY).log().chunk(2)
    return (one - other).square()[:, None]


size_pairs = Source("the sizes of two networks", {"dense": _size_pairs}, {"dense": True}, most=1024)
"""`[n, 1]`: (log S − log S')² of two independent networks, S the mean square of a column of J: how far scales
fluctuate."""
