"""A file of expected refutations that cannot be used is one sentence with its name and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mfcheck.findings.expected import MOST_BYTES, MOST_TABLES, read_expectations

BARE = '[[expected]]\nclaim = "a/b"\nreason = "r"\ninstead = "i"\n'


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content, encoding="utf-8")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 * 2**30)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "when a text": (text(f'{BARE}when = "x"\n'), "declaration 1 .*when must be a table"),
    "when a list": (text(f"{BARE}when = [1]\n"), "when must be a table"),
    "when nested": (text(f"{BARE}when = {{ a = {{ b = 1 }} }}\n"), "when must hold texts and numbers, got a = "),
    "when a date": (text(f"{BARE}when = {{ a = 2020-01-01 }}\n"), "when must hold texts and numbers, got a = "),
    "levels a text": (text(f'{BARE}levels = "quick"\n'), "levels must be among quick, standard, paper, got 'quick'"),
    "second": (text(f'{BARE}{BARE}levels = "quick"\n'), "declaration 2 "),
    "claim a number": (text(BARE.replace('"a/b"', "1")), "must be texts, got claim = 1"),
    "claim a list": (text(BARE.replace('"a/b"', '["a/b"]')), "must be texts, got claim = "),
    "expected a number": (text("expected = 3\n"), "expected must be up to"),
    "expected a text": (text('expected = "a"\n'), "expected must be up to"),
    "expected numbers": (text("expected = [1, 2]\n"), "declaration 1 must be a table"),
    "expected one table": (text(BARE.replace("[[expected]]", "[expected]")), "expected must be up to"),
    "another table": (text(BARE.replace("[[expected]]", "[[expect]]")), "'expect' means nothing"),
    "unknown key": (text(f"{BARE}why = 1\n"), r"has unknown keys \['why'\]"),
    "too many": (text(BARE * (MOST_TABLES + 1)), "expected must be up to 1000 tables"),
    "no UTF-8": (lambda path: path.write_bytes(b'x = "\xff"'), "cannot be read: 'utf-8' codec"),
    "binary": (lambda path: path.write_bytes(bytes(range(256))), "cannot be read"),
    "folder": (Path.mkdir, "cannot be read: Is a directory"),
    "absent": (lambda path: None, "cannot be read: No such file"),
    "pipe": (os.mkfifo, "cannot be read: it is no regular file"),
    "huge": (sparse, f"of which {MOST_BYTES:,} are allowed"),
    "deep": (text(f"a = {'[' * 100_000}"), "cannot be read"),
    "many digits": (text(f"{BARE}when = {{ a = 1{'0' * 5000} }}\n"), "cannot be read"),
    "cut": (text(BARE[:-5]), "cannot be read"),
    "twice": (text(f'{BARE}claim = "c/d"\n'), "cannot be read"),
}


@pytest.mark.parametrize(("make", "said"), BAD.values(), ids=BAD)
def test_a_file_that_cannot_be_used_is_one_sentence(make: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    make(file)
    with pytest.raises(ValueError, match=said) as raised:
        read_expectations([file], "quick")
    assert "mine.toml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 800
