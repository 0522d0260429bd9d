"""Sentences on what a theory on trial changes of the paper's, for all pages."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mfcheck.findings import wording

NOTHING = "It changes no formula of the paper's."
UNTESTED = "untested: no claim that ran sees it"


def title(report: dict[str, Any]) -> str:
    """The heading of the section."""
    return f"What theory {report['theory']} changes"


def formulas(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The changed formulas, untested ones first."""
    return sorted(_block(report).get("formulas", []), key=lambda entry: entry["status"] != "untested")


def fate(entry: dict[str, Any]) -> str:
    """Who saw one change, and who refuted the theory where it shows.

    >>> fate({"seen_by": ["a/b", "a/c"], "refuted_by": ["a/b"]})
    'seen by 2 claims, 1 of them refutes the theory there: a/b; a/c sees it'
    """
    seen, refuted = entry["seen_by"], entry["refuted_by"]
    if not seen:
        return UNTESTED
    head = f"seen by {wording.plural(len(seen), 'claim')}"
    if not refuted:
        return f"{head}, refuted by none: {', '.join(seen)}"
    rest = [claim for claim in seen if claim not in refuted]
    verb = "refutes" if len(refuted) == 1 else "refute"
    tail = f"; {', '.join(rest)} {'sees' if len(rest) == 1 else 'see'} it" if rest else ""
    return f"{head}, {len(refuted)} of them {verb} the theory there: {', '.join(refuted)}{tail}"


def verdicts(report: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """Claims whose verdict changed, from the paper's, to this theory's, and in how many cells."""
    moved = Counter((v["claim"], v["paper_verdict"], v["verdict"]) for v in _block(report).get("verdicts", []))
    return [(*change, cells) for change, cells in sorted(moved.items())]


def unjudged(report: dict[str, Any]) -> str:
    """The claims whose draws could not judge the paper's theory too, as a sentence; empty where there are none."""
    claims = _block(report).get("unjudged", [])
    return f"The paper's theory needs draws of its own in some cells of {', '.join(claims)}." if claims else ""


def repairs(report: dict[str, Any]) -> list[str]:
    """What was declared refuted of the paper's theory and holds of this one, a sentence for each declaration."""
    if not _block(report):
        return []
    found = [entry for entry in report.get("expectations") or [] if entry["status"] == "repaired"]
    return [f"It repairs {entry['claim']}, refuted of the paper's theory: {entry['reason']}." for entry in found]


def lines(report: dict[str, Any]) -> list[str]:
    """The section as lines of plain text, none for the paper's own theory."""
    if not _block(report):
        return []
    said = [f"{entry['formula']}: {fate(entry)}" for entry in formulas(report)] or [NOTHING]
    said += [
        f"{claim}: {wording.plural(cells, 'cell')} {was} by the paper's theory, {now} by this one"
        for claim, was, now, cells in verdicts(report)
    ]
    return [title(report), *said, *repairs(report), *filter(None, [unjudged(report)])]


def _block(report: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = report.get("theory_changes") or {}
    return block
