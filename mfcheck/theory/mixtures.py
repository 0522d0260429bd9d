"""Laws of √G X: what a finite width makes of the limit's law of X, where G is its own conditional variance."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import interpolate, special, stats

from mfcheck.arrays import Floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FINE = 0.05
"""Steps in log t in which the distribution function of √G Z is tabulated, with its density: between them it is a cubic
to 1e-7, whatever G."""
NEAREST, FARTHEST = 1e-3, 9.0
"""Where it is tabulated, in units of the smallest √G and of the largest: nearer to 0 it is straight, beyond it is 1."""
GRID = np.linspace(-12.0, 12.0, 6001)
NEAR = np.concatenate([sign * np.geomspace(1e-12, 12.0, 2000) for sign in (-1, 1)])
"""Where quantiles are looked for, in deviations: about the mean, and about 0, where G may heap them."""
DOUBLED = 20
"""How often these may be taken twice as far out, where a law has long tails."""
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
    def normal(self) -> Callable[[Floats], Floats]:
        """P[√G Z ≤ t and G > 0], Z standard normal, to 1e-7; by symmetry from a table at t > 0."""
        alive = self.value > 0
        if not alive.any():
            return np.zeros_like
        root, weight, total = np.sqrt(self.value[alive]), self.weight[alive], 1 - self.nothing
        first, last = math.log(NEAREST * root.min()), math.log(FARTHEST * root.max())
        at = np.linspace(first, last, math.ceil((last - first) / FINE) + 1)
        beyond, slope = np.zeros_like(at), np.zeros_like(at)
        for one, share in zip(root, weight, strict=True):
            z = np.exp(at) / one
            beyond += share * special.ndtr(-z)
            slope -= share * z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        table = interpolate.CubicHermiteSpline(at, beyond, slope)
        steepest = float(weight @ (1 / root)) / math.sqrt(2 * math.pi)

        def below(t: Floats) -> Floats:
            size = np.abs(t)
            tail = np.asarray(table(np.log(np.clip(size, math.exp(first), math.exp(last)))))
            tail = np.where(size < math.exp(first), total / 2 - steepest * size, tail)
            return np.where(t < 0, tail, total - tail)

        return below

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
            return self.mixture.normal(points / scale)
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
        """Quantiles for 0 < p < 1, to 0.004 deviations and near 0 to a fiftieth of them; the law has a variance."""
        chances, mean, reach = np.asarray(p, dtype=np.float64), self.mean(), math.sqrt(self.var())
        for _ in range(DOUBLED):
            if np.all((self.cdf(mean - 12 * reach) <= chances) & (chances <= self.cdf(mean + 12 * reach))):
                break
            reach *= 2
        at = np.unique(np.concatenate([mean + reach * GRID, reach * NEAR]))
        found: Floats = np.interp(chances, self.cdf(at), at)
        return found


def centred_scale(law: Any) -> float:
    """The standard deviation of a centred normal law, and 0 for any other one."""
    normal = isinstance(getattr(law, "dist", None), type(stats.norm)) and law.mean() == 0
    return float(law.std()) if normal else 0.0
