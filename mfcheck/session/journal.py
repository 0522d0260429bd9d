"""findings.jsonl: a run's findings, a line each, which tell what was added, torn, doubled or edited since.

Each line is a finding with one more entry, "journal": which run wrote it, the line's number, the finding's place among
those of its cell and how many they are, and a digest of it all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Plain = dict[str, Any]
ENTRY = "journal"


def cell_of(finding: Mapping[str, Any]) -> tuple[str, str]:
    """The claim and the cell that a finding belongs to."""
    return finding["claim"], finding["cell"]


def lines_of(cells: Iterable[Sequence[Plain]], run: str, first: int = 1) -> str:
    """The lines of some cells' findings, from the line with the number `first` on."""
    text, number = "", first
    for findings in cells:
        for place, finding in enumerate(findings, start=1):
            entry = {"run": run, "line": number, "number": place, "of": len(findings)}
            sealed = {**finding, ENTRY: {**entry, "sha256": _digest(finding, entry)}}
            text += json.dumps(sealed, ensure_ascii=False) + "\n"
            number += 1
    return text


def findings_in(text: str, run: str) -> list[Plain]:
    """The findings of all cells that the run has finished; ValueError naming the first line that is not as it wrote it.

    What a kill has torn at the end is left out with all of its cell, which is to be done again.
    """
    lines = text.split("\n")[:-1]
    found: list[Plain] = []
    places: list[tuple[int, int]] = []
    for number, line in enumerate(lines, start=1):
        finding, entry = _opened(line, number)
        if entry["run"] != run or entry["line"] != number:
            raise ValueError(f"line {number} was not written there by this run")
        begins = not places or places[-1][0] == places[-1][1]
        expected = (1, entry["of"]) if begins else (places[-1][0] + 1, places[-1][1])
        if (entry["number"], entry["of"]) != expected or (not begins and cell_of(finding) != cell_of(found[-1])):
            raise ValueError(f"line {number} does not go on from the one before it")
        found.append(finding)
        places.append(expected)
    if places and places[-1][0] < places[-1][1]:
        found = found[: -places[-1][0]]
    return found


def _opened(line: str, number: int) -> tuple[Plain, Plain]:
    """The finding in a line, and its entry; ValueError unless the digest is theirs."""
    try:
        finding = json.loads(line)
        entry = finding.pop(ENTRY)
        digest = entry.pop("sha256")
        sound = digest == _digest(finding, entry) and set(entry) == {"run", "line", "number", "of"}
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        sound = False
    if not sound:
        raise ValueError(f"line {number} is no finding as a run writes it")
    return finding, entry


def _digest(finding: Plain, entry: Plain) -> str:
    text = json.dumps([finding, entry], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
