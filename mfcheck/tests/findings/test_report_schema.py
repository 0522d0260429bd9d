"""report.json has a schema that ships: whole reports are as it says, and whatever lacks a field is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mfcheck.findings.finding import Curve, Finding, Margin
from mfcheck.findings.record import SCHEMA
from mfcheck.findings.report import Separating
from mfcheck.findings.report_schema import problem_of, report_schema, whole_report
from mfcheck.findings.report_text import report_text
from mfcheck.tests.support import whole_reports

WHOLE = whole_reports.whole_report(24)
WHOLE["theorems"] = [one for one in WHOLE["theorems"] if one["id"] in ("thm4.1", "thm5.4")]  # a curve, and regimes
OPTIONAL = ("narrowed", "theory_changes", "comparison", "separating", "explored")


def places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every field of every object that must be there."""
    if isinstance(value, dict):
        for name, one in value.items():
            free = place and place[-1] in (
                "parameters",
                "environment",
                "series",
                "instead",
                "places",
                "slants",
                "kinds",
            )
            if name not in OPTIONAL and not free:
                yield (*place, name)
            yield from places(one, (*place, name))
    elif isinstance(value, list):
        for number, one in enumerate(value[:2]):
            yield from places(one, (*place, number))


PLACES = list(places(WHOLE))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(report_schema())
    assert report_schema()["properties"]["schema"] == {"const": SCHEMA}


def test_a_whole_report_is_as_it_says() -> None:
    assert problem_of(WHOLE) == ""
    assert len(PLACES) > 150


@given(st.sampled_from(PLACES))
def test_a_report_without_a_field_is_not(place: tuple[str | int, ...]) -> None:
    mutated = copy.deepcopy(WHOLE)
    inner: Any = mutated
    for name in place[:-1]:
        inner = inner[name]
    del inner[place[-1]]
    assert problem_of(mutated), place


@given(st.sampled_from(PLACES))
def test_a_report_with_a_field_of_another_kind_is_not(place: tuple[str | int, ...]) -> None:
    mutated = copy.deepcopy(WHOLE)
    inner: Any = mutated
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = {"of": ["another", "kind"]}
    assert problem_of(mutated), place


@pytest.mark.parametrize(
    ("name", "kind", "apart"),
    [
        ("finding", Finding, {"claim", "says"}),
        ("margin", Margin, set()),
        ("curve", Curve, set()),
        ("separating", Separating, set()),
    ],
)
def test_it_has_every_field_of_the_records(name: str, kind: type, apart: set[str]) -> None:
    described = report_schema()["$defs"][name]
    assert set(described["required"]) == {one.name for one in fields(kind)} - apart


def test_a_whole_report_is_read_from_a_folder_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(report_text(WHOLE), encoding="utf-8")
    assert whole_report(tmp_path) == whole_report(tmp_path / "report.json") == json.loads(report_text(WHOLE))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 1}, "has schema 1, of which no pages are made any more, but of schema 2"),
        ({"schema": 99}, "has schema 99"),
        ({"alpha": "x"}, "alpha must be"),
        ({"coverage": [{"formula": "omega"}]}, "coverage"),
    ],
)
def test_an_older_or_damaged_report_gets_one_sentence(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    (tmp_path / "report.json").write_text(report_text(WHOLE | change), encoding="utf-8")
    with pytest.raises(ValueError, match=said) as caught:
        whole_report(tmp_path)
    assert str(caught.value).endswith("make one with: pytest claims --mf-report FOLDER")
    assert "\n" not in str(caught.value)


BROKEN = {"says": "a is b", "formulas": ["a", "b"], "failing": 1, "asked": 2, "where": "there", "sides": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("contradictions", "sound"),
    [
        ([], True),
        ([BROKEN], True),
        *(([BROKEN | {"sides": sides}], False) for sides in ([1.0], [1, 2, 3], ["a", "b"], [None, 1])),
        *(([BROKEN | {"formulas": formulas}], False) for formulas in ("abc", [1], None)),
        ([BROKEN | {"failing": "<b>"}], False),
        *((damaged, False) for damaged in (None, 3, "abc", [1], [{}])),
    ],
)
def test_contradictions_of_a_theory_are_read_strictly(contradictions: Any, sound: bool) -> None:
    changes = {"formulas": [], "verdicts": [], "unjudged": [], "contradictions": contradictions}
    assert (not problem_of(WHOLE | {"theory_changes": changes})) is sound
