"""Progress of long cells on the terminal: every process keeps a file on its cell, one thread reads them all.

Workers of xdist cannot write to the terminal and pytest captures whatever a test prints, hence the files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mfcheck import progress
from mfcheck.findings.wording import plural
from mfcheck.progress import Progress, duration
from mfcheck.session.screen import Display

FOLDER = ".progress"
PAUSE = 2.0
"""Seconds between two states of one file, at least."""
AFTER = 5.0
"""Seconds that a cell runs before the terminal speaks of it."""
LONGEST_NAME = 48


@dataclass(frozen=True)
class StatusFile:
    """The file in which one process writes what it is working on."""

    path: Path

    @contextlib.contextmanager
    def watching(self, claim: str, cell: str) -> Iterator[None]:
        """Keep the file up to date with what is reported inside; there is none before the first report."""
        started = time.time()

        def write(news: Progress) -> None:
            shown = {"started": started, "written": time.time(), "progress": asdict(news)}
            status = {"claim": claim, "cell": cell, **shown}
            fresh = self.path.with_suffix(".part")
            with contextlib.suppress(OSError):  # progress that cannot be shown is no reason to stop
                fresh.write_text(json.dumps(status), encoding="utf-8")
                os.replace(fresh, self.path)

        try:
            with progress.shown(progress.seldom(write, PAUSE)):
                yield
        finally:
            self.remove()

    def beside(self, process: str) -> StatusFile:
        """The file of another process."""
        return StatusFile(self.path.with_name(f"{process}.json"))

    def remove(self) -> None:
        """Remove the file, since nothing is under way here any more."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def status_lines(folder: Path, now: float, most: int) -> list[str]:
    """One line for each cell that has run for a while, the longest-running first, and at most so many of them."""
    statuses = [status for file in folder.glob("*.json") if (status := _read(file))]
    long = sorted((s for s in statuses if now - s["started"] > AFTER), key=lambda status: status["started"])
    lines = [f"mfcheck: {_line(status, now)}" for status in long[:most]]
    if len(long) > most:
        lines[-1] += f"; and {plural(len(long) - most, 'more cell')}"
    return lines


class Ticker:
    """A thread that shows the status lines of a folder every now and then; the folder lives as long as it does."""

    def __init__(self, folder: Path, display: Display) -> None:
        self.folder, self._display = folder, display
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="mfcheck-progress", daemon=True)

    def start(self) -> None:
        """Begin with an empty folder: a killed run leaves its own behind."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Show no more; once is enough, twice does no harm."""
        self._stopped.set()
        self._thread.join()

    def remove(self) -> None:
        """Remove the folder, when no process writes there any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tick(self) -> None:
        with contextlib.suppress(Exception):  # whatever happens here, the run goes on
            while not self._stopped.wait(self._display.every):
                self._display.show(status_lines(self.folder, time.time(), self._display.most))


def _read(file: Path) -> dict[str, Any] | None:
    try:
        status: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # its cell has ended meanwhile
        return None
    return status


def _line(status: dict[str, Any], now: float) -> str:
    cell = str(status["cell"])
    name = cell if len(cell) <= LONGEST_NAME else cell[: LONGEST_NAME - 1] + "…"
    news = Progress(**status["progress"])
    left = None if news.left is None else news.left - (now - status["written"])
    if left is None or left < 1:  # no estimate, or one that has run out
        return f"{status['claim']} {name}: {replace(news, left=None)}, {duration(now - status['started'])} so far"
    return f"{status['claim']} {name}: {replace(news, left=left)}"
