"""Which findings of two runs are held against each other, and that a comparison of nothing passes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.compared import Comparison
from mfcheck.reporting.words.comparison_text import comparison_lines
from mfcheck.tests.support.compared_runs import (
    Report,
    changes,
    claim,
    finding,
    held,
    not_applicable,
    refuted,
    report,
    twin,
)

LAW, OTHER = "toy.1/law", "toy.1/other"
MINE: dict[str, Any] = {"narrowed": True, "full": False, "selection": ["test_mine.py"]}
YOURS = MINE | {"selection": ["test_yours.py"]}


def text(comparison: Comparison) -> str:
    return " ".join(line.strip() for line, _ in comparison_lines(comparison))


# Parts of a suite ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [{}, MINE, YOURS])
def test_a_run_that_tried_nothing_of_the_older_one_is_no_success(old: dict[str, Any]) -> None:
    comparison = held(report(claim(LAW, finding("one")), **old), report(claim(OTHER, finding("two")), **YOURS))
    assert ("regression", "lost") in {(change.weight, change.kind) for change in comparison.changes}
    assert comparison.findings == 0
    assert "no regression" not in text(comparison)


def test_that_nothing_is_compared_is_said_in_a_sentence() -> None:
    comparison = held(report(claim(LAW, finding("one")), **MINE), report(claim(OTHER, finding("two")), **YOURS))
    assert changes(comparison) == {("regression", "lost", "", ""), ("note", "new", OTHER, "")}
    assert "nothing is compared: of 1 cell of old.json this run tried none" in text(comparison)


OPEN = claim("open/question", finding("one"))


@pytest.mark.parametrize(
    ("old", "new", "fails"),
    [
        (report(OPEN), report(claim(LAW, finding("one"))), True),
        (report(OPEN), report(OPEN, claim(LAW, finding("one"))), True),
        (report(OPEN, claim(LAW, finding("one"))), report(OPEN, claim(OTHER, finding("one")), **MINE), True),
        (report(OPEN, claim(LAW, finding("one"))), report(OPEN, **MINE), False),
        (report(OPEN), report(OPEN), False),
    ],
    ids=["open questions alone", "these in common", "these in common of a part", "a part of these", "these again"],
)
def test_open_questions_in_common_are_nothing_where_more_was_tried(old: Report, new: Report, fails: bool) -> None:
    assert bool(held(old, new).regressions) is fails


def test_one_cell_in_common_is_something() -> None:
    both = claim(LAW, finding("one"))
    assert held(report(both, claim(OTHER, finding("two"))), report(both, **MINE)).regressions == []


def test_what_is_gone_from_a_run_of_the_same_choice_is_lost() -> None:
    two, one = (claim(LAW, *map(finding, cells)) for cells in (("one", "two"), ("one",)))
    old, new = report(two, claim(OTHER, finding("one")), **MINE), report(one, **MINE)
    assert changes(held(old, new)) == {("regression", "lost", OTHER, ""), ("regression", "lost", LAW, "two")}
    assert held(old, new).left_out == 0
    for other in (YOURS, {**MINE, "selection": []}):
        apart = held(old, {**new, **other})
        assert (apart.regressions, apart.left_out) == ([], 2)
    assert held({**old, "narrowed": False}, new).regressions == []


def test_twins_of_runs_of_the_same_choice_are_compared() -> None:
    old, new = (report(claim(LAW, finding("one")), mutants=[twin("omega: × 2", f)], **MINE) for f in FATES)
    assert changes(held(old, new)) == {("regression", "wrong twin", "", "")}
    assert held(old, new | YOURS).regressions == []


FATES = ("killed", "survived")


def of_verdict(verdict: str, *cells: str, **values: Any) -> Report:
    found = report(claim("thm5.4/law", *map(finding, cells)), **values)
    found["theorems"][0] |= {"id": "thm5.4", "verdict": verdict}
    return found


@pytest.mark.parametrize(
    ("old", "new", "cells", "compared"),
    [
        (MINE, MINE, ("one", "two"), True),
        (MINE, YOURS, ("one",), True),
        (MINE, YOURS, ("one", "two"), False),
        ({}, MINE, ("one",), True),
        ({}, MINE, ("one", "two"), False),
        (MINE, {}, ("one", "two"), False),
        ({}, {}, ("one", "two"), True),
    ],
)
def test_a_theorem_that_falls_is_told_where_both_runs_tried_the_same(
    old: dict[str, Any], new: dict[str, Any], cells: tuple[str, ...], compared: bool
) -> None:
    comparison = held(of_verdict("supported", "one", **old), of_verdict("undecided", *cells, **new))
    fell = ("regression", "verdict changed", "thm5.4", "") in changes(comparison)
    assert fell is compared is bool(comparison.theorems)
    assert ("the runs tried different claims or cells" in text(comparison)) is not compared


# Findings of a cell --------------------------------------------------------------------------------------------


def of(statistic: str, verdict: str = "supported") -> dict[str, Any]:
    return finding("one", verdict, statistic=statistic)


def verdicts(old: list[dict[str, Any]], new: list[dict[str, Any]], *crashed: bool) -> list[tuple[str, str, str]]:
    errors = [("one",) * int(one) for one in crashed or (False, False)]
    found = held(report(claim(LAW, *old, errors=errors[0])), report(claim(LAW, *new, errors=errors[1])))
    return [(change.weight, change.kind, change.says.split(":")[0]) for change in found.changes]


def test_findings_in_another_order_are_still_themselves() -> None:
    old = [of("mean"), of("median", "undecided")]
    fell = ("regression", "verdict changed", "the mean was supported and is undecided")
    rose = ("improvement", "verdict changed", "the median was undecided and is supported")
    assert verdicts(old, [of("median"), of("mean", "undecided")]) == [fell, rose]
    assert verdicts(old, old[::-1]) == []


def test_a_statement_that_applies_no_more_is_told_beside_one_that_now_does() -> None:
    old, new = [of("mean"), not_applicable("one")], [not_applicable("one"), of("median")]
    assert [what[:2] for what in verdicts(old, new)] == [
        ("regression", "verdict changed"),
        ("improvement", "verdict changed"),
    ]


def test_findings_of_one_statistic_keep_their_order() -> None:
    old, new = [of("mean"), of("mean", "refuted")], [of("mean"), of("mean", "undecided"), of("mean")]
    assert [what[:2] for what in verdicts(old, new)] == [("improvement", "verdict changed"), ("note", "new")]


def test_a_statistic_in_anothers_place_is_another_statement_and_one_without_any_is_lost() -> None:
    assert [what[:2] for what in verdicts([of("mean"), of("median")], [of("median"), of("share")])] == [
        ("note", "statement changed")
    ]
    assert verdicts([of("mean"), of("median")], [of("median")]) == [
        ("regression", "lost", "the mean is no longer decided; it was supported")
    ]


def test_a_verdict_that_falls_is_told_beside_an_error() -> None:
    fell = ("regression", "verdict changed", "the ratio to the theory was supported and is refuted")
    sound, wrong = [finding("one")], [refuted("one")]
    assert verdicts(sound, wrong, True, True) == [fell]
    assert fell in verdicts(sound, wrong, True, False)
    assert {what[:2] for what in verdicts(sound, wrong, False, True)} == {fell[:2], ("regression", "new error")}
    assert verdicts(sound, sound, True, True) == []


def test_what_an_error_has_kept_from_being_decided_is_told_once() -> None:
    sound, more = [of("mean")], [of("mean"), of("median")]
    assert [what[:2] for what in verdicts(more, sound, False, True)] == [("regression", "new error")]
    assert [what[:2] for what in verdicts(sound, more, True, False)] == [("improvement", "verdict changed")]
    assert verdicts(more, sound, True, True) == []


# Code of a theory ----------------------------------------------------------------------------------------------


def test_another_code_under_the_same_name_is_told() -> None:
    old, new = (report(claim(LAW, finding("one")), theory_code=code) for code in ("ab", "cd"))
    assert [change.says for change in held(old, new).changes] == ["the theory's code was ab and is cd"]
