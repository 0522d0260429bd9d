"""The coverage of a theory: how every formula is pinned down along every argument, and where it is not.

As code has lines that no test runs, a theory has arguments that no finding varies: a formula that forgets one is right
in all cells. A hole is a wrong formula that no finding of the run refutes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mfcheck.findings.pins import FACTOR, pins_of
from mfcheck.findings.sections import section_of
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import PaperTheory
from mfcheck.theory.arguments import DOUBLED, KINDS, Value, arguments_of, formulas, kind_of, parameters
from mfcheck.theory.domains import Domain, domain_of
from mfcheck.theory.slants import OFF, POWER, slant_factor
from mfcheck.verdict import Verdict

EXACT, SAMPLED = "exact", "sampled"
"""Engines that draw an exact law free of the width, and those that draw networks."""


@dataclass(frozen=True)
class Sighting:
    """One formula as one finding pins it down."""

    claim: str
    cell: str
    engine: str
    up: float
    down: float
    at: Mapping[str, Sequence[Value]]
    slants: Mapping[str, Sequence[Sequence[float | None] | None]]
    kinds: Mapping[str, Mapping[str, Sequence[bool]]]
    by_calculus: Sequence[str]


@dataclass(frozen=True)
class Least:
    """The least factor by which a formula may be wrong, either way, and be refuted, and the finding that refutes it."""

    factor: float
    claim: str
    cell: str
    engine: str


@dataclass(frozen=True)
class Row:
    """A formula along one argument: the values that findings saw, what became of its wrong twins, and why none is
    needed, where one declares that."""

    argument: str
    values: tuple[Value, ...]
    twins: int
    holes: tuple[str, ...]
    least: Least | None
    declared: str


@dataclass(frozen=True)
class Covered:
    """A formula: the least wrong constants by kind of engine, and a row for every argument."""

    formula: str
    findings: int
    exact: Least | None
    sampled: Least | None
    rows: tuple[Row, ...]

    @property
    def holes(self) -> tuple[str, ...]:
        """Every wrong twin of its arguments that no finding refutes."""
        return tuple(chain.from_iterable(row.holes for row in self.rows))


def coverage(theory: PaperTheory, findings: Iterable[Mapping[str, Any]]) -> list[Covered]:
    """The coverage of all formulas of a theory by findings as plain data."""
    sightings: dict[str, list[Sighting]] = {name: [] for name in formulas(theory)}
    for name, sighting in chain.from_iterable(map(_sightings, findings)):
        if name in sightings:
            sightings[name].append(sighting)
    return [_covered(theory, name, seen) for name, seen in sightings.items()]


def holes(covered: Iterable[Covered]) -> list[str]:
    """Every wrong formula that no finding refutes, in words."""
    return [hole for one in covered for hole in one.holes]


def _sightings(finding: Mapping[str, Any]) -> Iterator[tuple[str, Sighting]]:
    """What a finding says of each formula; nothing where it does not gate, hold, or rests on what is granted."""
    bears = section_of(finding["claim"]).gates and finding["verdict"] == Verdict.SUPPORTED
    if not bears or finding["parameters"].get("architecture") not in ARCHITECTURES:
        return
    pins = pins_of(finding)
    for pin in pins["pins"]:
        at = {
            argument: [_number(value) for value in values] for argument, values in pins["places"][pin["place"]].items()
        }
        yield (
            pin["formula"],
            Sighting(
                claim=finding["claim"],
                cell=finding["cell"],
                engine=EXACT if finding["engine"] == "wishart" else SAMPLED,
                up=pin["up"] or math.inf,
                down=pin["down"] or math.inf,
                at=at,
                slants=pin["slants"],
                kinds=pin["kinds"],
                by_calculus=pins["by_calculus"],
            ),
        )


def _number(value: object) -> Value:
    """A value of an argument as JSON holds it, where ∞ is null."""
    return value if isinstance(value, str) else math.inf if value is None else float(value)  # type: ignore[arg-type]


def _covered(theory: PaperTheory, formula: str, seen: Sequence[Sighting]) -> Covered:
    domain = domain_of(type(theory), formula)
    rows = (_row(formula, argument, domain, seen) for argument in arguments_of(parameters(theory, formula)))
    engines = ([one for one in seen if one.engine == engine] for engine in (EXACT, SAMPLED))
    exact, sampled = (_least(of, FACTOR, domain) for of in engines)
    return Covered(formula, len(seen), exact, sampled, tuple(rows))


def _row(formula: str, argument: str, domain: Domain, seen: Sequence[Sighting]) -> Row:
    counted = [one for one in seen if argument not in one.by_calculus]
    values = sorted({value for one in counted for value in one.at[argument]})
    declared = domain.reason(argument)
    twins = [] if declared else list(chain(_slants(argument, values, domain), _kinds(argument, domain)))
    holes = tuple(f"{formula} {says}" for says, refutes in twins if not any(map(refutes, counted)))
    if (
        not declared
        and argument in DOUBLED
        and len(_positive(values)) < 2
        and not any(argument in one.slants for one in counted)
    ):
        holes += (f"{formula}: {_told(argument, values)}",)
    return Row(argument, tuple(values), len(twins), holes, _least(counted, argument, domain), declared)


Twin = tuple[str, Callable[[Sighting], bool]]


def _slants(argument: str, values: Sequence[Value], domain: Domain) -> Iterator[Twin]:
    """Slanted twins: right at each value that was seen, a quarter off at twice it, to either side.

    Of a bound from above what is slanted upward is true, and is taken as it is: so only values where it is too low
    can refute it, and where none was seen it is no twin.
    """
    if argument not in DOUBLED:
        return
    for anchor in _positive(values):
        for rises in (True, False):
            lower = [one for one in _positive(values) if slant_factor(one, anchor, rises=rises) < 1]
            if (domain.bound and not lower) or len(_positive(values)) < 2:
                continue
            says = f"× ({argument}/{anchor:g})^{'' if rises else '−'}{POWER:.2f}"
            yield says, _SlantedBy(argument, anchor, rises, domain.bound)


@dataclass(frozen=True)
class _SlantedBy:
    """Whether a finding refutes a slanted twin."""

    argument: str
    anchor: float
    rises: bool
    bound: bool

    def __call__(self, one: Sighting) -> bool:
        if self.argument in one.slants:
            return not _between(self.anchor, one.slants[self.argument][0 if self.rises else 1])
        values = one.at[self.argument]
        if len(values) != 1:
            return False
        return _refuted(one, slant_factor(float(values[0]), self.anchor, rises=self.rises), self.bound)


def _between(anchor: float, kept: Sequence[float | None] | None) -> bool:
    """Whether a slant that is right at the anchor is not refuted; JSON has no ∞, and null in its place."""
    return kept is not None and (kept[0] or 0.0) <= anchor <= (math.inf if kept[1] is None else kept[1])


def _kinds(argument: str, domain: Domain) -> Iterator[Twin]:
    """Twins that are wrong at one kind of values alone, by a quarter to either side, of a bound downward alone."""
    for kind in KINDS.get(argument, ()):
        if not domain.reason(argument, kind):
            for factor in (1 / OFF,) if domain.bound else (OFF, 1 / OFF):
                yield f"× {factor:g} where {argument} is {kind}", _WrongAt(argument, kind, factor, domain.bound)


@dataclass(frozen=True)
class _WrongAt:
    """Whether a finding refutes a twin that is wrong at one kind of values."""

    argument: str
    kind: str
    factor: float
    bound: bool

    def __call__(self, one: Sighting) -> bool:
        if self.argument in one.kinds:
            sides = one.kinds[self.argument].get(self.kind, (False, False))
            return sides[0 if self.factor > 1 else 1]
        there = {kind_of(self.argument, value) for value in one.at[self.argument]} == {self.kind}
        return there and _refuted(one, self.factor, self.bound)


def _refuted(one: Sighting, factor: float, bound: bool) -> bool:
    """Whether a finding refutes a formula that is so many times too large in its place; of a bound, too small alone."""
    if factor > 1:
        return not bound and one.up <= factor
    return one.down <= 1 / factor


def _least(seen: Sequence[Sighting], argument: str, domain: Domain) -> Least | None:
    def worst(one: Sighting) -> float:
        return one.down if domain.bound else max(one.up, one.down)

    counted = [one for one in seen if argument not in one.by_calculus and FACTOR not in one.by_calculus]
    best = min(counted, key=worst, default=None)
    if best is None or math.isinf(worst(best)):
        return None
    return Least(worst(best), best.claim, best.cell, best.engine)


def _positive(values: Iterable[Value]) -> list[float]:
    return [float(value) for value in values if isinstance(value, float) and 0 < value < math.inf]


def _told(argument: str, values: Sequence[Value]) -> str:
    seen = " and ".join(f"{value:g}" if isinstance(value, float) else value for value in values)
    return f"seen at {argument} = {seen} alone" if values else f"no finding of {argument}"
