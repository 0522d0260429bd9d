"""What single findings say of a formula, and the formulas wrong along one argument that they are held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mfcheck.theory.arguments import DOUBLED, KINDS, Value, kind_of
from mfcheck.theory.domains import Domain
from mfcheck.theory.slants import OFF, POWER, slant_factor

FARTHEST = 100.0
"""The logarithm of the largest factor that is told from none."""


@dataclass(frozen=True)
class Sighting:
    """One formula as one finding pins it down: by a constant factor `up` and `down`, and by one along an argument,
    which of a formula with a limit as the width grows is one of what the width adds."""

    claim: str
    cell: str
    engine: str
    up: float
    down: float
    along: tuple[float, float]
    at: Mapping[str, Sequence[Value]]
    slants: Mapping[str, Sequence[Sequence[float | None] | None]]
    kinds: Mapping[str, Mapping[str, Sequence[bool]]]
    by_calculus: Sequence[str]


@dataclass(frozen=True)
class Slanted:
    """A formula that is right at one value of an argument, and a quarter off at twice it."""

    argument: str
    anchor: float
    rises: bool
    bound: bool

    def __str__(self) -> str:
        return f"× ({self.argument}/{self.anchor:g})^{'' if self.rises else '−'}{POWER:.2f}"

    def least(self, one: Sighting) -> float:
        """How far off at twice the argument it would have to be for a finding to refute it."""
        if self.argument in one.slants:
            kept = one.slants[self.argument][0 if self.rises else 1]
            return math.inf if _between(self.anchor, kept) else OFF
        values = one.at[self.argument]
        if len(values) != 1 or values[0] in (0.0, self.anchor):
            return math.inf
        doublings = abs(math.log2(float(values[0]) / self.anchor))
        high = (float(values[0]) > self.anchor) == self.rises
        return math.exp(min(math.log(_threshold(one, high, self.bound)) / doublings, FARTHEST))


def slanted_twins(argument: str, values: Sequence[Value], domain: Domain) -> Iterator[Slanted]:
    """Slanted twins: right at each value that was seen.

    Of a bound from above what is slanted upward is true, and is taken as it is: so only values where it is too low
    can refute it, and where none was seen at which it is a quarter too low it is no twin.
    """
    seen = positive(values) if argument in DOUBLED else []
    for anchor in seen if len(seen) > 1 else []:
        for rises in (True, False):
            lower = any(slant_factor(one, anchor, rises=rises) * OFF < 1 + 1e-9 for one in seen)
            if lower or not domain.bound:
                yield Slanted(argument, anchor, rises, domain.bound)


@dataclass(frozen=True)
class WrongAt:
    """A formula that is wrong at one kind of values of an argument alone."""

    argument: str
    kind: str
    high: bool
    bound: bool

    def __str__(self) -> str:
        return f"× {OFF if self.high else 1 / OFF:g} where {self.argument} is {self.kind}"

    def least(self, one: Sighting) -> float:
        """How far off it would have to be there for a finding to refute it."""
        if self.argument in one.kinds:
            sides = one.kinds[self.argument].get(self.kind, (False, False))
            return OFF if sides[0 if self.high else 1] else math.inf
        there = {kind_of(self.argument, value) for value in one.at[self.argument]} == {self.kind}
        return _threshold(one, self.high, self.bound) if there else math.inf


def twins_of_kinds(argument: str, domain: Domain) -> Iterator[WrongAt]:
    """Twins that are wrong at one kind of values alone, to either side, of a bound downward alone."""
    for kind in KINDS.get(argument, ()):
        if not domain.reason(argument, kind):
            for high in (False,) if domain.bound else (True, False):
                yield WrongAt(argument, kind, high, domain.bound)


def _between(anchor: float, kept: Sequence[float | None] | None) -> bool:
    """Whether a slant that is right at the anchor is not refuted; JSON has no ∞, and null in its place."""
    return kept is not None and (kept[0] or 0.0) <= anchor <= (math.inf if kept[1] is None else kept[1])


def _threshold(one: Sighting, high: bool, bound: bool) -> float:
    """The least factor that a finding refutes of what is too large, which no bound can be, or too small."""
    up, down = one.along
    return down if not high else math.inf if bound else up


def positive(values: Iterable[Value]) -> list[float]:
    return [float(value) for value in values if isinstance(value, float) and 0 < value < math.inf]
