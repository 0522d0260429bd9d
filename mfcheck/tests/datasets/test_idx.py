"""Image files are read no further than their header says, and known for what they are."""

from __future__ import annotations

import gzip
import os
import resource
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.datasets import imagesets
from mfcheck.datasets.idx import IMAGES, LABELS, MOST_IMAGES, MOST_MEMBERS, read_idx, unpacked
from mfcheck.datasets.imagesets import NOT_PUBLISHED, read_pair
from mfcheck.datasets.inputs import read_digits
from mfcheck.findings.report import Dataset, File
from mfcheck.reporting.words import phrases

COUNT = 20
PIXELS = np.random.default_rng(0).integers(1, 256, (COUNT, 28, 28)).astype(np.uint8)
LABELLED = (np.arange(COUNT) % 10).astype(np.uint8)


def idx(array: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], mark: int) -> bytes:
    return b"".join(size.to_bytes(4, "big") for size in (mark, *array.shape)) + array.tobytes()


WHOLE, LABELS_WHOLE = idx(PIXELS, 0x803), idx(LABELLED, 0x801)


def with_count(count: int) -> bytes:
    return WHOLE[:4] + count.to_bytes(4, "big") + WHOLE[8:]


def in_front(content: bytes) -> bytes:
    """A gzip file of this content and half a gigabyte of zeros behind it."""
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([engine.compress(content), *(engine.compress(bytes(2**24)) for _ in range(32)), engine.flush()])


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb": (lambda: in_front(WHOLE), "too long: 15698 bytes or more; expected 15696 for its 20 images"),
    "2^32−1 images": (lambda: gzip.compress(with_count(2**32 - 1)), "declares 4,294,967,295 images; expected at most"),
    "too many": (lambda: gzip.compress(with_count(MOST_IMAGES + 1)), "expected at most 250,000"),
    "more than there are": (lambda: gzip.compress(with_count(MOST_IMAGES)), "truncated: 15696 bytes; expected 1960000"),
    "one less": (lambda: gzip.compress(with_count(COUNT - 1)), "too long"),
    "none": (lambda: gzip.compress(with_count(0)), "no image"),
    "one byte less": (lambda: gzip.compress(WHOLE[:-1]), "truncated: 15695 bytes"),
    "one byte more": (lambda: gzip.compress(WHOLE + b"x"), "too long: 15697 bytes; expected 15696"),
    "mark of signed bytes": (lambda: gzip.compress(b"\0\0\x09\x03" + WHOLE[4:]), "begins with 0x00000903"),
    "mark of floats": (lambda: gzip.compress(b"\0\0\x0d\x03" + WHOLE[4:]), "begins with 0x00000d03"),
    "a dimension less": (lambda: gzip.compress(b"\0\0\x08\x02" + WHOLE[4:]), "begins with 0x00000802"),
    "wide": (lambda: gzip.compress(WHOLE[:12] + (2**31).to_bytes(4, "big") + WHOLE[16:]), "28×2147483648 pixels"),
    "gzip of gzip": (lambda: gzip.compress(gzip.compress(WHOLE)), "begins with 0x1f8b0800"),
    "no gzip": (lambda: WHOLE, "it is no gzip file"),
    "empty": (lambda: b"", "it is no gzip file"),
    "cut": (lambda: gzip.compress(WHOLE)[:-9], "it is cut short"),
    "cut in its checksum": (lambda: gzip.compress(WHOLE)[:-3], "it is cut short"),
    "wrong checksum": (lambda: gzip.compress(WHOLE)[:-8] + bytes(8), "incorrect data check"),
    "something behind": (lambda: gzip.compress(WHOLE) + b"behind", "6 bytes follow its end"),
    "many parts": (lambda: gzip.compress(b"") * (MOST_MEMBERS + 1), "more than 10,000 parts"),
}


@pytest.mark.parametrize(("make", "said"), BAD.values(), ids=BAD)
def test_a_packed_file_that_is_not_as_it_says_is_refused_at_once(
    make: Callable[[], bytes], said: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(make())
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with pytest.raises(ValueError, match=said) as raised:
        read_idx(path, IMAGES)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert time.monotonic() - began < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.write(with_count(2**32 - 1))
        file.truncate(3 * 2**30)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "it is no regular file"),
        (lambda path: path.symlink_to(path.name), "symbolic link"),
        (lambda path: path.symlink_to("/dev/zero"), "it is no regular file"),
        (sparse, "3,221,225,472 bytes, of which"),
        (lambda path: path.write_bytes(with_count(2**32 - 1)), "declares 4,294,967,295 images"),
    ],
    ids=["pipe", "loop", "device", "sparse", "count"],
)
def test_what_is_no_file_of_a_set_is_never_waited_for(
    make: Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    make(tmp_path / IMAGES)
    (tmp_path / LABELS).write_bytes(LABELS_WHOLE)
    with pytest.raises(ValueError, match=said):
        read_pair(tmp_path, "fashion-mnist", "here")


def test_a_file_in_several_parts_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / f"{IMAGES}.gz"
    path.write_bytes(b"".join(map(gzip.compress, (WHOLE[:5], WHOLE[5:900], b"", WHOLE[900:]))) + bytes(100))
    assert np.array_equal(read_idx(path, IMAGES).array, PIXELS)


@given(content=st.binary(max_size=3000), most=st.integers(0, 3100))
def test_unpacking_gives_the_beginning_of_what_was_packed(content: bytes, most: int) -> None:
    assert unpacked(gzip.compress(content), most) == content[:most]


def lay(folder: Path) -> Path:
    (folder / IMAGES).write_bytes(WHOLE)
    (folder / LABELS).write_bytes(LABELS_WHOLE)
    return folder


def test_a_file_that_nobody_published_is_read_with_a_note(tmp_path: Path) -> None:
    found = read_pair(lay(tmp_path), "mnist", "here")
    assert [file.note for file in found.provenance] == [NOT_PUBLISHED] * 2
    shown = phrases.dataset(Dataset("mnist", "1", tuple(File(**vars(file)) for file in found.provenance)))
    assert shown.count("…; not the published file)") == 2


def test_the_published_files_of_a_set_are_known_and_those_of_another_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path)
    digests = {name: read_idx(tmp_path / name, name).content_sha256 for name in (IMAGES, LABELS)}
    monkeypatch.setitem(imagesets.PUBLISHED, "mnist", digests)
    assert [file.note for file in read_pair(tmp_path, "mnist", "here").provenance] == ["", ""]
    with pytest.raises(ValueError, match="is the published file of mnist, not of fashion-mnist; name the folder of"):
        read_pair(tmp_path, "fashion-mnist", "here")
    # One of the two is enough: images of one set never go with labels of the other.
    monkeypatch.setitem(imagesets.PUBLISHED, "mnist", digests | {IMAGES: "0" * 64})
    with pytest.raises(ValueError, match=f"{LABELS} is the published file of mnist"):
        read_pair(tmp_path, "fashion-mnist", "here")


def test_the_digests_of_the_two_sets_differ() -> None:
    known = [digest for digests in imagesets.PUBLISHED.values() for digest in digests.values()]
    assert len(set(known)) == 4
    assert all(len(digest) == 64 for digest in known)


@pytest.mark.parametrize(
    "content",
    [in_front(b"1,2\n"), gzip.compress(b"1," * 2**22), gzip.compress(b"1 " * 2**22), gzip.compress(b"\n1")],
    ids=["in front", "no end", "no comma", "an empty line"],
)
def test_embedded_digits_that_are_none_are_refused_in_little_memory(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(content)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"digits\.csv\.gz is corrupt"):
        read_digits(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024
