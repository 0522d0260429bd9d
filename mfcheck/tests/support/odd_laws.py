"""Laws of the right variance, or nearly, and another shape than a theory's, with what a decision reads of a law."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from mfcheck.arrays import Floats


@dataclass(frozen=True)
class Mixture:
    """A normal law about each place with its share, or an atom there where `deviation` is 0."""

    shares: tuple[float, ...]
    places: tuple[float, ...]
    deviations: tuple[float, ...]

    def cdf(self, t: ArrayLike) -> Floats:
        """P[X ≤ t]."""
        return self._below(np.asarray(t, dtype=np.float64), atoms_at=1.0)

    def cdf_left(self, t: ArrayLike) -> Floats:
        """P[X < t]."""
        return self._below(np.asarray(t, dtype=np.float64), atoms_at=0.0)

    def _below(self, t: Floats, atoms_at: float) -> Floats:
        found = np.zeros_like(t)
        for share, place, deviation in zip(self.shares, self.places, self.deviations, strict=True):
            step = np.heaviside(t - place, atoms_at)
            found += share * (special.ndtr((t - place) / deviation) if deviation else step)
        return found

    def ppf(self, share: ArrayLike) -> Floats:
        """The least t with P[X ≤ t] ≥ share, by halving."""
        wanted, far = np.asarray(share, dtype=np.float64), abs(self.mean()) + 12 * math.sqrt(self.var())
        low, high = np.full_like(wanted, -far), np.full_like(wanted, far)
        for _ in range(60):
            middle = (low + high) / 2
            reached = self.cdf(middle) >= wanted
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high

    def mean(self) -> float:
        """The mean."""
        return math.fsum(share * place for share, place in zip(self.shares, self.places, strict=True))

    def var(self) -> float:
        """The variance."""
        parts = zip(self.shares, self.places, self.deviations, strict=True)
        return math.fsum(share * (place**2 + one**2) for share, place, one in parts) - self.mean() ** 2


# Kept, as the paper's own are: whoever holds many theories against the same draws asks for the same few laws.


@lru_cache(maxsize=1024)
def lumps(deviation: float) -> Mixture:
    """Two lumps at ±0.9 standard deviations."""
    place, rest = 0.9 * deviation, math.sqrt(0.19) * deviation
    return Mixture((0.5, 0.5), (-place, place), (rest, rest))


@lru_cache(maxsize=1024)
def partly_zero(deviation: float, zeros: float) -> Mixture:
    """An atom at 0, and a normal law beside it that makes up for it."""
    return Mixture((zeros, 1 - zeros), (0.0, 0.0), (0.0, deviation / math.sqrt(1 - zeros)))


@lru_cache(maxsize=1024)
def rounded(deviation: float) -> Mixture:
    """A normal law rounded to multiples of half a standard deviation: 2 % more variance, and steps."""
    steps = np.arange(-16, 17) / 2
    shares = np.diff(special.ndtr(np.concatenate([[-np.inf], steps[:-1] + 0.25, [np.inf]])))
    return Mixture(tuple(shares.tolist()), tuple((deviation * steps).tolist()), (0.0,) * len(steps))


@lru_cache(maxsize=1024)
def student(deviation: float) -> Any:
    """Student's t with five degrees of freedom."""
    return stats.t(5, scale=deviation * math.sqrt(3 / 5))


@lru_cache(maxsize=1024)
def laplace(deviation: float) -> Any:
    """The double exponential law."""
    return stats.laplace(scale=deviation / math.sqrt(2))


@lru_cache(maxsize=1024)
def skewed(deviation: float) -> Any:
    """A skew normal law of mean 0 and skewness 0.78."""
    shape = 4.0
    lean = shape / math.hypot(1.0, shape)
    scale = deviation / math.sqrt(1 - 2 * lean**2 / math.pi)
    return stats.skewnorm(shape, loc=-scale * lean * math.sqrt(2 / math.pi), scale=scale)


@lru_cache(maxsize=1024)
def off_centre(deviation: float) -> Any:
    """A normal law whose mean is 0.15 standard deviations."""
    return stats.norm(loc=0.15 * deviation, scale=deviation)
