"""The command `mfcheck`: plans and twins, and one sentence for arguments it cannot use."""

from __future__ import annotations

import json
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
