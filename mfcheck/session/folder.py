"""The report folder before any work: it can be written, there is room for a report, and no other run is at it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from mfcheck.findings.files import COMPARISON, JOURNAL, PAGES, RUN
from mfcheck.session.progress_display import FOLDER as PROGRESS

LOCK = ".lock"
ROOM = 16 * 2**20
"""Bytes that the pages of a report may take."""


def take(folder: Path, patience: float = 0) -> Callable[[], None]:
    """Take a report folder for one run and return how to give it back; ValueError, in one sentence, if that cannot be.

    A folder that does not exist is made, and one that another run has is waited for, so many seconds at most. The lock
    goes with the process, so that a killed run leaves nothing behind.
    """
    probe(folder)
    lock = FileLock(folder / LOCK, timeout=patience, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(
            f"another run is at work in report folder {str(folder)!r}; wait for it, or name another with --mf-report"
        ) from None
    except OSError as error:
        raise ValueError(_unusable(folder, error)) from None

    def give_back() -> None:
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink(missing_ok=True)
        lock.release()

    return give_back


def probe(folder: Path) -> None:
    """Raise ValueError, in one sentence, unless the folder, made if need be, can be written and has room."""
    check_names(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if free >= ROOM:
            with tempfile.NamedTemporaryFile(dir=folder) as file:
                file.write(b"\0" * 4096)
                file.flush()
                os.fsync(file.fileno())
            return
    except OSError as error:
        raise ValueError(_unusable(folder, error)) from None
    raise ValueError(
        f"report folder {str(folder)!r} is on a disk with {free / 2**20:.1f} MiB free, a report may take "
        f"{ROOM // 2**20} MiB; make room, or name another folder with --mf-report"
    )


def check_names(folder: Path) -> None:
    """Raise ValueError where something else stands where a run writes, or one that goes on reads, a file."""
    for name in (*PAGES, COMPARISON, JOURNAL, RUN, LOCK):
        if (folder / name).exists() and not (folder / name).is_file():
            raise ValueError(_taken(folder, name, "a file"))
    if (folder / PROGRESS).exists() and not (folder / PROGRESS).is_dir():
        raise ValueError(_taken(folder, PROGRESS, "a folder"))


def _taken(folder: Path, name: str, kind: str) -> str:
    return (
        f"report folder {str(folder)!r} holds {name}, which is not {kind}, as a run needs it; move it, or name another "
        "folder with --mf-report"
    )


def _unusable(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"report folder {str(folder)!r} cannot be written ({reason}); name another folder with --mf-report"
