"""Damage to what an interrupted run or an earlier one has left: kept draws, findings.jsonl and run.json."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mfcheck.tests.reliability.strikes import JOURNAL, RUN


def _each(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A change of every file of kept draws."""

    def changed(cache: Path) -> None:
        for file in cache.glob("*.npy"):
            file.write_bytes(change(file.read_bytes()))

    return changed


def _array(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """A change of the numbers in every file, with the digest that the file had."""

    def changed(content: bytes) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, change(np.load(io.BytesIO(content))))
        return buffer.getvalue() + content[-32:]

    return _each(changed)


def _exchanged(cache: Path) -> None:
    """Give every file the content of another."""
    files = sorted(cache.glob("*.npy"))
    contents = [file.read_bytes() for file in files]
    for file, content in zip(files, contents[1:] + contents[:1], strict=True):
        file.write_bytes(content)


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something else in the place of every file."""

    def replaced(cache: Path) -> None:
        for file in cache.glob("*.npy"):
            file.unlink()
            make(file)

    return replaced


def _strays(cache: Path) -> None:
    """Files that killed runs were still writing, and one of nobody's."""
    for file in list(cache.glob("*.npy")):
        shutil.move(file, cache / f"tmp{file.stem[:8]}.part")
    (cache / "README.txt").write_text("hands off")


def _sparse(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(2**36)


POISONS: dict[str, Callable[[Path], object]] = {
    "a bit flipped": _each(lambda content: content[:4000] + bytes([content[4000] ^ 1]) + content[4001:]),
    "a bit of the digest flipped": _each(lambda content: content[:-1] + bytes([content[-1] ^ 128])),
    "cut in half": _each(lambda content: content[: len(content) // 2]),
    "empty": _each(lambda content: b""),
    "a byte more": _each(lambda content: content + b"\0"),
    "numbers × 1.3": _array(lambda array: array * 1.3),
    "float32": _array(lambda array: array.astype(np.float32)),
    "whole numbers": _array(lambda array: array.astype(np.int64)),
    "another shape": _array(lambda array: array[:, :1]),
    "fewer draws": _array(lambda array: array[:-1]),
    "NaN": _array(lambda array: np.full_like(array, np.nan)),
    "a pickle": _each(pickle.dumps),
    "each another's": _exchanged,
    "half written": _strays,
    "a folder": _instead(Path.mkdir),
    "a pipe": _instead(os.mkfifo),
    "a loop of links": _instead(lambda file: file.symlink_to(file.name)),
    "an endless device": _instead(lambda file: file.symlink_to("/dev/zero")),
    "64 GiB of nothing": _instead(_sparse),
}


def edited(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """An edit of the journal's lines."""

    def edit(reports: Path) -> None:
        file = reports / JOURNAL
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        file.write_text("".join(change(lines)), encoding="utf-8")

    return edit


def renamed_seed(reports: Path) -> None:
    """Let run.json speak of another seed."""
    asked = json.loads((reports / RUN).read_text(encoding="utf-8"))
    (reports / RUN).write_text(json.dumps({**asked, "seed": 8}), encoding="utf-8")


def _number(line: str) -> str:
    finding = json.loads(line)
    return json.dumps({**finding, "estimate": finding["estimate"] / 2}, ensure_ascii=False) + "\n"


EDITS: dict[str, Callable[[Path], object]] = {
    "torn": edited(lambda lines: [*lines[:-1], lines[-1][:-200]]),
    "torn to one byte": edited(lambda lines: [*lines[:-1], lines[-1][:1]]),
    "torn before its last line break": edited(lambda lines: [*lines[:-1], lines[-1][:-1]]),
    "half a cell": edited(lambda lines: lines[:-1]),
    "a line twice": edited(lambda lines: [lines[0], *lines]),
    "all of it twice": edited(lambda lines: lines * 2),
    "a line gone": edited(lambda lines: [lines[0], *lines[2:]]),
    "two exchanged": edited(lambda lines: [lines[1], lines[0], *lines[2:]]),
    "another estimate": edited(lambda lines: [_number(lines[0]), *lines[1:]]),
    "another verdict": edited(lambda lines: [lines[0].replace("supported", "refuted"), *lines[1:]]),
    "an empty line": edited(lambda lines: [lines[0], "\n", *lines[1:]]),
    "nonsense behind": edited(lambda lines: [*lines, "nonsense\n"]),
    "Windows' line breaks": edited(lambda lines: [line.replace("\n", "\r\n") for line in lines]),
    "not UTF-8": lambda reports: (reports / JOURNAL).write_bytes((reports / JOURNAL).read_bytes() + b"\xff\xfe\n"),
    "zeros, as after a power cut": lambda reports: (reports / JOURNAL).write_bytes(bytes(5000)),
    "empty": lambda reports: (reports / JOURNAL).write_bytes(b""),
    "gone": lambda reports: (reports / JOURNAL).unlink(),
    "run.json gone": lambda reports: (reports / RUN).unlink(),
    "run.json cut": lambda reports: (reports / RUN).write_bytes((reports / RUN).read_bytes()[:-40]),
    "run.json of another seed": renamed_seed,
}
