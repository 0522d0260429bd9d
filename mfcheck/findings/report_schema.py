"""The JSON schema of report.json, which ships beside this module, and reports held against it."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from mfcheck.findings.record import SCHEMA
from mfcheck.findings.report_file import read_report
from mfcheck.findings.wording import cut
from mfcheck.given import shown

FILE = "report.json"
RUN = "make one with: pytest claims --mf-report FOLDER"


@cache
def report_schema() -> dict[str, Any]:
    """The schema, of JSON Schema's draft 2020-12."""
    found: dict[str, Any] = json.loads(files("mfcheck.findings").joinpath("report.schema.json").read_text("utf-8"))
    return found


def problem_of(report: Any) -> str:
    """What of a report is not as its schema has it, in a few words with its place; empty where nothing is."""
    error = best_match(Draft202012Validator(report_schema()).iter_errors(report))
    if error is None:
        return ""
    place = "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in error.absolute_path)
    return f"{place.lstrip('.') or 'the report'}: {cut(error.message, 200)}"


def whole_report(place: Path) -> dict[str, Any]:
    """The report.json in a folder, or of that name, whole and of the present schema; ValueError, in one sentence."""
    path = place / FILE if place.is_dir() else place
    report = read_report(path, RUN)
    if report["schema"] != SCHEMA:
        raise ValueError(
            f"{str(path)!r} has schema {shown(report['schema'])}, of which no pages are made any more, but of schema "
            f"{SCHEMA}; {RUN}"
        )
    if problem := problem_of(report):
        raise ValueError(f"{str(path)!r} is no whole report ({problem}); {RUN}")
    return report
