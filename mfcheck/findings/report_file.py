"""A report or baseline read from a file: strict JSON of a bounded size, checked field by field before it is used."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mfcheck.findings.coverage_shape import check_coverage
from mfcheck.findings.record import SCHEMA
from mfcheck.findings.report_shape import check_report, check_twins
from mfcheck.given import read_file, reason, shown

MOST_BYTES, MOST_VALUES = 2**26, 2_000_000
"""Forty times what a report of the whole suite takes; values are lists, objects and what stands in them."""
LONGEST_NUMBER = 40
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
READABLE = (1, SCHEMA)
"""The schemas there have been; findings of the first name no regime."""
HOW = "write one with: mfcheck baseline reports/report.json -o FILE"
RUN = "run pytest claims first"


def read_report(path: Path, cure: str = HOW) -> dict[str, Any]:
    """A whole report as plain data; ValueError, in one sentence that ends in the `cure`, for a file of another kind or
    schema, or damaged."""
    name, report = str(path), _document(path, cure)
    if "schema" not in report or "theorems" not in report:
        raise ValueError(f"{name!r} is no report of mfcheck: it has no schema or no theorems; {cure}")
    if not _readable(report["schema"]):
        known = " and ".join(map(str, READABLE))
        raise ValueError(f"{name!r} has schema {shown(report['schema'])}, this version reads schemas {known}; {cure}")
    return _checked(check_report, report, name, cure)


def read_twins(path: Path) -> dict[str, Any]:
    """What a report says of the wrong twins and of the claims they were tried on; ValueError as for a whole report."""
    name, report = str(path), _document(path, RUN)
    if "mutants" not in report or not _readable(report.get("schema", SCHEMA)):
        raise ValueError(f"report {name!r} holds no wrong twins; it is no report.json of this version; {RUN}")
    return _checked(check_twins, _part(report, "schema", "mutants", "theorems", "full"), name, RUN)


def read_coverage(path: Path) -> dict[str, Any]:
    """What a report says of the coverage of its theory, and no more of it; ValueError as for a whole report."""
    name, report = str(path), _document(path, RUN)
    if "coverage" not in report or not _readable(report.get("schema", SCHEMA)):
        raise ValueError(f"report {name!r} holds no coverage; it is no report.json of this version; {RUN}")
    return _checked(check_coverage, _part(report, "schema", "coverage", "full"), name, RUN)


def _part(report: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: report[name] for name in names if name in report}


def _readable(schema: Any) -> bool:
    return type(schema) is int and schema in READABLE


def _checked(check: Callable[[Any], None], report: dict[str, Any], name: str, cure: str) -> dict[str, Any]:
    try:
        check(report)
    except ValueError as error:
        raise ValueError(f"{name!r} is a damaged report ({reason(error)}); {cure}") from None
    return report


def _document(path: Path, cure: str) -> dict[str, Any]:
    """The JSON object in a file."""
    name = str(path)
    try:
        content = read_file(path, MOST_BYTES)
    except (OSError, ValueError) as error:
        raise ValueError(f"{name!r} cannot be read ({reason(error)}); {cure}") from None
    try:
        found = parsed(content)
    except RecursionError:
        raise ValueError(f"{name!r} is not JSON of a report: it is nested too deeply; {cure}") from None
    except MemoryError:
        raise ValueError(f"{name!r} cannot be read: it does not fit in memory; {cure}") from None
    except ValueError as error:
        raise ValueError(f"{name!r} is not JSON, or was cut short ({reason(error)}); {cure}") from None
    if not isinstance(found, dict):
        raise ValueError(
            f"{name!r} is no report of mfcheck: it holds {kind_of(found)} where an object should be; {cure}"
        )
    return found


def parsed(content: bytes) -> Any:
    """JSON as RFC 8259 has it, without names that stand twice, numbers that are none or too long, or half characters.

    Raises ValueError, or RecursionError. Values are counted before any is made: a list takes many times its text.
    """
    if (values := sum(content.count(mark) for mark in (b",", b"[", b"{"))) > MOST_VALUES:
        raise ValueError(f"it holds some {values:,} values, of which {MOST_VALUES:,} are allowed")
    found = json.loads(
        content.decode("utf-8"),
        parse_int=_whole,
        parse_float=_number,
        parse_constant=_constant,
        object_pairs_hook=_object,
    )
    if SURROGATE.search(content):
        _refuse_half_characters(found)
    return found


def kind_of(value: object) -> str:
    """What JSON calls a value."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text):,} digits stands in it")
    return int(text)


def _number(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not math.isfinite(value := float(text)):
        raise ValueError(f"the number {shown(text)} is too large or too long")
    return value


def _constant(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {shown(twice)} stands twice in one object")
    return found


def _refuse_half_characters(found: Any) -> None:
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError(f"the text {shown(value)} holds half a character")
