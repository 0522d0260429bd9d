"""Chunks of draws are kept on disk and in memory, made anew where they are damaged, and forgotten oldest first."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

import numpy as np
import pytest

from mfcheck.arrays import Floats
from mfcheck.ensembles.store import ChunkStore, prune
from mfcheck.tests.support.toy_samples import Counted, same, sample


def test_chunks_on_disk_are_found_again(tmp_path: Path) -> None:
    fresh, directory = Counted(), tmp_path / "not yet there"
    expected = sample(fresh.source).first(40)
    again = Counted()
    assert same(sample(again.source, store=ChunkStore(directory)).first(40), expected)
    assert again.made == fresh.made == 3
    assert same(sample(again.source, store=ChunkStore(directory)).first(40), expected)
    assert again.made == 3
    assert same(sample(again.source, store=ChunkStore(directory)).first(50)[:40], expected)
    assert again.made == 4
    assert len(list(directory.glob("*.npy"))) == len(list(directory.iterdir())) == 4


CORRUPTIONS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "magic cut": lambda whole: whole[:4],
    "header cut": lambda whole: whole[:40],
    "data cut": lambda whole: whole[:-1],
    "no data": lambda whole: whole[:128],
    "zeros": lambda whole: bytes(len(whole)),
    "another file": lambda whole: b"not an array at all",
    "a pickle": lambda whole: b"\x80\x04N.",
    "header garbled": lambda whole: whole[:20] + b"(((" + whole[23:],
    "an archive": lambda whole: b"PK\x03\x04" + whole[4:],
}


@pytest.mark.parametrize("corrupt", CORRUPTIONS.values(), ids=CORRUPTIONS.keys())
def test_unreadable_chunks_are_made_again(corrupt: Callable[[bytes], bytes], tmp_path: Path) -> None:
    counted = Counted()
    expected = sample(counted.source, store=ChunkStore(tmp_path)).first(16)
    (file,) = tmp_path.iterdir()
    file.write_bytes(corrupt(file.read_bytes()))
    assert same(sample(counted.source, store=ChunkStore(tmp_path)).first(16), expected)
    assert same(sample(counted.source, store=ChunkStore(tmp_path)).first(16), expected)
    assert counted.made == 2


def test_who_comes_while_a_chunk_is_made_waits_for_it(tmp_path: Path) -> None:
    """Two stores on one directory, as two workers have them: a lock is one file's, whichever process opened it."""
    begun, told, made = threading.Event(), threading.Event(), []

    def make() -> Floats:
        made.append(1)
        begun.set()
        assert told.wait(60)
        return np.arange(3.0)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ChunkStore(tmp_path).get, "key", make)
        assert begun.wait(60)
        second = pool.submit(ChunkStore(tmp_path).get, "key", make)
        with pytest.raises(FutureTimeout):
            second.result(0.2)
        told.set()
        assert first.result(60).tolist() == second.result(60).tolist() == [0.0, 1.0, 2.0]
    assert len(made) == 1
    assert [file.suffix for file in tmp_path.iterdir()] == [".npy"]


def test_who_need_not_wait_for_a_chunk_that_is_made_goes_without(tmp_path: Path) -> None:
    with ChunkStore(tmp_path).alone("key"):
        assert ChunkStore(tmp_path).get("key", pytest.fail, lambda: True, 3, False) is None
        assert ChunkStore(tmp_path).get("other", lambda: np.arange(3.0), lambda: True, 3, False) is not None
    assert ChunkStore(tmp_path).get("key", lambda: np.ones(3), lambda: True, 3, False) is not None
    assert [file.suffix for file in tmp_path.iterdir()] == [".npy"] * 2


def test_a_maker_that_fails_leaves_the_chunk_to_the_next(tmp_path: Path) -> None:
    def fails() -> Floats:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ChunkStore(tmp_path).get("key", fails)
    assert ChunkStore(tmp_path).get("key", lambda: np.ones(2)).tolist() == [1.0, 1.0]
    assert [file.suffix for file in tmp_path.iterdir()] == [".npy"]


def test_the_store_forgets_the_longest_unused_first() -> None:
    kilobyte = np.zeros(128)
    store, made = ChunkStore(memory_bytes=3 * 1024), []

    def get(key: str, chunk: Floats = kilobyte) -> None:
        def make() -> Floats:
            made.append(key)
            return chunk

        assert store.get(key, make) is chunk

    for key in "abcabc":
        get(key)
    assert made == ["a", "b", "c"]
    get("a")
    get("d")  # b is the longest unused
    for key in "dac":
        get(key)
    assert made == ["a", "b", "c", "d"]
    get("b")
    assert made[4:] == ["b"]
    # One chunk above the limit is still held, alone.
    huge = np.zeros(1000)
    get("huge", huge)
    get("huge", huge)
    assert made[5:] == ["huge"]
    get("b")
    assert made[6:] == ["b"]


def test_the_oldest_chunks_go_first_and_nothing_else(tmp_path: Path) -> None:
    for age, name in enumerate(["new", "middle", "old"]):
        file = tmp_path / f"{name}.npy"
        file.write_bytes(bytes(100))
        os.utime(file, (1000 - age, 1000 - age))
    (tmp_path / "other.txt").write_bytes(bytes(1000))
    prune(tmp_path, most_bytes=250)
    assert {file.name for file in tmp_path.iterdir()} == {"new.npy", "middle.npy", "other.txt"}
    prune(tmp_path, most_bytes=250)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    prune(tmp_path / "nowhere")
