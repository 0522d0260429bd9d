"""The report as a compact table by theorem, for the end of a test run."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from mfcheck.findings import states, wording
from mfcheck.findings.report import ClaimRecord, Report, standing, state_of, tally
from mfcheck.reporting.words import changes_text, coverage_table, numbers, phrases, twins_table
from mfcheck.spec import ARCHITECTURES
from mfcheck.verdict import Verdict

Line = tuple[str, str]

WIDTH = 100
NAME = 41
MOST_DETAILS = 10
STYLES: dict[str, str] = {
    Verdict.SUPPORTED: "green",
    Verdict.IN_PART: "cyan",
    Verdict.REFUTED: "red",
    states.GRANTED: "cyan",
    states.LIMITED: "cyan",
    states.EXPECTED: "",
    Verdict.UNDECIDED: "yellow",
    Verdict.NOT_APPLICABLE: "",
    states.EXPLORED: "",
}
COUNTED = [state for state in states.GLYPHS if state not in (states.EXPLORED, states.LIMITED, Verdict.IN_PART)]
"""The states with a column of their own."""


def terminal_lines(report: Report) -> list[Line]:
    """The lines of the summary with their styles; only the commands may be longer than a hundred columns."""
    lines = [(_row("theorem and claim", "verdict", "supp", "grant", "refut", "expec", "undec", "n/a", "error"), "bold")]
    folded = Verdict.NOT_APPLICABLE if report.of_own_networks else None
    for theorem in report.theorems:
        if theorem.verdict == folded:
            continue
        lines.append(_counts(f"{theorem.id}  {theorem.title}", theorem.verdict, theorem.claims))
        for claim in theorem.claims:
            if claim.verdict == folded:
                continue
            lines.append(_counts(f"  {claim.id.split('/', 1)[-1]}", claim.verdict, [claim]))
    if not report.theorems:
        lines.append(("No claim was tried in this run, so it supports nothing.", "yellow"))
    lines += [*_where(report), *_details(report), *_expectations(report)]
    lines += _inapplicable(report)
    return [*lines, *_changes(report), *_twins(report), *_foot(report)]


def _counts(name: str, verdict: str, claims: Sequence[ClaimRecord]) -> Line:
    found = tally(claims)
    counts = [str(count or "·") for count in (*(found[state] for state in COUNTED), found.errors)]
    state = standing(verdict, claims)
    shown = f"{states.glyph(state)} {found[state]} {state}" if state == states.EXPLORED else _shown(state)
    return _row(name, shown, *counts), "red" if found.errors else STYLES[state]


def _row(name: str, verdict: str, *counts: str) -> str:
    return f"{wording.clip(name, NAME):{NAME}} {verdict:16}" + "".join(f"{count:>6}" for count in counts)


def _where(report: Report) -> list[Line]:
    """In which regimes the theorems hold that have any and are not supported throughout."""
    lines: list[Line] = []
    for theorem in report.theorems:
        said, verdict = theorem.says, theorem.verdict
        if said and verdict != Verdict.SUPPORTED:
            state = standing(verdict, theorem.claims)
            text = f"{states.glyph(state)} {theorem.id}: {said}"
            lines += [("", ""), *((line, STYLES[state]) for line in _wrap(text))]
    return lines


def _details(report: Report) -> list[Line]:
    groups = []
    for claim in report.claims:
        for error in claim.errors:
            text = f"✗ ERROR {claim.id} in {error.cell}: {error.message}"
            groups.append([(line, "red") for line in _wrap(text)])
        for finding in claim.findings:
            if state_of(finding) in states.UNSUPPORTED:
                style = STYLES[finding.verdict]
                text = f"{_shown(finding.verdict)} {claim.id} in {finding.cell}: {phrases.sentence(finding)}"
                groups.append([(line, style) for line in _wrap(text)] + [(f"    {_clean(finding.reproduce)}", "")])
    lines = [line for group in groups[:MOST_DETAILS] for line in (("", ""), *group)]
    if len(groups) > MOST_DETAILS:
        lines += [("", ""), (f"... and {len(groups) - MOST_DETAILS} more, all of them in the report", "yellow")]
    return lines


def _inapplicable(report: Report) -> list[Line]:
    """Why claims do not apply to architectures of one's own and what would make them; claims of one reason together."""
    if set(report.architectures) <= set(ARCHITECTURES):
        return []
    reasons: dict[str, dict[str, None]] = {}
    for claim in report.claims:
        for finding in claim.findings:
            if finding.verdict == Verdict.NOT_APPLICABLE and finding.reason:
                reasons.setdefault(finding.reason, {})[claim.id] = None
    texts = [f"{_shown(Verdict.NOT_APPLICABLE)}: {', '.join(claims)}: {why}" for why, claims in reasons.items()]
    return [line for text in texts for line in (("", ""), *((one, "") for one in _wrap(text)))]


