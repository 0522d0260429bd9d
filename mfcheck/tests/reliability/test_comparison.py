"""The comparison of findings sees one that is lost, invented or doubled, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mfcheck.tests.reliability.comparison import Tally, held

WHOLE: list[dict[str, Any]] = [
    {"claim": "a/b", "cell": cell, "estimate": 0.1 * number, "seconds": 1.0}
    for cell in ("one", "two")
    for number in (1, 2)
]
CHANGES: dict[str, tuple[Callable[[list[dict[str, Any]]], object], Tally]] = {
    "nothing": (lambda found: None, Tally()),
    "the time alone": (lambda found: found[0].update(seconds=2.0, reproduce="pytest"), Tally()),
    "backwards within cells": (lambda found: found.reverse(), Tally(4, 4, 0)),
    "other cells first": (lambda found: found.extend([found.pop(0), found.pop(0)]), Tally()),
    "the last is gone": (lambda found: found.pop(), Tally(lost=1)),
    "the first of a cell is gone": (lambda found: found.pop(0), Tally(2, 1, 0)),
    "a cell is gone": (lambda found: found.__delitem__(slice(0, 2)), Tally(lost=2)),
    "all are gone": (lambda found: found.clear(), Tally(lost=4)),
    "another cell": (lambda found: found.append({**found[0], "cell": "three"}), Tally(invented=1)),
    "another claim": (lambda found: found.append({**found[0], "claim": "a/c"}), Tally(invented=1)),
    "one more number": (lambda found: found.append({**found[0], "estimate": 7.0}), Tally(invented=1)),
    "the last bit": (lambda found: found[1].update(estimate=0.2 + 2**-55), Tally(1, 1, 0)),
    "a field more": (lambda found: found[1].update(looks=1), Tally(1, 1, 0)),
    "twice": (lambda found: found.append(dict(found[0])), Tally(doubled=1)),
    "all twice": (lambda found: found.extend(map(dict, list(found))), Tally(doubled=4)),
}


@pytest.mark.parametrize(("change", "tally"), CHANGES.values(), ids=CHANGES)
def test_what_became_of_findings_is_counted(change: Callable[[list[dict[str, Any]]], object], tally: Tally) -> None:
    found = [dict(finding) for finding in WHOLE]
    change(found)
    assert held(WHOLE, found) == tally
