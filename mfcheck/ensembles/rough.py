"""Jacobians to three digits, for who only asks which way to begin.

Some processors multiply bfloat16 several times as fast as float32, of which it keeps the range and a third of the
digits. The direction in which a linear map moves most is found as well from those: what is off by a relative δ loses
some δ² of the way, and every loss is measured in full at what was found.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network


def rough_jacobian(network: Network, slopes: list[Tensor]) -> Tensor:
    """J `[R, B, K, d]` on the regions with these gates, to three digits where those come faster, else in full."""
    stored = all(isinstance(matrix, DenseMatrix) for matrix in network.matrices)
    if not stored or network.dtype != torch.float32 or not multiplies_bfloat16(network.device):
        return network.jacobian_with(slopes)
    return network.each_stored(Tensor.bfloat16).jacobian_with([one.bfloat16() for one in slopes]).float()


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device has units for such products, and torch says so: of processors those with AMX."""
    return device.type == "cpu" and _has_tiles()


@lru_cache
def _has_tiles() -> bool:
    asked = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(asked and asked())