def _expectations(report: Report) -> list[Line]:
    lines: list[Line] = []
    for entry in report.unmet:
        text = f"✗ EXPECTED REFUTATION {entry.status.upper()} {entry.claim}: {entry.message}"
        lines += [("", ""), *((line, "red") for line in _wrap(text))]
    return lines


def _changes(report: Report) -> list[Line]:
    head, *said = changes_text.lines(report) or [""]
    return [("", ""), (_clean(head), "bold"), *((line, "") for text in said for line in _wrap(text))] if head else []


def _twins(report: Report) -> list[Line]:
    if not report.twins:
        return []
    lines = [(line, "") for line in _wrap(twins_table.verdict(report))]
    survivors = twins_table.survivors(report)
    for twin in survivors[:MOST_DETAILS]:
        lines += [(line, "red") for line in _wrap(f"✗ SURVIVED {twin.name}")]
    if len(survivors) > MOST_DETAILS:
        lines.append((f"... and {len(survivors) - MOST_DETAILS} more survivors, all of them in the report", "red"))
    return [("", ""), *lines, *_coverage(report)]


def _coverage(report: Report) -> list[Line]:
    said, holes = coverage_table.verdict(report), coverage_table.open_holes(report)
    lines = [(line, "") for line in _wrap(said)] if said else []
    for hole in holes[:MOST_DETAILS]:
        lines += [(line, "red") for line in _wrap(f"✗ HOLE {hole}")]
    if len(holes) > MOST_DETAILS:
        lines.append((f"... and {len(holes) - MOST_DETAILS} more holes, all of them in the report", "red"))
    return lines


def _foot(report: Report) -> list[Line]:
    facts = (
        f"level {report.level}, seed {report.seed}, theory {report.theory}; family error bound "
        f"{numbers.scientific(report.family_error_bound)}: {phrases.FAMILY_BOUND}"
    )
    found, state = report.tally, report.standing
    open_ones = found[Verdict.REFUTED] + found[Verdict.UNDECIDED] + found.errors
    why = (
        "; what is supported makes not every theorem hold"
        if report.verdict == Verdict.UNDECIDED and not open_ones
        else ""
    )
    total = f"{_shown(state)}: {found}{why}{'. ' if found.expectation else ''}{found.expectation}"
    style = "red" if found.errors or report.unmet else STYLES[state]
    return [("", ""), *((line, "") for line in _wrap(facts)), *((line, style) for line in _wrap(total))]


def _shown(state: str) -> str:
    if state == states.EXPECTED:
        return f"{states.glyph(state)} as expected"
    if state == states.LIMITED:
        return f"{states.glyph(state)} with a caveat"
    return f"{states.glyph(state)} {state.upper() if state in states.UNSUPPORTED else state}"


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(_clean(text), WIDTH, subsequent_indent="    ")


def _clean(text: str) -> str:
    """One line without control characters, which a terminal would obey."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
