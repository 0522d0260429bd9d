"""The state of a finding, a claim or a section, as every page and comparison names it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mfcheck.findings.regimes import GRANTED as CAVEAT
from mfcheck.findings.sections import section_of
from mfcheck.findings.wording import plural
from mfcheck.verdict import Verdict

EXPECTED = "refuted, as expected"
"""What a page calls a refutation that was declared beforehand: neither a pass nor an alarm."""
EXPLORED = "explored"
"""What a page calls a finding, a claim or a section of open questions, whatever was found."""
GRANTED = "granted"
"""What a page calls support that rests on what is granted: no pass, and it makes nothing hold."""
GLYPHS: dict[str, str] = {
    Verdict.SUPPORTED: "✓",
    Verdict.IN_PART: "◐",
    GRANTED: "◇",
    Verdict.REFUTED: "✗",
    EXPECTED: "≠",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_APPLICABLE: "–",
    EXPLORED: "○",
}
UNSUPPORTED = (Verdict.REFUTED, Verdict.UNDECIDED)
EMPHASISED = (*UNSUPPORTED, EXPECTED, Verdict.IN_PART)
"""States that a page must not let a reader pass over."""


@dataclass(frozen=True)
class Tally:
    """How many findings of each state, and how many errors, stand under a heading."""

    states: Counter[str]
    errors: int

    def __getitem__(self, state: str) -> int:
        return self.states[state]

    def __str__(self) -> str:
        parts = [f"{self.states[name]} {name.replace(',', '')}" for name in GLYPHS if self.states[name]]
        if self.errors:
            parts.append(plural(self.errors, "error"))
        return ", ".join(parts) or "nothing tried"

    @property
    def expectation(self) -> str:
        """How many refutations were expected, as a sentence; empty where none was."""
        count = self.states[EXPECTED]
        return f"{plural(count, 'refutation')} {'was' if count == 1 else 'were'} expected." if count else ""


def state_by(verdict: str, *, explored: bool, expected: bool, caveat: str) -> str:
    """A verdict, with those apart that open questions or declared refutations make no alarm of, or a grant no pass."""
    if explored and verdict != Verdict.NOT_APPLICABLE:
        return EXPLORED
    if verdict == Verdict.SUPPORTED and caveat.startswith(CAVEAT):
        return GRANTED
    return EXPECTED if verdict == Verdict.REFUTED and expected else verdict


def standing_by(verdict: str, gating: Tally | None) -> str:
    """The verdict of a whole as a page shows it: refuted as expected if nothing else keeps it from support, granted if
    nothing but that does.

    `gating` counts what is no open question, which alone counts in it, and is None where there is nothing else.
    """
    if gating is None:
        return EXPLORED
    others = gating[Verdict.REFUTED] + gating[Verdict.UNDECIDED] + gating.errors
    if verdict == Verdict.UNDECIDED and gating[GRANTED] and not others:
        return GRANTED
    return EXPECTED if verdict == Verdict.REFUTED and gating[EXPECTED] and not others else verdict


def state(finding: dict[str, Any]) -> str:
    """The state of a finding as it is written in report.json."""
    return state_by(
        str(finding["verdict"]),
        explored=bool(finding.get("explored")),
        expected=bool(finding.get("expected")),
        caveat=str(finding.get("caveat", "")),
    )


def standing(verdict: str, claims: list[dict[str, Any]]) -> str:
    """The standing of a claim or a section as it is written in report.json."""
    gating = [claim for claim in claims if gates(claim)]
    return standing_by(verdict, None if claims and not gating else tally(gating))


def unmet(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The expected refutations that did not come about or, in a full run, that matched no finding."""
    full = report.get("full", True)
    entries = report.get("expectations") or []
    return [entry for entry in entries if entry["status"] == "unmet" or (entry["status"] == "unmatched" and full)]


def glyph(state: str) -> str:
    """The sign of a state."""
    return GLYPHS[state]


def slug(state: str) -> str:
    """A state's name in style sheets."""
    return "expected" if state == EXPECTED else state.replace(" ", "-")


def gates(claim: dict[str, Any]) -> bool:
    """Whether a claim's verdict counts; that of an open question never does."""
    return section_of(str(claim["id"])).gates


def claims_of(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All claims of a report in the order of its theorems."""
    for theorem in report["theorems"]:
        yield from theorem["claims"]


def tally(claims: list[dict[str, Any]]) -> Tally:
    """Count the findings of some claims by state, and their errors."""
    states = Counter(state(finding) for claim in claims for finding in claim["findings"])
    return Tally(states, sum(len(claim["errors"]) for claim in claims))
