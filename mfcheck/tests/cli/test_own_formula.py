"""The documentation's claim for a formula of one's own runs and is planned as it says; an unusable one ends a run."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

from mfcheck.cli import main
from mfcheck.tests.support.effort import mostly_slow
from mfcheck.tests.support.own_formula import blocks
from mfcheck.tests.support.runs import run


@pytest.fixture
def documented(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the files of docs/own_formula.md."""
    for block in blocks("python"):
        name = block.splitlines()[0].removeprefix("# ")
        (pytester.path / name).write_text(block, encoding="utf-8")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(pytester.path)
    return pytester


@pytest.mark.parametrize("workers", mostly_slow([(), ("-n", "2")]), ids=["alone", "workers"])
def test_the_documentations_claim_runs_as_it_says(documented: pytest.Pytester, workers: tuple[str, ...]) -> None:
    _, command, _ = blocks("sh")
    program, *arguments = shlex.split(command)
    assert program == "pytest"
    result = run(documented, *arguments, "-p", "no:randomly", "--mf-device", "cpu", *workers)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["What theory mine:Mine changes", "row_energy: seen by 1 claim, refuted by none: mine/*"]
    )
    report = json.loads((documented.path / "reports" / "report.json").read_text(encoding="utf-8"))
    assert [entry["formula"] for entry in report["theory_changes"]["formulas"]] == ["row_energy"]
    twins = [twin for twin in report["mutants"] if twin["formula"] == "row_energy" and twin["status"] != "equivalent"]
    assert twins
    assert all(twin["status"] == "killed" for twin in twins)
    page = (documented.path / "reports" / "report.html").read_text(encoding="utf-8")
    assert "What theory mine:Mine changes" in page
    assert "## What theory mine:Mine changes" in (documented.path / "reports" / "report.md").read_text(encoding="utf-8")


def test_the_documentations_plan_says_what_it_takes(
    documented: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    program, *arguments = shlex.split(blocks("sh")[0])
    assert program == "mfcheck"
    assert main([*arguments, "--mf-device", "cpu"]) == 0
    assert "wishart-vanilla-N1000-L5" in capsys.readouterr().out


def test_a_file_without_claims_cannot_be_planned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.py"
    empty.write_text("", encoding="utf-8")
    for file, said in ((empty, "holds no claim"), (tmp_path / "nowhere.py", "is no Python file")):
        assert main(["plan", "mine/x", "--file", str(file)]) == 4
        assert said in capsys.readouterr().err


def test_an_unusable_theory_ends_a_run_before_any_work(documented: pytest.Pytester) -> None:
    documented.makepyfile(
        odd="""
        from mfcheck import PaperTheory


        class Odd(PaperTheory):
            def omega(self, spec):
                return float("nan")


        class Costly(PaperTheory):
            def __init__(self, price):
                raise AssertionError("never made")
        """
    )
    for name, said in (("Odd", "*formula omega gives nan at*"), ("Costly", "*cannot be made without arguments*")):
        result = run(documented, "test_mine.py", "--mf-theory", f"odd:{name}")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([said])
        assert "Traceback" not in result.stderr.str()


NANS = """
from dataclasses import dataclass

import numpy as np

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.observables import jacobian
from mfcheck.statistics.means import Tail


@claim("mine/nan", cells=lambda settings: [Cell(NetworkSpec("vanilla", 4, 2, 8, 1, 2.0), "wishart")])
def test_nan(cell, decide):
    '''Nothing.'''
    decide.mean_ratio(
        jacobian.entry,
        statistic=lambda draws: np.full(len(draws), np.nan),
        reference=lambda theory: theory.jacobian_entry_variance(cell.spec),
        tail=lambda: Tail(2.0, 10.0),
    )
"""


def test_a_claim_whose_draws_are_nan_is_named_where_it_is_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "nans.py"
    file.write_text(NANS, encoding="utf-8")
    assert main(["plan", "mine/nan", "--file", str(file), "--mf-device", "cpu"]) == 4
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "claim mine/nan in cell wishart-vanilla-N8-L1-d4-K2-w2-relu cannot be planned" in said
    assert "NaN in" in said
