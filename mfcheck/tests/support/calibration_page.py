"""Replays rules and whole decisions at full numbers, and writes their tables into docs/calibration.md.

`python -m mfcheck.tests.support.calibration_page` works on all cores, tells on stderr how far it is, goes on where it
was broken off as long as no module has changed, and ends with status 1 if anything errs more often than it says.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

from mfcheck.tests.support import claim_replays, rule_replays
from mfcheck.tests.support.places import ROOT

PAGE = ROOT / "docs" / "calibration.md"
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def with_tables(page: str, tables: Sequence[str]) -> str:
    """The page with its tables replaced, in their order; ValueError unless it has as many."""
    there = len(TABLE.findall(page))
    if there != len(tables):
        raise ValueError(f"the page has {there} tables, not {len(tables)}")
    fresh = iter(tables)
    return TABLE.sub(lambda old: next(fresh) + "\n", page)


def counted(pool: Executor, what: str, count_errors: Callable[[int], int], questions: int, kept: Path) -> list[int]:
    """The errors of so many questions, each counted by one process; those that a file keeps are not counted again."""
    known = {int(index): count for index, count in json.loads(kept.read_text()).items()} if kept.exists() else {}
    start, open_ones = time.monotonic(), [index for index in range(questions) if index not in known]
    for index, count in zip(open_ones, pool.map(count_errors, open_ones), strict=True):
        known[index] = count
        kept.write_text(json.dumps(known))
        print(f"{what}: {len(known)} of {questions}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return [known[index] for index in range(questions)]


def code_digest() -> str:
    """A digest of all that counts may depend on."""
    modules = sorted((ROOT / "mfcheck").rglob("*.py"))
    libraries = [version(name) for name in ("numpy", "scipy", "torch")]
    text = b"\0".join([*(file.read_bytes() for file in modules), *map(str.encode, libraries)])
    return hashlib.sha256(text).hexdigest()[:16]


def main() -> int:
    """Write the page; status 1 if anything is convicted."""
    kept = ROOT / "build" / "calibration" / code_digest()
    kept.mkdir(parents=True, exist_ok=True)
    # A forked process would inherit torch's threads in whatever state they are.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        rules, claims = (
            counted(pool, what, study.errors, len(study.QUESTIONS), kept / f"{study.__name__}.json")
            for what, study in (("rules", rule_replays), ("whole decisions", claim_replays))
        )
    rows, tallies = rule_replays.rows(rules), claim_replays.tallies(claims)
    tables = [rule_replays.markdown([*rows, rule_replays.student_misses()]), claim_replays.markdown(tallies)]
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    convicted = [one for one in (*rows, *tallies) if one.convicted]
    for one in convicted:
        print(f"errs more often than it says: {one}", file=sys.stderr)
    return 1 if convicted else 0


if __name__ == "__main__":
    sys.exit(main())
