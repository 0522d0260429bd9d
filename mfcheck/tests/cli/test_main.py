"""The command `mfcheck`: plans and twins, and one sentence for arguments it cannot use."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mfcheck.cli import main
from mfcheck.decisions.suite import suite_claims

NINE = {
    "entries-gaussian",
    "entries-variance",
    "entries-independent",
    "input-independent",
    "offset-gaussian",
    "offset-independent",
    "piecewise-linear",
    "width-convergence",
    "phase-boundary",
}


def test_the_installed_suite_holds_all_claims_of_theorem_4_1() -> None:
    assert {id.split("/")[1] for id in suite_claims() if id.startswith("thm4.1/")} == NINE


def test_a_plan_names_every_cell_with_its_draws(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "thm4.1/piecewise-linear", "--mf-device", "cpu"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("1,444") == 6
    assert "dense-residual" in printed


def test_a_plan_takes_the_variables_that_a_run_takes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = ["plan", "thm4.1/piecewise-linear", "--mf-device", "cpu"]
    monkeypatch.setenv("MFCHECK_LEVEL", "standard")
    monkeypatch.setenv("MFCHECK_ALPHA", "1e-4")
    assert main(plan) == 0
    assert "level standard, alpha 0.0001" in capsys.readouterr().out
    assert main([*plan, "--mf-level", "quick", "--mf-alpha", "1e-3"]) == 0
    assert "level quick, alpha 0.001" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["plan thm4.1/piecewise-linear", "disagree paper paper"])
@pytest.mark.parametrize(
    ("name", "value"), [("MFCHECK_TYPO", "1"), ("MFCHECK_LEVEL", "fast"), ("MFCHECK_DEVICE", "tpu")]
)
def test_a_variable_that_cannot_be_used_is_told_before_a_draw(
    command: str, name: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert main(command.split()) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert (name if name.endswith("TYPO") else value) in line


def test_a_smaller_discrepancy_takes_more_draws(capsys: pytest.CaptureFixture[str]) -> None:
    def draws(delta: str) -> int:
        assert main(["plan", "thm4.1/phase-boundary", "--delta", delta, "--mf-device", "cpu"]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines() if "wishart-vanilla" in line]
        return sum(int(line[0].replace(",", "")) for line in lines)

    assert draws("0.02") > 2 * draws("0.05")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "thm4.1/nothing"], "thm4.1/nothing"),
        (["plan", "thm4.1/phase-boundary", "--delta", "0"], "delta"),
        (["plan", "thm4.1/phase-boundary", "--alpha", "0.7"], "0.7"),
        (["plan", "thm4.1/phase-boundary", "--beta", "1"], "beta"),
        (["plan", "thm4.1/phase-boundary", "--mf-level", "fast"], "fast"),
        (["plan", "thm4.1/phase-boundary", "--mf-device", "tpu"], "tpu"),
        (["mutants", "nowhere.json"], "nowhere.json"),
        (["coverage", "nowhere.json"], "nowhere.json"),
    ],
)
def test_unusable_arguments(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 4
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert said in printed.err


def test_mutants_prints_twins_against_claims(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    killed = {"name": "omega: × 1.05", "formula": "omega", "status": "killed", "killed_by": ["thm4.1/entries-variance"]}
    survived = {"name": "omega: × 1.25", "formula": "omega", "status": "survived", "killed_by": []}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"mutants": [{**killed, "reason": ""}, {**survived, "reason": ""}], "theorems": []}))
    assert main(["mutants", str(report)]) == 0
    printed = capsys.readouterr().out
    assert "× 1.05" in printed
    assert "survived" in printed


def test_coverage_prints_formulas_by_argument_and_what_no_finding_refutes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    least = {"factor": 1.0312, "claim": "thm4.1/entries-variance", "cell": "a-cell", "engine": "exact"}
    row = {"argument": "p", "values": [1, 2, "∞"], "twins": 4, "holes": [], "least": least, "declared": ""}
    hole = {"argument": "q", "values": [2.0], "twins": 4, "holes": ["beta × 0.8 where q is 1"], "least": None}
    declared = {"argument": "width", "values": [], "twins": 0, "holes": [], "least": None, "declared": "of one layer"}
    rows = [row, hole | {"declared": ""}, declared]
    covered = {"formula": "beta", "findings": 3, "exact": least, "sampled": None, "rows": rows}
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"coverage": [covered]}), encoding="utf-8")
    assert main(["coverage", str(report)]) == 0
    printed = capsys.readouterr().out
    assert "beta: 3 findings, refuted from × 1.031 by an exact law (thm4.1/entries-variance)" in printed
    assert "1, 2, ∞" in printed
    assert "✗ HOLE beta × 0.8 where q is 1" in printed
    assert "declared: of one layer" in printed
    assert "1 of 2 arguments of 1 formula pinned down, by 8 slanted twins; 1 hole" in printed
    assert all(len(line) <= 120 for line in printed.splitlines())
    report.write_text(json.dumps({"coverage": [covered | {"findings": -1}]}), encoding="utf-8")
    assert main(["coverage", str(report)]) == 4
    assert "coverage[0].findings" in capsys.readouterr().err
    report.write_text(json.dumps({"mutants": []}), encoding="utf-8")
    assert main(["coverage", str(report)]) == 4
    assert "holds no coverage" in capsys.readouterr().err


@pytest.mark.parametrize(("silent", "told"), [(0.0, True), (600.0, False)])
def test_a_long_pre_flight_says_how_far_it_is(
    factory_paths: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    silent: float,
    told: bool,
) -> None:
    monkeypatch.setattr("mfcheck.cli.audit.SILENT", silent)
    assert main(["audit", factory_paths("Vanilla"), "--preflight", "--mf-claim", "audit/offset-zero"]) == 0
    found = capsys.readouterr()
    assert ("pre-flight: cell 0 of 1" in found.err) == told
    assert "pre-flight: cell" not in found.out
