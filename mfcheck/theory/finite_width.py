"""Exact moments at finite width, vanilla and residual, at initialisation (docs/theory.md#finite-width-moments).

One layer multiplies the squared scale of a Jacobian column by the mean over N rows of λ·χ²₁, where λ = D²σ_w²
(vanilla) or 1 + D²σ_w² (residual) and D is u or v with probability ½. Everything here follows from that. Moments raise
ValueError where they are beyond floating-point numbers.
"""

from __future__ import annotations

import math
from dataclasses import replace

from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.theory.powers import check_power
from mfcheck.verdict import NotCovered


def row_gains(spec: NetworkSpec) -> tuple[float, float]:
    """λ for an open (D = u) and a closed (D = v) gate; raises NotCovered for other architectures."""
    if spec.architecture not in ARCHITECTURES:
        raise NotCovered(f"no finite-width law is known for architecture {spec.architecture}")
    skip = float(spec.architecture == "residual")
    act, var = spec.activation, spec.weight_variance
    return skip + act.u**2 * var, skip + act.v**2 * var


def stand_in(spec: NetworkSpec) -> NetworkSpec:
    """The network whose moments, relative to their means, are granted to one of another architecture.

    A vanilla one, whose rows spread most: κ is 2 for ReLU, and any shortcut lowers it. Not derived, hence named where
    it is used.
    """
    return spec if spec.architecture in ARCHITECTURES else replace(spec, architecture="vanilla")


def mean_gain(spec: NetworkSpec) -> float:
    """ω = E λ, the exact growth of the mean squared column per layer."""
    return sum(row_gains(spec)) / 2


def grown_gain(spec: NetworkSpec) -> float:
    """ω^L, the exact mean of d J²_ij; ValueError where it is beyond floating-point numbers."""
    omega = mean_gain(spec)
    check_power(omega, spec.depth)
    return omega**spec.depth


def gain_ratio(spec: NetworkSpec) -> float:
    """κ = E λ²/ω² (ReLU vanilla: 2)."""
    up, down = row_gains(spec)
    return (up**2 + down**2) / 2 / mean_gain(spec) ** 2


def spread(spec: NetworkSpec) -> float:
    """c = 3κ − 1, N times the relative variance a layer adds to a squared column (ReLU vanilla: 5)."""
    return 3 * gain_ratio(spec) - 1


def _check_growth(spec: NetworkSpec) -> None:
    check_power(1 + spread(spec) / spec.width, spec.depth)


def relative_second_moment(spec: NetworkSpec) -> float:
    """V = E G²/(E G)² = (1 + c/N)^L (1 + 2/N), G the variance of an entry given all but the last Gaussian; exact."""
    _check_growth(spec)
    return (1 + spread(spec) / spec.width) ** spec.depth * (1 + 2 / spec.width)


def excess_kurtosis(spec: NetworkSpec) -> float:
    """Excess kurtosis of J_ij, 3(V − 1); exact at every N."""
    _check_growth(spec)
    return 3 * ((1 + spread(spec) / spec.width) ** spec.depth * (1 + 2 / spec.width) - 1)


def shared_square_ratio(spec: NetworkSpec) -> float:
    """E J²_ij J²_i'j' / (ω^L/d)² for two entries of one row or one column; exact at every N.

    It is V for both: two of a column have G_jj² given G, two of a row G_jj G_kk + 2G_jk², and the mirrored chain
    (docs/theory.md#mirrored-chain) swaps rows and columns.
    """
    _check_growth(spec)
    return (1 + spread(spec) / spec.width) ** spec.depth * (1 + 2 / spec.width)


