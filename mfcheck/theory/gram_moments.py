"""Exact moments of the Gram matrix of two columns at finite width, of any order (docs/theory.md#finite-width-moments).

One layer takes the Gram matrix Γ of two columns to the mean over N rows of y yᵀ, y ~ N(0, λΓ), or of a column and the
offset N(0, λΓ + D²σ_b² e₂e₂ᵀ). Given Γ, a monomial of the new entries has a mean that is a polynomial in the old ones
(Wick), of the same degree in the first column and of no higher one in the second: a linear map of few monomials.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.spec import NetworkSpec
from mfcheck.theory.finite_width import mean_gain, row_gains
from mfcheck.verdict import NotCovered

Pair = tuple[float, ...]
"""One number for an open gate and one for a closed one."""
Powers = tuple[int, int, int]
"""The powers of Γ₁₁, Γ₁₂ and Γ₂₂ in a monomial."""


def apart_moment(spec: NetworkSpec, order: int, *, offset: bool = False) -> float:
    """E (Γ₁₁Γ₂₂)^k, k = `order`, of two Jacobian columns, or with `offset` of one and the offset.

    At k = 1 that is E J²_ij J²_i'j', i ≠ i', j ≠ j', or E J²_ij a²_i', over the product of the two means.
    """
    return gram_moments(spec, 2 * order, 2 * order, offset=offset)[order, 0, order]


def row_moment(spec: NetworkSpec, order: int) -> float:
    """E (Γ₁₁Γ₂₂ + 2Γ₁₂²)^k, k = `order`: of E J²_ij J²_ij' given all but P_out, two entries of one row."""
    found = gram_moments(spec, 2 * order, 2 * order)
    return math.fsum(math.comb(order, m) * 2**m * found[order - m, 2 * m, order - m] for m in range(order + 1))


def offset_moment(spec: NetworkSpec, order: int) -> float:
    """E A^k/(E A)^k, k = `order`, of A = Var[a_i | all but P_out]: E a_i⁴/(E a_i²)² is three times the second."""
    return gram_moments(spec, 0, 2 * order, offset=True)[0, 0, order]


@lru_cache(maxsize=256)
def gram_moments(spec: NetworkSpec, first: int, second: int, *, offset: bool = False) -> dict[Powers, float]:
    """E Γ₁₁^i Γ₁₂^j Γ₂₂^k after the last layer, wherever 2i + j = `first` and 2k + j = `second`; exact at every N.

    Γ₁₁ and Γ₂₂ are in units of their own means. The second column is the offset, which starts at 0 and which biases
    feed, where `offset` says so: NotCovered without biases, and for architectures without a law. Raises ValueError
    where one is beyond floating-point numbers; how large the offset itself is does not matter.
    """
    if offset and spec.bias_variance == 0:
        raise NotCovered("the offset is 0 without biases")
    gains, omega, act = row_gains(spec), mean_gain(spec), spec.activation
    first_gains = tuple(gain / omega for gain in gains)
    second_gains, fed = first_gains, (0.0, 0.0)
    kept, share = 0.0, 1.0  # of the offset's mean after a layer: that before it, and what biases feed
    start = _layer(first, second, spec.width, (1.0, 1.0), (1.0, 1.0), (0.0, 0.0))
    means = start @ _monomials(first, second, (1.0, 0.0, float(not offset)))
    for layer in range(spec.depth):
        if offset:
            if layer > 0:
                kept = 1 / (omega + share)
                share *= kept
            second_gains = tuple(gain * kept for gain in gains)
            fed = (act.u**2 / act.alpha * share, act.v**2 / act.alpha * share)
        with np.errstate(over="ignore", invalid="ignore"):
            means = _layer(first, second, spec.width, first_gains, second_gains, fed) @ means
    if not np.isfinite(means).all():
        raise ValueError(f"moments of {spec} are beyond floating-point numbers")
    at = _all_powers(first, second)
    return {powers: float(means[at.index(powers)]) for powers in at if 2 * powers[2] + powers[1] == second}


def _all_powers(first: int, second: int) -> list[Powers]:
    """Monomials of degree `first` in the first column and at most `second`, and as odd, in the second."""
    found = []
    for j in range(min(first, second) + 1):
        if (first - j) % 2 == 0 and (second - j) % 2 == 0:
            found += [((first - j) // 2, j, k) for k in range((second - j) // 2 + 1)]
    return found


def _monomials(first: int, second: int, gram: tuple[float, float, float]) -> Floats:
    """Every one of `_all_powers` of a Gram matrix."""
    return np.array([gram[0] ** i * gram[1] ** j * gram[2] ** k for i, j, k in _all_powers(first, second)])


@lru_cache(maxsize=256)
def _layer(first: int, second: int, rows: int, first_gains: Pair, second_gains: Pair, fed: Pair) -> Floats:
    """The matrix that takes the means of all monomials before a layer of so many rows to those after it.

    E exp⟨θ, mean over rows⟩ is the N-th power of one row's E exp⟨θ, ·/N⟩. By Q'P = N P'Q a power Q = P^N of a series
    has q_α = Σ_β (N|β| − |α − β|) p_β q_{α−β}/|α|. Its coefficients are polynomials in the old Γ₁₂ and Γ₂₂, here of one
    variable x: Γ₂₂ is x and Γ₁₂ is x^`base`, and the power of Γ₁₁ follows from the degree.
    """
    base = second // 2 + 1
    size = (min(first, second) + 1) * base
    among = [
        (i, j, k)
        for i, j, k in itertools.product(range(first // 2 + 1), range(first + 1), range(base))
        if 2 * i + j <= first and 2 * k + j <= second
    ]
    gates = list(zip(first_gains, second_gains, fed, strict=True))
    row = {powers: _row(powers, gates, base, size) for powers in among}
    mean = {(0, 0, 0): row[0, 0, 0]}
    for i, j, k in sorted(among, key=sum)[1:]:
        total = np.zeros(size)
        for part in itertools.product(range(i + 1), range(j + 1), range(k + 1)):
            if (m := sum(part)) > 0:
                rest = (i - part[0], j - part[1], k - part[2])
                total += (rows * m - sum(rest)) * np.convolve(row[part], mean[rest])[:size]
        mean[i, j, k] = total / (i + j + k)
    wanted = _all_powers(first, second)
    codes = [j * base + k for _, j, k in wanted]
    return np.array([mean[powers][codes] * _factorials(powers) / float(rows) ** sum(powers) for powers in wanted])


def _row(powers: Powers, gates: list[tuple[float, float, float]], base: int, size: int) -> Floats:
    """E y₁^{2i+j} y₂^{2k+j}/(i! j! k!) of one row as a polynomial in the old Gram matrix, by Wick's rule."""
    first, second = 2 * powers[0] + powers[1], 2 * powers[2] + powers[1]
    found = np.zeros(size)
    for crossed in range(first % 2, min(first, second) + 1, 2):
        i, k = (first - crossed) // 2, (second - crossed) // 2
        pairings = math.factorial(first) * math.factorial(second)
        pairings /= _factorials((i, crossed, k)) * 2 ** (i + k)
        for old in range(k + 1):
            each = (
                one ** (i + crossed / 2) * two ** (old + crossed / 2) * bias ** (k - old) for one, two, bias in gates
            )
            found[crossed * base + old] += pairings * math.comb(k, old) * sum(each) / 2
    return found / _factorials(powers)


def _factorials(powers: Powers) -> int:
    return math.prod(math.factorial(power) for power in powers)
