"""Runs of pytest that may be killed: each a process of its own, forked from one that has imported what is slow."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PRELOADED = [
    "mfcheck.plugin",
    *(f"mfcheck.{name}" for name in ("decisions.decide", "decisions.medians", "ensembles.sampling")),
    *(f"mfcheck.{name}" for name in ("findings.comparison", "observables.jacobian", "reporting.pages")),
    *(f"mfcheck.{name}" for name in ("reporting.terminal", "session.recorder", "session.resume")),
    "mfcheck.theorems.cells_of_a_run",
    "xdist.plugin",
]
PATIENCE = 300.0
"""Seconds after which a run hangs."""
LIGHT = ("-p", "no:hypothesispytest", "-p", "no:benchmark")
MAIN = "STRIKE_MAIN"
"""Where the environment of a run's processes names the main one."""
TRACE = re.compile(r"Traceback \(most recent call last\)|^E +[\w.]*(Error|Exception|Interrupt)\b", re.MULTILINE)
"""What a traceback of Python begins with, or ends with where pytest shows it."""


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit status, negative for the signal that killed it, and all that it said."""

    status: int | None
    said: str

    @property
    def tracebacks(self) -> int:
        """How many tracebacks of Python the user saw."""
        return len(TRACE.findall(self.said))

    @property
    def refused(self) -> bool:
        """Whether it ended as misuse does: status 4 and one sentence."""
        sentences = [line for line in self.said.splitlines() if line.startswith("ERROR: ")]
        return self.status == pytest.ExitCode.USAGE_ERROR and len(sentences) == 1


class Run:
    """A run of pytest under way in a folder."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOADED)
        runs = len(list(folder.glob("said-*.txt")))
        self._said = folder / f"said-{runs}.txt"
        self._said.touch()
        self._process = context.Process(
            target=_pytest, args=(str(folder), str(self._said), [*LIGHT, *arguments], dict(environment or {}))
        )
        self._process.start()

    def end(self) -> Ended:
        """Wait for its end; a run that hangs is killed and has no status."""
        self._process.join(PATIENCE)
        status = self._process.exitcode
        if status is None:
            self._process.kill()
            self._process.join()
        return Ended(status, self._said.read_text(encoding="utf-8", errors="replace"))


def run(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """A run of pytest from its beginning to its end."""
    return Run(folder, *arguments, environment=environment).end()


def _pytest(folder: str, said: str, arguments: list[str], environment: dict[str, str]) -> None:
    handle = os.open(said, os.O_WRONLY | os.O_APPEND)
    for number in (1, 2):
        os.dup2(handle, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.setsid()  # a terminal of its own, as it were
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    foreign = ("MFCHECK_", "PYTEST_", "GITHUB_ACTIONS")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        del os.environ[name]
    os.environ.update(environment)
    os.environ[MAIN] = str(os.getpid())
    os.chdir(folder)
    sys.exit(pytest.main(arguments))
