"""`mfcheck pool` tells what several seeds say together, and its status says whether all is as it should be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mfcheck.cli.main import main
from mfcheck.findings.record import as_plain, assemble
from mfcheck.tests.support.settings import make_finding, make_settings


def write(folder: Path, seed: int, *findings: dict[str, Any]) -> str:
    made = [as_plain(make_finding(**finding)) for finding in findings]
    path = folder / f"{seed}.json"
    path.write_text(json.dumps(assemble(replace(make_settings(), seed=seed), made, ())))
    return str(path)


def test_seeds_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write(tmp_path, 7, {}, {"cell": "c2", "verdict": "undecided"})
    other = write(tmp_path, 8, {}, {"cell": "c2"})
    assert main(["pool", one, other]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2 reports, level quick, theory mfcheck.theory:PaperTheory"
    assert lines[2].split() == ["thm4.1", "✓", "supported", "?", "undecided", "✓", "supported"]
    assert "  thm4.1/a c2: supported; 7 undecided, 8 supported" in lines
    bound = "all decisions of all seeds err with probability at most 4e-06"
    assert lines[-1] == f"1 decision on which no seed differs; {bound}"


def test_a_refutation_by_all_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write(tmp_path, seed, {"verdict": "refuted"}) for seed in (1, 2, 3)]
    assert main(["pool", *paths]) == 1
    assert "thm4.1/a c1: refuted; 1 refuted, 2 refuted, 3 refuted" in capsys.readouterr().out


def test_reports_that_decide_nothing_say_nothing_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = [write(tmp_path, seed) for seed in (1, 2)]
    silent = [write(tmp_path, seed, {"verdict": "not applicable"}) for seed in (3, 4)]
    explored = [write(tmp_path, seed, {"claim": "open/a"}) for seed in (5, 6)]
    for pair in (empty, silent, explored):
        assert main(["pool", *pair]) == 1
        assert "nothing was decided" in capsys.readouterr().out
    assert main(["pool", silent[0], write(tmp_path, 7, {})]) == 0
    assert "nothing was decided" not in capsys.readouterr().out


def test_what_cannot_be_pooled_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, 1, {})
    for given, says in (([path], "two reports at least"), ([path, path], "given twice"), ([path, "no"], "'no' cannot")):
        assert main(["pool", *given]) == 4
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == 1


def test_cells_of_one_seed_and_narrowed_runs_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = write(tmp_path, 7, {}, {"cell": "c2"}), write(tmp_path, 8, {})
    narrowed = json.loads(Path(other).read_text()) | {"narrowed": True}
    Path(other).write_text(json.dumps(narrowed))
    assert main(["pool", one, other]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "that of seed 8 left out claims or cells" in lines
    assert "1 decision by some of the seeds alone" in lines
    assert lines[-1].startswith("1 decision on which no seed differs; ")