def apart_square_ratio(spec: NetworkSpec) -> float:
    """S = E J²_ij J²_i'j' / (ω^L/d)² for entries of different rows and columns; exact at every N.

    With T = E G_jk² the recursion over layers (docs/theory.md#finite-width-moments) keeps two combinations apart:
    S + 2T grows by 1 + c/N a layer and S − T by 1 − 1/N. So S = [(1 + c/N)^L (1 + 2/N) + 2(1 − 1/N)^{L+1}]/3.
    """
    _check_growth(spec)
    n, depth = spec.width, spec.depth
    return ((1 + spread(spec) / n) ** depth * (1 + 2 / n) + 2 * (1 - 1 / n) ** (depth + 1)) / 3


def gram_overlap(spec: NetworkSpec) -> float:
    """T = E G_jk² for two Jacobian columns, in units of (E G_jj)²: (V − (1 − 1/N)^{L+1})/3; exact at every N."""
    return (relative_second_moment(spec) - (1 - 1 / spec.width) ** (spec.depth + 1)) / 3


def gram_spread(spec: NetworkSpec) -> float:
    """s² in J Jᵀ/ω^L ≈ (1 + ξ)I + s·GOE_K: V/d + (1 − 1/d)T; about 1/d + (1 + κL)/N."""
    d = spec.input_dim
    return relative_second_moment(spec) / d + (1 - 1 / d) * gram_overlap(spec)


def gram_deviation(spec: NetworkSpec) -> float:
    """√E‖C − I‖_F² for J = C^{1/2} Z, Z of N(0, ω^L/d) entries: √(K(V − 1) + K(K − 1)T).

    It bounds E‖C^{1/2} − I‖_{2,2}, since |√λ − 1| ≤ |λ − 1|. Exact at every N (derived: C is the Gram matrix of K
    columns of the mirrored chain, docs/theory.md#mirrored-chain, whose second moments are V and T like those of the
    forward one).
    """
    k = spec.output_dim
    return math.sqrt(k * (relative_second_moment(spec) - 1) + k * (k - 1) * gram_overlap(spec))


def scale_moment(spec: NetworkSpec, order: int) -> float:
    """E G^k/(E G)^k, k = `order` ≥ 1, from the moments of one row; exact at every N."""
    omega = mean_gain(spec)
    layer = _mean_moment(spec.width, [gain / omega for gain in row_gains(spec)], order)
    check_power(layer, spec.depth)
    return layer**spec.depth * _mean_moment(spec.width, [1.0, 1.0], order)


def offset_moment_bound(spec: NetworkSpec, order: int) -> float:
    """A bound on E A^k/(E A)^k for the squared offset A, from Minkowski's inequality (derived).

    A is a sum over layers of non-negative terms, each a product of at most L means over rows of λχ²₁ or D²χ²₁; in the
    k-norm relative to its mean the longest chain of the wider of the two bounds every term.
    """
    return max(scale_moment(replace(spec, architecture=name), order) for name in ARCHITECTURES)


def _mean_moment(rows: int, gains: list[float], order: int) -> float:
    """E Yᵏ for the mean Y over rows of gain·χ²₁: moments of a row to cumulants, scaled by N^{1−m}, and back."""
    row = [sum(gain**m for gain in gains) / 2 * math.prod(range(1, 2 * m, 2)) for m in range(order + 1)]
    cumulants = [0.0]
    for m in range(1, order + 1):
        lower = math.fsum(math.comb(m - 1, j - 1) * cumulants[j] * row[m - j] for j in range(1, m))
        cumulants.append(row[m] - lower)
    moments = [1.0]
    for m in range(1, order + 1):
        terms = (math.comb(m - 1, j - 1) * cumulants[j] * rows ** (1 - j) * moments[m - j] for j in range(1, m + 1))
        moments.append(math.fsum(terms))
    return moments[order]


def dead_probability(spec: NetworkSpec) -> float:
    """P[J = 0] = 1 − (1 − 2^{−N})^L for vanilla networks with one zero slope, else 0; exact."""
    if all(row_gains(spec)):
        return 0.0
    return -math.expm1(spec.depth * math.log1p(-(2.0**-spec.width)))
