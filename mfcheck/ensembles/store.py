"""Where chunks of draws are kept: the latest in memory, and on disk all whose code is known."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mfcheck.arrays import Floats


class ChunkStore:
    """Chunks by key: the latest in memory, and those to be kept on disk when a directory is given.

    One store serves one audit: nobody reloads the code of what it holds in memory meanwhile.
    """

    def __init__(self, directory: Path | None = None, memory_bytes: int = 256 * 2**20) -> None:
        self._directory, self._limit = directory, memory_bytes
        self._held: OrderedDict[str, Floats] = OrderedDict()
        self._bytes = 0

    def get(self, key: str, make: Callable[[], Floats], keep: Callable[[], bool] | None = lambda: True) -> Floats:
        """The chunk of this key, made now if it is nowhere.

        `keep` says, once it is made, whether the key still stands for it; None keeps the chunk off the disk altogether.
        """
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        chunk = None if keep is None else self._read(key)
        if chunk is None:
            chunk = make()
            if keep is not None and keep():
                self._write(key, chunk)
        self._held[key] = chunk
        self._bytes += chunk.nbytes
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1].nbytes
        return chunk

    def _read(self, key: str) -> Floats | None:
        if self._directory is None:
            return None
        try:
            with (self._directory / f"{key}.npy").open("rb") as file:
                chunk: Floats = np.lib.format.read_array(file, allow_pickle=False)
        except Exception:  # absent, cut short by a crash or not ours: whatever it is, it is made again
            return None
        return chunk

    def _write(self, key: str, chunk: Floats) -> None:
        if self._directory is None:
            return
        self._directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._directory, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            np.save(file, chunk)
        os.replace(name, self._directory / f"{key}.npy")


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
