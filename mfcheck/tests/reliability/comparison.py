"""What became of findings: those of one run held against those of the run that nothing befell."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mfcheck.findings.states import claims_of
from mfcheck.session.journal import ENTRY

OWN = ("seconds", "reproduce", "explored", ENTRY)
"""What two runs may differ in: the time, the command that repeats them, and what a report or a journal adds."""
Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Tally:
    """How many findings are not there, should not be there, or are there once more."""

    lost: int = 0
    invented: int = 0
    doubled: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.lost + other.lost, self.invented + other.invented, self.doubled + other.doubled)


NONE = Tally()


def in_report(file: Path) -> list[Finding]:
    """The findings of a report.json."""
    report = json.loads(file.read_text(encoding="utf-8"))
    return [
        {**finding, "claim": claim["id"], "says": claim["says"]}
        for claim in claims_of(report)
        for finding in claim["findings"]
    ]


def failed_in_report(file: Path) -> set[tuple[str, str]]:
    """The claims and cells that a report.json itself says ended without a verdict."""
    report = json.loads(file.read_text(encoding="utf-8"))
    return {(claim["id"], error["cell"]) for claim in claims_of(report) for error in claim["errors"]}


def in_journal(file: Path) -> list[Finding]:
    """The findings of a findings.jsonl."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def held(whole: Iterable[Finding], found: Iterable[Finding]) -> Tally:
    """Findings by claim, cell and their place in it, against those of the whole run, bit for bit in every field.

    One that differs in any field is invented, and the right one lost.
    """
    tally = Tally()
    expected, there = _by_cell(whole), _by_cell(found)
    for cell in expected.keys() | there.keys():
        right, mine = expected[cell], there[cell]
        same = [one == other for one, other in zip(right, mine, strict=False)]
        beyond = mine[len(right) :]
        again = sum(one in right for one in beyond)
        tally += Tally(len(right) - sum(same), len(mine) - sum(same) - again, again)
    return tally


def _by_cell(findings: Iterable[Finding]) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for finding in findings:
        kept = {name: value for name, value in finding.items() if name not in OWN}
        found[finding["claim"], finding["cell"]].append(json.dumps(kept, sort_keys=True))
    return found
