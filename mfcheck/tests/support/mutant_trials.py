"""A mutant on trial: a copy of the checkout with the change in it, and the tests that must notice.

Libraries are imported once, in a server that forks; a fork imports the package from its copy and runs chosen tests.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from mfcheck.tests.support.tests_by_line import OPTIONS

PRELOADED = ["torch", "scipy.stats", "scipy.optimize", "scipy.integrate", "scipy.interpolate", "matplotlib.pyplot"]
PRELOADED += ["hypothesis", "hypothesis.strategies", "joblib", "jinja2", "pytest", "xdist", "mlxtend", "filelock"]
GRACE, TIMES = 4.0, 5
LEFT_OUT = (".git", ".venv", "build", "reports", "*.egg-info", ".*_cache", ".hypothesis", "__pycache__")
PASSED, UNUSABLE, TIMED_OUT = "", "the package fails to import", "no end in time"


def copied(root: Path, place: Path) -> Path:
    """A copy of the checkout, to be changed and tested."""
    shutil.copytree(root, place, ignore=shutil.ignore_patterns(*LEFT_OUT))
    return place


@contextlib.contextmanager
def changed(file: Path, source: str) -> Iterator[None]:
    """A file with other contents for a while; compiled copies tell the two apart by the time of change."""
    original, times = file.read_bytes(), (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    file.write_text(source, encoding="utf-8")
    try:
        yield
    finally:
        file.write_bytes(original)
        os.utime(file, ns=times)


def first_failure(root: Path, tests: Mapping[str, float]) -> str:
    """The first of some tests, in this order, that fails in the copy; `PASSED` if none does.

    A test is known with the seconds it takes, and fails by taking `TIMES` as many of the processor's and `GRACE` more:
    those of the clock tell more of what else the machine does, and end only what waits for ever.
    """
    seconds = 20 * (GRACE + TIMES * sum(tests.values()))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(str(root), dict(tests), sender))
    child.start()
    sender.close()
    try:
        return str(receiver.recv()) if receiver.poll(seconds) else TIMED_OUT
    except EOFError:  # it died without a word
        return UNUSABLE
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # with whatever it has started
        child.join()


class _Chosen:
    """Runs the chosen tests alone, in the order given, and keeps the first failure; an alarm ends what has no end."""

    def __init__(self, tests: Mapping[str, float]) -> None:
        self.seconds = tests
        self.order = {test: at for at, test in enumerate(tests)}
        self.failed = ""

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_PROF, GRACE + TIMES * self.seconds[nodeid])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.order), key=lambda item: self.order[item.nodeid]
        )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.failed:
            self.failed = report.nodeid


def _child(root: str, tests: Mapping[str, float], sender: Connection) -> None:
    def too_late(*_: object) -> None:
        sender.send(TIMED_OUT)
        os._exit(0)

    os.setpgrp()
    signal.signal(signal.SIGPROF, too_late)
    silent = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silent, stream)
    for name in [name for name in sys.modules if name.split(".")[0] in ("mfcheck", "conftest")]:
        del sys.modules[name]
    os.chdir(root)
    sys.path.insert(0, root)
    sys.dont_write_bytecode = True
    os.environ.update(PYTHONPATH=root, PYTHONDONTWRITEBYTECODE="1")
    chosen = _Chosen(tests)
    files = sorted({test.split("::")[0] for test in tests})
    status = pytest.main(["-x", *OPTIONS, *files], plugins=[chosen])
    sender.send(chosen.failed or (PASSED if status == pytest.ExitCode.OK else UNUSABLE))
    sender.close()
    os._exit(0)
