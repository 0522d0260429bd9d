"""Theorem 4.1: how the law is approached as the width grows, and how the scale moves with depth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import special

from mfcheck import Cell, NetworkSpec, ReLULike, claim
from mfcheck.architectures import declares_omega
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.plan import Group
from mfcheck.decisions.probes import image
from mfcheck.observables import jacobian
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES
from mfcheck.statistics.means import Tail
from mfcheck.theorems import foreign
from mfcheck.theory import PaperTheory, entry_law

LEAKY, ABSOLUTE = ReLULike(1, 0.2), ReLULike(1, -1)
WIDTHS = (30, 100, 300, 1000, 3000, 10_000, 100_000, 1_000_000)
DENSE_WIDTHS = (16, 48)
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


def width_cells(settings: Settings) -> Iterator[Cell]:
    known = [name for name in settings.architectures if name in ARCHITECTURES]
    for architecture in known:
        for depth, variance, activation in ((4, 1.8, ReLULike()), (8, 1.0, LEAKY)):
            spec = NetworkSpec(architecture, 784, 1, WIDTHS[0], depth, variance, 0.0, activation)
            yield Cell(spec, "wishart", {"statement": "slope"}, figure=f"Distance to the Gaussian law, L = {depth}")
            yield Cell(replace(spec, width=100_000), "wishart", {"statement": "constant"})
        # Dense widths cost most of this claim's time: one architecture arbitrates, both at the highest level.
        if settings.level.name == "paper" or architecture == known[0]:
            narrow = NetworkSpec(architecture, 4, 1, DENSE_WIDTHS[0], 1, 0.9, 0.0, ABSOLUTE)
            yield Cell(narrow, "dense", {"statement": "slope"})


def depth_cells(settings: Settings) -> Iterator[Cell]:
    """Variances that put ω_v at 0.85, 1 and 1.15; every residual network has ω_r > 1, however small its variance."""
    variances = {"vanilla": (1.7, 2.0, 2.3), "residual": (0.3, 2.0)}
    for architecture in settings.architectures:
        for variance in variances.get(architecture, ()):
            yield Cell(NetworkSpec(architecture, 784, 1, 1000, DEPTHS[0], variance), "wishart")
        if architecture in ARCHITECTURES:
            yield Cell(NetworkSpec(architecture, 16, 1, 24, DEPTHS[0], 1.7, 0.0, ABSOLUTE), "dense")
            continue
        for statement in ("growth", "steady") if declares_omega(architecture) else ("steady",):
            yield Cell(foreign.spec_of(architecture, settings, DEPTHS[0]), "dense", {"statement": statement})


@claim("thm4.1/width-convergence", cells=width_cells)
def test_width_convergence(cell: Cell, decide: Decider) -> None:
    """The distance of an entry's law to N(0, ω^L/d) vanishes like L/N, with the constant of its kurtosis."""
    unit = decide.theory.jacobian_entry_variance(cell.spec)

    def group(width: int) -> Group:
        spec, law = replace(cell.spec, width=width), entry_law(replace(cell.spec, width=width))
        mean = law.mean(distance)
        tail = Tail(law.mean(lambda scale: distance(scale) ** 2), law.mean(lambda scale: distance(scale) ** 4))
        relative = Tail(tail.second / mean**2, tail.fourth / mean**4)
        return Group(math.log(width), spec, lambda draws: distance(draws[:, 1] / unit), mean, relative)

    if cell.details["statement"] == "slope":
        widths = WIDTHS if cell.engine == "wishart" else DENSE_WIDTHS
        decide.slope(
            jacobian.entry,
            [group(width) for width in widths],
            probe=image(decide.settings, cell),
            x_label="log N",
            curve=lambda theory, spec: theory.gaussian_distance(spec),
        )
    else:
        here = group(cell.spec.width)
        decide.mean_ratio(
            jacobian.entry,
            statistic=here.statistic,
            probe=image(decide.settings, cell),
            reference=lambda theory: theory.gaussian_distance(cell.spec),
            tail=lambda: here.tail,
        )


@claim("thm4.1/phase-boundary", cells=depth_cells)
def test_phase_boundary(cell: Cell, decide: Decider) -> None:
    """The scale of J(x) moves by log ω a layer: ω_v = 1 separates decay from growth, and ω_r > 1 always."""

    def group(depth: int, mean: float) -> Group:
        spec = replace(cell.spec, depth=depth)
        return Group(depth, spec, lambda draws: draws[:, 1], mean, foreign.entry_tail(spec))

    probe = image(decide.settings, cell)
    if cell.details.get("statement") == "steady":
        groups = [group(depth, math.nan) for depth in DEPTHS]
        decide.steady(jacobian.entry, groups, probe=probe, x_label="depth", unit="ω")
        return
    means = [PaperTheory().jacobian_entry_variance(replace(cell.spec, depth=depth)) for depth in DEPTHS]
    decide.slope(
        jacobian.entry,
        list(map(group, DEPTHS, means)),
        probe=probe,
        x_label="depth",
        curve=lambda theory, spec: theory.jacobian_entry_variance(spec),
        exact=True,
    )
