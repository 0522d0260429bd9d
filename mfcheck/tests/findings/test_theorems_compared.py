"""A theorem's verdict that falls between two runs is a regression, and one that rises an improvement."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mfcheck.findings.snapshot import snapshot_of
from mfcheck.reporting.words.comparison_text import comparison_lines
from mfcheck.tests.support.compared_runs import Report, changes, claim, finding, held, plain_run, report

ORDER = ("refuted", "undecided", "holds in part", "supported")
WAS = {"holds in part": "held in part"}
IS = {"holds in part": "holds in part"}


def with_verdict(verdict: str, id: str = "thm5.4", **values: Any) -> Report:
    found = report(claim(f"{id}/law", finding("one")), **values)
    found["theorems"][0] |= {"id": id, "verdict": verdict}
    return found


@pytest.mark.parametrize(("before", "after"), list(product(ORDER, ORDER)))
def test_a_fall_is_a_regression_and_a_rise_an_improvement(before: str, after: str) -> None:
    comparison = held(with_verdict(before), with_verdict(after))
    if before == after:
        assert comparison.changes == ()
        return
    weight = "regression" if ORDER.index(after) < ORDER.index(before) else "improvement"
    assert changes(comparison) == {(weight, "verdict changed", "thm5.4", "")}
    said = f"{WAS.get(before, f'was {before}')} and {IS.get(after, f'is {after}')}"
    assert comparison.changes[0].says == said
    assert f"VERDICT CHANGED thm5.4: {said}" in comparison_lines(comparison)[-1][0]


def test_a_bearing_cell_that_is_gone_is_told_with_what_it_bore() -> None:
    def early(*cells: dict[str, Any], verdict: str) -> Report:
        found = report(claim("thm5.4/law", *cells))
        found["theorems"][0] |= {"id": "thm5.4", "verdict": verdict}
        return found

    bearing, few = finding("one", regime="early"), finding("two", regime="early", caveat="few images")
    late = finding("three", "refuted", interval=[1.2, 1.3], expected="it is", regime="late")
    comparison = held(early(bearing, few, late, verdict="holds in part"), early(few, late, verdict="refuted"))
    assert changes(comparison) == {
        ("regression", "verdict changed", "thm5.4", ""),
        ("regression", "lost", "thm5.4/law", "one"),
    }
    assert comparison.changes[0].says == "held in part and is refuted"
    # The cell is there, and bears no longer: no single finding fell.
    limited = early({**bearing, "caveat": "few images"}, few, late, verdict="refuted")
    comparison = held(early(bearing, few, late, verdict="holds in part"), limited)
    assert changes(comparison) == {
        ("regression", "verdict changed", "thm5.4", ""),
        ("note", "statement changed", "thm5.4/law", "one"),
    }
    said = "the ratio to the theory spoke of early and speaks of early: few images"
    assert comparison.changes[1].says == said
    unnamed = held(early(bearing, verdict="supported"), early({**bearing, "regime": ""}, verdict="supported"))
    assert [one.says for one in unnamed.changes] == ["the ratio to the theory spoke of early and speaks of none"]
    older = early(finding("one"), verdict="supported") | {"schema": 1}
    assert held(older, early(bearing, verdict="supported")).changes == ()


@pytest.mark.parametrize("narrowed", [(True, False), (False, True)])
def test_theorems_of_parts_of_a_suite_are_not_compared(narrowed: tuple[bool, bool]) -> None:
    old, new = (with_verdict(verdict, narrowed=one) for verdict, one in zip(ORDER[::-3], narrowed, strict=True))
    one, whole = new if narrowed[1] else old, old if narrowed[1] else new
    whole["theorems"][0]["claims"][0]["findings"].append(finding("two"))
    assert one is not whole
    assert all(change.weight == "note" for change in held(old, new).changes)
    assert held(old, new).theorems == ()


def test_a_report_of_the_first_schema_knows_no_regimes_so_a_fall_from_it_is_noted() -> None:
    old = with_verdict("supported", schema=1)
    fallen = held(old, with_verdict("undecided"))
    assert changes(fallen) == {("note", "verdict changed", "thm5.4", "")}
    assert fallen.changes[0].says == "was supported and is undecided; the older report knows no regimes"
    risen = held(with_verdict("refuted", schema=1), with_verdict("holds in part"))
    assert [(one.weight, one.says) for one in risen.changes] == [("improvement", "was refuted and holds in part")]
    assert held(old, with_verdict("undecided", schema=1)).regressions


def test_a_fall_of_open_questions_fails_nothing() -> None:
    comparison = held(with_verdict("supported", "open"), with_verdict("refuted", "open"))
    assert changes(comparison) == {("note", "verdict changed", "open", "")}


def test_what_names_no_theorem_or_no_verdict_is_passed_over() -> None:
    named = {"id": "thm5.4", "verdict": "holds in part"}
    theorems = [{"verdict": "refuted"}, {"id": "a"}, {"id": "b", "verdict": ""}, {"id": "c", "verdict": "so"}, named]
    found = snapshot_of(plain_run(theorems=[{**theorem, "claims": []} for theorem in theorems]), "x")
    assert found.theorems == {"thm5.4": "holds in part"}
    assert held(with_verdict("supported"), with_verdict("refuted", "thm5.7")).regressions  # its claim is lost
    for verdict in ("not applicable", "perhaps"):
        assert held(with_verdict("supported"), with_verdict(verdict)).changes == ()
        assert held(with_verdict(verdict), with_verdict("refuted")).changes == ()


def test_the_schema_is_known() -> None:
    assert snapshot_of(plain_run(), "x").schema == 2
    assert snapshot_of({name: value for name, value in plain_run().items() if name != "schema"}, "x").schema == 1
