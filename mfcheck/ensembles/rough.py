"""Networks to three digits, for who only asks which way to go.

Some processors multiply bfloat16 several times as fast as float32, of which it keeps the range and a third of the
digits. The direction in which a linear map moves most, or an attack climbs, is found as well from those: what is off by
a relative δ loses some δ² of the way, and every loss is measured in full at what was found.
"""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import AnyMatrix, Network


def rounded(network: Network) -> Network | None:
    """The same networks in bfloat16, as they are now; none where products of these come no faster."""
    stored = all(isinstance(matrix, DenseMatrix) for matrix in network.matrices)
    if not stored or network.dtype != torch.float32 or not multiplies_bfloat16(network.device):
        return None

    def rough(matrix: AnyMatrix) -> DenseMatrix:
        assert isinstance(matrix, DenseMatrix)
        return matrix.rounded()

    found = copy.copy(network)
    found.dtype = torch.bfloat16
    found.input_projection, found.output_projection = rough(network.input_projection), rough(network.output_projection)
    found.weights, found.shortcuts = [rough(one) for one in network.weights], [rough(one) for one in network.shortcuts]
    found.biases = [bias.bfloat16() for bias in network.biases]
    return found


def rough_jacobian(network: Network, slopes: list[Tensor]) -> Tensor:
    """J `[R, B, K, d]` on the regions with these gates, to three digits where those come faster, else in full."""
    if (rough := rounded(network)) is None:
        return network.jacobian_with(slopes)
    return rough.jacobian_with([one.bfloat16() for one in slopes]).float()


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device has units for such products, and torch says so: of processors those with AMX or AVX512-BF16."""
    return device.type == "cpu" and _has_units()


@lru_cache
def _has_units() -> bool:
    questions = (getattr(torch.cpu, f"_is_{units}_supported", None) for units in ("amx_tile", "avx512_bf16"))
    return any(asked is not None and asked() for asked in questions)
