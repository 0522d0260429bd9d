"""A baseline: what a comparison needs of a report, small and one finding a line, so that changes of it can be read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mfcheck.findings.snapshot import devices_of

HEAD = (
    "schema",
    "mfcheck",
    "created",
    "seed",
    "level",
    "alpha",
    "theory",
    "architectures",
    "dataset",
    "environment",
    "full",
    "narrowed",
    "verdict",
)
FINDING = (
    "cell",
    "engine",
    "verdict",
    "statistic",
    "estimate",
    "interval",
    "reference",
    "region",
    "alpha",
    "draws",
    "expected",
    "explored",
)
TWIN = ("name", "formula", "status", "killed_by", "reason")


def baseline_text(report: Mapping[str, Any]) -> str:
    """The text of a baseline; the same for the same report."""
    return _text(reduced(report)) + "\n"


def reduced(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what no comparison reads: the curves, commands and parameters of its findings."""
    theorems = [
        {
            **theorem,
            "claims": [
                {**claim, "findings": [_only(FINDING, finding) for finding in claim["findings"]]}
                for claim in theorem["claims"]
            ],
        }
        for theorem in report["theorems"]
    ]
    twins = [_only(TWIN, twin) for twin in report.get("mutants") or []]
    return _only(HEAD, report) | {"devices": devices_of(report), "theorems": theorems, "mutants": twins}


def _only(names: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}


def _text(value: Any, indent: str = "") -> str:
    """JSON in which whatever holds no object stands on one line."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not any(_holds_object(part) for part in parts):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = f"{indent} "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(name, ensure_ascii=False)}: {_text(part, inner)}" for name, part in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _text(part, inner) for part in value) + f"\n{indent}]"


def _holds_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_holds_object, value)))
