"""The exact law of one Jacobian entry at finite width, and its distance to the Gaussian (docs/theory.md#one-entry).

An entry is √(ω^L/d)·√G·Z with Z ~ N(0, 1) and G a product of L + 1 independent means over N rows: of λχ²₁/ω for a
layer, of χ²₁ for the fixed Gaussian matrix. Their characteristic functions are N-th powers of a closed form, so the
law of log G is a few FFTs away and P[J ≤ t] = E Φ(t/√G) needs no sampling.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mfcheck.arrays import Floats
from mfcheck.spec import NetworkSpec
from mfcheck.theory.finite_width import gain_ratio, mean_gain, row_gains
from mfcheck.theory.mixtures import Mixture

NARROWEST = 16


@dataclass(frozen=True, eq=False)
class EntryLaw:
    """The law of J_ij/√(ω^L/d): log G takes the values `log_scale` with the probabilities `weight`."""

    log_scale: Floats
    weight: Floats

    def cdf(self, t: ArrayLike) -> Floats:
        """P[J_ij/√(ω^L/d) ≤ t] for every t, shape as t."""
        points = np.asarray(t, dtype=np.float64)
        return np.asarray(special.ndtr(points[..., None] * np.exp(-self.log_scale / 2)) @ self.weight)

    def mean(self, statistic: Callable[[Floats], Floats]) -> float:
        """E statistic(G)."""
        return float(statistic(np.exp(self.log_scale)) @ self.weight)

    @property
    def mixture(self) -> Mixture:
        """The law of G."""
        return Mixture(np.exp(self.log_scale), self.weight)

    def distance_to_gaussian(self) -> float:
        """sup_t |P[J_ij/√(ω^L/d) ≤ t] − Φ(t)|, to about 1e-5."""
        t = np.concatenate([np.geomspace(1e-6, 0.05, 60), np.linspace(0.05, 6.0, 400)])  # the law is symmetric
        return float(np.abs(self.cdf(t) - special.ndtr(t)).max())


@lru_cache(maxsize=256)
def entry_law(spec: NetworkSpec) -> EntryLaw:
    """The law of J_ij/√(ω^L/d) at the spec's width and depth; distribution functions of J_ij and log G to about 1e-5.

    Derived here: a row contributes λχ²₁/(Nω) with λ of either gate with probability ½, so a layer's characteristic
    function is [½Σ_λ (1 − 2itλ/(Nω))^{−1/2}]^N; Davies' inversion gives its distribution function, a grid of log G
    its mass, and the L + 1 layers add up by FFT. Raises ValueError below width 16, where the inversion loses
    accuracy to the atom at 0.
    """
    if spec.width < NARROWEST:
        raise ValueError(f"the exact entry law needs width >= {NARROWEST}, got {spec.width}")
    omega = mean_gain(spec)
    gains = tuple(gain / omega for gain in row_gains(spec))
    sd = float(np.sqrt((3 * gain_ratio(spec) - 1) / spec.width))
    # One grid for all layers: fifteen deviations to the left, where logarithms have their long tail.
    edges, step = _edges(sd), sd / 40
    layer = _log_mass(spec.width, gains, sd)
    fixed = _log_mass(spec.width, (1.0, 1.0), sd)
    layers = spec.depth + 1
    size = 1 << int(np.ceil(np.log2(layers * len(edges))))
    transform = np.fft.rfft(layer, size) ** spec.depth * np.fft.rfft(fixed, size)
    mass = np.clip(np.fft.irfft(transform, size), 0.0, None)
    values = layers * (edges[0] - step / 2) + step * np.arange(size)
    keep = mass > 1e-13
    return EntryLaw(values[keep], mass[keep] / mass[keep].sum())


def _edges(sd: float) -> Floats:
    return np.arange(-15 * sd - 1.5 * sd**2, 9 * sd, sd / 40)


@lru_cache(maxsize=256)  # networks of one width and activation share it, whatever their depth
def _log_mass(rows: int, gains: tuple[float, ...], sd: float) -> Floats:
    """Mass of log Y between the edges, Y the mean over rows of gain·χ²₁; mass left of the first edge goes to it."""
    edges = _edges(sd)
    cdf = _row_mean_cdf(rows, gains, np.expm1(edges))
    return np.diff(cdf, prepend=0.0)


def _row_mean_cdf(rows: int, gains: Sequence[float], above: Floats) -> Floats:
    """P[Y ≤ 1 + y] by Davies' formula ½ − Σ_k Im(ψ(t_k)e^{−it_k y})/(π(k+½)), t_k = (k+½)Δ, ψ that of Y − 1.

    Its error is the mass a period 2π/Δ away, here twice the length of the grid, so it takes no more frequencies where Y
    is narrow. With k = a·m + b the exponential is that of (b + ½)Δy times that of a·mΔy: m² of them take 2m.
    """
    spacing = np.pi / (above[-1] - above[0])
    m = math.isqrt(_frequencies(rows, gains, spacing)) + 1
    k = np.arange(m**2)
    psi = (_characteristic(rows, gains, (k + 0.5) * spacing) / (np.pi * (k + 0.5))).reshape(m, m)
    fine, coarse = (np.exp(-1j * spacing * np.outer(above, steps)) for steps in (k[:m] + 0.5, m * k[:m]))
    cdf = 0.5 - ((fine @ psi.T) * coarse).sum(axis=1).imag
    return np.maximum.accumulate(np.clip(cdf, 0.0, 1.0))


def _characteristic(rows: int, gains: Sequence[float], t: Floats) -> NDArray[np.complex128]:
    """[½Σ_λ (1 − 2itλ/N)^{−1/2}]^N e^{−it}, by a row's difference from 1, which an N-th power keeps."""
    real, imaginary = np.zeros_like(t), np.zeros_like(t)
    for gain in gains:
        x = 2 * t * gain / rows
        log_size, angle = -np.log1p(x**2) / 4, np.arctan(x) / 2
        real += (np.expm1(log_size) * np.cos(angle) - 2 * np.sin(angle / 2) ** 2) / len(gains)
        imaginary += np.exp(log_size) * np.sin(angle) / len(gains)
    log_size = np.log1p(2 * real + real**2 + imaginary**2) / 2
    return np.asarray(np.exp(rows * log_size + 1j * rows * (np.arctan2(imaginary, 1 + real) - t / rows)))


def _frequencies(rows: int, gains: Sequence[float], spacing: float) -> int:
    """How many frequencies until the characteristic function has fallen below 1e-9, at most 6000: it stays above where
    Y may be 0, by as little as that is likely."""
    size = np.abs(_characteristic(rows, gains, np.arange(0.5, 6000.0) * spacing))
    small = np.flatnonzero(size < 1e-9)
    return int(small[0]) + 1 if len(small) else 6000
