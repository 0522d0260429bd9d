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
from mfcheck.findings.regimes import is_granted
from mfcheck.findings.sections import section_of
from mfcheck.findings.sightings import Sighting, Slanted, WrongAt, positive, slanted_twins, twins_of_kinds
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import PaperTheory
from mfcheck.theory.arguments import DOUBLED, Value, arguments_of, formulas, parameters
from mfcheck.theory.domains import Domain, domain_of
from mfcheck.theory.slants import OFF
from mfcheck.theory.twins import with_limits
from mfcheck.verdict import Verdict

EXACT, SAMPLED = "exact", "sampled"
"""Engines that draw an exact law free of the width, and those that draw networks."""


@dataclass(frozen=True)
class Least:
    """The least factor by which a formula may be wrong and be refuted, and the finding that refutes it."""

    factor: float
    claim: str
    cell: str
    engine: str


@dataclass(frozen=True)
class Row:
    """A formula along one argument: the values that findings saw, what became of its wrong twins, and why none is
    needed, where one declares that.

    `least` is how far off at twice the argument, or at one kind of its values, the hardest of these twins must be to be
    refuted; None where one is not.
    """

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
    granted = is_granted(str(finding.get("caveat", "")))
    if not bears or granted or finding["parameters"].get("architecture") not in ARCHITECTURES:
        return
    pins = pins_of(finding)
    for pin in pins["pins"]:
        up, down = _factors((pin["up"], pin["down"]))
        at = {
            argument: [_number(value) for value in values] for argument, values in pins["places"][pin["place"]].items()
        }
        yield (
            pin["formula"],
            Sighting(
                claim=finding["claim"],
                cell=finding["cell"],
                engine=EXACT if finding["engine"] == "wishart" else SAMPLED,
                up=up,
                down=down,
                along=_factors(pin["added"]) if pin.get("added") else (up, down),
                at=at,
                slants=pin["slants"],
                kinds=pin["kinds"],
                by_calculus=pins["by_calculus"],
            ),
        )


def _factors(pair: Sequence[float | None]) -> tuple[float, float]:
    """Least factors up and down as JSON holds them, where ∞ is null."""
    up, down = pair
    return up or math.inf, down or math.inf


def _number(value: object) -> Value:
    """A value of an argument as JSON holds it, where ∞ is null."""
    return value if isinstance(value, str) else math.inf if value is None else float(value)  # type: ignore[arg-type]


def _covered(theory: PaperTheory, formula: str, seen: Sequence[Sighting]) -> Covered:
    domain = domain_of(type(theory), formula)
    what = f"{formula}, what the width adds" if formula in with_limits(theory) else formula
    rows = (_row(what, argument, domain, seen) for argument in arguments_of(parameters(theory, formula)))
    engines = ([one for one in seen if one.engine == engine] for engine in (EXACT, SAMPLED))
    exact, sampled = (_constant(of, domain) for of in engines)
    return Covered(formula, len(seen), exact, sampled, tuple(rows))


def _row(what: str, argument: str, domain: Domain, seen: Sequence[Sighting]) -> Row:
    counted = [one for one in seen if argument not in one.by_calculus]
    values = sorted({value for one in counted for value in one.at[argument]})
    declared = domain.reason(argument)
    twins: list[Slanted | WrongAt] = (
        [] if declared else [*slanted_twins(argument, values, domain), *twins_of_kinds(argument, domain)]
    )
    least = [(twin, _least(counted, twin.least)) for twin in twins]
    holes = [f"{what} {twin}" for twin, found in least if found is None or found.factor > OFF]
    alone = len(positive(values)) < 2 and not any(argument in one.slants for one in counted)
    if not declared and argument in DOUBLED and alone:
        holes.append(f"{what}: {_told(argument, values)}")
    hardest = None if holes else max((found for _, found in least if found), key=lambda one: one.factor, default=None)
    return Row(argument, tuple(values), len(twins), tuple(holes), hardest, declared)


def _least(seen: Sequence[Sighting], of: Callable[[Sighting], float]) -> Least | None:
    """The finding that refutes the least; None if none does."""
    best = min(seen, key=of, default=None)
    if best is None or math.isinf(factor := of(best)):
        return None
    return Least(factor, best.claim, best.cell, best.engine)


def _constant(seen: Sequence[Sighting], domain: Domain) -> Least | None:
    """The least wrong constant, either way, that is refuted by findings in which no calculus enters it."""
    counted = [one for one in seen if FACTOR not in one.by_calculus]
    return _least(counted, lambda one: one.down if domain.bound else max(one.up, one.down))


def _told(argument: str, values: Sequence[Value]) -> str:
    seen = " and ".join(f"{value:g}" if isinstance(value, float) else value for value in values)
    return f"seen at {argument} = {seen} alone" if values else f"no finding of {argument}"
