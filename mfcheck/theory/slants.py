"""Theories that are wrong along one argument: right at one of its values, a quarter off at twice it; or wrong at one
kind of values alone.

They need no source to change, so that a theory of one's own gets them as it is written; and every argument gets them,
whether a formula reads it or not. A formula that forgets an argument is right at the one value at which a grid of
cells has it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mfcheck.theory.arguments import Place, Value, formulas, is_static, kind_of, values_at, written
from mfcheck.theory.corrections import corrected
from mfcheck.theory.paper import PaperTheory, remade
from mfcheck.theory.reshaped import times

OFF = 1.25
"""How far off a slanted formula is at twice the argument, and one that is wrong at one kind of values there."""
POWER = math.log2(OFF)

Factor = Callable[[Mapping[str, Value]], float]


@dataclass(frozen=True)
class Constant:
    """So many times the formula's value, everywhere."""

    factor: float

    def __call__(self, at: Mapping[str, Value]) -> float:
        return self.factor


@dataclass(frozen=True)
class Slant:
    """(a/anchor)^±log₂ 1.25 times the formula's value: right where the argument a is `anchor`."""

    argument: str
    anchor: float
    rises: bool

    def __call__(self, at: Mapping[str, Value]) -> float:
        value = float(at[self.argument])
        return slant_factor(value, self.anchor, rises=self.rises)


@dataclass(frozen=True)
class AtKind:
    """So many times the formula's value at one kind of values of an argument, and right elsewhere."""

    argument: str
    kind: str
    factor: float

    def __call__(self, at: Mapping[str, Value]) -> float:
        return self.factor if kind_of(self.argument, at[self.argument]) == self.kind else 1.0


def slant_factor(value: float, anchor: float, *, rises: bool) -> float:
    """How far off a slanted formula is at one value of its argument; 1 where the argument is 0, which has no double.

    >>> slant_factor(20, 10, rises=True), slant_factor(20, 10, rises=False)
    (1.25, 0.8)
    """
    return 1.0 if value <= 0 else (value / anchor) ** (POWER if rises else -POWER)


def altered(theory: PaperTheory, formula: str, factor: Factor, *, correction: bool = False) -> PaperTheory:
    """The theory with one formula, a number or the scale of a law, so many times what it was at each place.

    Of a number with a limit as the width grows it may be the `correction` alone that is: what the width adds to it.
    """
    made = remade(theory, _altered_kind(type(theory), formula, correction=correction))  # type: ignore[arg-type]
    vars(made)["_factor_of"] = factor
    return made


@lru_cache(maxsize=256)
def _altered_kind(kind: type[PaperTheory], formula: str, *, correction: bool) -> type[PaperTheory]:
    function, static = written(kind, formula), is_static(kind, formula)
    assert function is not None
    signature = inspect.signature(function)
    names = tuple(name for name in signature.parameters if name != "self")

    def changed(self: Any, *arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*(() if static else (self,)), *arguments, **named)
        place = bound.args if static else bound.args[1:]
        factor = vars(self)["_factor_of"](values_at(names, place))
        return corrected(function, bound, factor) if correction else times(function(*bound.args), factor)

    # No two are equal, though their fields are: a formula that keeps what it has found keeps it for each by itself.
    apart = {"__eq__": object.__eq__, "__hash__": object.__hash__}
    return type(f"Altered_{formula}", (kind,), {formula: changed, **apart})


def places_read(theory: PaperTheory, ask: Callable[[PaperTheory], Any]) -> dict[str, list[Place]]:
    """Where each formula is read, by the others too, when somebody asks the theory; nothing where it has no answer."""
    noted: dict[str, dict[Place, None]] = {}
    watched = remade(theory, _noting_kind(type(theory)))  # type: ignore[arg-type]
    vars(watched)["_note"] = lambda formula, place: noted.setdefault(formula, {}).setdefault(place)
    with suppress(Exception):
        ask(watched)
    return {formula: list(places) for formula, places in noted.items()}


@lru_cache(maxsize=16)
def _noting_kind(kind: type[PaperTheory]) -> type[PaperTheory]:
    def noting(formula: str) -> Any:
        function, static = written(kind, formula), is_static(kind, formula)
        assert function is not None
        signature = inspect.signature(function)

        def noted(self: Any, *arguments: Any, **named: Any) -> Any:
            bound = signature.bind(*(() if static else (self,)), *arguments, **named).args
            vars(self)["_note"](formula, bound if static else bound[1:])
            return function(*bound)

        return noted

    members = {formula: noting(formula) for formula in formulas(remade(PaperTheory(), kind))}
    return type("Noting", (kind,), members)
