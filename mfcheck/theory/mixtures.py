"""Laws of √G X: what a finite width makes of the limit's law of X, where G is its own conditional variance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special, stats

from mfcheck.arrays import Floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

GRID = np.linspace(-12.0, 12.0, 12_001)
"""Where the distribution function of √G Z is tabulated; between the points it is straight to 2e-7."""
FEW = 64
"""Values of G that stand for all of them where X is not Gaussian."""
MANY = 512
"""Values of G that a sample of it is gathered to."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """G takes the values `[m]`, ascending and of mean 1, with the probabilities `weight [m]`."""

    value: Floats
    weight: Floats

    @classmethod
    def of_draws(cls, draws: Floats, mean: float) -> Mixture:
        """The law of draws of G over its mean, in groups of equal size."""
        groups = np.array_split(np.sort(draws) / mean, min(MANY, len(draws)))
        weight = np.array([len(group) for group in groups]) / len(draws)
        return cls(np.array([group.mean() for group in groups]), weight)

    def of(self, law: Any) -> MixedLaw:
        """The law of √G X for X of a law."""
        return MixedLaw(self, law)

    @cached_property
    def nothing(self) -> float:
        """P[G = 0]."""
        return float(self.weight[self.value <= 0].sum())

    @cached_property
    def normal(self) -> Floats:
        """P[√G Z ≤ t and G > 0] on the grid, Z standard normal."""
        table = np.zeros_like(GRID)
        for value, weight in zip(self.value, self.weight, strict=True):
            if value > 0:
                table += weight * special.ndtr(GRID / math.sqrt(value))
        return table

    @cached_property
    def few(self) -> tuple[tuple[float, float], ...]:
        """Some values above 0 with their probabilities: means of neighbours."""
        edges = np.searchsorted(np.cumsum(self.weight), np.linspace(0, 1, FEW + 1)[1:-1])
        groups = np.split(np.arange(len(self.value)), np.unique(edges))
        totals = [float(self.weight[group].sum()) for group in groups]
        means = [
            float(self.value[group] @ self.weight[group]) / max(total, 1e-300)
            for group, total in zip(groups, totals, strict=True)
        ]
        return tuple((mean, total) for mean, total in zip(means, totals, strict=True) if mean * total > 0)


@dataclass(frozen=True, eq=False)
class MixedLaw:
    """The law of √G X: a scipy frozen law as far as decisions and figures use one."""

    mixture: Mixture
    law: Any

    def cdf(self, t: ArrayLike) -> Floats:
        """P[√G X ≤ t]."""
        points = np.asarray(t, dtype=np.float64)
        return self._alive(points, points) + self.mixture.nothing * (points >= 0)

    def cdf_left(self, t: ArrayLike) -> Floats:
        """P[√G X < t]."""
        points = np.asarray(t, dtype=np.float64)
        return self._alive(points, np.nextafter(points, -np.inf)) + self.mixture.nothing * (points > 0)

    def _alive(self, points: Floats, before: Floats) -> Floats:
        """P[√G X ≤ `before` and G > 0]; for a law without atoms `points` do, and are cheaper."""
        if scale := centred_scale(self.law):
            found: Floats = np.interp(points / scale, GRID, self.mixture.normal)
            return found
        total = np.zeros_like(points)
        for value, weight in self.mixture.few:
            total += weight * self.law.cdf(before / math.sqrt(value))
        return total

    def var(self) -> float:
        """E G E X² less the squared mean."""
        return float(self.law.var() + self.law.mean() ** 2) - self.mean() ** 2

    def mean(self) -> float:
        """E √G E X."""
        return float(np.sqrt(self.mixture.value) @ self.mixture.weight) * float(self.law.mean())

    def ppf(self, p: ArrayLike) -> Floats:
        """Quantiles, to the fineness of the grid."""
        at = GRID * math.sqrt(self.var())
        return np.interp(np.asarray(p, dtype=np.float64), self.cdf(at), at)


def centred_scale(law: Any) -> float:
    """The standard deviation of a centred normal law, and 0 for any other one."""
    normal = isinstance(getattr(law, "dist", None), type(stats.norm)) and law.mean() == 0
    return float(law.std()) if normal else 0.0
