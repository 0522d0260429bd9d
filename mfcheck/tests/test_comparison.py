"""A run held against an older one: every planted regression is caught, and nothing else is."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfcheck.cli import main
from mfcheck.findings.baseline import baseline_text
from mfcheck.findings.comparison import Change, Comparison, Kind, Weight, compare
from mfcheck.findings.snapshot import snapshot_of
from mfcheck.reporting.words.comparison_text import (
    MOST_ANNOTATIONS,
    comparison_lines,
    comparison_markdown,
    github_annotations,
)

Report = dict[str, Any]
GITHUB = {"GITHUB_ACTIONS": "true"}


def finding(cell: str, verdict: str = "supported", **values: Any) -> dict[str, Any]:
    found = {
        "cell": cell,
        "engine": "wishart",
        "parameters": {"device": "cpu"},
        "verdict": verdict,
        "statistic": "ratio to the theory",
        "estimate": 1.0,
        "interval": [0.99, 1.01],
        "reference": 1.0,
        "region": [0.95, 1.05],
        "alpha": 1e-6,
        "draws": 1000,
        "expected": "",
        "curve": None,
        "reproduce": "pytest claims",
    }
    return found | values


def refuted(cell: str, expected: str = "") -> dict[str, Any]:
    return finding(cell, "refuted", estimate=1.3, interval=[1.29, 1.31], expected=expected)


def not_applicable(cell: str) -> dict[str, Any]:
    return finding(cell, "not applicable", interval=[None, None], estimate=None, reference=None, region=[None, None])


def claim(id: str, *findings: dict[str, Any], errors: tuple[str, ...] = ()) -> dict[str, Any]:
    crashed = [{"cell": cell, "message": "boom\nhere"} for cell in errors]
    return {"id": id, "says": "A law holds.", "verdict": "supported", "findings": list(findings), "errors": crashed}


def report(*claims: dict[str, Any], **values: Any) -> Report:
    found = {
        "schema": 1,
        "mfcheck": "0.1.0",
        "created": "2026-01-01T00:00:00+00:00",
        "environment": {"python": "3.11.7", "torch": "2.13.0"},
        "seed": 1,
        "level": "quick",
        "alpha": 1e-6,
        "theory": "mfcheck.theory:PaperTheory",
        "architectures": ["vanilla", "residual"],
        "dataset": {"name": "digits and noise", "files": [{"file": "digits.csv", "sha256": "ab" * 32}]},
        "verdict": "supported",
        "full": True,
        "narrowed": False,
        "theorems": [{"id": "toy.1", "title": "Toy", "verdict": "supported", "claims": list(claims)}],
        "mutants": [twin("omega: × 1.05", "killed"), twin("omega: × 1.25", "killed")],
    }
    return found | values


def twin(name: str, status: str) -> dict[str, Any]:
    return {"name": name, "formula": "omega", "status": status, "killed_by": [], "reason": ""}


def plain_run(**values: Any) -> Report:
    """Four claims: a supported one of three cells, an expected refutation, an undecided one, and an open question."""
    return report(
        claim("toy.1/law", finding("one"), finding("two"), finding("two", statistic="share"), finding("three")),
        claim("toy.1/broken", refuted("one", "it is leading order")),
        claim("toy.1/hard", finding("one", "undecided", interval=[0.9, 1.1])),
        claim("open/question", finding("one")),
        **values,
    )


def held(old: Report, new: Report) -> Comparison:
    return compare(snapshot_of(old, "old.json"), snapshot_of(new, "new.json"))


def changes(comparison: Comparison) -> set[tuple[str, str, str, str]]:
    return {(change.weight, change.kind, change.claim, change.cell) for change in comparison.changes}


def changed(edit: Callable[[Report], object], **values: Any) -> Comparison:
    """The plain run held against itself after an edit of its claims."""
    new = copy.deepcopy(plain_run(**values))
    edit(new["theorems"][0])
    return held(plain_run(), new)


def with_findings(claim_number: int, finding_number: int, new: dict[str, Any]) -> Callable[[Report], object]:
    def edit(theorem: Report) -> None:
        theorem["claims"][claim_number]["findings"][finding_number] = new

    return edit


# What is a regression ------------------------------------------------------------------------------------------


def test_a_run_that_came_out_alike_passes() -> None:
    shifted = finding("one", interval=[0.995, 1.02], estimate=1.007, draws=2000)
    comparison = changed(with_findings(0, 0, shifted), seed=2, created="2026-02-01T00:00:00+00:00")
    assert comparison.changes == ()
    assert comparison.findings == 7
    assert comparison.chance == pytest.approx(14e-6)
    assert comparison_lines(comparison)[0] == ("✓ no regression", "green")


LAW, BROKEN, HARD, QUESTION = range(4)


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
    touching = changed(with_findings(LAW, 0, finding("one", interval=[1.01, 1.03])))
    assert touching.changes == ()


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


# How it is told ------------------------------------------------------------------------------------------------


def lost(claim: str, says: str, weight: str = Weight.REGRESSION, kind: str = Kind.LOST) -> Change:
    return Change(kind, weight, claim, "a|cell", says)


def told(*found: Change) -> Comparison:
    return Comparison("old.json", 1, 2, False, 3, 0, 1e-6, found)


def test_markdown_shows_names_as_they_are_and_calls_nobody() -> None:
    text = comparison_markdown(told(lost("toy.1/law", "<b>@someone | [x](http://y)</b>\n# title")))
    assert text.startswith("## mfcheck: ✗ 1 regression\n")
    (row,) = [line for line in text.splitlines() if "toy.1/law" in line]
    assert "@someone" not in row
    assert r"\<b\>@" in row
    assert r"\| \[x\]" in row
    assert row.replace(r"\|", "").count("|") == 4


def test_markdown_fits_into_a_comment_and_says_what_it_leaves_out() -> None:
    text = comparison_markdown(told(*(lost(f"toy.{number}/law", "x" * 900) for number in range(2000))))
    assert len(text) < 65_536
    assert "1960 more" in text
    assert "✗ 2000 regressions" in text


def test_annotations_are_escaped_and_only_for_github() -> None:
    comparison = told(
        lost("toy.1/law", "fell by 5%\r\nthen, ::error::no"),
        lost("toy.1/law", "torch: 2, 3", Weight.NOTE, "circumstances: changed, all"),
        lost("toy.1/law", "the cell is new", Weight.NOTE, Kind.NEW),
    )
    assert github_annotations(comparison, {}) == []
    assert github_annotations(comparison, GITHUB) == [
        "::error title=mfcheck%3A lost::toy.1/law in a|cell: fell by 5%25%0D%0Athen, ::error::no",
        "::warning title=mfcheck%3A circumstances%3A changed%2C all::toy.1/law in a|cell: torch: 2, 3",
    ]
    many = github_annotations(told(*(lost(f"toy.{number}/law", "gone") for number in range(30))), GITHUB)
    assert len(many) == MOST_ANNOTATIONS
    assert "21 more" in many[-1]


# From the command line -----------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], str]:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    def write(name: str, content: object) -> str:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


Files = Callable[[str, object], str]


def test_a_baseline_keeps_what_a_comparison_reads(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    full, kept = files("report.json", plain_run()), files("baseline.json", "")
    assert main(["baseline", full, "-o", kept]) == 0
    assert "6 cells of level quick, seed 1" in capsys.readouterr().out
    text = Path(kept).read_text(encoding="utf-8")
    assert text == baseline_text(json.loads(text))
    assert '{"cell": "three", ' in next(line for line in text.splitlines() if '"three"' in line)
    assert "reproduce" not in text
    assert main(["compare", kept, full]) == 0
    assert main(["mutants", kept]) == 0
    assert "✓ no regression" in capsys.readouterr().out


def test_compare_tells_a_regression_everywhere(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = plain_run()
    worse["theorems"][0]["claims"][LAW]["findings"][0] = refuted("one")
    old, new = files("old.json", plain_run()), files("new.json", worse)
    assert main(["compare", old, new, "--markdown", str(tmp_path / "comment.md")]) == 1
    printed = capsys.readouterr().out
    assert "✗ VERDICT CHANGED toy.1/law in one" in printed
    assert "::error" not in printed
    assert "**Regressions**" in (tmp_path / "comment.md").read_text(encoding="utf-8")

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert main(["compare", old, new, "--markdown", "-"]) == 1
    printed, complained = capsys.readouterr()
    assert printed == (tmp_path / "comment.md").read_text(encoding="utf-8")
    assert complained.startswith("::error title=mfcheck%3A verdict changed::toy.1/law in one: ")


DAMAGED = plain_run()
del DAMAGED["theorems"][0]["claims"][LAW]["findings"][0]["interval"]
UNUSABLE = {
    "cut short": (json.dumps(plain_run())[:-40], "cut short"),
    "no report": ("[1, 2]", "no report of mfcheck"),
    "nested": ("[" * 100_000, "not JSON"),
    "another schema": (plain_run(schema=2), "schema 2, this version reads schema 1"),
    "no findings": (report(), "no finding"),
    "damaged": (DAMAGED, "damaged report (KeyError: 'interval')"),
    "no numbers": (report(claim("a/b", finding("c", interval=[None, 1]))), "damaged report"),
    "a list for a level": (plain_run(theorems={"a": 1}), "damaged report"),
    "another level": (plain_run(level="paper"), "of level 'paper' and"),
    "another data set": (plain_run(dataset={"name": "mnist", "files": []}), "of data set 'mnist' and"),
    "other architectures": (plain_run(architectures=["my.module:net"]), "of architectures my.module:net and"),
}


@pytest.mark.parametrize(("content", "said"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_baseline_is_one_sentence(
    content: object, said: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", files("old.json", content), files("new.json", plain_run())]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert said in printed.err
    assert "old.json" in printed.err


def test_a_file_that_is_not_there_is_one_sentence(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = files("new.json", plain_run())
    for arguments in (
        ["compare", "nowhere.json", there],
        ["compare", there, "nowhere.json"],
        ["compare", there, str(tmp_path)],
        ["baseline", "nowhere.json"],
        ["baseline", there, "-o", "nowhere/baseline.json"],
        ["compare", there, there, "--markdown", "nowhere/comment.md"],
    ):
        assert main(arguments) == 4
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1
        assert "nowhere" in printed.err or str(tmp_path) in printed.err
