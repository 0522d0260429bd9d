"""Sentences on what a theory on trial changes of the paper's, for all pages."""

from __future__ import annotations

from collections import Counter

from mfcheck.findings import wording
from mfcheck.findings.report import ChangedFormula, Changes, Report
from mfcheck.reporting.words.numbers import figures
from mfcheck.theory.changes import is_added

NOTHING = "It changes no formula of the paper's."
UNTESTED = "untested: no finding asks it"


def title(report: Report) -> str:
    """The heading of the section."""
    return f"What theory {report.theory} changes"


def formulas(report: Report) -> list[ChangedFormula]:
    """The changed formulas, untested ones first."""
    return sorted(_changes(report).formulas, key=lambda entry: entry.status != "untested")


def fate(entry: ChangedFormula) -> str:
    """Who saw one change, and who refuted the theory where it shows.

    >>> fate(ChangedFormula("omega", "seen", ("a/b", "a/c"), ("a/b",)))
    'seen by 2 claims, 1 of them refutes the theory there: a/b; a/c sees it'
    """
    seen, refuted = entry.seen_by, entry.refuted_by
    if entry.status == "unmoved" and is_added(entry.formula):
        return f"added, and read by formulas that are asked by {', '.join(entry.asked_by)}"
    if entry.status == "unmoved":
        return f"the paper's in other words, as far as its values tell; asked by {', '.join(entry.asked_by)}"
    if entry.status == "untested" and (seen or entry.asked_by):
        asked = ", ".join(entry.asked_by)
        near = f"too near the paper's for {', '.join(seen)} to tell" if seen else f"as the paper's where {asked} ask it"
        return f"untested: {near}, and another elsewhere"
    if not seen:
        return UNTESTED
    head = f"seen by {wording.plural(len(seen), 'claim')}"
    if not refuted:
        return f"{head}, refuted by none: {', '.join(seen)}"
    rest = [claim for claim in seen if claim not in refuted]
    verb = "refutes" if len(refuted) == 1 else "refute"
    tail = f"; {', '.join(rest)} {'sees' if len(rest) == 1 else 'see'} it" if rest else ""
    return f"{head}, {len(refuted)} of them {verb} the theory there: {', '.join(refuted)}{tail}"


def verdicts(report: Report) -> list[tuple[str, str, str, int]]:
    """Claims whose verdict changed, from the paper's, to this theory's, and in how many cells."""
    moved = Counter((one.claim, one.paper_verdict, one.verdict) for one in _changes(report).verdicts)
    return [(*change, cells) for change, cells in sorted(moved.items())]


def unjudged(report: Report) -> str:
    """The claims whose draws could not judge the paper's theory too, as a sentence; empty where there are none."""
    claims = _changes(report).unjudged
    return f"The paper's theory needs draws of its own in some cells of {', '.join(claims)}." if claims else ""


def contradictions(report: Report) -> list[str]:
    """Where the theory's formulas do not agree with each other, a sentence for each equation between them."""
    return [
        f"Its formulas {', '.join(one.formulas)} do not follow from each other at {one.failing} of {one.asked} places: "
        f"{one.says}, but {_apart(*one.sides)} in {one.where}."
        for one in _changes(report).contradictions
    ]


def _apart(left: float, right: float) -> str:
    if right == 0:
        return f"the right side is 0 and the left one {figures(left)}"
    return f"the left side is {figures(left / right)} of the right one"


def repairs(report: Report) -> list[str]:
    """What was declared refuted of the paper's theory and holds of this one, a sentence for each declaration."""
    if report.changes is None:
        return []
    found = [entry for entry in report.expectations if entry.status == "repaired"]
    return [f"It repairs {entry.claim}, refuted of the paper's theory: {entry.reason}." for entry in found]


def lines(report: Report) -> list[str]:
    """The section as lines of plain text, none for the paper's own theory."""
    if report.changes is None:
        return []
    said = [f"{entry.formula}: {fate(entry)}" for entry in formulas(report)] or [NOTHING]
    said += [
        f"{claim}: {wording.plural(cells, 'cell')} {was} by the paper's theory, {now} by this one"
        for claim, was, now, cells in verdicts(report)
    ]
    return [title(report), *said, *contradictions(report), *repairs(report), *filter(None, [unjudged(report)])]


def _changes(report: Report) -> Changes:
    return report.changes or Changes()
