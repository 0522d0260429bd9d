"""A baseline: what comparing and pooling need of a report, small and one finding a line, to be kept and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mfcheck.findings.report_text import report_text
from mfcheck.findings.snapshot import devices_of

HEAD = (
    "schema",
    "mfcheck",
    "created",
    "seed",
    "level",
    "alpha",
    "family_error_bound",
    "theory",
    "theory_code",
    "architectures",
    "architecture_code",
    "dataset",
    "environment",
    "full",
    "narrowed",
    "selection",
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
    "regime",
    "caveat",
)
THEOREM, CLAIM, ERROR = ("id", "title", "verdict"), ("id", "says", "verdict"), ("cell", "message")
DATASET, FILE = ("name", "norm"), ("file", "sha256", "origin", "note")
TWIN = ("name", "formula", "status", "killed_by", "reason")


def baseline_text(report: Mapping[str, Any]) -> str:
    """The text of a baseline; the same for the same report."""
    return report_text(reduced(report)) + "\n"


def reduced(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report without what no comparison or pooling reads: the curves, commands and parameters of its findings."""
    kept = _only(HEAD, report) | {"devices": devices_of(report)}
    kept["dataset"] = _kept(report["dataset"], DATASET, files=lambda file: _only(FILE, file))
    kept["theorems"] = [_kept(theorem, THEOREM, claims=_claim) for theorem in report["theorems"]]
    kept["mutants"] = [_only(TWIN, twin) for twin in report.get("mutants") or []]
    return kept


def _claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    return _kept(claim, CLAIM, findings=lambda one: _only(FINDING, one), errors=lambda one: _only(ERROR, one))


def _kept(values: Mapping[str, Any], names: tuple[str, ...], **lists: Callable[[Any], Any]) -> dict[str, Any]:
    """Those of the names, and the named lists with each of their entries reduced, all in the order that they had."""
    found = {name: value for name, value in values.items() if name in names or name in lists}
    return found | {name: [reduce(entry) for entry in values[name]] for name, reduce in lists.items()}


def _only(names: tuple[str, ...], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
