"""Every difference of two runs is told in one sentence, with its weight and its place; the worst come first."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from mfcheck.findings.compared import Comparison, as_comparison
from mfcheck.tests.support.compared_runs import (
    Report,
    claim,
    finding,
    held,
    not_applicable,
    refuted,
    report,
    twin,
)

LAW = "toy.1/law"


def runs(old: list[dict[str, Any]], new: list[dict[str, Any]], **values: Any) -> Comparison:
    """Two runs of one claim with these findings."""
    return held(report(claim(LAW, *old)), report(claim(LAW, *new), **values))


def told(comparison: Comparison) -> list[tuple[str, str, str, str, str]]:
    return [(c.weight, c.kind, c.claim, c.cell, c.says) for c in comparison.changes]


ONE: dict[str, tuple[dict[str, Any], dict[str, Any], list[tuple[str, str, str]]]] = {
    "supported to refuted": (
        finding("a"),
        refuted("a"),
        [
            (
                "regression",
                "verdict changed",
                "the ratio to the theory was supported and is refuted: interval [0.99, 1.01], now [1.29, 1.31]",
            )
        ],
    ),
    "refuted to undecided": (
        refuted("a"),
        finding("a", "undecided", interval=[0.9, 1.2]),
        [
            (
                "improvement",
                "verdict changed",
                "the ratio to the theory was refuted and is undecided: interval [1.29, 1.31], now [0.9, 1.2]",
            )
        ],
    ),
    "expected to supported": (
        refuted("a", "declared"),
        finding("a"),
        [
            (
                "regression",
                "verdict changed",
                "the ratio to the theory was refuted, as expected and is supported: "
                "interval [1.29, 1.31], now [0.99, 1.01]",
            )
        ],
    ),
    "supported to nothing": (
        finding("a"),
        not_applicable("a"),
        [
            (
                "regression",
                "verdict changed",
                "the finding was supported and is not applicable: interval [0.99, 1.01], now none",
            )
        ],
    ),
    "nothing to undecided": (
        not_applicable("a"),
        finding("a", "undecided"),
        [
            (
                "regression",
                "verdict changed",
                "the ratio to the theory was not applicable and is undecided: interval none, now [0.99, 1.01]",
            )
        ],
    ),
    "nothing to supported": (
        not_applicable("a"),
        finding("a"),
        [
            (
                "improvement",
                "verdict changed",
                "the ratio to the theory was not applicable and is supported: interval none, now [0.99, 1.01]",
            )
        ],
    ),
    "undecided to nothing": (
        finding("a", "undecided"),
        not_applicable("a"),
        [
            (
                "improvement",
                "verdict changed",
                "the finding was undecided and is not applicable: interval [0.99, 1.01], now none",
            )
        ],
    ),
    "moved down": (
        finding("a", interval=[1.0, 1.04]),
        finding("a", interval=[0.96, 0.9999]),
        [
            (
                "regression",
                "interval moved apart",
                "the ratio to the theory: interval [1, 1.04], now [0.96, 0.9999], with nothing in common",
            )
        ],
    ),
    "another reference and region": (
        finding("a"),
        finding("a", reference=2.0, region=[1.9, 2.1], interval=[1.95, 2.05]),
        [
            (
                "note",
                "statement changed",
                "the ratio to the theory: the theory's value was 1 and is 2, "
                "allowed was [0.95, 1.05] and is [1.9, 2.1]; "
                "interval [0.99, 1.01], now [1.95, 2.05], with nothing in common",
            )
        ],
    ),
    "another upper end of the region alone": (
        finding("a"),
        finding("a", region=[0.95, 1.06]),
        [
            (
                "note",
                "statement changed",
                "the ratio to the theory: allowed was [0.95, 1.05] and is [0.95, 1.06]",
            )
        ],
    ),
    "another statistic": (
        finding("a"),
        finding("a", statistic="median"),
        [("note", "statement changed", "decided is the median, which was the ratio to the theory")],
    ),
    "a reference that was none": (
        finding("a", reference=None),
        finding("a"),
        [("note", "statement changed", "the ratio to the theory: the theory's value was nan and is 1")],
    ),
    "a reference that is none": (
        finding("a"),
        finding("a", reference=None),
        [("note", "statement changed", "the ratio to the theory: the theory's value was 1 and is nan")],
    ),
    "no reference in either": (finding("a", reference=None), finding("a", reference=None), []),
}


@pytest.mark.parametrize("name", ONE)
def test_one_finding_that_differs(name: str) -> None:
    old, new, changes = ONE[name]
    comparison = runs([old], [new])
    assert told(comparison) == [(weight, kind, LAW, "a", says) for weight, kind, says in changes]
    assert (comparison.old, comparison.old_seed, comparison.new_seed) == ("old.json", 1, 1)
    assert (comparison.findings, comparison.left_out, comparison.narrowed) == (1, 0, False)


def test_at_other_inputs_a_margin_that_they_enter_is_another_without_a_word() -> None:
    def at(seed: int, **values: Any) -> Report:
        return report(claim(LAW, finding("a", engine="dense", **values)), seed=seed)

    assert told(held(at(1), at(2, region=[0.9, 1.1]))) == []
    assert [change[1] for change in told(held(at(1), at(1, region=[0.9, 1.1])))] == ["statement changed"]
    assert [change[1] for change in told(held(at(1), at(2, statistic="median")))] == ["statement changed"]
    apart = told(held(at(1), at(2, interval=[1.02, 1.03])))
    assert apart == [
        (
            "note",
            "interval moved apart",
            LAW,
            "a",
            "the ratio to the theory: interval [0.99, 1.01], now [1.02, 1.03], with nothing in common; "
            "it looked at other inputs; a run with --mf-seed 1 tells whether they are the cause",
        )
    ]
    both = held(at(1), at(2, interval=[1.29, 1.31], verdict="refuted"))
    assert [change[1] for change in told(both)] == ["verdict changed"]  # and not that it moved, once more


def test_chance_counts_both_intervals_of_every_quantity_that_stayed() -> None:
    one, other = finding("a", alpha=1e-3), finding("a", alpha=1e-4)
    assert runs([one, finding("b")], [other, finding("b", statistic="median")]).chance == pytest.approx(1.1e-3)
    assert runs([one], [not_applicable("a")]).chance == 0
    assert runs([one, one], [other]).findings == 1


def test_what_is_gone_or_new_in_a_cell_is_told_one_by_one() -> None:
    assert told(runs([finding("a"), refuted("a", "x")], [finding("a")])) == [
        ("regression", "lost", LAW, "a", "the ratio to the theory is no longer decided; it was refuted, as expected")
    ]
    for new, weight, state in (
        (finding("a"), "note", "supported"),
        (refuted("a"), "regression", "refuted"),
        (refuted("a", "declared"), "note", "refuted, as expected"),
        (finding("a", "undecided"), "regression", "undecided"),
    ):
        says = f"the ratio to the theory is decided for the first time: {state}"
        assert told(runs([finding("a")], [finding("a"), new])) == [(weight, "new", LAW, "a", says)]


def test_what_is_gone_or_new_of_a_claim_is_told_together() -> None:
    two, other = claim("toy.2/two", finding("a"), finding("b")), claim("toy.2/other", finding("a"))
    base = claim(LAW, finding("a"))
    assert told(held(report(base, two, other), report(base))) == [
        ("regression", "lost", "toy.2/other", "", "the claim is gone with its 1 cell"),
        ("regression", "lost", "toy.2/two", "", "the claim is gone with its 2 cells"),
    ]
    assert told(held(report(base), report(base, two, other))) == [
        ("note", "new", "toy.2/other", "", "the claim is new, with 1 cell that holds"),
        ("note", "new", "toy.2/two", "", "the claim is new, with 2 cells that hold"),
    ]
    mixed = claim("toy.2/two", finding("a"), finding("b", "undecided"), refuted("b"))
    assert told(held(report(base), report(base, mixed))) == [
        ("regression", "new", "toy.2/two", "b", "the cell is new, and undecided and refuted"),
        ("note", "new", "toy.2/two", "", "the claim is new, with 1 cell that holds"),
    ]
    half = claim("toy.2/two", finding("a"), refuted("a"))
    assert told(held(report(base), report(base, half))) == [
        ("regression", "new", "toy.2/two", "a", "the cell is new, and supported and refuted")
    ]
    more = claim(LAW, finding("a"), finding("b"), finding("b", statistic="share"))
    assert told(held(report(base), report(more))) == [("note", "new", LAW, "b", "the cell is new, and supported")]
    assert told(held(report(more), report(base))) == [
        ("regression", "lost", LAW, "b", "the cell is gone; it was supported")
    ]
    part = held(report(more, two), report(base, narrowed=True, full=False))
    assert (told(part), part.left_out, part.narrowed) == ([], 3, True)


def test_errors_are_told_with_what_was_there_before() -> None:
    base = claim("toy.1/base", finding("a"))
    sound, broken = report(base, claim(LAW, finding("a"))), report(base, claim(LAW, errors=("a",)))
    assert told(held(sound, broken)) == [
        ("regression", "new error", LAW, "a", "was supported and ended in an error: boom here")
    ]
    assert told(held(broken, broken)) == []
    assert told(held(broken, sound)) == [
        ("improvement", "verdict changed", LAW, "a", "ended in an error and is supported")
    ]
    both = report(base, claim(LAW, finding("a"), errors=("a",)))
    assert told(held(report(base), both)) == [
        ("regression", "new", LAW, "a", "the cell is new, and supported and error")
    ]
    long = copy.deepcopy(broken)
    long["theorems"][0]["claims"][1]["errors"][0]["message"] = "x" * 500
    ((*_, says),) = told(held(sound, long))
    assert says == f"was supported and ended in an error: {'x' * 150}…{'x' * 149}"


A, B = "omega: × 1.05", "omega: × 1.25"
TWINS: list[tuple[list[tuple[str, str]], list[tuple[str, str]], bool, list[tuple[str, str]]]] = [
    ([(A, "killed")], [(A, "survived")], True, [("regression", f"{A}: was killed and has survived")]),
    ([(A, "killed")], [(A, "survived")], False, [("regression", f"{A}: was killed and has survived")]),
    ([(A, "untested")], [(A, "survived")], True, [("regression", f"{A}: was untested and has survived")]),
    ([(A, "untested")], [(A, "survived")], False, [("note", f"1 twin once untested and now survived: {A}")]),
    ([], [(A, "survived")], True, [("regression", f"{A}: was absent and has survived")]),
    ([(A, "survived")], [(A, "survived")], True, []),
    ([(A, "survived"), (B, "survived")], [(B, "killed"), (A, "killed")], True,
     [("improvement", f"2 twins once survived and now killed: {B}, {A}")]),
    ([(A, "killed"), (B, "killed")], [], True, [("note", f"2 twins once killed and now absent: {A}, {B}")]),
    ([(A, "killed"), (B, "untested")], [(A, "untested"), (B, "killed")], True,
     [("improvement", f"1 twin once untested and now killed: {B}"),
      ("note", f"1 twin once killed and now untested: {A}")]),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "full", "changes"), TWINS)
def test_twins(
    old: list[tuple[str, str]], new: list[tuple[str, str]], full: bool, changes: list[tuple[str, str]]
) -> None:
    base = claim(LAW, finding("a"))
    comparison = held(
        report(base, mutants=[twin(*one) for one in old]),
        report(base, mutants=[twin(*one) for one in new], full=full, narrowed=False),
    )
    assert told(comparison) == [(weight, "wrong twin", "", "", says) for weight, says in changes]


def test_circumstances_that_changed_or_are_stated_in_one_alone() -> None:
    base = claim(LAW, finding("a"))
    old = report(base, environment={"python": "3.11", "torch": "2"})
    new = report(base, environment={"python": "3.12", "numpy": "1"}, mfcheck="0.2.0")
    assert told(held(old, new)) == [
        ("note", "circumstances changed", "", "", says)
        for says in (
            "mfcheck was 0.1.0 and is 0.2.0",
            "python was 3.11 and is 3.12",
            "torch was 2 and is not stated",
            "numpy was not stated and is 1",
        )
    ]


def test_the_worst_comes_first_and_open_questions_are_notes() -> None:
    old = report(claim(LAW, finding("a"), finding("b", "undecided"), finding("c")), claim("open/x", finding("a")))
    new = report(claim("open/x", refuted("a")), claim(LAW, finding("a", region=[0.9, 1.1]), finding("b"), refuted("c")))
    comparison = held(old, new)
    assert [(c.weight, c.claim, c.cell) for c in comparison.changes] == [
        ("regression", LAW, "c"),
        ("improvement", LAW, "b"),
        ("note", "open/x", "a"),
        ("note", LAW, "a"),
    ]
    assert [c.cell for c in comparison.regressions] == ["c"]


def test_a_comparison_is_made_again_of_its_plain_values() -> None:
    made = runs([finding("a"), finding("b")], [refuted("a"), finding("b")])
    assert as_comparison(dataclasses.asdict(made)) == made
