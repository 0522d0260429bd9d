"""Theorem 4.1: how the law is approached as the width grows, and how the scale moves with depth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import special

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.architectures import declares_omega
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.means import MeanRatio
from mfcheck.decisions.slopes import Group, Slope, Steady
from mfcheck.observables import jacobian
from mfcheck.settings import Level, Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.statistics.means import Tail
from mfcheck.theorems import foreign
from mfcheck.theorems.activations import ABSOLUTE, LEAKY
from mfcheck.theorems.granted import TAIL, unless_ours
from mfcheck.theory import PaperTheory, entry_law

WIDTHS = (30, 100, 300, 1000, 3000, 10_000, 100_000, 1_000_000)
DENSE_WIDTHS = (16, 48)
NEAR_LIMIT = 400
"""A width at which the distance is within 0.4 % of its leading term, of networks revealed as far as a column asks."""
DEPTHS = (2, 6, 10)
T = math.sqrt(3 - math.sqrt(6))
"""Where the leading difference between the laws is largest, in standard deviations."""


def distance(scale: Floats) -> Floats:
    """A statistic of G = scale (in units of its mean) with the mean P[J ≤ t*σ] − Φ(t*), and none of its first order.

    Φ(t*/√G) − Φ(t*) less its tangent at G = 1: E G = 1 makes the tangent's mean 0, and the statistic is nowhere
    negative.
    """
    slope = T * math.exp(-(T**2) / 2) / math.sqrt(2 * math.pi) / 2
    with np.errstate(divide="ignore"):
        curve = special.ndtr(T / np.sqrt(scale)) - special.ndtr(T)
    return np.maximum(curve + slope * (scale - 1), 0.0)


def deviation(scale: Floats) -> Floats:
    """(G − 1)², whose mean is a third of the excess kurtosis at every width."""
    found: Floats = np.square(scale - 1)
    return found


class Distance(StrEnum):
    """What is stated of the distance to the Gaussian: how it falls with the width, how large it is at one; and of the
    kurtosis, which it comes from, how large that is at one."""

    SLOPE = "slope"
    CONSTANT = "constant"
    KURTOSIS = "kurtosis"


@dataclass(frozen=True, kw_only=True)
class DistanceCell(Cell):
    """A network whose distance to the Gaussian is measured."""

    statement: Distance


def width_cells(settings: Settings) -> Iterator[DistanceCell]:
    for architecture in settings.papers_architectures:
        sizes, bias = {"vanilla": ((784, 1), 0.2), "residual": ((3136, 5), 0.5)}[architecture]
        for depth, variance, activation in ((4, 1.8, ReLULike()), (8, 2.4, LEAKY)):
            biased = 0.0 if depth == 4 else bias
            spec = NetworkSpec(architecture, *sizes, WIDTHS[0], depth, variance, biased, activation)
            shown = f"Distance to the Gaussian law, L = {depth}"
            yield DistanceCell(spec, "wishart", figure=shown, statement=Distance.SLOPE)
            yield DistanceCell(replace(spec, width=100_000), "wishart", statement=Distance.CONSTANT)
        yield DistanceCell(NetworkSpec(architecture, 16, 3, 10**5, 50, 1.9), "wishart", statement=Distance.CONSTANT)
        # Where L/N is not small, the powers of the exact kurtosis are not their leading terms.
        yield DistanceCell(NetworkSpec(architecture, 16, 3, 24, 4, 1.3), "wishart", statement=Distance.KURTOSIS)
        # Dense widths cost most of this claim's time: one architecture arbitrates, both at the highest level.
        if settings.level.name == "paper" or architecture == settings.papers_architectures[0]:
            narrow = NetworkSpec(architecture, 4, 1, DENSE_WIDTHS[0], 1, 0.9, 0.0, ABSOLUTE)
            yield DistanceCell(narrow, "dense", statement=Distance.SLOPE)
            yield DistanceCell(narrow, "dense", statement=Distance.KURTOSIS)  # of the same draws
            yield DistanceCell(replace(narrow, width=NEAR_LIMIT), "lazy", statement=Distance.CONSTANT)


def at_width(spec: NetworkSpec, width: int, unit: float, of: Callable[[Floats], Floats] = distance) -> Group:
    """The distance, or what else is `of` the scale, at a width, where the theory's variance of an entry is `unit`."""
    law = entry_law(replace(spec, width=width))
    mean = law.mean(of)
    tail = Tail(law.mean(lambda scale: of(scale) ** 2), law.mean(lambda scale: of(scale) ** 4))
    relative = Tail(tail.second / mean**2, tail.fourth / mean**4)
    return Group(math.log(width), replace(spec, width=width), lambda draws: of(draws[:, 1] / unit), mean, relative)


def falling(cell: Cell, unit: float, level: Level) -> Slope:
    """The distance falls with the width as the theory's does."""
    widths = WIDTHS if cell.engine == "wishart" else DENSE_WIDTHS
    return Slope(
        jacobian.entry,
        [at_width(cell.spec, width, unit) for width in widths],
        quantity="the distance to the Gaussian law",
        x_label="log N",
        curve=lambda theory, spec: theory.gaussian_distance(spec),
    )


