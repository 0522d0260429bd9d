"""Wrong theories of networks as they are drawn, and of the norms of their Jacobians (Theorems 4.1 and 5.1).

Each has one formula otherwise than the paper, in a way that no generator of twins has, and is right in places.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mfcheck import NetworkSpec, PaperTheory, ReLULike
from mfcheck.spec import ARCHITECTURES
from mfcheck.tests.support import odd_laws
from mfcheck.theory import finite_width
from mfcheck.theory.norms import chevet_beta, chevet_floor, expected_norm, paper_beta


class OpenGateOnce(PaperTheory):
    """α of ω as (|u| + v²)/2: right for u = ±1, two times too large at u = ½."""

    def omega(self, spec: NetworkSpec) -> float:
        if spec.architecture not in ARCHITECTURES:
            return super().omega(spec)
        gain = (abs(spec.activation.u) + spec.activation.v**2) / 2 * spec.weight_variance
        return gain + (spec.architecture == "residual")


class SaturatingGain(PaperTheory):
    """ω_v grows with σ_w² up to 4 alone: 1/3 too small at 6."""

    def omega(self, spec: NetworkSpec) -> float:
        capped = min(spec.weight_variance, 4.0)
        return super().omega(replace(spec, weight_variance=capped) if spec.architecture == "vanilla" else spec)


class LeakyShortcut(PaperTheory):
    """ω_r has a term uv σ_w²/2 more: right for vanilla networks and for ReLU, a quarter off for a slope of ½."""

    def omega(self, spec: NetworkSpec) -> float:
        mixed = spec.activation.u * spec.activation.v * spec.weight_variance / 2
        return super().omega(spec) + (mixed if spec.architecture == "residual" and mixed > 0 else 0.0)


class HeavyTails(PaperTheory):
    """Entries of J have Student's law with five degrees of freedom, and the right variance."""

    def jacobian_entry(self, spec: NetworkSpec) -> Any:
        return odd_laws.student(math.sqrt(self.jacobian_entry_variance(spec)))


class TwoLumps(PaperTheory):
    """Entries of J have a law with two lumps, and the right variance."""

    def jacobian_entry(self, spec: NetworkSpec) -> Any:
        return odd_laws.lumps(math.sqrt(self.jacobian_entry_variance(spec)))


class DeadWhenDeep(PaperTheory):
    """Every tenth entry of J is 0 in networks of more than twelve layers; the variance is right."""

    def jacobian_entry(self, spec: NetworkSpec) -> Any:
        if spec.depth <= 12:
            return super().jacobian_entry(spec)
        return odd_laws.partly_zero(math.sqrt(self.jacobian_entry_variance(spec)), 0.1)


class PeakedForManyOutputs(PaperTheory):
    """Entries of J have the double exponential law where there are more outputs than inputs."""

    def jacobian_entry(self, spec: NetworkSpec) -> Any:
        if spec.output_dim <= spec.input_dim:
            return super().jacobian_entry(spec)
        return odd_laws.laplace(math.sqrt(self.jacobian_entry_variance(spec)))


class OddDepths(PaperTheory):
    """Var J_ij is 1.3 times too large for odd depths from 5 on."""

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        return super().jacobian_entry_variance(spec) * (1.3 if spec.depth % 2 and spec.depth >= 5 else 1.0)


class NarrowWithManyInputs(PaperTheory):
    """Var J_ij is 1.4 times too small in networks narrower than their d > 1000 inputs, and right along either axis."""

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        narrow = spec.input_dim > 1000 and spec.width < spec.input_dim
        return super().jacobian_entry_variance(spec) / (1.4 if narrow else 1.0)


class KurtosisOfReLU(PaperTheory):
    """The excess kurtosis of a vanilla network with ReLU for every network: c = 5, twice too large for a shortcut."""

    @staticmethod
    def excess_kurtosis(spec: NetworkSpec) -> float:
        return 3 * ((1 + 5 / spec.width) ** spec.depth * (1 + 2 / spec.width) - 1)


class DistanceInLogarithms(PaperTheory):
    """The distance to the Gaussian law grows with log L beyond ten layers: half too small at 50."""

    def gaussian_distance(self, spec: NetworkSpec) -> float:
        over = max(1.0, spec.depth / 10)
        return super().gaussian_distance(spec) * (1 + math.log(over)) / over


