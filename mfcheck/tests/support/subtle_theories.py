"""Theories that are wrong in a part of a formula alone, which moves its whole value by little in most networks."""

from __future__ import annotations

import math

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.theory import finite_width
from mfcheck.theory.gram_moments import apart_moment

PAPER = PaperTheory()


class ShortcutCapacityWithoutItsGain(PaperTheory):
    """The rate of a residual network's capacity without 1/ω: 6 % too large at y = 0.3, a third at y = 1."""

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        y = spec.activation.alpha * spec.weight_variance
        share = y / self.omega(spec) if spec.architecture == "vanilla" else y
        return self.variance_rate(spec, eps, p, q) / spec.weight_variance * (1 + (spec.depth - 1) * share)


class DeepEntriesDependMore(PaperTheory):
    """What entries apart depend on each other by grows faster with depth; right at three layers."""

    @staticmethod
    def apart_square_ratio(spec: NetworkSpec) -> float:
        return 1 + (PAPER.apart_square_ratio(spec) - 1) * math.sqrt(spec.depth / 3)


class LeakyEntriesDependMore(PaperTheory):
    """What entries apart depend on each other by is 1.4 times as much where closed gates leak."""

    @staticmethod
    def apart_square_ratio(spec: NetworkSpec) -> float:
        return 1 + (PAPER.apart_square_ratio(spec) - 1) * (1.4 if spec.activation.v else 1.0)


class WideColumnsDependMore(PaperTheory):
    """What entries of a column depend on each other by falls slower with the width; right at 32."""

    @staticmethod
    def shared_square_ratio(spec: NetworkSpec) -> float:
        return 1 + (PAPER.shared_square_ratio(spec) - 1) * (spec.width / 32) ** 0.3


class HalfTheOffsetsDependence(PaperTheory):
    """An offset depends on an entry half as much."""

    def offset_square_ratio(self, spec: NetworkSpec) -> float:
        return 1 + (super().offset_square_ratio(spec) - 1) / 2


class ShortcutOffsetsDependMore(PaperTheory):
    """An offset depends on an entry by 1.3 times as much in residual networks."""

    def offset_square_ratio(self, spec: NetworkSpec) -> float:
        return 1 + (super().offset_square_ratio(spec) - 1) * (1.3 if spec.architecture == "residual" else 1.0)


class DeepWeightsFallFurther(PaperTheory):
    """σ_w² falls by 1.3 times as much from four layers on."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        left = super().weight_variance(spec, eps, p, q, t)
        return left if spec.depth < 4 else spec.weight_variance + 1.3 * (left - spec.weight_variance)


class ShortcutCapacityWithoutItsPower(PaperTheory):
    """The rate of a residual network's capacity without ω^{L/2−1}, which is 1 for two layers."""

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        power = spec.depth / 2 - 1 if spec.architecture == "residual" else 0
        return super().capacity_rate(spec, eps, p, q) / self.omega(spec) ** power


class ShortcutCapacityOfHalfTheLayers(PaperTheory):
    """The rate of a residual network's capacity by L/2 layers for L − 1, as many as in networks of two."""

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        law, share = super().capacity_rate(spec, eps, p, q), _share(spec, self.omega(spec))
        layers = spec.depth / 2 if spec.architecture == "residual" else spec.depth - 1
        return law * (1 + layers * share) / (1 + (spec.depth - 1) * share)


class ShortcutWeightsToFirstOrder(PaperTheory):
    """σ_w²(t) of residual networks by 1 + ky for (1 + y)^k, k = L/2 − 1: the same for two layers and for four."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        if spec.architecture == "vanilla":
            return super().weight_variance(spec, eps, p, q, t)
        left = math.exp(-self._decay_speed(spec, eps, p, q) * t)
        power, y = spec.depth / 2 - 1, spec.activation.alpha * spec.weight_variance
        return spec.weight_variance * left / (1 + power * y * (1 - left))


class ShortcutRateToFirstOrder(PaperTheory):
    """dσ_w²/dt of residual networks by the same."""

    def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        power = spec.depth / 2 - 1 if spec.architecture == "residual" else 0
        y = spec.activation.alpha * spec.weight_variance
        return super().variance_rate(spec, eps, p, q) * (1 + power * y) / (1 + y) ** power


class CapacityOfFewLayers(PaperTheory):
    """The capacity with no more than four factors of ω."""

    def fisher_rao(self, spec: NetworkSpec) -> float:
        return super().fisher_rao(spec) * self.omega(spec) ** min(0, 5 - spec.depth)


class FullCapacityOfFewLayers(PaperTheory):
    """The full form of vanilla networks with no more than three."""

    def full_fisher_rao(self, spec: NetworkSpec) -> float:
        power = min(0, 3 - spec.depth) if spec.architecture == "vanilla" else 0
        return super().full_fisher_rao(spec) * self.omega(spec) ** power


def _share(spec: NetworkSpec, omega: float) -> float:
    return spec.activation.alpha * spec.weight_variance / omega


class ApartByTheGramMatrix(PaperTheory):
    """The dependence of entries apart from the recursion for all moments."""

    @staticmethod
    def apart_square_ratio(spec: NetworkSpec) -> float:
        return apart_moment(spec, 1)


class SharedByLogarithms(PaperTheory):
    """The dependence within a column from a sum of logarithms."""

    @staticmethod
    def shared_square_ratio(spec: NetworkSpec) -> float:
        layers = spec.depth * math.log1p(finite_width.spread(spec) / spec.width)
        return math.exp(layers + math.log1p(2 / spec.width))


SUBTLE: tuple[type[PaperTheory], ...] = (
    ShortcutCapacityWithoutItsGain,
    DeepEntriesDependMore,
    LeakyEntriesDependMore,
    WideColumnsDependMore,
    HalfTheOffsetsDependence,
    ShortcutOffsetsDependMore,
    DeepWeightsFallFurther,
    ShortcutCapacityWithoutItsPower,
    ShortcutCapacityOfHalfTheLayers,
    ShortcutWeightsToFirstOrder,
    ShortcutRateToFirstOrder,
    CapacityOfFewLayers,
    FullCapacityOfFewLayers,
)
AS_GOOD: tuple[type[PaperTheory], ...] = (ApartByTheGramMatrix, SharedByLogarithms)
"""Right ones, of formulas that the wrong ones change, written otherwise."""
