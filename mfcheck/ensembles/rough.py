"""Jacobians to three digits, for who only asks which way to begin.

Some processors multiply bfloat16 several times as fast as float32, of which it keeps the range and a third of the
digits. The direction in which a linear map moves most is found as well from those: what is off by a relative δ loses
some δ² of the way, and every loss is measured in full at what was found.
"""

from __future__ import annotations

import copy
from functools import lru_cache

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import AnyMatrix, Network


def rough_jacobian(network: Network, slopes: list[Tensor]) -> Tensor:
    """J `[R, B, K, d]` on the regions with these gates, to three digits where those come faster, else in full."""
    stored = all(isinstance(matrix, DenseMatrix) for matrix in network.matrices)
    if not stored or network.dtype != torch.float32 or not multiplies_bfloat16(network.device):
        return network.jacobian_with(slopes)
    return _rounded(network).jacobian_with([one.bfloat16() for one in slopes]).float()


class _RoundedInTurn(DenseMatrix):
    """A stored matrix, rounded for every product into room that it shares with others.

    One after another they are few pages of memory, where rounded copies of all would be as many as their products
    take, and as long to come by.
    """

    def __init__(self, values: Tensor, room: Tensor) -> None:
        super().__init__(values)
        self._room = room

    @property
    def T(self) -> DenseMatrix:
        return self._rounded().T

    def __matmul__(self, x: Tensor) -> Tensor:
        return self._rounded() @ x

    def _rounded(self) -> DenseMatrix:
        return DenseMatrix(self._room.copy_(self.values))


def _rounded(network: Network) -> Network:
    """The same networks in bfloat16, for one product at a time."""

    def values(matrix: AnyMatrix) -> Tensor:
        assert isinstance(matrix, DenseMatrix)
        return matrix.values

    found, room = copy.copy(network), torch.empty_like(values(network.weights[0]), dtype=torch.bfloat16)
    found.input_projection = DenseMatrix(values(network.input_projection).bfloat16())
    found.output_projection = DenseMatrix(values(network.output_projection).bfloat16())
    found.weights = [_RoundedInTurn(values(matrix), room) for matrix in network.weights]
    found.shortcuts = [_RoundedInTurn(values(matrix), room) for matrix in network.shortcuts]
    return found


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether a device has units for such products, and torch says so: of processors those with AMX."""
    return device.type == "cpu" and _has_tiles()


@lru_cache
def _has_tiles() -> bool:
    asked = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(asked and asked())
