"""Which files and other outside sources the code of others has turned to in this process, by Python's audit events.

A text shows only the ways of reading that we know by name. What it does not show is heard as it happens: whatever way a
module opens a file, lists a folder, starts a program or asks a socket, Python says so, and the frame nearest to it that
is neither a library's nor ours tells whose it was. What an import itself reads is told apart by the import system's own
frame; extensions in C that open files by themselves raise no such event.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections import defaultdict
from collections.abc import Container
from functools import cache
from pathlib import Path
from types import FrameType

from mfcheck.ensembles.module_files import Place

HEARD = frozenset({
    "open", "os.listdir", "os.scandir", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect",
    "sqlite3.connect", "urllib.Request",
})  # fmt: skip
"""Audit events by which a program takes in what is not source."""
MADE = os.O_TRUNC | os.O_EXCL
"""Flags of a file that holds nothing when it is opened."""
OF_INSTALLERS = str(Path("importlib", "metadata"))
"""Part of the path of what lists installed distributions, in every folder of sys.path."""

_opened: defaultdict[str, set[str]] = defaultdict(set)
"""What each source file of others has turned to, both by their paths as the interpreter has them."""


def opened_by(file: Path, known: Container[Path]) -> str:
    """What the module in a file turned to besides `known` and installed files, in words; empty if to nothing."""
    found = (name for name in sorted(_opened.get(str(file), ())) if Path(name).resolve() not in known)
    return next((f"{file.name} has read {name}" for name in found if not _installed(Path(name))), "")


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event not in HEARD:
        return
    with contextlib.suppress(Exception):  # it would end what is heard, which may happen as Python itself ends
        asked, *how = arguments or ("",)
        if (event == "open" and not _reads(*how)) or asked == os.devnull:
            return
        asker = _asker(sys._getframe(1))
        if asker:
            _opened[asker].add(os.fsdecode(asked) if isinstance(asked, str | bytes) else f"{asked} ({event})")


def _reads(mode: object = None, flags: object = 0) -> bool:
    """Whether opening so may give what was there before."""
    if isinstance(mode, str):
        return "r" in mode or ("+" in mode and "a" in mode)
    return isinstance(flags, int) and flags & os.O_ACCMODE != os.O_WRONLY and not flags & MADE


def _asker(frame: FrameType | None) -> str:
    """The source file of others that an event comes from; empty if it comes from an import, a library or us."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "_find_and_load" or OF_INSTALLERS in code.co_filename:
            return ""
        if (owner := _owner(code.co_filename)) is not None:
            return owner
        frame = frame.f_back
    return ""


@cache
def _owner(name: str) -> str | None:
    """The path of a source file of others; empty for one of ours, None for a library's and for text that is run."""
    path = Path(name).resolve()
    if name.startswith("<") or _installed(path):
        return None
    return "" if Place(path).ours else str(path)


def _installed(path: Path) -> bool:
    place = Place(path)
    return place.installed or place.standard


sys.addaudithook(_hear)
