"""Powers like ω^L that floating-point numbers cannot hold: formulas say so, as of any argument beyond their domain."""

from __future__ import annotations

import math

LARGEST = 1e290
"""What is left below the largest floating-point number, 1.8e308, is for the factors beside a power."""


def check_power(base: float, exponent: float) -> None:
    """Raise ValueError where base^exponent lies beyond 10^±290; 0, ∞ and NaN are left to whoever sees the result.

    >>> check_power(10.0, 300)
    Traceback (most recent call last):
    ValueError: 10.0^300 has no floating-point number; allowed is up to 1e+290 or its inverse
    """
    size = abs(base)
    if 0 < size < math.inf and abs(exponent * math.log(size)) > math.log(LARGEST):
        raise ValueError(
            f"{base!r}^{exponent!r} has no floating-point number; allowed is up to {LARGEST:g} or its inverse"
        )
