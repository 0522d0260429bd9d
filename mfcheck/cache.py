"""How much room kept draws may take: fresh seeds would otherwise fill the disk run by run."""

from __future__ import annotations

import contextlib
from pathlib import Path

MOST_BYTES = 2 * 2**30


def prune(folder: Path, most_bytes: int = MOST_BYTES) -> None:
    """Remove the oldest chunks until the rest takes at most `most_bytes`; one that vanishes meanwhile is no error."""
    chunks = []
    for file in folder.glob("*.npy"):
        with contextlib.suppress(OSError):
            stat = file.stat()
            chunks.append((stat.st_mtime, stat.st_size, file))
    excess = sum(size for _, size, _ in chunks) - most_bytes
    for _, size, file in sorted(chunks):
        if excess <= 0:
            return
        file.unlink(missing_ok=True)
        excess -= size
