"""The coverage of a theory as report.json holds it, and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mfcheck.findings.coverage import Covered, Least, Row
from mfcheck.theory.arguments import Value

INFINITY = "∞"


def plain_coverage(covered: Sequence[Covered]) -> list[dict[str, Any]]:
    """The coverage in JSON's own types, ∞ as text."""
    return [_plain(one) for one in covered]


def coverage_of(report: Mapping[str, Any]) -> list[Covered]:
    """The coverage that a report holds; none of a report from before there was any."""
    return [_covered(one) for one in report.get("coverage") or []]


def _plain(covered: Covered) -> dict[str, Any]:
    plain = asdict(covered)
    for row in plain["rows"]:
        row["values"] = [INFINITY if value == math.inf else value for value in row["values"]]
        row["holes"] = list(row["holes"])
    plain["rows"] = list(plain["rows"])
    return plain


def _covered(plain: Mapping[str, Any]) -> Covered:
    rows = tuple(
        Row(
            argument=row["argument"],
            values=tuple(map(_value, row["values"])),
            twins=row["twins"],
            holes=tuple(row["holes"]),
            least=_least(row["least"]),
            declared=row["declared"],
        )
        for row in plain["rows"]
    )
    return Covered(plain["formula"], plain["findings"], _least(plain["exact"]), _least(plain["sampled"]), rows)


def _least(plain: Mapping[str, Any] | None) -> Least | None:
    return None if plain is None else Least(plain["factor"], plain["claim"], plain["cell"], plain["engine"])


def _value(plain: float | str) -> Value:
    return math.inf if plain == INFINITY else plain if isinstance(plain, str) else float(plain)
