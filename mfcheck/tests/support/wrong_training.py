"""Wrong theories of training and of capacity (Section 5): each has one formula otherwise, and is right in places."""

from __future__ import annotations

import math
from dataclasses import replace

from mfcheck import NetworkSpec, PaperTheory


class SaturatingPull(PaperTheory):
    """The pull on the weights grows like ε/(1 + 2ε): right for ε → 0, 0.6 of it at 0.3, a third at 1."""

    def regularisation(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return super().regularisation(spec, eps / (1 + 2 * eps), p, q)


class FoldedSlopes(PaperTheory):
    """σ_w² falls half as fast where the slopes differ in sign."""

    def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return super().variance_rate(spec, eps, p, q) * (0.5 if spec.activation.u * spec.activation.v < 0 else 1.0)


class SpreadOfEqualOutputs(PaperTheory):
    """The standard drift with 1 − 1/K for E[1 − ‖softmax f‖²]: right for small outputs, 12 % too large at ω = 1."""

    def standard_rate(self, spec: NetworkSpec) -> float:
        pull = spec.activation.alpha * spec.weight_variance
        return -2 * pull * self.omega(spec) ** (spec.depth - 1) * (1 - 1 / spec.output_dim) / spec.width


class ShallowStandardDrift(PaperTheory):
    """The standard drift grows over six layers alone: two times too small at L = 14, ω = 1.1."""

    def standard_rate(self, spec: NetworkSpec) -> float:
        return super().standard_rate(spec) / self.omega(spec) ** max(0, spec.depth - 6)


class SlowerLate(PaperTheory):
    """σ_w²(t) falls at a quarter of its rate once a quarter is gone: a third too large at the half-life."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        kept = super().weight_variance(spec, eps, p, q, t) / spec.weight_variance
        return spec.weight_variance * (kept if kept > 0.75 else 0.75 * (kept / 0.75) ** 0.25)


class OneLayerDecaysForever(PaperTheory):
    """σ_w²(t) of vanilla networks of one layer falls exponentially, as of two: 11 % too large at the half-life."""

    def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
        law = super().weight_variance(spec, eps, p, q, t)
        if spec.architecture != "vanilla" or spec.depth > 1:
            return law
        return spec.weight_variance * math.exp(-self._decay_speed(spec, eps, p, q) * t)


class LogarithmOfTheEdge(PaperTheory):
    """T grows with log 1/m from its value at m = 0.1: right there, a third too small at m = 0.01, L = 5."""

    def collapse_time(self, spec: NetworkSpec, eps: float, p: float, q: float, lower: float) -> float:
        law = super().collapse_time(spec, eps, p, q, lower)
        if spec.architecture != "vanilla" or lower >= 1 or self.omega(spec) ** spec.depth <= 0.1:
            return law
        return super().collapse_time(spec, eps, p, q, 0.1) * math.log(lower) / math.log(0.1)


class StartsAtOne(PaperTheory):
    """T as if every network began at ω = 1: 16 % too small for ω = 1.15, L = 5."""

    def collapse_time(self, spec: NetworkSpec, eps: float, p: float, q: float, lower: float) -> float:
        law, power = super().collapse_time(spec, eps, p, q, lower), spec.depth / 2 - 1
        if spec.architecture != "vanilla" or lower >= 1:
            return law
        speed = self._decay_speed(spec, eps, p, q)
        if power == 0:
            return -math.log(lower) / 2 / speed
        return (lower ** (-power / spec.depth) - 1) / (power * speed)


class OddDepthsHoldMore(PaperTheory):
    """E‖w‖_FR is 1.15 times too large for odd depths."""

    def fisher_rao(self, spec: NetworkSpec) -> float:
        return super().fisher_rao(spec) * (1.15 if spec.depth % 2 else 1.0)


class LeakyShortcutHoldsLess(PaperTheory):
    """E‖w‖_FR of residual networks with u²/2 for α in front: right for ReLU, a fifth too small for a slope of ½."""

    def fisher_rao(self, spec: NetworkSpec) -> float:
        u, v = spec.activation.u, spec.activation.v
        return super().fisher_rao(spec) * (u**2 / (u**2 + v**2) if spec.architecture == "residual" else 1.0)


class TwoLayersBack(PaperTheory):
    """What σ_b adds to E‖w‖_FR from two layers back alone: right up to L = 3, two times too small at L = 6."""

    def fisher_rao_of_biases(self, spec: NetworkSpec) -> float:
        omega, alpha, depth = self.omega(spec), spec.activation.alpha, spec.depth
        grown = [omega ** (depth - at) * sum(omega**k for k in range(min(at - 1, 2))) for at in range(1, depth + 1)]
        return spec.output_dim * alpha * spec.weight_variance * alpha * spec.bias_variance * math.fsum(grown)


class ExponentialFullForm(PaperTheory):
    """The full form of residual networks with e^{Ly} for 1 + Ly: right for small y, 1.8 times too large at Ly = 1.5."""

    def full_fisher_rao(self, spec: NetworkSpec) -> float:
        grown = spec.depth * spec.activation.alpha * spec.weight_variance
        factor = math.exp(grown) / (1 + grown) if spec.architecture == "residual" else 1.0
        return super().full_fisher_rao(spec) * factor


class LogarithmOfOutputs(PaperTheory):
    """The full form grows with log K beyond ten outputs: three times too small at K = 100."""

    def full_fisher_rao(self, spec: NetworkSpec) -> float:
        over = max(1.0, spec.output_dim / 10)
        return super().full_fisher_rao(spec) * (1 + math.log(over)) / over


class TenLayersDecay(PaperTheory):
    """The relative rate of capacity counts ten layers at most: two times too small at L = 20."""

    def capacity_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return super().capacity_rate(replace(spec, depth=min(spec.depth, 10)), eps, p, q)
