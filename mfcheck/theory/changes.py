"""What a theory changes of the paper's, formula by formula, and whether it can be put on trial at all."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from mfcheck.imports import raised_on_purpose
from mfcheck.theory.arguments import ARGUMENTS, formulas, parameters, written
from mfcheck.theory.domains import DECLARES
from mfcheck.theory.paper import PaperTheory, remade
from mfcheck.theory.sample_places import sample_places
from mfcheck.theory.values import is_law, no_law, no_number

PAPER = PaperTheory()
QUANTILES = (-2.0, -0.5, 0.3, 0.5, 1.0, 2.0, 3.0)
"""Where two laws are compared, in standard deviations."""
SPREAD = tuple(step / 20 - 4 for step in range(161))
"""Where their largest distance is looked for: every twentieth of one, to four."""
SOME = 7
"""Of so many sample places one is asked twice, with networks of both kinds among them."""


@dataclass(frozen=True, eq=False)
class Change:
    """One formula, or field, that a theory has otherwise than the paper, and the paper's theory with that alone."""

    name: str
    theory: PaperTheory


@lru_cache(maxsize=8)
def changes(theory: PaperTheory) -> tuple[Change, ...]:
    """What a theory overrides, adds or sets otherwise, each by itself; nothing for the paper's own."""
    methods, fields = _methods(type(theory)), _fields(theory)
    return tuple(Change(name, _alone(theory, name, methods, fields)) for name in (*methods, *fields))


def is_papers(theory: PaperTheory) -> bool:
    """Whether the theory is the paper's in every formula and field."""
    return type(theory) is PaperTheory and not _fields(theory)


def differs(theory: PaperTheory, formula: str, place: tuple[Any, ...], than: PaperTheory = PAPER) -> bool:
    """Whether a formula of the theory has another value there than the paper's, or one where the paper has none."""
    return _apart(numbers_at(theory, formula, place), numbers_at(than, formula, place))


def moves(theory: PaperTheory, reference: Callable[[PaperTheory], Any], than: PaperTheory = PAPER) -> bool:
    """Whether a claim's reference is another under the theory than under the paper's, or a second one."""
    return movers([theory], reference, than)[0]


def movers(
    theories: Iterable[PaperTheory], reference: Callable[[PaperTheory], Any], than: PaperTheory = PAPER
) -> tuple[bool, ...]:
    """Whether each of some theories moves a claim's reference; under `than` itself that is taken once."""
    papers = _numbers(partial(reference, than))
    return tuple(_apart(_numbers(partial(reference, one)), papers) for one in theories)


def _apart(mine: tuple[float, ...] | None, papers: tuple[float, ...] | None) -> bool:
    if mine is None or papers is None:
        return mine is not papers
    return len(mine) != len(papers) or not all(
        math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-14) for a, b in zip(mine, papers, strict=True)
    )


def check_theory(theory: PaperTheory, path: str) -> None:
    """Raise ValueError naming formula and place where the theory has nothing usable and the paper's has a value."""
    for name, default in _fields(PAPER, every=True).items():
        written = inspect.getattr_static(type(theory), name)
        if written != default and written != getattr(theory, name):
            raise ValueError(
                f"theory {path!r} sets {name} = {written!r} on its class, but its constructor makes it "
                f"{getattr(theory, name)!r}: write {name}: float = {written!r} under @dataclass(frozen=True)"
            )
    if slotted := [kind.__name__ for kind in type(theory).__mro__[:-1] if "__slots__" in vars(kind)]:
        raise ValueError(f"theory {path!r}: class {slotted[0]} has __slots__, and must be a plain class")
    try:
        hash(theory)
    except TypeError as error:
        raise ValueError(
            f"theory {path!r} cannot be told from others: {error}; declare a field that only keeps what was found as "
            "field(…, compare=False), and one that a formula reads as a tuple"
        ) from None
    own = _methods(type(theory))
    for name in sorted(formulas(PAPER), key=lambda name: name not in own):  # a wrong formula is named before its users
        taken, needed = parameters(theory, name), parameters(PAPER, name)
        if taken != needed or _by_name_alone(type(theory), name):
            what = _taking(inspect.getattr_static(type(theory), name), taken, needed)
            raise ValueError(f"theory {path!r}: formula {name} {what}, and must take ({', '.join(needed)})")
        for place in sample_places(needed):
            if flaw := found_flaw(theory, name, place):
                users = f"; its own are {', '.join(own)}" if own and name not in own else ""
                raise ValueError(f"theory {path!r}: {flaw}{users}")
        for place in sample_places(needed)[::SOME]:
            once, again = (numbers_at(theory, name, place) for _ in range(2))
            if _apart(once, again):
                raise ValueError(
                    f"theory {path!r}: formula {name} gives {_first(once)} and then {_first(again)} at "
                    f"({', '.join(map(str, place))}); it must be a function of its arguments alone"
                )


def _first(values: tuple[float, ...] | None) -> str:
    return "nothing" if values is None else f"{values[0]:.6g}"


def _taking(found: object, taken: tuple[str, ...], needed: tuple[str, ...]) -> str:
    """What a formula takes that does not take what it must."""
    if isinstance(found, classmethod):
        return "is a class method, where it must be a method or a static one"
    if hasattr(found, "cache_info"):
        return "is kept by functools.cache, which belongs on a helper that it calls"
    said = f"takes ({', '.join(taken)})" if inspect.isroutine(found) else "is no method"
    return said + (", some of them by name alone" if taken == needed else "")


def _by_name_alone(kind: type[PaperTheory], name: str) -> bool:
    """Whether a method must be given some of its arguments by name, which no claim does."""
    function = written(kind, name)
    parameters = inspect.signature(function).parameters.values() if function else ()
    return any(one.kind is one.KEYWORD_ONLY for one in parameters)


