"""Numbers as people hand them over: Python's, numpy's, fractions, and tensors or arrays that hold one."""

from __future__ import annotations

import math
import operator
from decimal import Decimal
from numbers import Real


def real(value: object) -> float:
    """The value of any real number as a float, infinity beyond its range; NaN for booleans and whatever is no number.

    >>> from fractions import Fraction
    >>> real(Fraction(1, 10)), real(True), real("1")
    (0.1, nan, nan)
    """
    value = _unwrapped(value)
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return math.nan
    try:
        return float(value) + 0.0  # −0.0 and 0.0 are one number and must print, and so seed, alike
    except OverflowError:
        return -math.inf if str(value).startswith("-") else math.inf
    except ValueError:  # a signalling NaN
        return math.nan


def whole(value: object) -> int | None:
    """The value of any integer; None for booleans and whatever is no integer, 3.0 too."""
    value = _unwrapped(value)
    if isinstance(value, bool) or getattr(value, "ndim", 0) != 0:
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # what it is asked
    except TypeError:
        return None


def finite(name: str, value: object) -> float:
    """The value of a real number; ValueError naming it unless it is finite."""
    if not math.isfinite(number := real(value)):
        raise ValueError(f"{name} must be a finite number, got {value!r}")
    return number


def positive(name: str, value: object) -> float:
    """The value of a real number; ValueError naming it unless it is positive and finite.

    >>> positive("eps", 0)
    Traceback (most recent call last):
    ValueError: eps must be positive and finite, got 0
    """
    if not 0 < (number := real(value)) < math.inf:
        raise ValueError(f"{name} must be positive and finite, got {value!r}")
    return number


def integer(name: str, value: object) -> int:
    """The value of any integer; ValueError naming it otherwise."""
    if (number := whole(value)) is None:
        raise ValueError(f"{name} must be an integer, got {value!r}")
    return number


def _unwrapped(value: object) -> object:
    """What an array or tensor without axes, or a scalar of numpy's, holds; anything else as it is."""
    if getattr(value, "ndim", None) == 0 and callable(item := getattr(value, "item", None)):
        try:
            return item()
        except (RuntimeError, ValueError):  # a tensor without values
            return None
    return value


def plain(value: object) -> object:
    """Python's own int or float for a number of another kind; whatever else it is as it is, to be refused by name."""
    if type(value) in (int, float):
        return value
    number = whole(value)
    return number if number is not None else real(value) if not math.isnan(real(value)) else value
