"""Replays rules and whole decisions at full numbers, and writes their tables into docs/calibration.md.

`python -m mfcheck.tests.support.calibration_page` works on all cores, tells on stderr how far it is, and ends with
status 1 if anything errs more often than it says.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

from mfcheck.tests.support import claim_replays, rule_replays
from mfcheck.tests.support.places import ROOT

PAGE = ROOT / "docs" / "calibration.md"
Answer = TypeVar("Answer")
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def with_tables(page: str, tables: Sequence[str]) -> str:
    """The page with its tables replaced, in their order; ValueError unless it has as many."""
    there = len(TABLE.findall(page))
    if there != len(tables):
        raise ValueError(f"the page has {there} tables, not {len(tables)}")
    fresh = iter(tables)
    return TABLE.sub(lambda old: next(fresh) + "\n", page)


def answers(pool: ProcessPoolExecutor, what: str, ask: Callable[[int], Answer], count: int) -> list[Answer]:
    """What `ask` says to 0, 1, … below `count`, each by one process."""
    start, found = time.monotonic(), []
    for answer in pool.map(ask, range(count)):
        found.append(answer)
        print(f"{what}: {len(found)} of {count}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Write the page; status 1 if anything is convicted."""
    # A forked process would inherit torch's threads in whatever state they are.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rules = answers(pool, "rules", rule_replays.row, len(rule_replays.QUESTIONS))
        claims = answers(pool, "whole decisions", claim_replays.tally, len(claim_replays.QUESTIONS))
    tables = [rule_replays.markdown([*rules, rule_replays.student_misses()]), claim_replays.markdown(claims)]
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    convicted = [one for one in (*rules, *claims) if one.convicted]
    for one in convicted:
        print(f"errs more often than it says: {one}", file=sys.stderr)
    return 1 if convicted else 0


if __name__ == "__main__":
    sys.exit(main())
