"""Laws made of another law: so many times its variable, or of its mean and variance and another shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mfcheck.arrays import Floats
from mfcheck.theory.mixtures import centred_scale
from mfcheck.theory.paper import centred_normal
from mfcheck.theory.values import is_law


@dataclass(frozen=True, eq=False)
class Reshaped:
    """With each weight, the law of a scale times a law's variable about its mean, moved by so many deviations.

    `parts` are (weight, scale, move); the weights add up to 1. A law with atoms keeps them: `cdf_left` says P[X < t].
    """

    law: Any
    parts: tuple[tuple[float, float, float], ...]

    def cdf(self, t: ArrayLike) -> Floats:
        """P[X ≤ t]."""
        return self._mixed(self.law.cdf, t)

    def cdf_left(self, t: ArrayLike) -> Floats:
        """P[X < t]."""
        if hasattr(self.law, "cdf_left"):
            return self._mixed(self.law.cdf_left, t)
        return self._mixed(lambda at: self.law.cdf(np.nextafter(at, -np.inf)), t)

    def mean(self) -> float:
        """The mean."""
        return float(self.law.mean() + self._deviation * math.fsum(weight * move for weight, _, move in self.parts))

    def var(self) -> float:
        """The variance."""
        first = math.fsum(weight * move for weight, _, move in self.parts)
        second = math.fsum(weight * (scale**2 + move**2) for weight, scale, move in self.parts)
        return float(self.law.var() * (second - first**2))

    @property
    def _deviation(self) -> float:
        return math.sqrt(self.law.var())

    def _mixed(self, below: Callable[[Floats], Floats], t: ArrayLike) -> Floats:
        mean, points = float(self.law.mean()), np.asarray(t, dtype=np.float64)
        found = np.zeros(points.shape)
        for weight, scale, move in self.parts:
            found += weight * below(mean + (points - mean - move * self._deviation) / scale)
        return found


@dataclass(frozen=True, eq=False)
class Times:
    """The law of a positive factor times a law's variable."""

    law: Any
    factor: float

    def cdf(self, t: ArrayLike) -> Floats:
        """P[X ≤ t]."""
        return np.asarray(self.law.cdf(np.asarray(t) / self.factor))

    def cdf_left(self, t: ArrayLike) -> Floats:
        """P[X < t]."""
        scaled = np.asarray(t) / self.factor
        if hasattr(self.law, "cdf_left"):
            return np.asarray(self.law.cdf_left(scaled))
        return np.asarray(self.law.cdf(np.nextafter(scaled, -np.inf)))

    def mean(self) -> float:
        """The mean."""
        return float(self.factor * self.law.mean())

    def var(self) -> float:
        """The variance."""
        return float(self.factor**2 * self.law.var())

    def ppf(self, share: ArrayLike) -> Floats:
        """The quantiles."""
        return np.asarray(self.factor * self.law.ppf(share))


SHAPES: Mapping[str, tuple[tuple[float, float, float], ...]] = {
    "mean moved by a quarter of a deviation": ((1.0, 1.0, 0.25),),
    "heavier tails, the same variance": ((0.5, math.sqrt(0.1), 0.0), (0.5, math.sqrt(1.9), 0.0)),
    "skewed, the same mean and variance": ((0.8, math.sqrt(0.4), -0.25), (0.2, math.sqrt(2.15), 1.0)),
}
"""How a law may have another shape: of a normal one the second makes the excess kurtosis 2.4, the third the skewness
1.2."""


def times(value: Any, factor: float) -> Any:
    """A formula's value, a number or a law, so many times over."""
    if scale := centred_scale(value):
        return centred_normal(scale * factor)
    return Times(value, factor) if is_law(value) else value * factor


def reshaped(value: Any, shape: str) -> Any:
    """A law in one of the `SHAPES`; a number as it is."""
    return Reshaped(value, SHAPES[shape]) if is_law(value) else value
