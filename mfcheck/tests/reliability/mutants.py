"""Sound files of every format, and strategies that damage them in their structure, most so that they still parse."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mfcheck.findings.record import as_plain
from mfcheck.session.journal import lines_of
from mfcheck.tests.reliability.damage import damaged
from mfcheck.tests.support.long_runs import make_finding

RUN, KEY = "a1b2", "c" * 64
DIGEST = hashlib.sha256().digest_size
FINDINGS = [
    json.loads(json.dumps(as_plain(make_finding(cell=cell, estimate=estimate))))
    for cell, estimate in (("c1", 1.0), ("c1", 0.75), ("c2", 0.5), ("c3", 1.25))
]
CELLS = [FINDINGS[:2], FINDINGS[2:3], FINDINGS[3:]]
JOURNAL = lines_of(CELLS, RUN)
ONE = {"claim": "a/b", "reason": "r", "instead": "i"}
DECLARED = {"expected": [{**ONE, "when": {"width": 64, "engine": "dense"}, "levels": ["quick"]}, ONE]}
CHUNK = np.arange(12.0).reshape(6, 2)
COUNT = 20
IMAGES = b"".join(size.to_bytes(4, "big") for size in (0x803, COUNT, 28, 28)) + bytes(range(1, 246)) * 64
LABELS = b"".join(size.to_bytes(4, "big") for size in (0x801, COUNT)) + bytes(range(10)) * 2
BOMB = gzip.compress(bytes(2**26))


@st.composite
def texts(draw: st.DrawFn, document: Any, write: Callable[[Any], str]) -> bytes:
    """A document damaged in its structure, and one in four of them in its text too."""
    return draw(scratched(write(draw(damaged(document))).encode("utf-8", "surrogatepass")))


@st.composite
def scratched(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes: three in four as they are, others cut, without a piece, with one repeated, or with another byte."""
    at, end = sorted((draw(st.integers(0, len(content))), draw(st.integers(0, len(content)))))
    match draw(st.sampled_from(("as it is",) * 12 + ("cut", "lose", "repeat", "change"))):
        case "cut":
            return content[:at]
        case "lose":
            return content[:at] + content[end:]
        case "repeat":
            return content[:end] + content[at:]
        case "change":
            return content[:at] + draw(st.binary(min_size=1, max_size=1)) + content[at + 1 :]
    return content


# The journal ---------------------------------------------------------------------------------------------------------


@st.composite
def edited_journals(draw: st.DrawFn) -> bytes:
    """A journal whose lines were dropped, doubled, exchanged or edited, by whoever does not know of digests."""
    lines = JOURNAL.splitlines(keepends=True)
    for _ in range(draw(st.integers(1, 2))):
        at, to = (draw(st.integers(0, len(lines) - 1)) for _ in range(2)) if lines else (0, 0)
        match draw(st.sampled_from(("drop", "double", "move", "edit", "edit", "edit", "foreign"))):
            case "drop" if lines:
                del lines[at]
            case "double" if lines:
                lines.insert(to, lines[at])
            case "move" if lines:
                lines.insert(to, lines.pop(at))
            case "foreign":
                lines.insert(at, draw(st.sampled_from(lines_of(CELLS, "another").splitlines(keepends=True))))
            case _ if lines:
                with_damage = _of_line(lines[at])
                lines[at] = json.dumps(draw(damaged(with_damage)), ensure_ascii=False) + "\n"
    return draw(scratched("".join(lines).encode("utf-8", "surrogatepass")))


