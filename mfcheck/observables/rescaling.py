"""Node-wise rescaling, weights into a unit times c and out of it over c, which leaves f as it is (Theorem 5.9)."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import AnyMatrix, Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.spec import NetworkSpec

ROUNDINGS = 1e-9
"""What float64 sums of some ten thousand terms may differ by, relatively."""


def rescale(network: Network, factors: list[Tensor]) -> None:
    """Multiply what enters unit i of layer l by `factors[l] [R, N]` > 0 and divide what leaves it by the same.

    Into a unit go its rows of W and b and, of residual networks, of the shortcut; out of it the columns of the next
    layer's W and shortcut, or of P_out. Stored matrices only.
    """
    n, depth = network.spec.width, network.spec.depth
    for layer, factor in enumerate(factors):
        into: list[AnyMatrix] = [network.weights[layer], *network.shortcuts[layer : layer + 1]]
        last = layer == depth - 1
        out_of: list[AnyMatrix] = [network.output_projection] if last else [network.weights[layer + 1]]
        out_of += [] if last else network.shortcuts[layer + 1 : layer + 2]
        if factor.shape != (network.replicates, n):
            raise ValueError(f"factors must be {(network.replicates, n)} a layer, got {tuple(factor.shape)}")
        for matrix in into:
            _multiply(matrix, factor[:, :, None])
        for matrix in out_of:
            _multiply(matrix, 1 / factor[:, None, :])
        if network.biases:
            network.biases[layer] = network.biases[layer] * factor


def _multiply(matrix: AnyMatrix, factor: Tensor) -> None:
    if not isinstance(matrix, DenseMatrix):
        raise ValueError("only stored matrices can be rescaled, got a lazy one")
    matrix.values = matrix.values * factor


def _dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws, dtype=torch.float64)
    x = torch.as_tensor(probe.x, dtype=torch.float64, device=stream.device)
    before, spectral = fisher_rao(network, x), _largest_singular(network)
    rescale(network, [stream.normal(draws, spec.width).exp() for _ in range(spec.depth)])
    after, stretched = fisher_rao(network, x), _largest_singular(network)
    same = ((after - before).abs() <= ROUNDINGS * before).all(dim=1)
    moved = (stretched / spectral - 1).abs() > 0.01
    return torch.stack([same, moved], dim=1)


def _largest_singular(network: Network) -> Tensor:
    """The product over layers of ‖W_l‖₂, `[R]`."""
    values = [matrix.values for matrix in network.weights if isinstance(matrix, DenseMatrix)]
    return torch.stack([torch.linalg.matrix_norm(value, 2) for value in values]).prod(dim=0)


invariance = Source("invariance under node-wise rescaling", {"dense": _dense}, {"dense": True})
"""`[n, 2]`: whether every form of the Fisher–Rao norm is the same, to rounding, after every unit is rescaled by a
log-normal factor; and whether the product of spectral norms has then moved by more than 1 %."""
