"""IDX files and gzip, read no further than what they declare: a few kilobytes can unpack to gigabytes."""

from __future__ import annotations

import hashlib
import math
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mfcheck.given import read_file, reason

SIDE = 28
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
MARKS = {IMAGES: (0x803, "images"), LABELS: (0x801, "labels")}
MOST_IMAGES = 250_000
"""Four times what MNIST and Fashion-MNIST hold."""
MOST_BYTES = 16 + MOST_IMAGES * SIDE * SIDE
MOST_MEMBERS = 10_000
"""Parts of a gzip file; a tool that packs in blocks of 64 KiB makes a thousand of MNIST."""
PIECE = 2**16


@dataclass(frozen=True)
class IdxFile:
    """The bytes of an IDX file in the shape its header says; the SHA-256 of the file, and of the bytes unpacked."""

    array: NDArray[np.uint8]
    sha256: str
    content_sha256: str


def read_idx(path: Path, name: str) -> IdxFile:
    """Read an IDX file of images or labels, gzipped where its name says so; ValueError for one that is not as it says.

    What the header declares is checked before anything is read or unpacked after it.
    """
    mark, what = MARKS[name]
    start = 4 * (1 + mark % 256)  # the mark's last byte counts the dimensions
    zipped = path.suffix == ".gz"
    try:
        content = read_file(path, MOST_BYTES)
        head = unpacked(content, start) if zipped else content[:start]
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read ({reason(error)}); expected an IDX file of {what}") from error
    if len(head) >= 4 and int.from_bytes(head[:4]) != mark:
        found = f"{int.from_bytes(head[:4]):#010x}"
        raise ValueError(f"{path} begins with {found}; expected {mark:#010x}, the mark of an IDX file of {what}")
    if len(head) < start:
        raise ValueError(f"{path} is truncated: {len(head)} bytes; expected a header of {start}")
    shape = [int.from_bytes(head[place : place + 4]) for place in range(4, start, 4)]
    _check_shape(path, what, shape)
    expected = start + math.prod(shape)
    try:
        data = unpacked(content, expected + 2) if zipped else content
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ValueError(f"{path} cannot be read ({reason(error)}); expected an IDX file of {what}") from error
    if len(data) != expected:
        fault = "truncated" if len(data) < expected else "too long"
        more = " or more" if zipped and len(data) > expected + 1 else ""
        raise ValueError(f"{path} is {fault}: {len(data)} bytes{more}; expected {expected} for its {shape[0]} {what}")
    array = np.frombuffer(data, np.uint8, offset=start).reshape(shape)
    return IdxFile(array, hashlib.sha256(content).hexdigest(), hashlib.sha256(data).hexdigest())


def unpacked(content: bytes, most: int) -> bytes:
    """The first `most` bytes that a gzip file unpacks to, all of them where there are fewer.

    Every part that is read to its end is checked against its own checksum. Raises EOFError for a file that is cut
    short, OSError for what is no gzip, zlib.error for what is damaged.
    """
    found, engine, place, parts = bytearray(), zlib.decompressobj(31), 0, 1
    if not content.startswith(b"\x1f\x8b"):
        raise OSError("it is no gzip file")
    while len(found) < most:
        if engine.eof:
            rest = len(content) - place
            while place < len(content) and content[place] == 0:  # padding
                place += 1
            if place == len(content):
                break
            if content[place : place + 2] != b"\x1f\x8b":
                raise OSError(f"{rest} bytes follow its end that are no gzip")
            if (parts := parts + 1) > MOST_MEMBERS:
                raise OSError(f"it has more than {MOST_MEMBERS:,} parts")
            engine = zlib.decompressobj(31)
        piece = engine.unconsumed_tail or content[place : place + PIECE]
        if not engine.unconsumed_tail:
            place += len(piece)
        if not piece:
            raise EOFError("it is cut short")
        found += engine.decompress(piece, most - len(found))
        place -= len(engine.unused_data)
    return bytes(found)


def _check_shape(path: Path, what: str, shape: list[int]) -> None:
    """Raise ValueError for sizes that no such file has, before anything of that size is made."""
    count, *sides = shape
    if sides and sides != [SIDE, SIDE]:
        raise ValueError(f"{path} holds images of {sides[0]}×{sides[1]} pixels; expected {SIDE}×{SIDE}")
    if count > MOST_IMAGES:
        raise ValueError(f"{path} declares {count:,} {what}; expected at most {MOST_IMAGES:,}")
    if sides and not count:
        raise ValueError(f"{path} holds no image; expected at least one")
