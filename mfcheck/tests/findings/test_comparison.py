"""A run held against an older one: every planted regression is caught, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.compared import Kind
from mfcheck.reporting.words.comparison_text import (
    comparison_lines,
)
from mfcheck.tests.support.compared_runs import (
    BROKEN,
    HARD,
    LAW,
    QUESTION,
    Report,
    changed,
    changes,
    claim,
    finding,
    held,
    not_applicable,
    plain_run,
    refuted,
    report,
    twin,
    with_findings,
)


def test_a_run_that_came_out_alike_passes() -> None:
    shifted = finding("one", interval=[0.995, 1.02], estimate=1.007, draws=2000)
    comparison = changed(with_findings(0, 0, shifted), seed=2, created="2026-02-01T00:00:00+00:00")
    assert comparison.changes == ()
    assert comparison.findings == 7
    assert comparison.chance == pytest.approx(14e-6)
    assert comparison_lines(comparison)[0] == ("✓ no regression", "green")


@pytest.mark.parametrize(
    ("place", "cell", "after", "weight"),
    [
        (LAW, "toy.1/law", refuted("one"), "regression"),
        (LAW, "toy.1/law", refuted("one", "somebody declared it"), "regression"),
        (LAW, "toy.1/law", finding("one", "undecided", interval=[0.9, 1.1]), "regression"),
        (LAW, "toy.1/law", not_applicable("one"), "regression"),
        (BROKEN, "toy.1/broken", finding("one"), "regression"),
        (BROKEN, "toy.1/broken", refuted("one"), "regression"),
        (HARD, "toy.1/hard", refuted("one"), "regression"),
        (HARD, "toy.1/hard", finding("one"), "improvement"),
        (HARD, "toy.1/hard", refuted("one", "now declared"), "improvement"),
        (QUESTION, "open/question", refuted("one"), "note"),
    ],
)
def test_a_verdict_that_changes(place: int, cell: str, after: dict[str, Any], weight: str) -> None:
    comparison = changed(with_findings(place, 0, after))
    assert changes(comparison) == {(weight, "verdict changed", cell, "one")}
    assert bool(comparison.regressions) == (weight == "regression")


def test_intervals_that_move_apart_are_a_regression_though_both_are_supported() -> None:
    comparison = changed(with_findings(LAW, 0, finding("one", interval=[1.011, 1.03])))
    assert changes(comparison) == {("regression", "interval moved apart", "toy.1/law", "one")}
    assert "[0.99, 1.01], now [1.011, 1.03]" in comparison.changes[0].says
    for touching in ([1.01, 1.03], [0.97, 0.99]):
        assert changed(with_findings(LAW, 0, finding("one", interval=touching))).changes == ()
    below = changed(with_findings(LAW, 0, finding("one", interval=[0.97, 0.989])))
    assert changes(below) == {("regression", "interval moved apart", "toy.1/law", "one")}


def test_intervals_at_inputs_of_another_seed_are_noted_with_the_seed_that_tells() -> None:
    def dense(interval: list[float], seed: int) -> Report:
        return report(claim("toy.1/law", finding("one", engine="dense", interval=interval)), seed=seed)

    there = dense([0.99, 1.01], 7)
    assert changes(held(there, dense([1.02, 1.03], 7))) == {("regression", "interval moved apart", "toy.1/law", "one")}
    elsewhere = held(there, dense([1.02, 1.03], 8))
    assert changes(elsewhere) == {("note", "interval moved apart", "toy.1/law", "one")}
    assert "--mf-seed 7" in elsewhere.changes[0].says
    other_files = dense([1.02, 1.03], 7) | {"dataset": {"name": "digits", "files": []}}
    assert ("note", "interval moved apart", "toy.1/law", "one") in changes(held(there, other_files))
    assert elsewhere.chance == 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"statistic": "median ratio to the theory"}, "median ratio to the theory, which was the ratio to the theory"),
        ({"reference": 1.2}, "the theory's value was 1 and is 1.2"),
        ({"region": [0.5, 1.5]}, "allowed was [0.95, 1.05] and is [0.5, 1.5]"),
    ],
)
def test_another_quantity_is_told_instead_of_an_interval_that_moved(values: dict[str, Any], said: str) -> None:
    comparison = changed(with_findings(LAW, 0, finding("one", interval=[1.02, 1.04], **values)))
    assert changes(comparison) == {("note", "statement changed", "toy.1/law", "one")}
    assert said in comparison.changes[0].says
    assert "nothing in common" in comparison.changes[0].says


def test_a_value_that_differs_in_its_last_digits_is_the_same() -> None:
    rounded = finding("one", reference=1 + 1e-13, region=[0.95 - 1e-13, 1.05], interval=[1.02, 1.04])
    assert [change.kind for change in changed(with_findings(LAW, 0, rounded)).changes] == [Kind.MOVED]


def test_what_is_lost_is_a_regression_and_what_is_new_is_told() -> None:
    lost_claim = changed(lambda theorem: theorem["claims"].pop(LAW))
    assert changes(lost_claim) == {("regression", "lost", "toy.1/law", "")}
    lost_cell = changed(lambda theorem: theorem["claims"][LAW]["findings"].pop(0))
    assert changes(lost_cell) == {("regression", "lost", "toy.1/law", "one")}
    lost_finding = changed(lambda theorem: theorem["claims"][LAW]["findings"].pop(2))
    assert changes(lost_finding) == {("regression", "lost", "toy.1/law", "two")}
    assert changes(changed(lambda theorem: theorem["claims"].pop(QUESTION))) == {("note", "lost", "open/question", "")}

    new_claim = changed(lambda theorem: theorem["claims"].append(claim("toy.2/new", finding("one"), finding("two"))))
    assert changes(new_claim) == {("note", "new", "toy.2/new", "")}
    new_cell = changed(lambda theorem: theorem["claims"][LAW]["findings"].append(finding("four")))
    assert changes(new_cell) == {("note", "new", "toy.1/law", "four")}
    failing = changed(lambda theorem: theorem["claims"][LAW]["findings"].append(refuted("four")))
    assert changes(failing) == {("regression", "new", "toy.1/law", "four")}
    undecided = finding("four", "undecided")
    failing = changed(lambda theorem: theorem["claims"].append(claim("toy.2/new", undecided)))
    assert changes(failing) == {("regression", "new", "toy.2/new", "four")}


def test_errors_that_are_new_are_a_regression_and_old_ones_are_not() -> None:
    def crash(theorem: Report) -> None:
        theorem["claims"][LAW]["findings"] = [f for f in theorem["claims"][LAW]["findings"] if f["cell"] != "two"]
        theorem["claims"][LAW]["errors"] = [{"cell": "two", "message": "boom\nhere"}]

    comparison = changed(crash)
    assert changes(comparison) == {("regression", "new error", "toy.1/law", "two")}
    assert comparison.changes[0].says == "was supported and ended in an error: boom here"

    broken = plain_run()
    crash(broken["theorems"][0])
    assert held(broken, broken).changes == ()
    assert changes(held(broken, plain_run())) == {("improvement", "verdict changed", "toy.1/law", "two")}
    crashed = changed(lambda theorem: theorem["claims"].append(claim("toy.2/new", errors=("one",))))
    assert changes(crashed) == {("regression", "new", "toy.2/new", "one")}


def test_twins_are_compared_where_all_claims_ran() -> None:
    one, other = "omega: × 1.05", "omega: × 1.25"

    def twins(first: str, second: str, **values: Any) -> Report:
        return plain_run(mutants=[twin(one, first), twin(other, second)], **values)

    survived = held(twins("killed", "killed"), twins("killed", "survived"))
    assert [(change.weight, change.says) for change in survived.changes] == [
        ("regression", f"{other}: was killed and has survived")
    ]
    assert held(twins("killed", "killed"), twins("killed", "survived", narrowed=True, full=False)).changes == ()
    killed = held(twins("survived", "survived"), twins("killed", "killed"))
    assert [(change.weight, change.says) for change in killed.changes] == [
        ("improvement", f"2 twins once survived and now killed: {one}, {other}")
    ]
    gone = held(plain_run(), plain_run(mutants=[twin(one, "killed")]))
    assert [(change.weight, change.kind) for change in gone.changes] == [("note", "wrong twin")]


def test_a_narrowed_run_is_compared_in_the_cells_it_ran() -> None:
    part = report(claim("toy.1/law", finding("one", interval=[1.02, 1.03])), narrowed=True, full=False, mutants=[])
    comparison = held(plain_run(), part)
    assert changes(comparison) == {("regression", "interval moved apart", "toy.1/law", "one")}
    assert (comparison.findings, comparison.left_out) == (1, 5)
    assert "5 cells were left out" in " ".join(line for line, _ in comparison_lines(comparison)).replace("    ", "")


def test_another_environment_and_another_theory_are_told_and_fail_nothing() -> None:
    environment = {"python": "3.12.1", "torch": "2.13.0"}
    new = plain_run(environment=environment, theory="mine:Steeper", alpha=1e-5)
    for theorem in new["theorems"]:
        for one in theorem["claims"]:
            one["findings"] = [found | {"parameters": {"device": "cuda:1"}} for found in one["findings"]]
    comparison = held(plain_run(), new)
    assert comparison.regressions == []
    said = {change.says for change in comparison.changes}
    assert said >= {"python was 3.11.7 and is 3.12.1", "device was cpu and is cuda", "α was 1e-06 and is 1e-05"}
    assert "theory was mfcheck.theory:PaperTheory and is mine:Steeper" in said
