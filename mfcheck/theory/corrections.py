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
WIDER = (32, 64, 128)
"""How many times as wide networks are from which a limit is extrapolated."""
NEAR, SHRINKS = 0.25, 0.65
"""A limit other than 0 is one of which the last two are no farther apart, and nearer by such a share than the first
two: what falls like 1/N is at half itself, and what is added to a limit like 1/√N shrinks to 0.71 of itself."""


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
    """A formula's value with such a share of what the width adds; as it is where it has no limit other than 0.

    The limit follows from wider networks, as for what is of order 1/N. Not from one so wide that nothing is added: a
    formula may sum over a network's rows.
    """
    value, spec = function(*bound.args), bound.arguments["spec"]

    def at(times: int) -> Any:
        bound.arguments["spec"] = replace(spec, width=times * spec.width)
        return function(*bound.args)

    try:
        near, middle, far = map(at, WIDER)
    except (ArithmeticError, ValueError):
        return value
    shrinks = abs(middle - far) <= SHRINKS * abs(near - middle)
    if not shrinks or not math.isclose(middle, far, rel_tol=NEAR):
        return value
    limit = 2 * far - middle
    return limit + share * (value - limit)
