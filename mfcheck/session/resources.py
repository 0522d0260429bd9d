"""What the main process holds while a run goes on: its report folder, the line of progress, and the signal to end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mfcheck.session.progress_display import FOLDER, StatusFile, Ticker
from mfcheck.session.screen import display_for

STATUS = pytest.StashKey[StatusFile]()
"""Where this process says what it is at, if anybody wants to know."""


class Resources:
    """Taken one by one, before any work, and given back together, the last one first."""

    def __init__(self) -> None:
        self._taken = False
        self._ticker: Ticker | None = None
        self._closing: list[Callable[[], object]] = []

    def take_folder(self, folder: Path) -> None:
        """See to it, once, that the report can be written and that nobody else writes there; else pytest's error."""
        if self._taken:
            return
        from mfcheck.session.folder import take

        try:
            self._closing.append(take(folder))
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        self._taken = True

    def show_progress(self, config: pytest.Config, report: Path) -> None:
        """Show which cells are under way, by files beside the report, until `stop_progress`."""
        folder = report.absolute() / FOLDER
        reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
        screen = display_for(reporter._tw if reporter else None, os.environ)
        self._ticker = Ticker(folder, screen)
        self._ticker.start()
        self._closing += [screen.close, self._ticker.remove, self._ticker.stop]
        config.stash[STATUS] = StatusFile(folder / "main.json")

    def stop_progress(self) -> None:
        """Show no more, where anything was shown."""
        if self._ticker is not None:
            self._ticker.stop()

    def interrupt_on_termination(self) -> None:
        """Let SIGTERM end the run as Ctrl-C does: with everything kept, and told how to go on."""
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGTERM)
        if before is not signal.SIG_DFL:  # somebody else sees to it
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            # Who terminates a process group may send it twice; the second must not cut the summary short.
            signal.signal(signal.SIGTERM, lambda number, frame: None)
            raise KeyboardInterrupt("terminated")

        signal.signal(signal.SIGTERM, interrupt)
        self._closing.append(lambda: signal.signal(signal.SIGTERM, before))

    def give_back(self) -> None:
        """Give all of them back."""
        while self._closing:
            self._closing.pop()()
