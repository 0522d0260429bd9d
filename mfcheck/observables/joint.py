"""Joint statistics of Jacobian columns and the offset of one network draw (Theorem 4.1, independence)."""

from __future__ import annotations

import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec


def _squares(gram: Tensor) -> Tensor:
    """Conditional means of J²_ij J²_i'j' given the Gram matrix `[n, 2, 2]` of two columns: apart, row, column."""
    apart = gram[:, 0, 0] * gram[:, 1, 1]
    return torch.stack([apart, apart + 2 * gram[:, 0, 1] ** 2, gram[:, 0, 0] ** 2], dim=1)


def _pair_wishart(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    directions = torch.eye(spec.input_dim, 2, dtype=torch.float64, device=stream.device)
    factor = wishart.forward_factor(spec, directions, draws, stream)
    return _squares(factor.mT @ factor)


def _pair_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws)
    x = torch.as_tensor(probe.x, dtype=torch.float32, device=stream.device)
    other = (probe.column + 1) % spec.input_dim
    columns = network.feature_jacobian(x, [probe.column, other])[:, 0].double()
    return _squares(columns.mT @ columns / spec.width)


pair = Source(
    "products of two squared Jacobian entries",
    {"wishart": _pair_wishart, "dense": _pair_dense},
    {"wishart": False, "dense": True},
)
"""`[n, 3]`: E[J²_ij J²_i'j' | all but P_out] for entries of different rows and columns, of one row, of one column."""


def _offset_statistics(gram: Tensor, entry: Tensor) -> Tensor:
    offset = gram[:, 1, 1]
    apart = gram[:, 0, 0] * offset
    return torch.stack([entry, offset, apart], dim=1)


def _offset_wishart(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    directions = torch.eye(spec.input_dim, 2, dtype=torch.float64, device=stream.device)
    directions[:, 1] = 0  # the offset starts at 0 and is fed by the biases alone
    affine = torch.tensor([0.0, 1.0], dtype=torch.float64, device=stream.device)
    factor = wishart.forward_factor(spec, directions, draws, stream, affine=affine)
    entry = (stream.normal(draws, 1, 2) @ factor)[:, 0, 1]
    return _offset_statistics(factor.mT @ factor, entry)


def _offset_dense(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    network = Network(spec, stream, replicates=draws)
    x = torch.as_tensor(probe.x[:1], dtype=torch.float32, device=stream.device)
    points = torch.zeros(2, spec.input_dim, device=stream.device)  # the origin, and one step from it
    points[1, probe.column] = 1
    offset, stepped = network.features_with_gates(network.gate_slopes(x), points.expand(draws, -1, -1)).unbind(1)
    entry = (network.output_row(0) * offset).sum(dim=1).double()
    both = torch.stack([stepped - offset, offset], dim=2).double()
    return _offset_statistics(both.mT @ both / spec.width, entry)


offset = Source(
    "offset entry, its conditional variance and its products with a Jacobian entry",
    {"wishart": _offset_wishart, "dense": _offset_dense},
    {"wishart": False, "dense": True},
)
"""`[n, 3]`: a_0; Var[a_i | all but P_out]; E[J²_ij a²_i' | …] for different outputs i ≠ i'."""
