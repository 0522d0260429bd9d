"""What a formula gives, a number or a law, as one number: NumPy's numbers have a variance too, and are no laws."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

OF_LAWS = ("mean", "var", "cdf", "ppf")
"""What a law is asked for."""
ASKED = np.array([0.25, 0.5])


def is_law(value: Any) -> bool:
    """Whether a value is a law, and no number.

    >>> is_law(np.float64(1.0)), is_law(1.0)
    (False, False)
    """
    return hasattr(value, "cdf")


def number_of(value: Any) -> float:
    """A value as one number: itself, or the variance of a law.

    >>> number_of(np.float64(2.0))
    2.0
    """
    return float(value.var() if is_law(value) else value)


def no_number(value: Any) -> str:
    """Why a value is no number that draws can be held against, as a phrase; empty for one that is."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return "an array without axes, where it must be a float, as its .item() is"
    if not isinstance(value, Real) or isinstance(value, bool):
        return "which is no number"
    known = isinstance(value, float | int | np.number)
    return "" if known else f"a {type(value).__name__}, where it must be a float"


def no_law(value: Any) -> str:
    """Why a value is no law that draws can be held against, as a phrase; empty for one that is."""
    lacking = [name for name in OF_LAWS if not hasattr(value, name)]
    if lacking:
        return f"which is no law: it has no {lacking[0]}"
    for name in ("cdf", "ppf"):
        try:
            shape = np.shape(getattr(value, name)(ASKED))
        except TypeError:
            shape = ()
        if shape != ASKED.shape:
            return f"whose {name} takes no arrays"
    return ""
