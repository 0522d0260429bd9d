"""Intervals with finite-sample guarantees: the only ones a verdict at 1e-6 may rest on."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
Cdf = Callable[[Floats], Floats]


def dkw_half_width(draws: int, alpha: float) -> float:
    """e with P[sup|F̂ − F| > e] ≤ alpha for any law F (Dvoretzky–Kiefer–Wolfowitz, Massart's constant).

    >>> round(dkw_half_width(10_000, 1e-6), 4)
    0.0269
    """
    return math.sqrt(math.log(2 / alpha) / (2 * draws))


def dkw_draws(half_width: float, alpha: float) -> int:
    """The fewest draws with `dkw_half_width` at most `half_width`."""
    return math.ceil(math.log(2 / alpha) / (2 * half_width**2))


def sup_distance(ordered: Floats, cdf: Cdf, cdf_left: Cdf | None = None) -> float:
    """sup_t |F̂(t) − F(t)| for sorted draws `[n]`.

    `cdf_left(t)` is P[X < t]; give it where F has atoms. Ties among the draws are handled either way.
    """
    n = len(ordered)
    at = cdf(ordered)
    before = at if cdf_left is None else cdf_left(ordered)
    after_jump = np.searchsorted(ordered, ordered, side="right") / n - at
    before_jump = before - np.searchsorted(ordered, ordered, side="left") / n
    return float(max(after_jump.max(), before_jump.max(), 0.0))


def two_sample_distance(first: Floats, second: Floats) -> float:
    """sup_t |F̂₁(t) − F̂₂(t)| for sorted draws `[n]` and `[m]`, ties included."""
    points = np.concatenate([first, second])
    below_first = np.searchsorted(first, points, side="right") / len(first)
    below_second = np.searchsorted(second, points, side="right") / len(second)
    return float(np.abs(below_first - below_second).max())


def clopper_pearson(successes: int, draws: int, alpha: float) -> tuple[float, float]:
    """The exact two-sided interval for a rate; each end errs with probability at most alpha/2.

    >>> clopper_pearson(10, 10, 0.1)[1]
    1.0
    """
    return rate_lower(successes, draws, alpha / 2), 1 - rate_lower(draws - successes, draws, alpha / 2)


def rate_lower(successes: int, draws: int, alpha: float) -> float:
    """The exact lower bound for a rate at error alpha; 1 − rate_lower(failures, …) is the upper one."""
    if successes == 0:
        return 0.0
    return float(special.betaincinv(successes, draws - successes + 1, alpha))


def truncated_mean_interval(
    values: Floats, alpha: float, cap: float, second_moment_ratio: float
) -> tuple[float, float]:
    """An interval for the mean μ of a non-negative, possibly heavy-tailed law, from draws `[n]`.

    Maurer and Pontil's empirical Bernstein interval for E min(X, cap), each side at alpha/2, then the tail: with
    ρ = `second_moment_ratio` ≥ E X²/μ², μ − E min(X, cap) ≤ (ρ − 1)μ²/(4(cap − μ)) for μ < cap (derived, from
    (y − a)₊ ≤ y²/(4a) at y = X − μ). The least E min(X, cap) among laws with this ρ grows with μ, because scaling up
    keeps ρ; so no mean beyond the first that fits can fit. The lower end needs nothing of the tail, the upper end ρ.
    `cap` must not depend on the draws. The upper end is infinite while the tail term cannot be resolved.
    """
    n = len(values)
    if n < 2 or values.min() < 0 or cap <= 0:
        raise ValueError(f"a truncated mean needs two non-negative draws and cap > 0, got {n} draws and cap {cap!r}")
    capped = np.minimum(values, cap)
    mean = math.fsum(capped) / n
    variance = math.fsum((capped - mean) ** 2) / (n - 1)
    log_term = math.log(4 / alpha)  # ln(2/δ) with δ = alpha/2 a side
    half = math.sqrt(2 * variance * log_term / n) + 7 * cap * log_term / (3 * (n - 1))
    return max(0.0, mean - half), _largest_mean(mean + half, cap, second_moment_ratio)


def _largest_mean(truncated: float, cap: float, rho: float) -> float:
    """The first root μ of μ − (ρ − 1)μ²/(4(cap − μ)) = truncated, or infinity."""
    total = cap + truncated
    discriminant = total**2 - (rho + 3) * cap * truncated
    return math.inf if truncated >= cap or discriminant < 0 else 2 * cap * truncated / (total + math.sqrt(discriminant))
