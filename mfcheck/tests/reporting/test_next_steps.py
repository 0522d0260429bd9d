"""After a verdict a report says what to do, with a command that does it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from mfcheck.findings.expected import read_expectations
from mfcheck.findings.reading import finding_of, report_of
from mfcheck.reporting.next_steps import Step, after_errors, after_holes, declaration, next_steps
from mfcheck.tests.support.reports import make_claim, make_report
from mfcheck.tests.support.whole_reports import whole_finding

CLAIM = "thm5.1/bound-satisfied"


def steps(plain: dict[str, Any], **changes: Any) -> list[Step]:
    return next_steps(finding_of(plain, CLAIM), report_of(make_report(make_claim(plain, id=CLAIM)) | changes))


def test_nothing_is_to_be_done_about_what_holds_or_was_declared() -> None:
    assert steps(whole_finding(CLAIM, 1)) == []
    assert steps(whole_finding(CLAIM, 1, verdict="refuted", expected="so it is", instead="x")) == []


def test_an_open_finding_is_told_the_level_that_separates_it_with_its_cost() -> None:
    plain = whole_finding(CLAIM, 1, verdict="undecided")
    planned = {"claim": CLAIM, "cell": plain["cell"], "level": "standard", "margin": 0.02, "draws": 70000}
    planned |= {"seconds": 95.0, "separates": True, "same_cell": True}
    (step,) = steps(plain, separating=[planned])
    assert "Level standard allows a margin of 0.02 instead of 0.021 and separates the estimate" in step.says
    assert "70,000 draws, about 95 s" in step.says
    assert step.command == plain["reproduce"].replace("--mf-level quick", "--mf-level standard")
    (other,) = steps(plain, separating=[planned | {"same_cell": False, "separates": False}])
    assert other.command == "pytest 'claims/test_x.py::test_x' --mf-seed 123 --mf-level standard"
    assert "may still leave it open" in other.says
    (none,) = steps(plain, separating=[planned | {"margin": 0.0, "separates": False}])
    assert "Level standard allows no margin either and may still leave it open" in none.says


def test_without_a_plan_an_open_finding_is_told_how_to_make_one() -> None:
    plain = whole_finding(CLAIM, 1, verdict="undecided")
    (step,) = steps(plain)
    assert step.command == f"mfcheck plan {CLAIM} --mf-level standard"
    (last,) = steps(plain, level="paper")
    assert "--mf-seed 124" in last.command


def test_a_refutation_is_told_how_to_repeat_it_and_how_to_declare_it(tmp_path: Any) -> None:
    plain = whole_finding(CLAIM, 1, verdict="refuted", holds_instead=['a "law"', "another"])
    again, declare = steps(plain)
    assert "--mf-seed 124" in again.command
    assert 'support a "law", another' in declare.says
    (tmp_path / "expected.toml").write_text(declare.command, encoding="utf-8")
    (found,) = read_expectations([tmp_path / "expected.toml"], "quick")
    assert (found.claim, found.instead) == (CLAIM, 'a "law"')
    assert found.matches({**plain, "claim": CLAIM})
    assert not found.matches({**whole_finding(CLAIM, 2), "claim": CLAIM})
    _, nothing = steps(whole_finding(CLAIM, 1, verdict="refuted"))
    assert "none can be declared" in nothing.says


def test_a_theory_of_ones_own_and_a_claim_of_ones_own_are_named(tmp_path: Any) -> None:
    own = {"theory": "mine:Mine", "theory_changes": {"formulas": [], "verdicts": [], "unjudged": []}}
    declare = steps(whole_finding(CLAIM, 1, verdict="refuted", holds_instead=["another"]), **own)[1]
    (tmp_path / "expected.toml").write_text(declare.command, encoding="utf-8")
    for theory, of_papers in (("mine:Mine", False), ("mfcheck.theory:PaperTheory", True)):
        found = read_expectations([tmp_path / "expected.toml"], "quick", theory)
        assert bool(found) != of_papers
    plain = whole_finding(
        "mine/law", 1, verdict="undecided", reproduce="pytest 'my claims/test_m.py::test_m[c]' --mf-seed 1"
    )
    report = report_of(make_report(make_claim(plain, id="mine/law")) | own)
    (step,) = next_steps(finding_of(plain, "mine/law"), report)
    assert step.command == (
        "mfcheck plan mine/law --file 'my claims/test_m.py' --mf-theory mine:Mine --mf-level standard"
    )


def test_a_glance_is_declared_for_and_followed_as_the_level_that_it_decides_like(tmp_path: Any) -> None:
    refuted = whole_finding(CLAIM, 1, verdict="refuted", holds_instead=["another"])
    declare = steps(refuted, level="glance")[1]
    (tmp_path / "expected.toml").write_text(declare.command, encoding="utf-8")
    (found,) = read_expectations([tmp_path / "expected.toml"], "quick")
    assert found.levels == ("quick",)
    (higher,) = steps(whole_finding(CLAIM, 1, verdict="undecided"), level="glance")
    assert "standard or paper" in higher.says
    assert higher.command.endswith("--mf-level standard")


@pytest.mark.parametrize("cell", ["a[b]*", 'quo"te', "tab\there"])
def test_a_declaration_matches_the_cell_it_was_made_of_and_no_other(cell: str) -> None:
    plain = whole_finding(CLAIM, 1, cell=cell, verdict="refuted", holds_instead=["law"])
    (table,) = tomllib.loads(declaration(finding_of(plain, CLAIM), report_of(make_report())))["expected"]
    assert table["levels"] == ["quick"]
    from fnmatch import fnmatchcase

    assert fnmatchcase(cell, table["when"]["cell"])
    assert not fnmatchcase(f"{cell}x", table["when"]["cell"])


def test_holes_and_errors_are_told_what_closes_them() -> None:
    report = make_report(make_claim(id=CLAIM, errors=[{"cell": "c", "message": "m"}]))
    (again,) = after_errors(report_of(report))
    assert "the same command with --mf-resume tries again" in again.says
    assert not again.command
    (whole,) = after_holes(["omega × 1.25"], report_of(report))
    assert whole.says.startswith("1 hole: ")
    (part,) = after_holes(["omega × 1.25"], report_of(report | {"full": False}))
    assert part.command == "pytest claims --mf-level quick"
    assert after_holes([], report_of(report)) == after_errors(report_of(make_report())) == []
