"""Costs by which cells are ordered are the same whoever reckons them, and are reckoned once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mfcheck.session import shared_costs
from mfcheck.session.shared_costs import shared
from mfcheck.tests.support.runs import run
from mfcheck.tests.support.settings import make_settings
from mfcheck.tests.support.toy_claims import GAUSSIAN, TOY
from mfcheck.theory import PaperTheory

CELLS: Any = [
    (SimpleNamespace(path=Path(__file__)), SimpleNamespace(id="claim"), SimpleNamespace(id=f"c{n}")) for n in range(7)
]
COSTS = [0.5 * n for n in range(7)]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that this process reckons."""
    names: list[str] = []

    def reckoned(cells: Sequence[Any], run: object) -> list[float]:
        names.extend(cell.id for _, _, cell in cells)
        return [COSTS[int(cell.id[1:])] for _, _, cell in cells]

    monkeypatch.setattr(shared_costs, "reckoned", reckoned)
    monkeypatch.setattr(shared_costs, "PATIENCE", 0.0)
    return names


def a_run(cache: Path | None, **changes: Any) -> Any:
    return SimpleNamespace(settings=replace(make_settings(), cache=cache, **changes), theory=PaperTheory())


def as_worker(monkeypatch: pytest.MonkeyPatch, number: int, count: int) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{number}")
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(count))


def test_each_process_reckons_its_share_and_a_later_run_nothing(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_worker(monkeypatch, 0, 2)
    assert shared(CELLS, a_run(tmp_path)) == COSTS
    assert asked == ["c0", "c2", "c4", "c6", "c1", "c3", "c5"]  # nobody wrote the other share in time
    asked.clear()
    as_worker(monkeypatch, 1, 2)
    assert shared(CELLS, a_run(tmp_path)) == COSTS
    assert asked == ["c1", "c3", "c5"]
    asked.clear()
    for number in (0, 1):
        as_worker(monkeypatch, number, 2)
        assert shared(CELLS, a_run(tmp_path)) == COSTS
    assert asked == []


def test_what_costs_depend_on_is_reckoned_anew(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_worker(monkeypatch, 0, 1)
    runs = [(CELLS, a_run(tmp_path)), (CELLS[:5], a_run(tmp_path)), (CELLS, a_run(tmp_path, alpha=1e-5))]
    for cells, one in runs:
        asked.clear()
        assert shared(cells, one) == COSTS[: len(cells)]
        assert len(asked) == len(cells)
    (tmp_path / "code.py").write_text("changed")
    monkeypatch.setattr(shared_costs, "own_code", lambda: [tmp_path / "code.py"])
    asked.clear()
    shared(CELLS, a_run(tmp_path))
    assert len(asked) == len(CELLS)


@pytest.mark.parametrize("folder", ["claims", "tests", "far/tests/below"])
def test_changed_claims_are_reckoned_anew_whatever_their_folder_is_called(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    as_worker(monkeypatch, 0, 1)
    file = tmp_path / folder / "test_mine.py"
    file.parent.mkdir(parents=True)
    cells: Any = [(SimpleNamespace(path=file), claim, cell) for _, claim, cell in CELLS]
    for text in ("draws = 1", "draws = 2"):
        file.write_text(text)
        asked.clear()
        shared(cells, a_run(tmp_path / "cache"))
        assert len(asked) == len(cells)


@pytest.mark.parametrize("wrong", ["", "[1, 2]", '{"a": 1}', '["x", "x", "x", "x", "x", "x", "x"]'])
def test_a_file_that_is_not_ours_is_not_believed(
    wrong: str, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_worker(monkeypatch, 0, 1)
    shared(CELLS, a_run(tmp_path))
    (file,) = (tmp_path / "order").glob("*.json")
    file.write_text(wrong)
    assert shared(CELLS, a_run(tmp_path)) == COSTS
    assert len(asked) == 2 * len(CELLS)


def test_without_a_folder_all_is_reckoned_here(asked: list[str], tmp_path: Path) -> None:
    assert shared(CELLS, a_run(None)) == COSTS
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert shared(CELLS, a_run(blocked)) == COSTS
    assert len(asked) == 2 * len(CELLS)


def test_files_of_old_runs_go(asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_worker(monkeypatch, 0, 1)
    monkeypatch.setattr(shared_costs, "KEPT", 2)
    for alpha in (1e-3, 1e-4, 1e-5):
        shared(CELLS, a_run(tmp_path, alpha=alpha))
    assert len([*(tmp_path / "order").glob("*.json")]) == 2


def test_the_shares_of_one_run_all_stay_however_many_they_are(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_costs, "KEPT", 2)
    monkeypatch.setattr(shared_costs, "PATIENCE", 0.0)
    for number in range(5):
        as_worker(monkeypatch, number, 5)
        shared(CELLS, a_run(tmp_path))
    assert len([*(tmp_path / "order").glob("*.json")]) == 5


@pytest.mark.usefixtures("clean_environment")
def test_workers_of_a_run_leave_their_shares(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_toy=TOY + GAUSSIAN)
    run(pytester, "-n", "2", "--mf-report", "r").assert_outcomes(passed=1)
    assert len([*(pytester.path / ".pytest_cache").rglob("*of2.json")]) >= 1
