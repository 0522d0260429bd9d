"""Damaged files of every format are taken for what they are, drawn anew, or refused in one sentence."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from mfcheck.tests.reliability.formats import FORMATS, Format
from mfcheck.tests.reliability.handed_in import hand_in

FEW = 50
"""Mutants of each format here; `python -m mfcheck.tests.reliability` hands in 1500."""


@pytest.mark.parametrize("format", FORMATS, ids=lambda format: format.name)
def test_whatever_is_damaged_is_taken_for_what_it_is_or_refused(format: Format) -> None:
    handed = hand_in(format, FEW)
    assert handed.wrong == ()
    assert handed.tried == FEW
    assert 2 * handed.parsed >= FEW


class Runs:
    """What an unpickler would run."""

    def __reduce__(self) -> tuple[object, ...]:
        return eval, ("1 + 1",)


def unpickled(content: bytes, folder: Path) -> bool:
    pickle.loads(pickle.dumps(Runs()))
    return True


def evaluated(content: bytes, folder: Path) -> bool:
    return bool(eval("1 + 1"))


def raised(content: bytes, folder: Path) -> bool:
    if content != FORMATS[0].sound:
        raise TypeError("no text")
    return True


@pytest.mark.parametrize(
    ("reader", "said"),
    [(unpickled, "pickle.find_class"), (evaluated, "exec of <string>"), (raised, "TypeError: no text")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_reader_that_runs_what_it_reads_or_raises_is_found_out(reader: object, said: str) -> None:
    handed = hand_in(replace(FORMATS[0], hand_in=reader), 3)  # type: ignore[arg-type]
    assert not handed.sound
    assert said in handed.wrong[0]


def test_memory_beyond_the_limit_is_found_out() -> None:
    handed = hand_in(replace(FORMATS[0], most_memory=-1), 3)
    assert "bytes of memory were taken" in handed.wrong[0]
