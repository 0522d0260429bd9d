"""The suite at quick refutes all planted wrong theories, and every formula in another's place, and no right theory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mfcheck.tests.support.planted_theories import planted, swaps
from mfcheck.tests.support.right_theories import RIGHT
from mfcheck.tests.support.wrong_theories import WRONG

ROOT = Path(__file__).parents[3]


def test_there_are_as_many_as_should_be() -> None:
    names = [one.name for one in planted()]
    assert len(set(names)) == len(names) == len(WRONG) + len(RIGHT) + len(swaps())
    assert ("apart_square_ratio", "offset_square_ratio") in swaps()
    assert ("beta", "chevet_beta") in swaps()
    assert not [pair for pair in swaps() if set(pair) in ({"jacobian_entry", "omega"}, {"beta", "omega"})]


@pytest.mark.slow
def test_the_suite_refutes_the_wrong_ones_and_no_right_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", str(ROOT / "claims"), "-n", "auto", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "mfcheck.tests.support.planted_theories", "--mf-seed", "11", "--mf-report", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:]
    journal = (tmp_path / "findings.jsonl").read_text(encoding="utf-8")
    refuted = {name for line in journal.splitlines() for name in json.loads(line)["twins_refuted"]}
    kept = [one.name for one in planted() if one.name not in refuted]
    assert sorted(kept) == sorted(f"right: {one.__name__}" for one in RIGHT)
