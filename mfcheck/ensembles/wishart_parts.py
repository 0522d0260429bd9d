"""The exact chain of a residual Jacobian together with its part through each layer's weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfcheck.ensembles.ranges import check_range
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import CHAIN, bartlett
from mfcheck.spec import NetworkSpec


def parted_factor(spec: NetworkSpec, draws: int, stream: Stream) -> Tensor:
    """R `[draws, K(L+1), K(L+1)]` with [J; J_1; …; J_L] = RᵀZ in law, Z of N(0, 1/d) entries in d columns.

    J_l is what W_l, and not the shortcut beside it, passes on: the derivative of J in the scale of W_l. It runs as
    `wishart.mirrored_factor` does, from the last layer to the first, and each layer adds K columns to those carried
    (derived: given the rows before it, a row of [W part + shortcut, W part] is Gaussian, and free of the others).
    """
    check_range(spec, torch.float64, CHAIN)
    n, k, sigma = spec.width, spec.output_dim, math.sqrt(spec.weight_variance)
    slopes, residual = (spec.activation.u, spec.activation.v), spec.architecture == "residual"
    factor = torch.eye(k, dtype=torch.float64, device=stream.device).expand(draws, k, k) / math.sqrt(n)
    for _ in range(spec.depth):
        size, open_gates = factor.shape[-1], stream.fair_binomial(n, draws)
        nothing = torch.zeros(draws, size, k, dtype=torch.float64, device=stream.device)
        stacked = []
        for slope, count in zip(slopes, (open_gates, n - open_gates), strict=True):
            rows = bartlett(count, size, stream) @ factor
            if slope:
                stacked.append(slope * sigma * torch.cat([rows, rows[:, :, :k]], dim=2))
            if residual:
                stacked.append(torch.cat([rows, nothing], dim=2))
        factor = torch.linalg.qr(_at_least_square(torch.cat(stacked, dim=1)), mode="r").R / math.sqrt(n)
    everyone = torch.full((draws,), float(n), dtype=torch.float64, device=stream.device)
    return bartlett(everyone, factor.shape[-1], stream) @ factor


def _at_least_square(stacked: Tensor) -> Tensor:
    """The rows, and rows of zeros where there are fewer of them than columns."""
    short = stacked.shape[2] - stacked.shape[1]
    return stacked if short <= 0 else torch.nn.functional.pad(stacked, (0, 0, 0, short))