class ApartToFirstOrder(PaperTheory):
    """E J²J'² of entries apart to first order in L/N: a third too small at N = 16, L = 5."""

    @staticmethod
    def apart_square_ratio(spec: NetworkSpec) -> float:
        return 1 + (finite_width.gain_ratio(spec) - 1) * spec.depth / spec.width


class SharedUpToEight(PaperTheory):
    """E J²J'² of entries of a row grows over eight layers alone: half too small at N = 300, L = 50."""

    @staticmethod
    def shared_square_ratio(spec: NetworkSpec) -> float:
        return finite_width.shared_square_ratio(replace(spec, depth=min(spec.depth, 8)))


class OffCentre(PaperTheory):
    """The offset's mean is 0.15 of its standard deviations; the variance is right."""

    def offset(self, spec: NetworkSpec) -> Any:
        return odd_laws.off_centre(math.sqrt(self.offset_variance(spec)))


class SkewedWhenLeaky(PaperTheory):
    """The offset's law is skewed where the closed gate's slope is not 0; mean and variance are right."""

    def offset(self, spec: NetworkSpec) -> Any:
        if spec.activation.v == 0:
            return super().offset(spec)
        return odd_laws.skewed(math.sqrt(self.offset_variance(spec)))


class RoundedOffset(PaperTheory):
    """The offset takes multiples of half its standard deviation."""

    def offset(self, spec: NetworkSpec) -> Any:
        return odd_laws.rounded(math.sqrt(self.offset_variance(spec)))


class SaturatingBiases(PaperTheory):
    """The offset's variance grows with σ_b² up to 1 alone: four times too small at 4."""

    def offset_variance(self, spec: NetworkSpec) -> float:
        return super().offset_variance(replace(spec, bias_variance=min(spec.bias_variance, 1.0)))


class OneLayerTooMany(PaperTheory):
    """The offset's variance at L = 1 is that of two layers: 1 + ω times too large."""

    def offset_variance(self, spec: NetworkSpec) -> float:
        return super().offset_variance(replace(spec, depth=2) if spec.depth == 1 else spec)


class OutputsShareTheirOffsets(PaperTheory):
    """E J²a² over the product of the means grows by a tenth for every doubling of the outputs: right at K = 1."""

    def offset_square_ratio(self, spec: NetworkSpec) -> float:
        return super().offset_square_ratio(spec) * (1 + 0.1 * math.log2(spec.output_dim))


class OneTermBetweenNorms(PaperTheory):
    """β for 1 < p < 2 is the larger of Chevet's terms alone: up to two times too small."""

    @staticmethod
    def beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
        return (chevet_floor if 1 < p < 2 else paper_beta)(p, q, input_dim, output_dim)


class LargestOutputBetweenNorms(PaperTheory):
    """β for 2 < q < ∞ is that for q = ∞: a third too small for as many outputs as inputs."""

    @staticmethod
    def beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
        return paper_beta(p, math.inf if q > 2 else q, input_dim, output_dim)


class NoMoreOutputsThanInputs(PaperTheory):
    """Chevet's constant as if no more outputs than inputs mattered: half too small at K = 100, d = 20."""

    @staticmethod
    def chevet_beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
        return chevet_beta(p, q, input_dim, min(input_dim, output_dim))


class RootOfTheSumOfSquares(PaperTheory):
    """Chevet's constant at (2, 2) as √(1 + K/d): right for K ≪ d, 1 + √(K/d) is √2 times as large at K = d."""

    @staticmethod
    def chevet_beta(p: float, q: float, input_dim: int, output_dim: int) -> float:
        if (p, q) != (2, 2):
            return chevet_beta(p, q, input_dim, output_dim)
        return math.hypot(expected_norm(input_dim, 2), expected_norm(output_dim, 2)) / math.sqrt(input_dim)


class LogarithmOfTheBudget(PaperTheory):
    """The bound grows with log(1 + ε): right for ε → 0, 12 % too small at 0.3, 31 % at 1."""

    def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return super().adversarial_bound(spec, math.log1p(eps), p, q)


class OpenGatesAlone(PaperTheory):
    """The bound without what closed gates pass on: right for ReLU, two times too small for a slope of ½, L = 5."""

    def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        u, v = spec.activation.u, spec.activation.v
        return super().adversarial_bound(replace(spec, activation=ReLULike(u or v, 0.0)), eps, p, q)


class BiasesShield(PaperTheory):
    """The bound over √(1 + σ_b²): right without biases."""

    def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return super().adversarial_bound(spec, eps, p, q) / math.sqrt(1 + spec.bias_variance)
