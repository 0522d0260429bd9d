"""A plugin of pytest that strikes its own run at one moment of it, both named in the environment.

Moments are counted in every process by itself, and every blow falls once, whichever process comes to it first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mfcheck.tests.reliability.runs import MAIN

STRIKE, MARK = "STRIKE", "STRIKE_MARK"
"""Where the environment says "moment, number, deed" (several with semicolons between), and how the files are called
that tell what was done."""
JOURNAL, RUN = "findings.jsonl", "run.json"
_seen: Counter[str] = Counter()


def at(moment: str) -> None:
    """Strike here if this is the moment."""
    _seen[moment] += 1
    for mark, blow in marks(os.environ[STRIKE], os.environ[MARK]).items():
        wanted, number, deed = blow.split(", ")
        if moment == wanted and _seen[moment] == int(number) and not os.path.exists(mark):
            open(mark, "w").close()
            DEEDS[deed]()


def marks(strike: str, name: str) -> dict[str, str]:
    """Each blow of a strike by the file that tells of it."""
    return {f"{name}-{place}": blow for place, blow in enumerate(strike.split("; "))}


def _send(*signals: int) -> Callable[[], None]:
    def send() -> None:
        for number in signals:
            os.kill(int(os.environ[MAIN]), number)

    return send


def _send_to_all(number: int) -> Callable[[], None]:
    """As a terminal does: to every process of the run."""
    return lambda: os.killpg(int(os.environ[MAIN]), number)


def _fails(number: int) -> Callable[[], None]:
    def fail() -> None:
        raise OSError(number, os.strerror(number), "reports")

    return fail


def _fill() -> None:
    """Leave no room where the report goes."""
    with contextlib.suppress(OSError), open("reports/filler", "wb", buffering=0) as file:
        for size in (2**16, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def _limit() -> None:
    """Let no file grow by more than half a finding from here on."""
    size = Path("reports", JOURNAL).stat().st_size + 2000
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _turn_read_only() -> None:
    """Let the report folder be read-only, files that are open in it apart."""
    for how in (["--bind", "reports"], ["-o", "remount,bind,ro"]):
        subprocess.run(["mount", *how, "reports"], check=True)


def _wait() -> None:
    while not os.path.exists("go"):
        time.sleep(0.02)


DEEDS: dict[str, Callable[[], object]] = {
    "kill": _send(signal.SIGKILL),
    "terminate": _send(signal.SIGTERM),
    "terminate twice": _send(signal.SIGTERM, signal.SIGTERM),
    "hang up": _send_to_all(signal.SIGHUP),
    "interrupt": _send_to_all(signal.SIGINT),
    "kill worker": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "no space": _fails(errno.ENOSPC),
    "read-only": _fails(errno.EROFS),
    "limit": _limit,
    "fill": _fill,
    "turn read-only": _turn_read_only,
    "wait": _wait,
}


# Moments ---------------------------------------------------------------------------------------------------------


class Half:
    """A file of which half of what is written arrives before the moment, and the rest after it."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> Half:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, text: str) -> None:
        """Write all of a text, unless something happens in its midst."""
        self._file.write(text[: len(text) // 2])
        self._file.flush()
        at("append")
        self._file.write(text[len(text) // 2 :])


def pytest_configure(config: pytest.Config) -> None:
    """Watch the files that a run writes, and its draws."""
    if STRIKE not in os.environ:
        return
    from mfcheck.ensembles.store import ChunkStore

    replace, open_path, unlink, get = os.replace, Path.open, Path.unlink, ChunkStore.get

    def watched_replace(source: Any, target: Any) -> None:
        name = "chunk" if str(target).endswith(".npy") else Path(target).name
        at(f"before {name}")
        replace(source, target)
        at(f"after {name}")

    def watched_open(self: Path, mode: str = "r", **options: Any) -> Any:
        file = open_path(self, mode, **options)
        return Half(file) if self.name == JOURNAL and mode == "a" else file

    def watched_unlink(self: Path, missing_ok: bool = False) -> None:
        if self.name == RUN and self.exists():
            at("forget")
        unlink(self, missing_ok)

    def watched_get(self: Any, key: str, make: Callable[[], Any], *rest: Any, **options: Any) -> Any:
        def made() -> Any:
            at("draw")
            return make()

        return get(self, key, made, *rest, **options)

    os.replace, Path.open, Path.unlink, ChunkStore.get = watched_replace, watched_open, watched_unlink, watched_get


def _at_main(moment: str) -> None:
    if STRIKE in os.environ and "PYTEST_XDIST_WORKER" not in os.environ:
        at(moment)


def pytest_collection_modifyitems() -> None:
    """In each process that collects."""
    if STRIKE in os.environ:
        at("collection")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Before the first cell."""
    _at_main("loop")


def pytest_runtest_logfinish() -> None:
    """Between cells."""
    _at_main("cell")


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary() -> None:
    """When all is written, before it is told."""
    _at_main("summary")
