"""Wrong twins of a theory, generated from the source of its own formulas: each must be refuted by some claim.

A twin changes one formula in one place of its source (`rewritten`); a law has twins of another shape too, and a number
with a limit in the width others by what is added to that. A theory whose twins all survive could not have failed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from itertools import chain
from types import FunctionType
from typing import Any

from mfcheck.theory.arguments import formulas, is_static, parameters, written
from mfcheck.theory.changes import shape_distance
from mfcheck.theory.corrections import CORRECTIONS, corrections
from mfcheck.theory.paper import PaperTheory, remade
from mfcheck.theory.reshaped import SHAPES, reshaped
from mfcheck.theory.rewritten import SLIPS, rewritten
from mfcheck.theory.sample_places import sample_places
from mfcheck.theory.values import is_law, number_of

SAME, NEAR = 1e-9, 0.05
"""How near a twin is that changes nothing, and one by a slip that is not told from the formula: as near as the nearest
of those by a factor."""


@dataclass(frozen=True, eq=False)
class Twin:
    """A theory with one formula changed; `equivalent` says why the change changes nothing, or is empty."""

    name: str
    formula: str
    theory: PaperTheory
    equivalent: str


@lru_cache(maxsize=8)
def twins(theory: PaperTheory) -> tuple[Twin, ...]:
    """All twins of a theory's formulas; unusable ones (no finite value anywhere) are left out."""
    found: list[Twin] = []
    for formula in formulas(theory):
        places = sample_places(parameters(theory, formula))
        own = [value_at(theory, formula, place) for place in places]
        own_function = written(type(theory), formula)
        assert own_function is not None
        others = (_shapes if gives_law(theory, formula) else corrections)(own_function)
        for change, function in chain(rewritten(own_function), others):
            changed = staticmethod(function) if is_static(type(theory), formula) else function
            twin_class = type(f"Twin_{formula}", (type(theory),), {formula: changed})
            twin = remade(theory, twin_class)
            within = NEAR if change.endswith(SLIPS) else SAME
            usable, differs = _compared(theory, twin, formula, places, own, within)
            if usable and (differs or change not in CORRECTIONS):
                near = "equal to" if within == SAME else f"within {within:.0%} of"
                reason = "" if differs or change in SHAPES else f"{near} the formula at all of {usable} places"
                name, same_names = f"{formula}: {change}", [twin.name for twin in found]
                if name in same_names:  # one text at two places of a formula
                    name += f" ({sum(other.startswith(name) for other in same_names) + 1})"
                found.append(Twin(name, formula, twin, reason))
    return tuple(found)


@lru_cache(maxsize=8)
def with_limits(theory: PaperTheory) -> frozenset[str]:
    """The formulas that tend to a number other than 0 as the width grows, and that a finite width moves."""
    return frozenset(twin.formula for twin in twins(theory) if twin.name.endswith(tuple(CORRECTIONS)))


def _compared(
    theory: PaperTheory,
    twin: PaperTheory,
    formula: str,
    places: list[tuple[Any, ...]],
    own: list[float | None],
    within: float,
) -> tuple[int, bool]:
    """At how many places both formula and twin have a value, up to the first difference, and whether there is one."""
    usable = 0
    for place, mine in zip(places, own, strict=True):
        other = None if mine is None else value_at(twin, formula, place)
        if mine is not None and other is not None:
            usable += 1
            if not math.isclose(mine, other, rel_tol=within) or _other_shape(theory, twin, formula, place, within):
                return usable, True
    return usable, False


def _other_shape(theory: PaperTheory, twin: PaperTheory, formula: str, place: tuple[Any, ...], within: float) -> bool:
    """Whether both give laws, and these have two shapes."""
    mine = asked(theory, formula, place)
    return is_law(mine) and shape_distance(mine, asked(twin, formula, place)) > within


def asked(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> Any:
    """A formula's value at its arguments, None where it has none."""
    try:
        return getattr(theory, formula)(*place)
    except (Exception, SystemExit):  # a wrong twin is asked where nobody thought of it
        return None


def value_at(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> float | None:
    """A formula's value at its arguments as one number (a law by its variance), None where it is 0 or there is none."""
    value = asked(theory, formula, place)
    try:
        number = number_of(value)
    except (Exception, SystemExit):  # a wrong twin is asked where nobody thought of it
        return None
    return number if math.isfinite(number) and number != 0 else None


def gives_law(theory: PaperTheory, formula: str) -> bool:
    """Whether a formula gives laws, and not numbers."""
    return any(is_law(asked(theory, formula, place)) for place in sample_places(parameters(theory, formula)))


def _shapes(function: FunctionType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The twins of a formula that gives a law: laws of another shape."""
    for shape in SHAPES:
        yield shape, _reshaping(function, shape)


def _reshaping(function: FunctionType, shape: str) -> Callable[..., Any]:
    @wraps(function)
    def changed(*arguments: Any, **named: Any) -> Any:
        return reshaped(function(*arguments, **named), shape)

    return changed
