"""Kept chunks are believed only after checking; what cannot be kept costs a sentence and nothing else."""

from __future__ import annotations

import io
import os
import pickle
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mfcheck.arrays import Floats
from mfcheck.ensembles.store import STRAY, ChunkStore, prune

KEY = "a" * 64
RIGHT = np.arange(12.0).reshape(6, 2)


def saved(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()


def scaled(content: bytes) -> bytes:
    """The numbers of a chunk times 1.3, all else as it was."""
    head = len(saved(RIGHT)) - RIGHT.nbytes
    return content[:head] + (1.3 * RIGHT).tobytes() + content[head + RIGHT.nbytes :]


POISON: dict[str, Callable[[bytes], bytes]] = {
    "numbers × 1.3": scaled,
    "wrong shape": lambda content: saved(RIGHT[:, :1]),
    "NaN": lambda content: saved(np.full((6, 2), np.nan)),
    "strings": lambda content: saved(np.array(["a"] * 6)),
    "whole numbers": lambda content: saved(np.ones((6, 2), dtype=int)),
    "a pickle": lambda content: pickle.dumps(RIGHT),
    "objects": lambda content: saved(np.array([print], dtype=object)),
    "cut short": lambda content: content[: len(content) // 2],
    "one bit": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    "longer": lambda content: content + b"\0",
    "empty": lambda content: b"",
    "as numpy writes it": lambda content: saved(RIGHT),
}


def drawn(folder: Path, key: str = KEY) -> tuple[Floats, bool]:
    """The chunk of a new store, and whether it was drawn anew."""
    made = []

    def make() -> Floats:
        made.append(1)
        return RIGHT

    return ChunkStore(folder).get(key, make, draws=6), bool(made)


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_whatever_was_not_kept_so_is_drawn_again(tmp_path: Path, poison: Callable[[bytes], bytes]) -> None:
    assert drawn(tmp_path)[1]
    assert not drawn(tmp_path)[1]
    (file,) = tmp_path.iterdir()
    file.write_bytes(poison(file.read_bytes()))
    chunk, anew = drawn(tmp_path)
    assert anew
    assert np.array_equal(chunk, RIGHT)
    assert not drawn(tmp_path)[1]


def sparse(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(2**36)


@pytest.mark.parametrize(
    "lay",
    [os.mkfifo, lambda file: file.symlink_to("/dev/zero"), lambda file: file.symlink_to(file.name), sparse, Path.mkdir],
    ids=["pipe", "device", "loop", "64 GiB", "folder"],
)
def test_what_is_no_file_of_draws_is_never_waited_for_nor_read(tmp_path: Path, lay: Callable[[Path], object]) -> None:
    lay(tmp_path / f"{KEY}.npy")
    chunk, anew = drawn(tmp_path)
    assert anew
    assert np.array_equal(chunk, RIGHT)


def test_a_chunk_under_another_name_is_not_believed(tmp_path: Path) -> None:
    drawn(tmp_path)
    (tmp_path / f"{KEY}.npy").rename(tmp_path / f"{'b' * 64}.npy")
    assert drawn(tmp_path, "b" * 64)[1]


def test_a_chunk_of_another_length_is_not_believed(tmp_path: Path) -> None:
    ChunkStore(tmp_path).get(KEY, lambda: RIGHT[:3])
    assert drawn(tmp_path)[1]


@pytest.mark.parametrize("where", ["file", "file/below", "dangling"])
def test_a_store_that_cannot_be_written_says_so_once_and_goes_on(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone" / "away")
    store = ChunkStore(tmp_path / where)
    for key in ("a", "b"):
        assert np.array_equal(store.get(key, lambda: RIGHT), RIGHT)
    assert store.complaint.startswith("draws are not kept: ")
    assert "cannot be written (" in store.complaint


def test_what_killed_runs_left_half_written_is_pruned(tmp_path: Path) -> None:
    old, fresh, kept = (tmp_path / name for name in ("old.part", "fresh.part", "kept.npy"))
    for file in (old, fresh, kept):
        file.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * STRAY,) * 2)
    prune(tmp_path)
    assert sorted(tmp_path.iterdir()) == [fresh, kept]
