"""Mutants of a format handed in one by one: what came of it, what code ran and how much memory was taken."""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import sys
import tempfile
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from types import CodeType
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisWarning

from mfcheck.tests.reliability.formats import FORMATS, Format

STARTS = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect")
ENOUGH = 1500
"""Mutants of each format in a long run."""
REPEATS = 3
"""How many are made for one that has not been made before."""
PROFILE = settings(
    derandomize=True, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)


@dataclass(frozen=True)
class Handed:
    """How many mutants were different, still parsed, were taken, ended in a traceback or ran code, and the memory."""

    tried: int
    parsed: int
    taken: int
    tracebacks: int
    code_run: int
    memory: int
    """Bytes that the process grew by while it read them."""
    wrong: tuple[str, ...]
    """The first of what went wrong, in a line each."""

    @property
    def sound(self) -> bool:
        """Whether every one was taken for what it is, or refused."""
        return not self.wrong


class Enough(Exception):
    """Ends the making of mutants."""


class Watch:
    """Code that runs while files are read: none of it may come from them. One hook serves a process, and stays."""

    def __init__(self) -> None:
        self.on, self.ran = False, list[str]()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in (*STARTS, "pickle.find_class"):
            self.ran.append(f"{event} {arguments[:1]}")
        elif event == "exec" and not _of_a_module(arguments[0]):
            self.ran.append(f"exec of {getattr(arguments[0], 'co_filename', arguments[0])}")


def _of_a_module(code: object) -> bool:
    """Whether code is a module's that is being imported, as some are only where an error is told."""
    return isinstance(code, CodeType) and os.path.isfile(code.co_filename)


WATCH = Watch()


def hand_in(format: Format, enough: int) -> Handed:
    """Hand in so many different mutants of a format, or fewer where there are not as many, after its sound file."""
    seen: dict[bytes, tuple[bool, bool]] = {}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not format.hand_in(format.sound, folder):
            raise AssertionError(f"the sound {format.name} is refused")
        WATCH.ran.clear()
        before = _most_memory()

        @settings(PROFILE, max_examples=REPEATS * enough)
        @given(content=format.files)
        def one(content: bytes) -> None:
            digest = hashlib.sha256(content).digest()
            if len(seen) == enough:
                raise Enough
            if digest in seen:
                return
            try:
                WATCH.on = True
                taken = format.hand_in(content, folder)
            except Exception as error:
                wrong.append(f"{type(error).__name__}: {error}"[:500] + f" on {content[:300]!r}")
                taken = False
            finally:
                WATCH.on = False
            seen[digest] = (_parses(format, content), taken)

        with contextlib.suppress(Enough), warnings.catch_warnings():
            warnings.simplefilter("ignore", HypothesisWarning)  # it tells of the mutant at which it stopped
            one()
        memory = _most_memory() - before
    faults = [*wrong, *WATCH.ran]
    if memory > format.most_memory:
        faults.append(f"{memory:,} bytes of memory were taken")
    parsed, taken = (sum(flags) for flags in zip(*seen.values(), strict=True))
    return Handed(len(seen), parsed, taken, len(wrong), len(WATCH.ran), memory, tuple(faults[:5]))


def all_handed_in(enough: int = ENOUGH) -> dict[str, Handed]:
    """Every format in a process of its own, which has not grown before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        return {format.name: pool.submit(_named, format.name, enough).result() for format in FORMATS}


def _named(name: str, enough: int) -> Handed:
    return hand_in(next(format for format in FORMATS if format.name == name), enough)


def _parses(format: Format, content: bytes) -> bool:
    try:
        format.parse(content)
    except Exception:
        return False
    return True


def _most_memory() -> int:
    """The most bytes that this process has held so far."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
