"""A law for the whole of training from what is known at t = 0: L_adv(t), and σ_w²(t) with it.

An idea to be tried, and no theorem (docs/theory.md#full-training).
"""

from __future__ import annotations

import math

import numpy as np

from mfcheck.arrays import Floats

EXPONENTS = (1 / 3, 0.4, 0.5, 1.0, math.inf)
"""Exponents that are tried; ∞ is an exponential."""
BEST = 0.4


def loss_path(start: Floats, rate: Floats, t: Floats, exponent: float) -> Floats:
    """L_adv(t) = L₀(1 + rt/p)^{−p}, exponential for p = ∞: it starts to fall at the rate r, and slows down.

    An interpolation (docs/theory.md#full-training), for p > 0 and rt > −p; NaN beyond, where it has no value.

    >>> one = np.array([1.0])
    >>> loss_path(one, one, one, 1.0), loss_path(one, one, one, math.inf).round(4)
    (array([0.5]), array([0.3679]))
    """
    if math.isinf(exponent):
        return np.asarray(start * np.exp(-rate * t))
    base = 1 + rate * t / exponent
    with np.errstate(invalid="ignore"):
        return np.asarray(start * np.where(base > 0, base, math.nan) ** -exponent)


def loss_paid(start: Floats, rate: Floats, t: Floats, exponent: float) -> Floats:
    """∫₀^t L_adv of that path, which times 2/N is what L_adv takes from σ_w² (docs/theory.md#euler-identities).

    L₀ (p/r) [(1 + rt/p)^{1−p} − 1]/(1 − p), for p = 1 its logarithm, for p = ∞ L₀(1 − e^{−rt})/r; r ≠ 0.
    """
    if math.isinf(exponent):
        return np.asarray(-start * np.expm1(-rate * t) / rate)
    base = np.maximum(1 + rate * t / exponent, 0.0)
    if exponent == 1:
        return np.asarray(start * np.log(base) / rate)
    return np.asarray(start * exponent / rate * (base ** (1 - exponent) - 1) / (1 - exponent))
