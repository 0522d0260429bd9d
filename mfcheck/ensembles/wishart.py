"""Exact Jacobians of random networks without a weight matrix: chains of Wishart factors (docs/theory.md#wishart-chain).

Given the sign of a pre-activation, flipping the sign of its row leaves the row's outer product unchanged, so gates
are fair coins: n ~ Binomial(N, ½) rows have slope u and N − n slope v. The Gram matrix of r columns is then a Markov
chain whose step is a sum of two Wishart matrices. We carry a factor R with Gram RᵀR, never the Gram itself: its root
would lose the small singular values where few units are active.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mfcheck.ensembles.ranges import check_range, gains
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import divisor
from mfcheck.spec import NetworkSpec

CHAIN = "Jacobians by the wishart engine"


def entry_scales(spec: NetworkSpec, draws: int, stream: Stream) -> Tensor:
    """Var[J_ij | all but the last Gaussian] for each draw: `[draws]`, float64.

    The product (1/d)·(χ²_N/N)·Π_l (λ_u χ²_{n_l} + λ_v χ²_{N−n_l})/N; an entry is its root times N(0, 1).
    """
    up, down = gains(spec)
    check_range(spec, torch.float64, CHAIN, squared=True)
    n = spec.width
    everyone = torch.full((draws,), float(n), dtype=torch.float64, device=stream.device)
    scales = stream.chi_square(everyone).div_(n * spec.input_dim)
    for _ in range(spec.depth):
        if up == down:
            layer = stream.chi_square(everyone).mul_(up)
        else:
            open_gates = stream.fair_binomial(n, draws)
            branches = ((up, open_gates), (down, n - open_gates))
            layer = torch.stack([stream.chi_square(count).mul_(gain) for gain, count in branches if gain]).sum(0)
        scales.mul_(layer).div_(n)
    return scales


def jacobian(spec: NetworkSpec, draws: int, columns: int, stream: Stream) -> Tensor:
    """Independent Jacobians, their first `columns` columns jointly: `[draws, K, columns]`, float32.

    Runs over the shorter side: forward on columns, or mirrored on the K outputs at a cost free of N and d.
    """
    if not 1 <= columns <= spec.input_dim:
        raise ValueError(f"columns must lie in 1…input_dim={spec.input_dim}, got {columns}")
    check_range(spec, torch.float32, CHAIN)
    if columns < spec.output_dim:
        directions = torch.eye(spec.input_dim, columns, dtype=torch.float64, device=stream.device)
        return forward_columns(spec, directions, draws, stream).to(torch.float32)
    factor = mirrored_factor(spec, draws, stream).to(torch.float32)
    shape = (draws, spec.output_dim, columns)
    return factor.mT @ stream.normal(*shape, dtype=torch.float32, scale=spec.input_dim**-0.5)


def mirrored_factor(spec: NetworkSpec, draws: int, stream: Stream) -> Tensor:
    """R `[draws, K, K]` with J = RᵀZ in law, Z a K×d matrix of N(0, 1/d) entries, whatever N and d.

    C = RᵀR starts at I/N; each layer is C ← [λ_u W_K(n, C) + λ_v W_K(N−n, C)]/N; then C ← W_K(N, C).
    """
    up, down = (math.sqrt(gain) for gain in gains(spec))
    check_range(spec, torch.float64, CHAIN)
    n, k = spec.width, spec.output_dim
    factor = torch.eye(k, dtype=torch.float64, device=stream.device).expand(draws, k, k) / math.sqrt(n)
    for _ in range(spec.depth):
        factor = _gated_step(n, up * factor if up else None, down * factor if down else None, draws, stream)
    everyone = torch.full((draws,), float(n), dtype=torch.float64, device=stream.device)
    return bartlett(everyone, k, stream) @ factor


def forward_factor(
    spec: NetworkSpec, directions: Tensor, draws: int, stream: Stream, *, affine: Tensor | None = None
) -> Tensor:
    """R `[draws, min(d, r) or r, r]` with Gram RᵀR of the r propagated columns just before P_out.

    `directions` `[d, r]` are input columns. The bias enters those marked 1 in `affine` `[r]`: mark x itself and
    leave Jacobian columns at 0, and the chain carries [x^(L), columns of the layer Jacobian at x] jointly.
    """
    gains(spec)
    check_range(spec, torch.float64, CHAIN)
    n, act = spec.width, spec.activation
    sigma_w, sigma_b = math.sqrt(spec.weight_variance), math.sqrt(spec.bias_variance)
    start = directions.to(torch.float64) / math.sqrt(spec.input_dim)
    r = start.shape[1]
    root = torch.linalg.qr(start, mode="r").R if start.shape[0] > r else start
    everyone = torch.full((draws,), float(n), dtype=torch.float64, device=stream.device)
    factor: Tensor = bartlett(everyone, root.shape[0], stream) @ root / math.sqrt(n)
    bias = None if affine is None or not sigma_b else (sigma_b * affine.to(factor)).expand(draws, 1, r)
    for _ in range(spec.depth):
        weighted = sigma_w * factor if bias is None else torch.cat([sigma_w * factor, bias], dim=1)
        branches = []
        for slope in (act.u, act.v):
            parts = ([slope * weighted] if slope else []) + ([factor] if spec.architecture == "residual" else [])
            branches.append(_triangular(torch.cat(parts, dim=1)) if parts else None)
        factor = _gated_step(n, branches[0], branches[1], draws, stream)
    return factor


def forward_columns(
    spec: NetworkSpec, directions: Tensor, draws: int, stream: Stream, *, affine: Tensor | None = None
) -> Tensor:
    """The network's output columns for `directions` `[d, r]`: J·direction, or f(x) where `affine` is 1.

    Returns `[draws, K, r]`, float64: K rows N(0, G) given the chain's last Gram matrix G.
    """
    factor = forward_factor(spec, directions, draws, stream, affine=affine)
    return stream.normal(draws, spec.output_dim, factor.shape[1]) @ factor


def bartlett(freedom: Tensor, size: int, stream: Stream) -> Tensor:
    """T `[draws, size, size]`, upper triangular, TᵀT ~ Wishart_size(freedom, I) for any freedom ≥ 0.

    It is the R of a freedom × size Gaussian matrix: T_ii² ~ χ²_{freedom−i}, N(0, 1) above the diagonal, rows from
    `freedom` on zero. So with fewer rows than columns it is the exact trapezoidal factor (derived: the Householder
    steps of QR stop after `freedom` rows), and no case needs the rows themselves. Normals are no finer than those of
    stored matrices.
    """
    rows = torch.arange(size, dtype=torch.float64, device=stream.device)
    left = freedom[:, None] - rows
    factor = stream.coarse_normal(len(freedom), size, size).triu_(1)
    factor.mul_((left > 0)[:, :, None])
    factor.diagonal(dim1=1, dim2=2).copy_(stream.chi_square(left).sqrt_())
    return factor


def _gated_step(n: int, up: Tensor | None, down: Tensor | None, draws: int, stream: Stream) -> Tensor:
    """Factor of [W(n₊, UᵀU) + W(N−n₊, DᵀD)]/N with n₊ ~ Binomial(N, ½); None stands for a zero factor."""
    open_gates = stream.fair_binomial(n, draws)
    parts = []
    for count, branch in ((open_gates, up), (n - open_gates, down)):
        if branch is not None:
            parts.append(bartlett(count, branch.shape[1], stream) @ branch)
    if len(parts) == 1:
        return parts[0] / math.sqrt(n)
    return _triangular(torch.cat(parts, dim=1)) / math.sqrt(n)


def _triangular(stacked: Tensor) -> Tensor:
    """The square factor of a stack of rows `[draws, m, r]`: its R by QR.

    LAPACK is called matrix by matrix; up to three columns Gram–Schmidt over the whole batch is ten times faster, and
    its R is as accurate as Householder's (Björck).
    """
    columns = stacked.shape[2]
    if stacked.shape[1] == columns:
        return stacked
    if columns > 3:
        factor: Tensor = torch.linalg.qr(stacked, mode="r").R
        return factor
    rest = list(stacked.unbind(dim=2))
    factor = torch.zeros(len(stacked), columns, columns, dtype=stacked.dtype, device=stacked.device)
    for j in range(columns):
        length = torch.linalg.vector_norm(rest[j], dim=1)
        factor[:, j, j] = length
        unit = rest[j] / divisor(length)[:, None]
        for k in range(j + 1, columns):
            factor[:, j, k] = (unit * rest[k]).sum(dim=1)
            rest[k] = rest[k] - factor[:, j, k, None] * unit
    return factor