def _of_line(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return {}


@st.composite
def sealed_journals(draw: st.DrawFn) -> bytes:
    """A journal of damaged findings with digests that are theirs."""
    found = draw(damaged([finding for cell in CELLS for finding in cell]))
    cells = [[finding] for finding in found if isinstance(finding, dict)]
    return lines_of(cells, RUN).encode("utf-8", "surrogatepass")


# Declarations --------------------------------------------------------------------------------------------------------


def toml_text(document: Any) -> str:
    """A document as TOML, as far as it can be one."""
    return "\n".join(f"{json.dumps(name)} = {_toml(value)}" for name, value in document.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value)


# Kept draws ----------------------------------------------------------------------------------------------------------


def sealed(payload: bytes) -> bytes:
    """What a store writes of an array's bytes."""
    return payload + hashlib.sha256(KEY.encode() + b"\0" + payload).digest()


def _saved(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


KEPT = sealed(_saved(CHUNK))
HEAD = len(_saved(CHUNK)) - CHUNK.nbytes
TYPES = ("<f8",) * 20 + ("<f4", ">f8", "<i8", "|b1", "<c16", "<U3", "|S8", "|V8", "<M8[s]", "|O", "<f16", "bogus", "")
SHAPES = ((6, 2),) * 20 + ((12,), (2, 6), (6, 2, 1), (6,), (5, 2), (0, 2), (), (-1, 2), (6, 0), (2**40, 2), (2**62, 4))


@st.composite
def arrays(draw: st.DrawFn) -> bytes:
    """An array as numpy writes it, with another head or other numbers."""
    numbers = CHUNK.copy().ravel()
    for at in draw(st.lists(st.integers(0, 11), max_size=3)):
        numbers[at] = draw(st.floats())
    head = {"descr": draw(st.sampled_from(TYPES)), "fortran_order": draw(st.booleans())}
    head["shape"] = draw(st.sampled_from(SHAPES))
    text = draw(st.sampled_from((repr(head),) * 9 + ("[" * 999, "__import__('os').abort()", repr({**head, "more": 1}))))
    version = draw(st.sampled_from((1,) * 9 + (2, 3, 9)))
    length = (len(text) + 1).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + b"\n" + numbers.tobytes()


@st.composite
def edited_chunks(draw: st.DrawFn) -> bytes:
    """A kept file of which some bytes were changed, or another array under the digest of the right one."""
    if draw(st.booleans()):
        return draw(arrays()) + KEPT[-DIGEST:]
    content = bytearray(KEPT)
    for _ in range(draw(st.integers(1, 3))):
        content[draw(st.integers(HEAD, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return draw(scratched(bytes(content)))


@st.composite
def sealed_chunks(draw: st.DrawFn) -> bytes:
    """Another array under a digest of its own."""
    return sealed(draw(arrays()))


# Images --------------------------------------------------------------------------------------------------------------

SIZES = (COUNT,) * 4 + (0, 1, COUNT - 1, COUNT + 1, 250_000, 250_001, 2**31, 2**32 - 1)
SIDES = (28,) * 8 + (0, 1, 27, 29, 2**31, 2**32 - 1)


@st.composite
def image_files(draw: st.DrawFn) -> bytes:
    """An IDX file whose header says something else, with other pixels, plain or gzipped in parts, and more behind."""
    mark = draw(st.sampled_from((0x803,) * 9 + (0x801, 0x903, 0xD03, 0x802)))
    sizes = (mark, draw(st.sampled_from(SIZES)), draw(st.sampled_from(SIDES)), draw(st.sampled_from(SIDES)))
    content = bytearray(b"".join(size.to_bytes(4, "big") for size in sizes) + IMAGES[16:])
    for _ in range(draw(st.integers(0, 3))):
        content[draw(st.integers(16, len(content) - 1))] = draw(st.integers(0, 255))
    whole = draw(scratched(bytes(content)))
    match draw(st.sampled_from(("plain", "gzip", "parts", "bomb"))):
        case "plain":
            return whole
        case "gzip":
            return draw(scratched(gzip.compress(whole, 1)))
        case "parts":
            at = draw(st.integers(0, len(whole)))
            return gzip.compress(whole[:at], 1) + gzip.compress(whole[at:], 1) + draw(st.binary(max_size=4))
    return gzip.compress(whole, 1) + BOMB
