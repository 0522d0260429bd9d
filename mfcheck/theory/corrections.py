"""What a finite width adds to a formula's limit, and wrong twins of that: a quarter more of it, and a quarter less.

A formula that is "1 and a little" may be wrong by half of the little and move by next to nothing. Twins that change its
source move the whole value; these leave the limit at infinite width as it is.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import wraps
from types import FunctionType
from typing import Any

CORRECTIONS = {f"× {share} what the width adds to its limit": share for share in (0.75, 1.25)}
"""Twins by what is changed, with the share of it that is left."""
WIDE = 10**9
"""A width at which what widths add, which is of order 1/N, is nothing beside the limit."""


def corrections(function: FunctionType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The twins of a formula of a network, by what was changed."""
    if "spec" in inspect.signature(function).parameters:
        for change, share in CORRECTIONS.items():
            yield change, _corrected(function, share)


def _corrected(function: FunctionType, share: float) -> Callable[..., Any]:
    signature = inspect.signature(function)

    @wraps(function)
    def changed(*arguments: Any, **named: Any) -> Any:
        return corrected(function, signature.bind(*arguments, **named), share)

    return changed


def corrected(function: FunctionType, bound: inspect.BoundArguments, share: float) -> Any:
    """A formula's value with such a share of what the width adds; ValueError without a limit other than 0."""
    value, limits = function(*bound.args), []
    for width in (WIDE, 2 * WIDE):
        bound.arguments["spec"] = replace(bound.arguments["spec"], width=width)
        limits.append(function(*bound.args))
    if not math.isclose(*limits, rel_tol=1e-3):
        raise ValueError("has no limit other than 0 as the width grows")
    return limits[1] + share * (value - limits[1])
