"""The page on reliability tells what was counted, and whatever is wrong makes its command fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from mfcheck.tests.reliability.comparison import Tally
from mfcheck.tests.reliability.faults import KINDS, faults
from mfcheck.tests.reliability.formats import FORMATS
from mfcheck.tests.reliability.handed_in import ENOUGH, Handed
from mfcheck.tests.reliability.page import Planted, counts, page, wrongs
from mfcheck.tests.reliability.plants import PLANTS
from mfcheck.tests.reliability.scenes import Outcome
from mfcheck.tests.reliability.study import Row

SOUND = Outcome(Tally(), 0, ())
WRONG = {
    "lost": Outcome(Tally(lost=3), 0, ()),
    "invented": Outcome(Tally(invented=3), 0, ()),
    "doubled": Outcome(Tally(doubled=3), 0, ()),
    "tracebacks": Outcome(Tally(), 3, ()),
    "amiss": Outcome(Tally(), 0, ("it hung", "it was never struck")),
}
ROWS = {"killed": Row() + SOUND + SOUND, "disk": Row() + SOUND}
HANDED = {format.name: Handed(ENOUGH, ENOUGH - 100, 77, 0, 0, 2**22, ()) for format in FORMATS}
SEEN = {name: Planted(Row() + WRONG[fault.kind], fault.kind) for name, (_, fault) in PLANTS.items()}


def test_a_page_holds_what_was_counted() -> None:
    text = page(ROWS, HANDED, FORMATS, SEEN)
    assert "| killed | 2 | 0 | 0 | 0 | 0 | 0 |" in text
    assert "| all | 3 | 0 | 0 | 0 | 0 | 0 |" in text
    assert f"| {ENOUGH} | {ENOUGH - 100} | 77 | 0 | 0 | 4 MiB | 64 MiB |" in text
    assert text.count("| yes |") == len(PLANTS)
    assert f"- **disk**: {KINDS['disk']}.\n" in text
    assert "Not tried" in text
    assert wrongs(ROWS, HANDED, SEEN) == []


@pytest.mark.parametrize("name", WRONG)
def test_whatever_is_wrong_with_a_run_is_counted_and_fails(name: str) -> None:
    row = Row() + SOUND + WRONG[name]
    assert not WRONG[name].sound
    assert [what for what, count in counts(row).items() if count] == [name]
    assert len(wrongs({**ROWS, "killed": row}, HANDED, SEEN)) == 1


@pytest.mark.parametrize(
    "change", [{"wrong": ("TypeError",)}, {"tried": ENOUGH - 1}, {"parsed": ENOUGH // 2 - 1}], ids=str
)
def test_whatever_is_wrong_with_mutants_fails(change: dict[str, object]) -> None:
    format = FORMATS[0].name
    (wrong,) = wrongs(ROWS, {**HANDED, format: replace(HANDED[format], **change)}, SEEN)
    assert wrong.startswith(format)


def test_a_planted_fault_that_nothing_shows_fails() -> None:
    name = next(iter(SEEN))
    seen = {**SEEN, name: Planted(Row() + SOUND, SEEN[name].expected)}
    assert wrongs(ROWS, HANDED, seen) == [f"{name}, and nothing shows it"]
    assert "| NO | nothing |" in page(ROWS, HANDED, FORMATS, seen)


def test_every_kind_of_fault_is_described_and_no_fault_stands_twice() -> None:
    known = Counter((fault.kind, fault.name) for fault in faults(mounts=True))
    assert {kind for kind, _ in known} == set(KINDS)
    assert set(known.values()) == {1}
    assert len(faults(mounts=False)) >= 60
