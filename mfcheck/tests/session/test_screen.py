"""On a terminal progress is redrawn in place and leaves nothing behind; elsewhere it is a line a minute."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pyte
import pytest

from mfcheck.session import screen
from mfcheck.session.screen import Log, display_for
from mfcheck.tests.support.long_runs import NUMBERS, TOY, make

RUN = """
import sys
from mfcheck.session import progress_display, screen
import pytest

progress_display.AFTER, progress_display.PAUSE, screen.Terminal.every, screen.EVERY = -1.0, 0.0, 0.2, 0.02
sys.exit(pytest.main(sys.argv[1:]))
"""


def seen(folder: Path, environment: Mapping[str, str], *arguments: str, rows: int = 24) -> tuple[list[str], set[str]]:
    """The last screen of a slow toy run in a terminal of sixty columns, and every line that it ever showed."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 60, 0, 0))
    command = [sys.executable, "-c", RUN, *NUMBERS, "-q", "-p", "no:hypothesispytest", "-p", "no:benchmark", *arguments]
    bare = {name: value for name, value in os.environ.items() if name not in ("CI", "COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        command, cwd=folder, env=bare | {"TERM": "xterm", **environment}, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    terminal = pyte.Screen(60, rows)
    stream, ever = pyte.ByteStream(terminal), set[str]()
    with contextlib.suppress(OSError):  # at the end of a pseudo-terminal
        while data := os.read(ours, 65536):
            stream.feed(data)
            ever |= {line.rstrip() for line in terminal.display}
    os.close(ours)
    assert process.wait() == 0
    return [line.rstrip() for line in terminal.display], ever


@pytest.fixture
def slow(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, light_runs: None) -> Path:
    make(pytester, TOY)
    monkeypatch.setenv("TOY_IS_SLOW", "fair 4")
    return pytester.path


@pytest.mark.parametrize("rows", [24, 6])
def test_a_terminal_shows_progress_in_place_and_keeps_none_of_it(slow: Path, rows: int) -> None:
    last, ever = seen(slow, {}, rows=rows)
    shown = [line for line in ever if line.startswith("mfcheck: toy.1/fair wishart-vanilla-N32-L4")]
    assert shown
    assert all(len(line) <= 59 and line.endswith("…") for line in shown)
    assert not [line for line in last if line.startswith("mfcheck: toy")]
    # What pytest wrote in the meantime stands where it stands without us.
    assert any(line.startswith("...") and line.endswith("[100%]") for line in ever)


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}], ids=["dumb", "ci"])
def test_a_terminal_that_cannot_redraw_gets_lines(slow: Path, environment: dict[str, str]) -> None:
    last, ever = seen(slow, environment)
    assert any("mfcheck: toy.1/fair wishart-vanilla-N32-L4" in line for line in ever)
    assert any("mfcheck: toy.1/fair" in line for line in last)


class Writer:
    """As much of pytest's terminal writer as a display looks at."""

    def __init__(self, descriptor: int) -> None:
        self._file = open(descriptor, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 (as long as the test)
        self.width_of_current_line = 0

    def write(self, text: str) -> None:
        self._file.write(text)
        self.width_of_current_line = len(text.rpartition("\n")[2]) + (0 if "\n" in text else self.width_of_current_line)


@pytest.mark.parametrize("begun", [0, 5], ids=["at the top", "on a screen that scrolls"])
def test_what_pytest_writes_stands_as_it_would_without_us(begun: int) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 60, 0, 0))
    terminal = pyte.Screen(60, 6)
    stream = pyte.ByteStream(terminal)

    def lines() -> list[str]:
        while select.select([ours], [], [], 0.1)[0]:  # what was written may come in pieces
            stream.feed(os.read(ours, 65536))
        return [line.rstrip() for line in terminal.display if line.strip()]

    writer = Writer(theirs)
    display = display_for(writer, {"TERM": "xterm"})
    for _ in range(begun):
        writer.write("begun\n")
    writer.write("..")
    display.show(["mfcheck: one", "mfcheck: two"])
    assert lines()[-3:] == ["..", "mfcheck: one", "mfcheck: two"]
    writer.write(".")
    assert lines()[-1] == "..."
    display.show(["mfcheck: one, further"])
    assert lines()[-2:] == ["...", "mfcheck: one, further"]
    writer.write(" [100%]\n\n3 passed\n")
    assert lines()[-2:] == ["... [100%]", "3 passed"]
    display.show(["mfcheck: three"])
    display.close()
    writer.write("over\n")
    writer._file.flush()
    assert lines()[-2:] == ["3 passed", "over"]


def test_elsewhere_there_is_a_line_a_minute(capfd: pytest.CaptureFixture[str]) -> None:
    display = display_for(None, {"TERM": "xterm"})
    assert isinstance(display, Log)
    assert (display.every, display.most) == (60.0, 1)
    display.show(["mfcheck: one"])
    display.close()
    assert capfd.readouterr().err == "mfcheck: one\n"


def test_a_line_of_dots_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(screen.sys, "stderr", written)
    column = 0
    display = Log(lambda: column)
    for column in (3, 3, 5, 0):  # noqa: B007 (read by the display)
        display.show(["x"])
    assert written.getvalue() == "\nx\nx\n\nx\nx\n"
