"""Exact finite-width moments of the input Jacobian at initialisation (derived; THEORY E3), both architectures.

One layer multiplies the squared scale of a Jacobian column by the mean over N rows of λ·χ²₁, where λ = D²σ_w²
(vanilla) or 1 + D²σ_w² (residual) and D is u or v with probability ½. Everything here follows from that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.verdict import NotCovered


def row_gains(spec: NetworkSpec) -> tuple[float, float]:
    """λ for an open (D = u) and a closed (D = v) gate; raises NotCovered for other architectures."""
    if spec.architecture not in ARCHITECTURES:
        raise NotCovered(f"no finite-width law is known for architecture {spec.architecture}")
    skip = float(spec.architecture == "residual")
    act, var = spec.activation, spec.weight_variance
    return skip + act.u**2 * var, skip + act.v**2 * var


def mean_gain(spec: NetworkSpec) -> float:
    """ω = E λ, the exact growth of the mean squared column per layer."""
    return sum(row_gains(spec)) / 2


def gain_ratio(spec: NetworkSpec) -> float:
    """κ = E λ²/ω² (ReLU vanilla: 2)."""
    up, down = row_gains(spec)
    return (up**2 + down**2) / 2 / mean_gain(spec) ** 2


def spread(spec: NetworkSpec) -> float:
    """c = 3κ − 1, N times the relative variance a layer adds to a squared column (ReLU vanilla: 5)."""
    return 3 * gain_ratio(spec) - 1


def relative_second_moment(spec: NetworkSpec) -> float:
    """E G²/(E G)² = (1 + c/N)^L (1 + 2/N), G the variance of an entry given all but the last Gaussian; exact."""
    return math.exp(spec.depth * math.log1p(spread(spec) / spec.width) + math.log1p(2 / spec.width))


def excess_kurtosis(spec: NetworkSpec) -> float:
    """Excess kurtosis of J_ij, 3((1 + c/N)^L (1 + 2/N) − 1); exact at every N."""
    return 3 * math.expm1(spec.depth * math.log1p(spread(spec) / spec.width) + math.log1p(2 / spec.width))


def gram_moments(spec: NetworkSpec) -> tuple[float, float]:
    """S = E G_jj G_kk and T = E G_jk² for two Jacobian columns j ≠ k, in units of (E G_jj)²; exact at every N.

    G is the Gram matrix of the columns before the last Gaussian. S₀ = 1, T₀ = 1/N; a layer adds
    (κ(S + 2T) − S)/N to S and (κ(S + 2T) − T)/N to T. So S + 2T grows by 1 + c/N a layer and equals
    `relative_second_moment`.
    """
    s, t = 1.0, 1 / spec.width
    for _ in range(spec.depth):
        fresh = gain_ratio(spec) * (s + 2 * t)
        s, t = s + (fresh - s) / spec.width, t + (fresh - t) / spec.width
    return s, t


@dataclass(frozen=True)
class SquareMoments:
    """E J²_ij J²_i'j' in units of ω^{2L}/d²; E J⁴_ij is 3 × `shared_index`."""

    shared_index: float
    no_shared_index: float


def square_moments(spec: NetworkSpec) -> SquareMoments:
    """Second moments of squared entries, exact at every N: S + 2T within a row or a column, S across both.

    Given G the K rows of J are independent N(0, G): two entries of a row give G_jj G_kk + 2G_jk², two of a column
    G_jj², which have one mean because the mirrored chain (THEORY E1) swaps rows and columns.
    """
    s, t = gram_moments(spec)
    return SquareMoments(shared_index=s + 2 * t, no_shared_index=s)


def gram_spread(spec: NetworkSpec) -> float:
    """s² in J Jᵀ/ω^L ≈ (1 + ξ)I + s·GOE_K: V/d + (1 − 1/d)T; about 1/d + (1 + κL)/N."""
    d = spec.input_dim
    return relative_second_moment(spec) / d + (1 - 1 / d) * gram_moments(spec)[1]


def dead_probability(spec: NetworkSpec) -> float:
    """P[J = 0] = 1 − (1 − 2^{−N})^L for vanilla networks with one zero slope, else 0; exact."""
    if all(row_gains(spec)):
        return 0.0
    return -math.expm1(spec.depth * math.log1p(-(2.0**-spec.width)))