def so_large(cell: Cell, unit: float, level: Level) -> MeanRatio:
    """The distance at one width is the theory's leading term; of sampled networks, with what the whole law adds."""
    here, chain = at_width(cell.spec, cell.spec.width, unit), cell.engine == "wishart"

    def beyond() -> float:
        return here.mean / PaperTheory().gaussian_distance(cell.spec) - 1

    return MeanRatio(
        jacobian.entry,
        quantity="the distance to the Gaussian law",
        statistic=here.statistic,
        reference=lambda theory: theory.gaussian_distance(cell.spec),
        tail=lambda: here.tail,
        finite_width=None if chain else beyond,
        first=1 if chain else level.sharper,
    )


def so_peaked(cell: Cell, unit: float, level: Level) -> MeanRatio:
    """A third of the excess kurtosis is the theory's."""
    here = at_width(cell.spec, cell.spec.width, unit, deviation)
    return replace(
        so_large(cell, unit, level),
        quantity="a third of the excess kurtosis",
        statistic=here.statistic,
        reference=lambda theory: theory.excess_kurtosis(cell.spec) / 3,
        tail=lambda: here.tail,
        finite_width=lambda: 0.0,
    )


DISTANCES: dict[Distance, Callable[[Cell, float, Level], Slope | MeanRatio]] = {
    Distance.SLOPE: falling,
    Distance.CONSTANT: so_large,
    Distance.KURTOSIS: so_peaked,
}


@claim("thm4.1/width-convergence", cells=width_cells)
def test_width_convergence(cell: DistanceCell, decide: Decider) -> None:
    """The distance of an entry's law to N(0, ω^L/d) vanishes like L/N, with the constant of its kurtosis."""
    level = decide.settings.level
    decide(lambda theory: DISTANCES[cell.statement](cell, theory.jacobian_entry_variance(cell.spec), level))


class Growth(StrEnum):
    """What is stated of the scale over depth: that it grows by the declared ω a layer, or by the same in every one."""

    GROWTH = "growth"
    STEADY = "steady"


@dataclass(frozen=True, kw_only=True)
class DepthCell(Cell):
    """A network whose scale is followed over depth; of the paper's own, ω is always known."""

    statement: Growth | None = None


def depth_cells(settings: Settings) -> Iterator[DepthCell]:
    """Variances that put ω_v at 0.85, 1 and 1.15; every residual network has ω_r > 1, however small its variance."""
    variances = {"vanilla": (1.7, 2.0, 2.3), "residual": (0.3, 2.0)}
    for architecture in settings.architectures:
        for variance in variances.get(architecture, ()):
            yield DepthCell(NetworkSpec(architecture, 784, 1, 1000, DEPTHS[0], variance), "wishart")
        if architecture in ARCHITECTURES:
            yield DepthCell(NetworkSpec(architecture, 16, 1, 24, DEPTHS[0], 1.7, 0.0, ABSOLUTE), "dense")
            continue
        for statement in Growth if declares_omega(architecture) else (Growth.STEADY,):
            yield DepthCell(foreign.spec_of(architecture, settings, DEPTHS[0]), "dense", statement=statement)


def at_depth(spec: NetworkSpec, depth: int, mean: float) -> Group:
    """The variance of an entry, of the given mean, at a depth."""
    deep = replace(spec, depth=depth)
    return Group(depth, deep, lambda draws: draws[:, 1], mean, foreign.entry_tail(deep))


def steady(spec: NetworkSpec) -> Steady:
    """The scale moves by the same in every layer, whatever that is."""
    groups = [at_depth(spec, depth, math.nan) for depth in DEPTHS]
    return Steady(
        jacobian.entry, groups, quantity="J_ij²", x_label="depth", unit="ω", times=foreign.COARSER, caveat=TAIL
    )


def growth(spec: NetworkSpec, delta: float | None = None) -> Slope:
    """The scale moves by log ω a layer."""
    means = [PaperTheory().jacobian_entry_variance(replace(spec, depth=depth)) for depth in DEPTHS]
    return Slope(
        jacobian.entry,
        [at_depth(spec, depth, mean) for depth, mean in zip(DEPTHS, means, strict=True)],
        quantity="J_ij²",
        x_label="depth",
        curve=lambda theory, spec: theory.jacobian_entry_variance(spec),
        exact=True,
        delta=delta,
        times=1 if spec.architecture in ARCHITECTURES else foreign.COARSER,
        caveat=unless_ours(spec, TAIL),
    )


@claim("thm4.1/phase-boundary", cells=depth_cells)
def test_phase_boundary(cell: DepthCell, decide: Decider) -> None:
    """The scale of J(x) moves by log ω a layer: ω_v = 1 separates decay from growth, and ω_r > 1 always."""
    if cell.statement is Growth.STEADY:
        decide(steady(cell.spec))
    else:  # on the chain, where draws cost nothing, to the δ of what is exact
        decide(growth(cell.spec, decide.settings.level.exact if cell.engine == "wishart" else None))
