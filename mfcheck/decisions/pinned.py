"""How wrong a formula must be for a finding's draws to refute it: by a constant, along an argument, at one kind of
values.

A statement's reference is a number, or a law; what refutes a number refutes all beyond it, so a few judgements tell
for every formula, and every argument, what the draws make of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from numbers import Real

from mfcheck.decisions.judgement import Judgement, as_number
from mfcheck.decisions.means import MeanPlan
from mfcheck.decisions.medians import MedianPlan
from mfcheck.decisions.statement import Reference
from mfcheck.findings.pins import NO_PINS, Anchors, Pin, Pins, Sides
from mfcheck.theory import PaperTheory
from mfcheck.theory.arguments import DOUBLED, KINDS, Place, Value, kind_of, parameters, values_at
from mfcheck.theory.changes import law_shape, moves
from mfcheck.theory.slants import OFF, POWER, AtKind, Constant, Factor, Slant, altered, places_read
from mfcheck.theory.twins import with_limits
from mfcheck.theory.values import is_law
from mfcheck.verdict import Verdict

LARGEST = 64.0
"""The largest factor that is tried: a slant's at thousands of times its anchor."""
STEPS = 9
"""Halvings between the least and the largest, of the logarithm of a factor's logarithm: to 2 % of that."""
LEAST = 1e-3
POWER_OF_LARGEST = math.log(LARGEST) / POWER
"""The logarithm of how far from an anchor a slant is off by the largest factor."""


@dataclass(eq=False)
class Refuting:
    """Whether draws refute a theory in a finding's place; what was judged tells of numbers farther out, and within."""

    judgement: Judgement
    calls: int = 0
    """How often the draws were asked."""
    _kept: list[float] = field(default_factory=list)
    _refuted: list[float] = field(default_factory=list)

    def __call__(self, theory: PaperTheory) -> bool:
        formula = self.judgement.statement.formula
        assert formula is not None
        try:
            reference = formula(theory)
            number = as_number(reference)
        except (ArithmeticError, ValueError):  # it has no value here, where the theory has
            return True
        return not math.isfinite(number) or self._judged(reference, number)

    def _judged(self, reference: Reference, number: float) -> bool:
        target = self.judgement.plan.target
        if is_law(reference) and law_shape(reference) != law_shape(target):
            return self._ask(reference)
        own = as_number(target) if isinstance(target, Real) or is_law(target) else number
        other = self._other_place(own)
        if min(own, other) <= number <= max(own, other):
            return False
        if self._kept and min(*self._kept, own) <= number <= max(*self._kept, own):
            return False
        if any(own < far <= number or number <= far < own for far in self._refuted):
            return True
        refuted = self._ask(reference)
        (self._refuted if refuted else self._kept).append(number)
        return refuted

    def _other_place(self, own: float) -> float:
        """Where a theory that says what finite sizes make of the limit stands; between the two nothing is refuted."""
        plan = self.judgement.plan
        return own * plan.known if isinstance(plan, MeanPlan | MedianPlan) and plan.papers is not None else own

    def _ask(self, reference: Reference) -> bool:
        self.calls += 1
        return self.judgement.judge(reference) is Verdict.REFUTED


def pinned(judgement: Judgement, theory: PaperTheory) -> tuple[Pins, int]:
    """The pins of a judgement under the theory that it is about, and how often the draws were asked for them.

    None where the draws do not support the theory, and where a law is to break.
    """
    statement = judgement.statement
    formula = statement.formula
    if formula is None or statement.breaks or judgement.verdict is not Verdict.SUPPORTED:
        return NO_PINS, 0
    refuting, places, pins = Refuting(judgement), list[Mapping[str, tuple[Value, ...]]](), list[Pin]()
    for name, read in places_read(theory, formula).items():
        at = _values(theory, name, read)
        several = any(len(values) > 1 for values in at.values())
        if not several and not moves(altered(theory, name, Constant(OFF)), formula, than=theory):
            continue
        if at not in places:
            places.append(at)
        pins.append(_pin(refuting, theory, name, at, places.index(at)))
    return Pins(tuple(places), tuple(pins), tuple(sorted(statement.by_calculus))), refuting.calls


