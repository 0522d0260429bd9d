"""Where progress is shown: in place below pytest's own line on a terminal, and as a line a minute anywhere else."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TextIO

EVERY = 60.0
"""Seconds between two lines in a log."""
IN_PLACE = 1.0
"""Seconds between two states of a terminal."""
MOST_LINES = 4


class Display(Protocol):
    """What shows lines of progress, every so many seconds, and at most so many of them."""

    @property
    def every(self) -> float: ...
    @property
    def most(self) -> int: ...
    def show(self, lines: list[str]) -> None:
        """Show these lines, or none."""

    def close(self) -> None:
        """Leave the screen to others."""


def display_for(writer: Any, environ: Mapping[str, str]) -> Display:
    """The display that suits where pytest's terminal writer writes to, if there is one."""
    file = getattr(writer, "_file", None)
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a file without a descriptor
        if file is not None and file.isatty() and environ.get("TERM", "dumb") != "dumb" and not environ.get("CI"):
            return Terminal(writer, os.dup(file.fileno()))
    return Log(lambda: writer.width_of_current_line if writer is not None else 0)


class Terminal:
    """Lines below the one that pytest writes in, redrawn in place, and wiped before pytest writes on.

    pytest captures file descriptor 1 while a test runs, so this writes to a copy of it.
    """

    every, most = IN_PLACE, MOST_LINES

    def __init__(self, writer: Any, descriptor: int) -> None:
        self._writer, self._descriptor = writer, descriptor
        self._lock, self._drawn, self._file = threading.RLock(), False, writer._file
        writer._file = _Wiping(self._file, self)

    def show(self, lines: list[str]) -> None:
        """Draw these lines in the place of those before, each cut to the terminal's width."""
        with self._lock:
            width, height = os.get_terminal_size(self._descriptor)
            cut = [line if len(line) < width else f"{line[: width - 2]}…" for line in lines[: max(0, height - 2)]]
            column = self._writer.width_of_current_line
            if cut or self._drawn:
                below = "".join(f"\r\n{line}" for line in cut)
                # The way back is relative, since the screen may have scrolled.
                back = f"\x1b[{len(cut)}A\r" + (f"\x1b[{column}C" if column else "") if cut else ""
                self._write("\x1b[J" + below + back)
            self._drawn = bool(cut)

    def wiped(self, write: Callable[[], Any]) -> Any:
        """Do what writes to the screen, on one that holds nothing of ours."""
        with self._lock:
            if self._drawn:
                self._write("\x1b[J")
                self._drawn = False
            return write()

    def close(self) -> None:
        """Wipe the lines, and give pytest its own file and us our copy back."""
        with self._lock:
            with contextlib.suppress(OSError):
                self.show([])
            self._writer._file = self._file
            os.close(self._descriptor)

    def _write(self, text: str) -> None:
        os.write(self._descriptor, text.encode(getattr(self._file, "encoding", None) or "utf-8", "replace"))


class _Wiping:
    """pytest's file, as it is but for a screen that is wiped, and written to at once, wherever it writes."""

    def __init__(self, file: TextIO, terminal: Terminal) -> None:
        self._of, self._terminal = file, terminal

    def write(self, text: str) -> Any:
        def write() -> Any:
            written = self._of.write(text)
            self._of.flush()
            return written

        return self._terminal.wiped(write)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


class Log:
    """Standard error as it was before pytest captured it, one whole line at a time.

    `column` tells how far the reporter's own line has come: a line of dots is left alone, and ours begins below it.
    """

    most = 1

    def __init__(self, column: Callable[[], int]) -> None:
        self._column, self._left_at = column, 0
        self._file: TextIO = sys.stderr
        with contextlib.suppress(OSError, ValueError, AttributeError):  # standard error without a file
            self._file = open(  # noqa: SIM115 (closed by close)
                os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="replace"
            )
        self._owned = self._file is not sys.stderr

    @property
    def every(self) -> float:
        """Seconds between two lines."""
        return EVERY

    def show(self, lines: list[str]) -> None:
        """Write the lines, now."""
        for line in lines:
            column = self._column()
            self._file.write(("\n" if column not in (0, self._left_at) else "") + line + "\n")
            self._file.flush()
            self._left_at = column

    def close(self) -> None:
        """Give the copy of standard error back."""
        if self._owned:
            self._file.close()
