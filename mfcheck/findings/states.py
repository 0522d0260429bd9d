"""The state of a finding, a claim or a section, as every page and comparison names it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mfcheck.findings.regimes import is_granted
from mfcheck.findings.sections import section_of
from mfcheck.findings.wording import plural
from mfcheck.verdict import Verdict

EXPECTED = "refuted, as expected"
"""What a page calls a refutation that was declared beforehand: neither a pass nor an alarm."""
EXPLORED = "explored"
"""What a page calls a finding, a claim or a section of open questions, whatever was found."""
GRANTED = "granted"
"""What a page calls support that rests on what is granted: no pass, and it makes nothing hold."""
LIMITED = "supported with a caveat"
"""What a page calls a whole of which all is supported and nothing is open, but by a caveat makes nothing hold."""
GLYPHS: dict[str, str] = {
    Verdict.SUPPORTED: "✓",
    Verdict.IN_PART: "◐",
    GRANTED: "◇",
    LIMITED: "◌",
    Verdict.REFUTED: "✗",
    EXPECTED: "≠",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_APPLICABLE: "–",
    EXPLORED: "○",
}
MISSING = "this cell was selected and has no verdict"
NOTHING = "nothing was decided: no finding says anything of the theory"
"""What a run, or several reports together, say that have no verdict that gates."""
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
    """The verdict, or "explored", "refuted, as expected" or "granted" where one of these applies."""
    if explored and verdict != Verdict.NOT_APPLICABLE:
        return EXPLORED
    if verdict == Verdict.SUPPORTED and is_granted(caveat):
        return GRANTED
    return EXPECTED if verdict == Verdict.REFUTED and expected else verdict


def standing_by(verdict: str, gating: Tally | None, *, limited: bool = False) -> str:
    """The verdict of a whole as a page shows it: refuted as expected if nothing else keeps it from support, granted if
    nothing but that does, and supported with a caveat if nothing but caveats do.

    `gating` counts what is no open question, which alone counts in it, and is None where there is nothing else;
    `limited` says whether all that was decided of it has a caveat.
    """
    if gating is None:
        return EXPLORED
    others = gating[Verdict.REFUTED] + gating[Verdict.UNDECIDED] + gating.errors
    if verdict == Verdict.UNDECIDED and not others:
        return GRANTED if gating[GRANTED] else LIMITED if gating[Verdict.SUPPORTED] and limited else verdict
    return EXPECTED if verdict == Verdict.REFUTED and gating[EXPECTED] and not others else verdict


def state(finding: dict[str, Any]) -> str:
    """The state of a finding as it is written in report.json."""
    return state_by(
        str(finding["verdict"]),
        explored=bool(finding.get("explored")),
        expected=bool(finding.get("expected")),
        caveat=str(finding.get("caveat", "")),
    )


def glyph(state: str) -> str:
    """The sign of a state."""
    return GLYPHS[state]


def slug(state: str) -> str:
    """A state's name in style sheets."""
    return "expected" if state == EXPECTED else state.replace(" ", "-")


def gates(claim: dict[str, Any]) -> bool:
    """Whether a claim's verdict counts; that of an open question never does."""
    return section_of(str(claim["id"])).gates


def claims_of(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All claims of a report in the order of its theorems."""
    for theorem in report["theorems"]:
        yield from theorem["claims"]
