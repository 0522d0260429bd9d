"""Where chunks of draws are kept: the latest in memory, and on disk all whose code is known."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal, overload

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.ensembles.workers import Workers
from mfcheck.given import read_file

try:
    import fcntl
except ImportError:  # where the system has none
    fcntl = None  # type: ignore[assignment]


class ChunkStore:
    """Chunks by key: the latest in memory, and those to be kept on disk when a directory is given.

    One store serves one audit: nobody reloads the code of what it holds in memory meanwhile. Processes that share a
    directory make a chunk once: who comes second waits for the first. A file is believed only if
    its digest, which knows the key, its dtype and its length are right. What cannot be written is drawn again where it
    is needed again, and `complaint` says why. What is nowhere `workers` draw, where there are any.
    """

    def __init__(
        self, directory: Path | None = None, memory_bytes: int = 256 * 2**20, workers: Workers | None = None
    ) -> None:
        self._directory, self._limit = directory, memory_bytes
        self.workers = workers
        self._held: OrderedDict[str, Floats] = OrderedDict()
        self._alive: dict[int, object] = {}
        self._bytes = 0
        self.complaint = ""

    @overload
    def get(
        self,
        key: str,
        make: Callable[[], Floats],
        keep: Callable[[], bool] | None = ...,
        draws: int | None = ...,
        wait: Literal[True] = ...,
    ) -> Floats: ...

    @overload
    def get(
        self, key: str, make: Callable[[], Floats], keep: Callable[[], bool] | None, draws: int | None, wait: bool
    ) -> Floats | None: ...

    def get(
        self,
        key: str,
        make: Callable[[], Floats],
        keep: Callable[[], bool] | None = lambda: True,
        draws: int | None = None,
        wait: bool = True,
    ) -> Floats | None:
        """The chunk of this key, made now if it is nowhere; of so many `draws`, if that is known.

        `keep` says, once it is made, whether the key still stands for it; None keeps the chunk off the disk altogether.
        None where another process is at it and one is not to `wait` for that.
        """
        chunk = self.there(key, keep, draws)
        if chunk is not None:
            return chunk
        with self.alone(key, wait=wait) if keep is not None else contextlib.nullcontext(False) as busy:
            if busy and not wait:
                return None
            chunk = None if keep is None else self._read(key, draws)
            if chunk is not None:
                return self._hold(key, chunk)
            chunk = make()
            self.put(key, chunk, keep)
        return chunk

    def there(self, key: str, keep: Callable[[], bool] | None, draws: int | None = None) -> Floats | None:
        """The chunk of this key if it is in memory or, where such chunks are kept, on disk."""
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        chunk = None if keep is None else self._read(key, draws)
        return None if chunk is None else self._hold(key, chunk)

    def put(self, key: str, chunk: Floats, keep: Callable[[], bool] | None = lambda: True) -> None:
        """Take a chunk that was made elsewhere, and write it if it is to be kept."""
        if keep is not None and self._directory is not None and keep():
            self._write(key, chunk)
        self._hold(key, chunk)

    def stands_by(self, objects: Iterable[object]) -> None:
        """Let objects live as long as this store, since keys are made of their identity."""
        self._alive.update((id(one), one) for one in objects)

    def _hold(self, key: str, chunk: Floats) -> Floats:
        if key not in self._held:
            self._held[key] = chunk
            self._bytes += chunk.nbytes
        while self._bytes > self._limit and len(self._held) > 1:
            self._bytes -= self._held.popitem(last=False)[1].nbytes
        return chunk

    @contextlib.contextmanager
    def alone(self, key: str, *, wait: bool = True) -> Iterator[bool]:
        """Nobody else makes this chunk meanwhile; whether somebody did, or, without waiting for it, still does.

        A process that dies lets go of it. Where files cannot be locked, two processes may make it at once, and the
        later one replaces the same bits.
        """
        with contextlib.ExitStack() as stack:
            busy = False
            if fcntl is not None and self._directory is not None and not self.complaint:
                with contextlib.suppress(OSError):
                    self._directory.mkdir(parents=True, exist_ok=True)
                    file = stack.enter_context(open(lock := self._directory / f"{key}{PART}", "wb"))
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        busy = True
                        if wait:
                            fcntl.flock(file, fcntl.LOCK_EX)
                    if wait or not busy:
                        stack.callback(lock.unlink, missing_ok=True)
            yield busy

    def _read(self, key: str, draws: int | None) -> Floats | None:
        if self._directory is None:
            return None
        try:
            content = read_file(self._directory / f"{key}.npy", MOST_IN_A_FILE)
            payload, digest = content[:-DIGEST], content[-DIGEST:]
            if digest != _digest(key, payload):
                return None
            chunk: Floats = np.lib.format.read_array(io.BytesIO(payload), allow_pickle=False)
        except Exception:  # absent, cut short by a crash or not ours: whatever it is, it is made again
            return None
        right = chunk.dtype == np.float64 and chunk.ndim >= 1 and draws in (None, len(chunk))
        return chunk if right and bool(np.isfinite(chunk).all()) else None

    def _write(self, key: str, chunk: Floats) -> None:
        if self._directory is None or self.complaint:
            return
        buffer = io.BytesIO()
        np.save(buffer, chunk)
        payload, name = buffer.getvalue(), ""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._directory, suffix=PART)
            with os.fdopen(handle, "wb") as file:
                file.write(payload + _digest(key, payload))
            os.replace(name, self._directory / f"{key}.npy")
        except OSError as error:
            self.complaint = f"draws are not kept: {self._directory} cannot be written ({error.strerror or error})"
            with contextlib.suppress(OSError):
                os.unlink(name)


DIGEST = hashlib.sha256().digest_size
PART = ".part"
"""How the names of files end that are being written."""
STRAY = 3600.0
"""Seconds after which a file that is still being written has been left behind."""
MOST_IN_A_FILE = MOST_KEPT = 2 * 2**30
"""Bytes of one chunk, and of all that are kept."""


def _digest(key: str, payload: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\0" + payload).digest()


def prune(folder: Path, most_bytes: int = MOST_KEPT) -> None:
    """Remove the oldest chunks until the rest takes at most `most_bytes`, and what killed runs have not finished.

    A file that vanishes meanwhile is no error, nor one that cannot be removed.
    """
    for file in folder.glob(f"*{PART}"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > STRAY:
                file.unlink()
    chunks = []
    for file in folder.glob("*.npy"):
        with contextlib.suppress(OSError):
            stat = file.stat()
            chunks.append((stat.st_mtime, stat.st_size, file))
    excess = sum(size for _, size, _ in chunks) - most_bytes
    for _, size, file in sorted(chunks):
        if excess <= 0:
            return
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
        excess -= size
