"""Intervals with finite-sample guarantees: the only ones a verdict at 1e-6 may rest on."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import optimize, special, stats

from mfcheck.arrays import Floats

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

    `cdf_left(t)` is P[X < t]; give it where F has atoms (`left_of`). Ties among the draws are handled either way.
    """
    at = cdf(ordered)
    before = at if cdf_left is None else cdf_left(ordered)
    lower, upper = _shares(ordered)
    return float(max((upper - at).max(), (before - lower).max(), 0.0))


def left_of(law: Any) -> Cdf | None:
    """t ↦ P[X < t] of a law with a `cdf`; None for one that is known to have no atoms, whose `cdf` says it too.

    A law's own `cdf_left` comes first. Laws of scipy's continuous kind have no atoms; of any other law the distribution
    function is asked just below t, which is exact for steps wherever they lie.

    >>> from scipy import stats
    >>> left_of(stats.norm()) is None, left_of(stats.binom(10, 0.5))(np.array([0.0, 10.0])).round(4).tolist()
    (True, [0.0, 0.999])
    """
    if hasattr(law, "cdf_left"):
        own: Cdf = law.cdf_left
        return own
    if isinstance(getattr(law, "dist", None), stats.rv_continuous):
        return None
    return lambda t: np.asarray(law.cdf(np.nextafter(t, -np.inf)), dtype=np.float64)


def two_sample_distance(first: Floats, second: Floats) -> float:
    """sup_t |F̂₁(t) − F̂₂(t)| for sorted draws `[n]` and `[m]`, ties included."""
    at_first = np.searchsorted(second, first, side="right") / len(second) - _shares(first)[1]
    at_second = np.searchsorted(first, second, side="right") / len(first) - _shares(second)[1]
    return float(max(np.abs(at_first).max(), np.abs(at_second).max()))


def _shares(ordered: Floats) -> tuple[Floats, Floats]:
    """The shares of sorted draws below each of them, and up to it."""
    n = len(ordered)
    if np.all(ordered[1:] > ordered[:-1]):  # without ties, as of a continuous law, these are the ranks
        ranks = _ranks(n)
        return ranks[:-1], ranks[1:]
    return np.searchsorted(ordered, ordered, "left") / n, np.searchsorted(ordered, ordered, "right") / n


@lru_cache(maxsize=4)
def _ranks(n: int) -> Floats:
    """0, 1/n, …, 1."""
    ranks: Floats = np.arange(n + 1) / n
    ranks.flags.writeable = False
    return ranks


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
    values: Floats, alpha: float, cap: float, fourth_moment_ratio: float
) -> tuple[float, float]:
    """An interval for the mean μ of a non-negative, possibly heavy-tailed law, from draws `[n]`.

    Maurer and Pontil's empirical Bernstein interval for E min(X, cap), each side at alpha/2, then the tail: with
    ρ = `fourth_moment_ratio` ≥ E X⁴/μ⁴, μ − E min(X, cap) ≤ 27ρμ⁴/(256 cap³) (derived, from (x − c)₊ ≤ 27x⁴/(256c³)).
    The least E min(X, cap) among laws with this ρ grows with μ, because scaling up keeps ρ; so no mean beyond the
    first that fits can fit. The lower end needs nothing of the tail, the upper end ρ. `cap` must not depend on the
    draws. The upper end is infinite while the tail term cannot be resolved.
    """
    n = len(values)
    if n < 2 or values.min() < 0 or cap <= 0:
        raise ValueError(f"a truncated mean needs two non-negative draws and cap > 0, got {n} draws and cap {cap!r}")
    capped = np.minimum(values, cap)
    mean, variance = float(capped.mean()), float(capped.var(ddof=1))
    half = half_width(math.sqrt(variance), cap, n, alpha)
    return max(0.0, mean - half), _largest_mean(mean + half, tail_factor(cap, fourth_moment_ratio))


def tail_factor(cap: float, fourth_moment_ratio: float) -> float:
    """a with μ − E min(X, cap) ≤ a μ⁴."""
    return 27 * fourth_moment_ratio / (256 * cap**3)


def half_width(deviation: float, span: float, draws: int, alpha: float) -> float:
    """The empirical Bernstein half-width, each side at alpha/2, of draws that span so much (Maurer and Pontil 2009).

    `deviation` is that of the sample, over n − 1.
    """
    log_term = math.log(4 / alpha)  # ln(2/δ) with δ = alpha/2 a side
    return deviation * math.sqrt(2 * log_term / draws) + 7 * span * log_term / (3 * (draws - 1))


def likely_half_width(deviation: float, span: float, draws: int, alpha: float, beta: float) -> float:
    """What `half_width` exceeds with probability at most beta, by the law's own deviation.

    The sample's is at most that plus span·√(2 ln(1/β)/(n − 1)) (Maurer and Pontil 2009).
    """
    most = deviation + span * math.sqrt(2 * math.log(1 / beta) / (draws - 1))
    return half_width(most, span, draws, alpha)


def stray(variance: float, span: float, draws: int, error: float) -> float:
    """How far a mean of draws that span so much strays from its law's, but with probability `error` (Bernstein)."""
    log_term = math.log(2 / error)
    return math.sqrt(2 * variance * log_term / draws) + span * log_term / (3 * draws)


def _largest_mean(truncated: float, a: float) -> float:
    """The first root μ of μ − a μ⁴ = truncated, or infinity."""
    turning = (4 * a) ** (-1 / 3)
    if not math.isfinite(truncated) or truncated >= 0.75 * turning:
        return math.inf
    return float(optimize.brentq(lambda mu: mu - a * mu**4 - truncated, truncated, turning))
