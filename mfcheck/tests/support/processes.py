"""Whether processes live, and waiting until something holds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def alive(process: int) -> bool:
    """Whether a process runs: neither gone nor ended and unread by its parent."""
    try:
        os.kill(process, 0)
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(holds: Callable[[], bool], seconds: float = 40.0) -> None:
    """Wait until something holds; AssertionError if it does not within `seconds`."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
