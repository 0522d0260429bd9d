"""Progress of long cells on the terminal: every process keeps a file on its cell, one thread reads them all.

Workers of xdist cannot write to the terminal and pytest captures whatever a test prints, hence the files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from mfcheck import progress
from mfcheck.progress import Progress, duration

FOLDER = ".progress"
PAUSE = 2.0
"""Seconds between two states of one file, at least."""
AFTER = 5.0
"""Seconds that a cell runs before the terminal speaks of it."""
EVERY, SELDOM = 10.0, 60.0
"""Seconds between two looks: at first, and after twenty minutes."""
MOST_LINES = 4
LONGEST_NAME = 48


@dataclass(frozen=True)
class StatusFile:
    """The file in which one process writes what it is working on."""

    path: Path

    @contextlib.contextmanager
    def watching(self, claim: str, cell: str) -> Iterator[None]:
        """Keep the file up to date with what is reported inside; there is none before the first report."""
        started, written = time.time(), 0.0

        def write(news: Progress) -> None:
            nonlocal written
            now = time.time()
            if 0 <= now - written < PAUSE:
                return
            written = now
            status = {"claim": claim, "cell": cell, "started": started, "written": now, "progress": asdict(news)}
            fresh = self.path.with_suffix(".part")
            with contextlib.suppress(OSError):  # progress that cannot be shown is no reason to stop
                fresh.write_text(json.dumps(status), encoding="utf-8")
                os.replace(fresh, self.path)

        try:
            with progress.shown(write):
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


def status_lines(folder: Path, now: float) -> list[str]:
    """One line for each cell that has run for a while, the longest-running first, and not too many of them."""
    statuses = [status for file in folder.glob("*.json") if (status := _read(file))]
    long = sorted((s for s in statuses if now - s["started"] > AFTER), key=lambda status: status["started"])
    lines = [f"mfcheck: {_line(status, now)}" for status in long[:MOST_LINES]]
    if len(long) > MOST_LINES:
        lines.append(f"mfcheck: and {len(long) - MOST_LINES} more cells under way")
    return lines


class Ticker:
    """A thread that writes the status lines of a folder every now and then; the folder lives as long as it does."""

    def __init__(self, folder: Path, write: Callable[[str], None]) -> None:
        self.folder, self._write = folder, write
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="mfcheck-progress", daemon=True)

    def start(self) -> None:
        """Begin with an empty folder: a killed run leaves its own behind."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._thread.start()

    def stop(self) -> None:
        """Write no more; once is enough, twice does no harm."""
        self._stopped.set()
        self._thread.join()

    def remove(self) -> None:
        """Remove the folder, when no process writes there any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _tick(self) -> None:
        began = time.monotonic()
        pause = EVERY
        with contextlib.suppress(Exception):  # whatever happens here, the run goes on
            while not self._stopped.wait(pause):
                for line in status_lines(self.folder, time.time()):
                    self._write(line)
                pause = max(EVERY, min(SELDOM, (time.monotonic() - began) / 20))


class Screen:
    """Standard error as it was before pytest captured it, one whole line at a time.

    `column` tells how far the reporter's own line has come: a line of dots is left alone, and ours begins below it.
    """

    def __init__(self, column: Callable[[], int]) -> None:
        self._column, self._left_at = column, 0
        self._file: TextIO = sys.stderr
        with contextlib.suppress(OSError, ValueError, AttributeError):  # standard error without a file
            self._file = open(  # noqa: SIM115 (closed by close)
                os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="replace"
            )
        self._owned = self._file is not sys.stderr

    def write(self, line: str) -> None:
        """Write one line, now."""
        column = self._column()
        self._file.write(("\n" if column not in (0, self._left_at) else "") + line + "\n")
        self._file.flush()
        self._left_at = column

    def close(self) -> None:
        """Give the copy of standard error back."""
        if self._owned:
            self._file.close()


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
