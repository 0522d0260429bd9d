"""Long runs say how far they are; quick ones say nothing, and a broken terminal stops no run."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from mfcheck import progress
from mfcheck.progress import Progress
from mfcheck.session import progress_display
from mfcheck.session.progress_display import StatusFile, Ticker, status_lines
from mfcheck.tests.support.long_runs import NUMBERS, TOY, make, run

pytestmark = pytest.mark.usefixtures("light_runs")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("slow", "arguments"), [("fair 2", ("-q", "-q")), ("nothing", ())], ids=["quiet", "quick"])
def test_quick_cells_and_quiet_runs_say_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, slow: str, arguments: tuple[str, ...]
) -> None:
    make(pytester, TOY.replace("(2, 3, 4)", "(2,)"))
    monkeypatch.setenv("TOY_IS_SLOW", slow)
    result = run(pytester, *NUMBERS, *arguments)
    assert result.ret == 0
    assert "mfcheck: toy" not in result.stdout.str() + result.stderr.str()


def test_a_broken_terminal_or_file_stops_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "AFTER", -1.0)

    tried = threading.Event()

    class Closed:
        every, most = 0.01, 1

        def show(self, lines: list[str]) -> None:
            tried.set()
            raise OSError("terminal closed")

        def close(self) -> None:
            raise AssertionError("it is the controller's to close")

    folder = tmp_path / "deep" / ".progress"
    showing = Ticker(folder, Closed())
    showing.start()
    (folder / "half.json").write_text('{"claim": ')
    with StatusFile(folder / "gw0.json").watching("toy.1/a", "c1"):
        progress.report(1, 2)
        assert tried.wait(5)
    showing.stop()
    showing.remove()
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]
    assert not folder.exists()
    with StatusFile(folder / "gw0.json").watching("toy.1/a", "c1"):  # nobody made the folder
        progress.report(1, 2)
    assert not folder.exists()


def test_the_longest_running_cells_come_first_and_files_are_written_sparingly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(progress_display.time, "time", lambda: now[0])
    file = StatusFile(tmp_path / "gw0.json")
    with file.watching("toy.1/a", "c" * 60):
        assert not file.path.exists()
        progress.report(0, 40)
        now[0] += progress_display.PAUSE / 2
        progress.report(1, 40)
        assert json.loads(file.path.read_text())["progress"]["done"] == 0
        assert status_lines(tmp_path, now[0], 4) == []
        (line,) = status_lines(tmp_path, 1070.0, 4)
        assert line == f"mfcheck: toy.1/a {'c' * 47}…: step 0 of 40, 1 min 10 s so far"
        status = json.loads(file.path.read_text())
        for place in range(5):
            later = status | {"cell": f"d{place}", "started": 990.0 + place, "written": 1060.0}
            later["progress"] = status["progress"] | {"left": 15.0}
            file.beside(f"gw{place + 1}").path.write_text(json.dumps(later))
        lines = status_lines(tmp_path, 1070.0, 4)
        assert [line.split()[2] for line in lines] == ["d0:", "d1:", "d2:", "d3:"]
        assert lines[0].endswith("step 0 of 40, about 5 s left")
        assert status_lines(tmp_path, 1075.0, 4)[0].endswith("step 0 of 40, 1 min 25 s so far")
        assert lines[-1].endswith("step 0 of 40, about 5 s left; and 2 more cells")
        (line,) = status_lines(tmp_path, 1070.0, 1)
        assert line.split()[2] == "d0:"
        assert line.endswith("; and 5 more cells")
    assert not file.path.exists()


def test_the_time_left_follows_from_the_pace() -> None:
    now, seen = [0.0], list[Progress]()

    def at(seconds: float) -> None:
        now[0] = seconds

    with progress.shown(seen.append, clock=lambda: now[0]):
        with progress.part("draws 0–7 of 24", after=2):
            assert seen[-1] == Progress(part="draws 0–7 of 24")
            progress.report(0, 10)
            assert seen[-1].left is None
            at(2)
            progress.report(2, 10)
            assert seen[-1] == Progress("step", 2, 10, "draws 0–7 of 24", left=8 + 2 * 10)
            at(8)
            progress.report(0, 10, "other")  # another count within the part
            assert seen[-1].left is None
            at(12)
        with progress.part("draws 8–15 of 24", after=1):
            assert seen[-1].left == 12 + 12  # as the part before
            at(13)
            progress.report(1, 10)
            assert seen[-1].left == 11 + 12
        with progress.part("draws 0–7", after=0), pytest.raises(ZeroDivisionError):
            raise ZeroDivisionError
        with progress.part("of another network", after=3):
            assert seen[-1].left is None
        progress.report(5, 10)
        at(14)
        progress.report(6, 10)
        assert seen[-1] == Progress("step", 6, 10, left=4)
    count = len(seen)
    progress.report(1, 2)
    with progress.part("nobody listens", after=0):
        pass
    assert len(seen) == count


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (3599.6, "1 h 0 min"), (86400, "24 h 0 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert progress.duration(seconds) == words
