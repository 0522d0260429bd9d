"""The suite at quick refutes all planted wrong theories, and every formula in another's place, and no right theory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mfcheck import PaperTheory
from mfcheck.tests.support.planted_theories import planted, swaps
from mfcheck.tests.support.right_theories import RIGHT
from mfcheck.tests.support.subtle_theories import AS_GOOD, SUBTLE
from mfcheck.tests.support.wrong_theories import WRONG
from mfcheck.theory.arguments import formulas, parameters
from mfcheck.theory.changes import PAPER, changes, differs
from mfcheck.theory.sample_places import sample_places

ROOT = Path(__file__).parents[3]


def test_there_are_as_many_as_should_be() -> None:
    names = [one.name for one in planted()]
    assert len(set(names)) == len(names) == len((*WRONG, *SUBTLE, *RIGHT, *AS_GOOD, *swaps()))
    assert ("apart_square_ratio", "offset_square_ratio") in swaps()
    assert ("beta", "chevet_beta") in swaps()
    assert not [pair for pair in swaps() if set(pair) in ({"jacobian_entry", "omega"}, {"beta", "omega"})]


@pytest.mark.parametrize("theory", [*SUBTLE, *AS_GOOD], ids=lambda theory: theory.__name__)
def test_a_subtle_theory_changes_one_formula_and_a_right_one_no_value(theory: type[PaperTheory]) -> None:
    names = [name for name in formulas(PAPER) if name in vars(theory)]
    assert [change.name for change in changes(theory())] == names
    (name,) = names
    wrong = [differs(theory(), name, place) for place in sample_places(parameters(PAPER, name))]
    assert any(wrong) == (theory in SUBTLE)


@pytest.mark.slow
def test_the_suite_refutes_the_wrong_ones_and_no_right_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", str(ROOT / "claims"), "-n", "auto", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "mfcheck.tests.support.planted_theories", "--mf-seed", "11", "--mf-report", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    journal = (tmp_path / "findings.jsonl").read_text(encoding="utf-8")
    refuted = {name for line in journal.splitlines() for name in json.loads(line)["twins_refuted"]}
    kept = [one.name for one in planted() if one.name not in refuted]
    assert sorted(kept) == sorted(f"right: {one.__name__}" for one in (*RIGHT, *AS_GOOD))
