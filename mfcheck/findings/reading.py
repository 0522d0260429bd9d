"""A report's plain data read into typed records, once; what an older report does not hold has a default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from mfcheck.findings.compared import as_comparison
from mfcheck.findings.coverage_record import coverage_of
from mfcheck.findings.finding import Curve, Finding, Margin
from mfcheck.findings.parts import Off, Part
from mfcheck.findings.report import (
    ChangedFormula,
    ChangedVerdict,
    Changes,
    ClaimRecord,
    Dataset,
    Declared,
    Failure,
    File,
    Report,
    Separating,
    TheoremRecord,
    Twin,
)
from mfcheck.theory.consistency import Contradiction
from mfcheck.verdict import Verdict

Plain = Mapping[str, Any]
Record = TypeVar("Record")
AS_THEY_ARE = (
    *("cell", "figure", "engine", "parameters", "reproduce", "decides", "regime", "caveat", "reason", "statistic"),
    *("alpha", "draws", "looks", "breaks", "side", "resolution", "absolute", "seconds", "expected", "instead"),
    *("paper_verdict", "repairs"),
)
"""Fields of a finding that JSON holds as they are."""
NAMES = ("holds_instead", "twins_seen", "twins_refuted", "changes_seen", "changes_told", "paper_instead")
OF_A_RUN = (
    *("verdict", "schema", "mfcheck", "created", "environment", "seed", "level", "alpha", "family_error_bound"),
    *("theory", "full", "narrowed"),
)


def report_of(plain: Plain) -> Report:
    """The report that a report.json of any schema holds, or that a run has just made."""
    changes = plain.get("theory_changes")
    report = Report(
        **_kept(plain, OF_A_RUN),
        theorems=tuple(map(_theorem, plain["theorems"])),
        architectures=tuple(plain.get("architectures", ())),
        dataset=_dataset(plain.get("dataset", {"name": ""})),
        twins=tuple(_made(Twin, twin) for twin in plain.get("mutants") or ()),
        coverage=tuple(coverage_of(plain)),
        changes=_changes(changes) if changes else None,
        expectations=tuple(_made(Declared, one) for one in plain.get("expectations") or ()),
        separating=tuple(_made(Separating, one) for one in plain.get("separating") or ()),
        comparison=as_comparison(plain["comparison"]) if plain.get("comparison") else None,
    )
    return replace(report, twins=(), coverage=()) if report.of_own_networks else report


def claim_of(plain: Plain) -> ClaimRecord:
    """A claim of a report."""
    id, says = str(plain["id"]), str(plain.get("says", ""))
    return ClaimRecord(
        id=id,
        says=says,
        verdict=plain.get("verdict", ""),
        where=plain.get("where", ""),
        findings=tuple(finding_of(one, id, says) for one in plain.get("findings", ())),
        errors=tuple(_made(Failure, one) for one in plain.get("errors", ())),
    )


def bare_report_of(plain: Plain) -> Report:
    """What a report holds of wrong twins and coverage, and its claims by name: all that their tables read."""
    theorems = [{"claims": [{"id": claim["id"]} for claim in one["claims"]]} for one in plain.get("theorems", ())]
    kept = _kept(plain, ("mutants", "coverage", "full"))
    return report_of({**kept, "theorems": [{"id": "", **one} for one in theorems]})


def finding_of(plain: Plain, claim: str = "", says: str = "") -> Finding:
    """A finding of a report, with the claim that it stands under; numbers that are null become NaN."""
    curve, margin = plain.get("curve"), plain.get("margin") or {}
    values: dict[str, Any] = {"parameters": {}, "figure": "", "reproduce": ""} | _kept(plain, AS_THEY_ARE)
    return Finding(
        **values | {name: tuple(plain.get(name) or ()) for name in NAMES},
        claim=claim,
        says=says,
        verdict=Verdict(plain["verdict"]),
        estimate=_number(plain.get("estimate")),
        interval=_pair(plain.get("interval")),
        reference=_number(plain.get("reference")),
        region=_pair(plain.get("region")),
        margin=Margin(
            _number(margin.get("finite_width", 0)), _number(margin.get("discrepancy", 0)), margin.get("origin", "")
        ),
        curve=_curve(curve) if curve else None,
    )


def _theorem(plain: Plain) -> TheoremRecord:
    return TheoremRecord(
        **_kept(plain, ("id", "title", "verdict", "says")),
        claims=tuple(map(claim_of, plain["claims"])),
        parts=tuple(map(_part, plain.get("parts", ()))),
    )


def _part(plain: Plain) -> Part:
    values = _kept(plain, ("regime", "findings", "supported", "refuted", "bearing", "instead"))
    off = plain.get("off")
    spread = Off(off["low"], off["median"], off["high"], off["reference"]) if off else None
    return Part(**values, verdict=Verdict(plain["verdict"]), caveats=tuple(plain["caveats"]), off=spread)


def _curve(plain: Plain) -> Curve:
    """A curve; reports of an early day hold laws without their kind."""
    lines = {name: _numbers(plain.get(name)) for name in ("x", "measured", "predicted", "exact", "flips")}
    more = {name: _numbers(values) for name, values in (plain.get("series") or {}).items()}
    return Curve(plain.get("kind", "law"), plain.get("x_label", "x"), **lines, draws=plain["draws"], series=more)


def _dataset(plain: Plain) -> Dataset:
    return Dataset(plain["name"], plain.get("norm", ""), tuple(_made(File, file) for file in plain.get("files", ())))


def _changes(plain: Plain) -> Changes:
    formulas = (_made(ChangedFormula, one) for one in plain.get("formulas", ()))
    verdicts = (_made(ChangedVerdict, one) for one in plain.get("verdicts", ()))
    broken = (_made(Contradiction, one) for one in plain.get("contradictions", ()))
    return Changes(tuple(formulas), tuple(verdicts), tuple(plain.get("unjudged", ())), tuple(broken))


def _made(kind: type[Record], plain: Plain) -> Record:
    """A record of the fields that it knows; null stands for its default, and lists become tuples."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in plain.items() if name in known and value is not None}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def _kept(plain: Plain, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: plain[name] for name in names if name in plain}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(map(_number, values or ()))


def _pair(values: Any) -> tuple[float, float]:
    low, high = map(_number, values or (None, None))
    return low, high
