"""Adversarial training beside usual ℓ2 weight decay, W ← W − lr(∂L + λW) (docs/theory.md#weight-decay)."""

from __future__ import annotations

USUAL = (1e-4, 5e-4)
"""Coefficients λ of weight decay in common use for image classifiers (Krizhevsky et al. 2012; He et al. 2016)."""


def crossing_width(pull: float, width: float, decay: float) -> float:
    """N* = N · pull/λ, up to which a pull ∝ 1/N, measured at width N, is stronger than weight decay λ.

    Derived (docs/theory.md#weight-decay); for decay > 0, else ValueError.

    >>> crossing_width(0.01, 256, 5e-4)
    5120.0
    """
    if not decay > 0:
        raise ValueError(f"weight decay must be positive to be compared with, got {decay!r}")
    return width * pull / decay
