"""What cells cost, reckoned once for all processes of a run, each its share, and kept for the next run of that code.

To plan every cell of the suite takes seconds, and every process must come to the same order. All that is written is
what reckoning would give, so that a process which finds nothing there reckons by itself and is right too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mfcheck.ensembles.devices import worker_index
from mfcheck.ensembles.module_files import own_code
from mfcheck.findings.files import write_atomically
from mfcheck.imports import calm_warnings
from mfcheck.session.machines import test_processes
from mfcheck.session.outcome import test_of

if TYPE_CHECKING:
    import pytest

    from mfcheck.findings.cell import Cell
    from mfcheck.findings.claim import Claim
    from mfcheck.session.run import Run

PATIENCE = 20.0
"""Seconds for which the others' shares are waited for."""
KEPT = 32
"""Files that are kept, of as many shares or runs; more where one run alone has more shares."""


def shared(cells: Sequence[tuple[pytest.Item, Claim, Cell]], run: Run) -> list[float]:
    """The seconds that each cell is reckoned to take; this process reckons its share where others reckon theirs."""
    folder = run.settings.cache
    if folder is None or not cells:
        return reckoned(cells, run)
    folder, name, count = folder / "order", _name(cells, run), test_processes()
    shares = [folder / f"{name}-{part}of{count}.json" for part in range(count)]
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    own = worker_index() % count
    if (mine := _read(shares[own], len(cells[own::count]))) is None:
        mine = reckoned(cells[own::count], run)
        with contextlib.suppress(OSError):
            write_atomically(shares[own], json.dumps(mine))
            _prune(folder, max(KEPT, 2 * count))
    found, until = [0.0] * len(cells), time.monotonic() + PATIENCE
    for part, share in enumerate(shares):
        wanted = cells[part::count]
        theirs = mine if part == own else _read(share, len(wanted))
        while theirs is None and time.monotonic() < until and share.parent.is_dir():
            time.sleep(0.02)
            theirs = _read(share, len(wanted))
        found[part::count] = reckoned(wanted, run) if theirs is None else theirs
    return found


def reckoned(cells: Sequence[tuple[pytest.Item, Claim, Cell]], run: Run) -> list[float]:
    """The same, all of it here."""
    from mfcheck.decisions.forecast import forecast

    with calm_warnings():
        return [forecast(claim, test_of(item), cell, run.settings, run.theory).seconds for item, claim, cell in cells]


def _name(cells: Sequence[tuple[pytest.Item, Claim, Cell]], run: Run) -> str:
    """Of all that costs depend on: our code and the claims', the theory, what the run was asked for, and its cells."""
    asked = replace(run.settings, cache=None, report=Path(), data_dir=None, download=False)
    digest = hashlib.sha256(repr((asked, [(claim.id, cell.id) for _, claim, cell in cells])).encode())
    modules = {type(run.theory).__module__, *(path.partition(":")[0] for path in asked.architectures)}
    others = [getattr(sys.modules.get(module), "__file__", None) for module in modules]
    files = {*own_code(), *(item.path for item, *_ in cells), *(Path(other) for other in others if other)}
    for file in sorted(files):
        with contextlib.suppress(OSError):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:24]


def _read(file: Path, size: int) -> list[float] | None:
    try:
        found = json.loads(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    right = isinstance(found, list) and len(found) == size and all(isinstance(one, float | int) for one in found)
    return found if right else None


def _prune(folder: Path, kept: int) -> None:
    """Keep so many of the latest files alone."""
    for old in sorted(folder.glob("*.json"), key=os.path.getmtime)[:-kept]:
        old.unlink(missing_ok=True)
