"""For Theorem 5.1, of one network draw: norms of the Jacobian, and losses that attacks find."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.attacks.ascent import largest_loss
from mfcheck.attacks.balls import norm
from mfcheck.attacks.networks import jacobian_at, reserve
from mfcheck.attacks.operator_norm import largest_found, maximiser
from mfcheck.ensembles import wishart
from mfcheck.ensembles.families import family
from mfcheck.ensembles.modules import draw_stack
from mfcheck.ensembles.ranges import check_range
from mfcheck.ensembles.samples import STACK, Columns, Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec

UNKNOWN = -1.0
"""In the place of a share of flips."""
NORMS_IN_A_CHUNK = 64


@family(maxsize=256)
def operator_norms(p: float, q: float) -> Source:
    """`[n, 2]`: the best found ‖J‖_{p,q}, and the same of the matrix Z of N(0, 1/d) entries with J = Rᵀ Z.

    Z is known to the Wishart chain alone; the first column is all there is of networks, at the first input. Where
    `operator_norm` is not exact both columns are its lower bound.
    """
    columns = Columns(1, 1)

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        check_range(spec, torch.float32, wishart.CHAIN)
        factor = wishart.mirrored_factor(spec, draws, stream)
        z = stream.normal(draws, spec.output_dim, spec.input_dim, dtype=torch.float32, scale=spec.input_dim**-0.5)
        both = torch.stack([factor.to(torch.float32).mT @ z, z], dim=1)
        return largest_found(both, p, q)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        jacobian = draw_stack(spec, stream, replicates=draws).jacobian(_inputs(probe, stream))[:, :1]
        return largest_found(jacobian, p, q)

    def lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = draw_stack(spec, stream, engine="lazy", replicates=draws)
        reserve(network, columns.of(spec))
        return largest_found(network.jacobian(_inputs(probe, stream)[:1]), p, q)

    engines = {"wishart": chain, "dense": dense, "lazy": lazy}
    uses_input = {name: name != "wishart" for name in engines}
    return Source(f"operator norm ({p:g}, {q:g})", engines, uses_input, most=NORMS_IN_A_CHUNK, columns=columns)


@family(maxsize=256)
def attacked(p: float, q: float, budgets: tuple[float, ...], steps: int | tuple[int, ...]) -> Source:
    """`[n, 1 + 2E]`: ‖J(x)‖_{p,q}; then for every budget ε the loss found at the first input and the share of flips
    (`UNKNOWN` of modules, which do not show their gates).

    Every attack ascends from the maximiser of the linear map J(x), in so many steps, of all budgets or of each.
    """
    attacks = list(zip(budgets, [steps] * len(budgets) if isinstance(steps, int) else steps, strict=True))
    passes = 1 + sum(taken + 1 for _, taken in attacks)
    columns = Columns(1, passes)

    def found(engine: str, spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        network = draw_stack(spec, stream, engine=engine, replicates=draws)
        x = _inputs(probe, stream)[:1].expand(draws, 1, -1)
        reserve(network, columns.of(spec))
        jacobian = jacobian_at(network, x, spec.output_dim)
        direction, _ = maximiser(jacobian, p, q)
        parts = [norm((jacobian @ direction[..., None])[..., 0], q).double()]
        for eps, taken in attacks:
            attack = largest_loss(network, x, eps, p, q, steps=taken, start=direction, generator=stream.torch)
            flips = torch.full_like(parts[0], UNKNOWN) if attack.flips is None else attack.flips
            parts += [attack.loss.double(), flips]
        return torch.cat(parts, dim=1)

    def lazy(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("lazy", spec, probe, stream, draws)

    def dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return found("dense", spec, probe, stream, draws)

    name = f"attack ({p:g}, {q:g}) of {steps} steps at {', '.join(map(repr, budgets))}"
    engines, uses_input = {"lazy": lazy, "dense": dense}, {"lazy": True, "dense": True}
    return Source(name, engines, uses_input, STACK, passes, columns)


def _inputs(probe: Probe, stream: Stream) -> Tensor:
    return torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)
