"""The paper's theory in other words: each has one formula by another way, to the same values."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.spec import ARCHITECTURES, dual_exponent
from mfcheck.theory.norms import chevet_beta, expected_norm


class GainOfBothGates(PaperTheory):
    """ω as the mean gain of an open and a closed gate."""

    def omega(self, spec: NetworkSpec) -> float:
        if spec.architecture not in ARCHITECTURES:
            return super().omega(spec)
        slopes, skip = (spec.activation.u, spec.activation.v), float(spec.architecture == "residual")
        return math.fsum((skip + slope * slope * spec.weight_variance) / 2 for slope in slopes)


@dataclass(frozen=True)
class ByErrorFunction:
    """N(0, variance) by the complementary error function; no law of scipy's."""

    variance: float

    def cdf(self, t: ArrayLike) -> Floats:
        """P[X ≤ t]."""
        return special.erfc(-np.asarray(t, dtype=np.float64) / math.sqrt(2 * self.variance)) / 2

    def ppf(self, share: ArrayLike) -> Floats:
        """The t with P[X ≤ t] = share."""
        return -math.sqrt(2 * self.variance) * special.erfcinv(2 * np.asarray(share, dtype=np.float64))

    def mean(self) -> float:
        """The mean."""
        return 0.0

    def var(self) -> float:
        """The variance."""
        return self.variance


class EntryByErrorFunction(PaperTheory):
    """The law of an entry of J as an object of one's own."""

    def jacobian_entry(self, spec: NetworkSpec) -> Any:
        return ByErrorFunction(self.jacobian_entry_variance(spec))


class OffsetLayerByLayer(PaperTheory):
    """The offset's variance by recursion: A ← ωA + ασ_b²."""

    def offset_variance(self, spec: NetworkSpec) -> float:
        variance, omega = 0.0, self.omega(spec)
        for _ in range(spec.depth):
            variance = omega * variance + spec.activation.alpha * spec.bias_variance
        return variance


@lru_cache(maxsize=1024)
def _generalised_normal(variance: float) -> Any:
    return stats.gennorm(2, scale=math.sqrt(2 * variance))


class GeneralisedNormalOffset(PaperTheory):
    """The offset's law as the generalised normal one of exponent 2."""

    def offset(self, spec: NetworkSpec) -> Any:
        return _generalised_normal(self.offset_variance(spec))


class ApartLayerByLayer(PaperTheory):
    """E J²J'² of entries apart by the recursion of S and T over layers."""

    @staticmethod
    def apart_square_ratio(spec: NetworkSpec) -> float:
        n, u, v = spec.width, spec.activation.u, spec.activation.v
        skip = float(spec.architecture == "residual")
        up, down = skip + u * u * spec.weight_variance, skip + v * v * spec.weight_variance
        kappa = 2 * (up * up + down * down) / (up + down) ** 2
        apart, overlap = 1.0, 1 / n
        for _ in range(spec.depth):
            both = kappa * (apart + 2 * overlap)
            apart, overlap = apart + (both - apart) / n, overlap + (both - overlap) / n
        return apart


@lru_cache(maxsize=256)
def _norm_by_other_means(n: int, q: float) -> float:
    """E‖g_n‖_q: the mean of a half normal, of χ, or ∫ P[max > t] dt by Gauss's rule on short pieces."""
    if q == 1:
        return float(n * stats.halfnorm.mean())
    if q == 2:
        return float(stats.chi.mean(n))
    if not math.isinf(q):
        return expected_norm(n, q)
    at, weight = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(0.0, 16.0, 161)
    t = edges[:-1, None] + (at + 1) * 0.05
    miss = -np.expm1(n * np.log1p(-np.minimum(2 * stats.norm.sf(t), 1 - 1e-300)))
    return float((miss @ weight).sum() * 0.05)


class ChevetByMoments(PaperTheory):
    """Chevet's constant from scipy's own moments, its two terms by their logarithms."""

    @staticmethod
    def chevet_beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
        if not (p >= 1 and q >= 1):
            return chevet_beta(p, q, input_dim, output_dim)
        half = math.log(input_dim) / 2
        outer = max(0.0, 1 / q - 0.5) * math.log(output_dim) - half
        inner = max(0.0, 0.5 - 1 / p) * math.log(input_dim) - half
        over_inputs = _norm_by_other_means(input_dim, dual_exponent(p))
        return math.exp(outer) * over_inputs + math.exp(inner) * _norm_by_other_means(output_dim, q)


class BoundByLogarithms(PaperTheory):
    """The bound as the exponential of a sum of logarithms."""

    def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        beta = self.beta(p, q, spec.input_dim, spec.output_dim)
        return math.exp(math.log(eps) + math.log(beta) + spec.depth / 2 * math.log(self.omega(spec)))


class DecayByLogarithms(PaperTheory):
    """σ_w²(t) of vanilla networks as σ_w² exp(−log(1 + kω^k ct)/k)."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        power = spec.depth / 2 - 1
        if spec.architecture != "vanilla" or power == 0 or not 0 <= t < math.inf:
            return super().weight_variance(spec, eps, p, q, t)
        # −dω/dt = c ω^{L/2}, and the rate of σ_w² at the start is that of ω.
        gone = -power * self.variance_rate(spec, eps, p, q) / spec.weight_variance * t
        return spec.weight_variance * math.exp(-math.log1p(gone) / power) if gone > -1 else 0.0


class CollapseByIntegration(PaperTheory):
    """T as ∫ dω/(cω^{L/2}) over log ω, by Gauss's rule."""

    def collapse_time(self, spec: NetworkSpec, eps: float, p: float, q: float, lower: float) -> float:
        if spec.architecture != "vanilla" or not 0 < lower <= self.omega(spec) ** spec.depth:
            return super().collapse_time(spec, eps, p, q, lower)
        start, power = math.log(self.omega(spec)), spec.depth / 2 - 1
        slowing = math.exp(-power * start)  # ω over the speed −dω/dt that it has at the start
        unit = -spec.weight_variance / self.variance_rate(spec, eps, p, q) / slowing
        at, weight = np.polynomial.legendre.leggauss(64)
        end = math.log(lower) / spec.depth
        places = (start + end) / 2 + at * (start - end) / 2
        return float(unit * (np.exp(-power * places) @ weight) * (start - end) / 2)


class CapacityByTheChainRule(PaperTheory):
    """d log‖w‖_FR/dt by layers: each one's own share, and what the others take of ω^{L−1}."""

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        one = self.fisher_rao(replace(spec, bias_variance=0.0)) / spec.depth
        alpha, omega = spec.activation.alpha, self.omega(spec)
        own = spec.output_dim * alpha * omega ** (spec.depth - 1)
        others = (spec.depth - 1) * spec.output_dim * alpha**2 * spec.weight_variance * omega ** (spec.depth - 2)
        return self.variance_rate(spec, eps, p, q) * (own + others) / one


RIGHT: tuple[type[PaperTheory], ...] = (
    GainOfBothGates,
    EntryByErrorFunction,
    OffsetLayerByLayer,
    GeneralisedNormalOffset,
    ApartLayerByLayer,
    ChevetByMoments,
    BoundByLogarithms,
    DecayByLogarithms,
    CollapseByIntegration,
    CapacityByTheChainRule,
)