def found_flaw(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> str:
    """What is wrong with a formula's value at a place where the paper's has one, as a sentence, or nothing.

    A formula may have nothing to say somewhere, and raises NotCovered or another ValueError there, by a `raise` of its
    own: math.log of a number below 0 is an error of it.
    """
    papers = numbers_at(PAPER, formula, place)
    if papers is None:
        return ""
    where = f"at ({', '.join(map(str, place))}), where the paper's gives {papers[0]:.6g}"
    try:
        value: Any = getattr(theory, formula)(*place)
        law = is_law(getattr(PAPER, formula)(*place))
        if law and (why := no_law(value)):
            return f"formula {formula} gives {value!r}, {why}, {where} as a variance"
        number = value.var() if law else value
    except ValueError as error:
        if raised_on_purpose(error, type(theory).__module__):
            return ""
        return f"formula {formula} raises {type(error).__name__}: {error} {where}"
    except (Exception, SystemExit) as error:  # a foreign formula may raise anything
        return f"formula {formula} raises {type(error).__name__}: {error} {where}"
    if why := no_number(number):
        return f"formula {formula} gives {number!r}, {why}, {where}"
    endless = number == math.inf and parameters(PAPER, formula)[-1] == "lower"  # the time of what never comes
    return "" if math.isfinite(number) or endless else f"formula {formula} gives {number} {where}"


def law_shape(law: Any) -> tuple[float, ...]:
    """A law's distribution function at `QUANTILES`: equal for laws that are so many times one another."""
    return tuple(round(share, 9) for share in (_numbers(lambda: law) or ())[1:])


def shape_distance(one: Any, other: Any) -> float:
    """How far the distribution functions of two laws are apart, each in its own standard deviations, at `SPREAD`: 0 for
    laws that are so many times one another, ∞ where one of them has a value and the other none, and where one is no
    law."""
    mine, others = (_shares(law) for law in (one, other))
    if mine is None or others is None:
        return math.inf
    apart = np.where(np.isnan(mine) & np.isnan(others), 0.0, np.abs(mine - others))
    return math.inf if np.isnan(apart).any() else float(apart.max())


def _methods(kind: type[PaperTheory]) -> tuple[str, ...]:
    """The names of methods, helpers too, that a class has otherwise than the paper, and of formulas that it adds."""

    def own(name: str) -> bool:
        known = hasattr(PaperTheory, name)
        if name.startswith("__") or name == DECLARES or name in PaperTheory.__dataclass_fields__:
            return False
        if known:
            return inspect.getattr_static(kind, name) is not inspect.getattr_static(PaperTheory, name)
        return not name.startswith("_") and inspect.isroutine(getattr(kind, name)) and _arguments(kind, name)

    return tuple(name for name in sorted(dir(kind)) if own(name))


def _arguments(kind: type[PaperTheory], name: str) -> bool:
    return parameters(remade(PAPER, kind), name) in ARGUMENTS


def _fields(theory: PaperTheory, *, every: bool = False) -> dict[str, Any]:
    """The paper's fields that have another value in this theory, or all of them."""
    values = {name: getattr(theory, name) for name in PaperTheory.__dataclass_fields__}
    return {name: value for name, value in values.items() if every or value != getattr(PaperTheory, name)}


@lru_cache(maxsize=8)
def without_changes(theory: PaperTheory) -> PaperTheory:
    """The paper's theory, with what another adds to it for its own use."""
    methods, fields = _methods(type(theory)), _fields(theory)
    return _alone(theory, "", methods, fields)


def is_added(name: str) -> bool:
    """Whether the paper has no method or field of this name."""
    return not hasattr(PaperTheory, name)


def _alone(theory: PaperTheory, name: str, methods: tuple[str, ...], fields: dict[str, Any]) -> PaperTheory:
    """The theory with all its changes but one taken back; what it adds for its own use stays."""
    others = [other for other in methods if other != name and not is_added(other)]
    back = {other: inspect.getattr_static(PaperTheory, other) for other in others}
    kind = type(f"Only_{name}", (type(theory),), back)
    return remade(theory, kind, **{field: getattr(PAPER, field) for field in fields if field != name})


def numbers_at(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> tuple[float, ...] | None:
    """A formula's value at a place as numbers: itself, or a law's variance and a few shares; None where it has none."""
    return _numbers(lambda: getattr(theory, formula)(*place))


def _numbers(make: Callable[[], Any]) -> tuple[float, ...] | None:
    """A value as numbers: itself, or a law's variance and its distribution function at a few places; None for none."""
    try:
        value = make()
        if not is_law(value):
            return (float(value),) if math.isfinite(value) else None
        with contextlib.suppress(TypeError):  # a law without a hash is looked at each time
            return _kept_law_numbers(value)
        return _law_numbers(value)
    except (Exception, SystemExit):  # a wrong twin is asked where nobody thought of it
        return None


def _law_numbers(law: Any) -> tuple[float, ...]:
    variance = float(law.var())
    return (variance, *(float(law.cdf(at * math.sqrt(variance))) for at in QUANTILES))


def _shares(law: Any) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """A law's distribution function, in its own standard deviations where it has any; None of what is no law."""
    try:
        unit = math.sqrt(float(law.var()))
        at = np.array(SPREAD) * (unit if 0 < unit < math.inf else 1.0)
        return np.array([float(share) for share in law.cdf(at)])
    except (Exception, SystemExit):  # a foreign law may raise anything
        return None


# All twins but a few share the law of the theory itself, and a distribution function of scipy's takes its time.
_kept_law_numbers = lru_cache(maxsize=256)(_law_numbers)
