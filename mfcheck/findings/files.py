"""The files of a report folder, each written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

PAGES = ("report.json", "report.md", "report.html")
JOURNAL = "findings.jsonl"
COMPARISON = "comparison.md"
RUN = "run.json"


def write_atomically(path: Path, text: str) -> None:
    """Write the file whole or not at all, for whom the process's umask lets read it."""
    name = path.parent / f".{uuid.uuid4().hex}"
    try:
        with open(name, "x", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