def _pin(refuting: Refuting, theory: PaperTheory, name: str, at: Mapping[str, tuple[Value, ...]], place: int) -> Pin:
    limited = name in with_limits(theory)

    def refuted(factor: Factor, *, correction: bool = False) -> bool:
        return refuting(altered(theory, name, factor, correction=correction))

    along = partial(refuted, correction=limited)
    several = {argument: values for argument, values in at.items() if len(values) > 1}
    up, down = _both_ways(refuted)
    return Pin(
        formula=name,
        up=up,
        down=down,
        place=place,
        added=_both_ways(along) if limited else None,
        slants={
            argument: _slanted(along, argument, values)
            for argument, values in several.items()
            if argument in DOUBLED and _ordered(values)
        },
        kinds={
            argument: _at_kinds(along, argument, values) for argument, values in several.items() if argument in KINDS
        },
    )


def _both_ways(refuted: Callable[[Factor], bool]) -> tuple[float | None, float | None]:
    """The least factors up and down."""
    return least_factor(lambda by: refuted(Constant(by))), least_factor(lambda by: refuted(Constant(1 / by)))


def least_factor(refuted: Callable[[float], bool]) -> float | None:
    """The least factor above 1 that is refuted, to 2 % of its logarithm; None if no large one is."""
    if not refuted(LARGEST):
        return None
    low, high = math.log(LEAST), math.log(math.log(LARGEST))
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if refuted(math.exp(math.exp(middle))) else (middle, high)
    return math.exp(math.exp(high))


def _slanted(refuted: Callable[[Factor], bool], argument: str, values: Sequence[Value]) -> tuple[Anchors, Anchors]:
    """Where a slant of an argument with several values, upward and downward, may be right without being refuted."""
    first, last = float(values[0]), float(values[-1])

    def kept(*, rises: bool) -> Anchors:
        return anchors_kept(lambda at: refuted(Slant(argument, at, rises=rises)), first, last)

    return kept(rises=True), kept(rises=False)


def anchors_kept(refuted: Callable[[float], bool], first: float, last: float) -> Anchors:
    """The values between which a slant may be right and not be refuted, of one that is read from `first` to `last`.

    One that is refuted at both ends and halfway is refuted wherever it is right; one that is right farther outside is
    farther off everywhere.
    """
    ends, middle = (refuted(first), refuted(last)), refuted(math.sqrt(first * last))
    if all((*ends, middle)):
        return None
    low = first if ends[0] else first / _reach(lambda by: refuted(first / by))
    high = last if ends[1] else last * _reach(lambda by: refuted(last * by))
    return low, high


def _reach(refuted: Callable[[float], bool]) -> float:
    """How far out an anchor must lie for its slant to be refuted: a factor, the largest that is tried if it is not."""
    low, high = 0.0, POWER_OF_LARGEST
    if not refuted(math.exp(high)):
        return math.inf
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if refuted(math.exp(middle)) else (middle, high)
    return math.exp(high)


def _at_kinds(refuted: Callable[[Factor], bool], argument: str, values: Sequence[Value]) -> dict[str, Sides]:
    kinds = dict.fromkeys(kind_of(argument, value) for value in values)
    return {kind: (refuted(AtKind(argument, kind, OFF)), refuted(AtKind(argument, kind, 1 / OFF))) for kind in kinds}


def _ordered(values: Sequence[Value]) -> bool:
    return all(isinstance(value, float) and 0 < value < math.inf for value in values)


def _values(theory: PaperTheory, name: str, read: Sequence[Place]) -> dict[str, tuple[Value, ...]]:
    """The values that each argument takes where a formula is read, in order."""
    names = parameters(theory, name)
    found = [values_at(names, place) for place in read]
    return {
        argument: tuple(sorted({one[argument] for one in found}, key=str if argument == "architecture" else float))
        for argument in found[0]
    }
