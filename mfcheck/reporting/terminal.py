"""The report as a compact table by theorem, for the end of a test run."""

from __future__ import annotations

import textwrap
from typing import Any

from mfcheck.reporting import words
from mfcheck.verdict import Verdict

Line = tuple[str, str]

WIDTH = 100
NAME = 48
MOST_DETAILS = 10
STYLES = {
    Verdict.SUPPORTED: "green",
    Verdict.REFUTED: "red",
    Verdict.UNDECIDED: "yellow",
    Verdict.NOT_APPLICABLE: "",
}


def terminal_lines(report: dict[str, Any]) -> list[Line]:
    """The lines of the summary with their styles; only the commands may be longer than a hundred columns."""
    lines = [(_row("theorem and claim", "verdict", "supp", "refut", "undec", "n/a", "error"), "bold")]
    for theorem in report["theorems"]:
        lines.append(_counts(f"{theorem['id']}  {theorem['title']}", theorem["verdict"], theorem["claims"]))
        for claim in theorem["claims"]:
            lines.append(_counts(f"  {claim['id'].split('/', 1)[-1]}", claim["verdict"], [claim]))
    if not report["theorems"]:
        lines.append(("No claim was tried in this run, so it supports nothing.", "yellow"))
    return [*lines, *_details(report), *_foot(report)]


def _counts(name: str, verdict: str, claims: list[dict[str, Any]]) -> Line:
    tally = words.tally(claims)
    order = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED, Verdict.NOT_APPLICABLE)
    counts = [str(count or "·") for count in (*(tally[v] for v in order), tally.errors)]
    return _row(name, _shown(verdict), *counts), "red" if tally.errors else STYLES[Verdict(verdict)]


def _row(name: str, verdict: str, *counts: str) -> str:
    return f"{_fit(name, NAME):{NAME}} {verdict:16}" + "".join(f"{count:>7}" for count in counts)


def _details(report: dict[str, Any]) -> list[Line]:
    groups = []
    for claim in words.claims_of(report):
        for error in claim["errors"]:
            text = f"✗ ERROR {claim['id']} in {error['cell']}: {error['message']}"
            groups.append([(line, "red") for line in _wrap(text)])
        for finding in claim["findings"]:
            if finding["verdict"] in words.OPEN:
                style = STYLES[Verdict(finding["verdict"])]
                text = f"{_shown(finding['verdict'])} {claim['id']} in {finding['cell']}: {words.sentence(finding)}"
                groups.append([(line, style) for line in _wrap(text)] + [(f"    {_clean(finding['reproduce'])}", "")])
    lines = [line for group in groups[:MOST_DETAILS] for line in (("", ""), *group)]
    if len(groups) > MOST_DETAILS:
        lines += [("", ""), (f"... and {len(groups) - MOST_DETAILS} more, all of them in the report", "yellow")]
    return lines


def _foot(report: dict[str, Any]) -> list[Line]:
    facts = (
        f"level {report['level']}, seed {report['seed']}, theory {report['theory']}; family error bound "
        f"{words.scientific(report['family_error_bound'])}: {words.FAMILY_BOUND}"
    )
    tally = words.tally(list(words.claims_of(report)))
    total = f"{_shown(report['verdict'])}: {tally}"
    style = "red" if tally.errors else STYLES[Verdict(report["verdict"])]
    return [("", ""), *((line, "") for line in _wrap(facts)), *((line, style) for line in _wrap(total))]


def _shown(verdict: str) -> str:
    word = verdict.upper() if verdict in words.OPEN else verdict
    return f"{words.GLYPHS[Verdict(verdict)]} {word}"


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(_clean(text), WIDTH, subsequent_indent="    ")


def _fit(text: str, width: int) -> str:
    shown = text if len(text) <= width else text[: width - 1] + "…"
    return "".join(character if character.isprintable() else " " for character in shown)


def _clean(text: str) -> str:
    """One line without control characters, which a terminal would obey."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
