"""The pull ⟨W, ∂L_adv⟩ as ε → 0 on the exact chain, of every architecture, by the part of J through each layer."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.attacks.balls import dual_map
from mfcheck.attacks.operator_norm import maximiser
from mfcheck.ensembles.families import family
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart_parts import parted_factor
from mfcheck.spec import NetworkSpec, NormPair, dual_exponent

NETWORKS_IN_A_CHUNK = 64


@family(maxsize=256)
def pull(pair: NormPair) -> Source:
    """`[n, 1]`: ⟨W_l, ∂L_adv⟩/ε, meaned over layers, as ε → 0.

    There L_adv = ε‖J‖_{p,q}, and its derivative in the scale of W_l is ε⟨g, J_l η⟩: the norm is reached at η, and g is
    the gradient of ‖·‖_q at Jη. R is triangular, so that J takes K rows of Z alone and the rest of Zη is N(0, ‖η‖²/d).
    """

    def chain(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        factor, k = parted_factor(spec, draws, stream), spec.output_dim
        z = stream.normal(draws, k, spec.input_dim, dtype=torch.float32, scale=spec.input_dim**-0.5)
        direction, _ = maximiser(factor[:, :k, :k].float().mT @ z, *pair)
        met = (z @ direction[..., None])[..., 0].double()
        length = torch.linalg.vector_norm(direction.double(), dim=-1, keepdim=True) * spec.input_dim**-0.5
        rest = length * stream.normal(draws, factor.shape[-1] - k)
        images = (factor.mT @ torch.cat([met, rest], dim=1)[..., None]).reshape(draws, spec.depth + 1, k)
        gradient = dual_map(images[:, 0], dual_exponent(pair.q))
        parts = torch.einsum("nk,nlk->nl", gradient, images[:, 1:])
        return parts.mean(dim=1, keepdim=True)

    return Source(
        f"pull of {pair.p:g}, {pair.q:g} by parts of J", {"wishart": chain}, {"wishart": False}, NETWORKS_IN_A_CHUNK
    )
