"""Wording that all pages share: allowed regions, and the one sentence that states a finding."""

from __future__ import annotations

import math
from typing import NamedTuple

from mfcheck.findings.finding import Finding
from mfcheck.findings.report import Dataset, File, state_of
from mfcheck.findings.stated import COUNTED, bounds_text, declared
from mfcheck.findings.states import EXPECTED
from mfcheck.reporting.words.numbers import decimals_for, figures, fixed, percent
from mfcheck.verdict import Verdict

FAMILY_BOUND = "at most this probability that any verdict of this run is wrong by chance"
BLUNT = 10.0
"""From so large a relative error on a finding is said to have no resolution: it would pass almost any value."""
NOTHING = "—"


class Evidence(NamedTuple):
    """The numbers of a finding as texts: the estimate, its interval, the theory's value or the bounds declared where
    no law gives one, and what is allowed."""

    estimate: str
    interval: str
    theory: str
    allowed: str


def allowed_region(finding: Finding) -> tuple[float, float]:
    """Where the statistic may lie for the law to hold; a claim that it breaks must leave this."""
    low, high = finding.region
    return -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high


def evidence(finding: Finding) -> Evidence:
    """Estimate, interval and allowed (or forbidden) region with as many decimals as it takes to tell them apart."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return Evidence(*[NOTHING] * 4)
    low, high = finding.interval
    bottom, top = allowed_region(finding)
    of_region = decimals_for(bottom, top) if low == high or bottom < top else 0
    decimals = max(decimals_for(low, high, (bottom, top)), of_region)

    def show(value: float) -> str:
        return fixed(value, decimals, finding.reference)

    return Evidence(
        show(finding.estimate),
        f"[{show(low)}, {show(high)}]",
        bounds_text(bounds, figures) if (bounds := declared(finding)) else show(finding.reference),
        f"{_leaving(finding)}[{show(bottom)}, {show(top)}]",
    )


def margin(finding: Finding) -> str:
    """What the margin is made of: the distance at finite width and the declared discrepancy δ."""
    if not finding.margin.total:
        return "none"
    parts = (finding.margin.finite_width, finding.margin.discrepancy)
    return " + ".join(figures(part, 2) for part in parts)


def _leaving(finding: Finding) -> str:
    """What a law that is to break has to do with its region, ahead of it."""
    side = {"above": " upwards", "below": " downwards"}.get(finding.side, "")
    return f"must leave{side} " if finding.breaks else ""


def sentence(finding: Finding) -> str:
    """What was measured against what was allowed, in one plain sentence."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return f"Not applicable: {finding.reason.rstrip('.') or 'no reason was given'}."
    shown = evidence(finding)
    measured = f"The {finding.statistic} was measured as {shown.estimate} with interval {shown.interval}"
    whose = "theory" if declared(finding) is None else "claim"
    found = _broken(finding.verdict, shown.allowed) if finding.breaks else _held(finding.verdict, shown.allowed, whose)
    why = f" ({finding.reason.rstrip('.')})" if finding.reason else ""
    asked = f"Decided is whether {finding.decides}. " if finding.decides else ""
    spoken_of = regime(finding)
    about = f"{spoken_of[0].upper()}{spoken_of[1:].rstrip('.')}. " if spoken_of else ""
    return f"{about}{asked}{measured}, {found}{why}.{expectation(finding)}"


def decided(finding: Finding) -> str:
    """What a finding is about: its sentence, or of an older report the name of its statistic."""
    return finding.decides or finding.statistic


def regime(finding: Finding) -> str:
    """The part of its theorem that a finding speaks of, and why its support would not make that hold, if it would not.

    >>> regime(Finding("a/b", "", "c", "", "", {}, "", regime="late", caveat="trained on a few images"))
    'late · trained on a few images'
    """
    return " · ".join(filter(None, (finding.regime, finding.caveat)))


def _held(verdict: Verdict, allowed: str, whose: str) -> str:
    return {
        Verdict.SUPPORTED: f"and all of that lies in the allowed {allowed}",
        Verdict.REFUTED: f"but the {whose} allows {allowed}: outside the margin",
        Verdict.UNDECIDED: f"while the {whose} allows {allowed}: not enough to say inside or outside",
    }[verdict]


def _broken(verdict: Verdict, region: str) -> str:
    return {
        Verdict.SUPPORTED: f"and the law, which is to break, {region}: all of that lies outside",
        Verdict.REFUTED: f"but the law, which is to break, {region}: it still holds here",
        Verdict.UNDECIDED: f"while the law, which is to break, {region}: not enough to say inside or outside",
    }[verdict]


def expectation(finding: Finding) -> str:
    """Why a refutation was expected and which law holds instead, with a space ahead; empty of any other finding."""
    if state_of(finding) != EXPECTED:
        return ""
    instead = f" The same draws support instead: {finding.instead}." if finding.instead else ""
    return f" This was expected: {finding.expected.rstrip('.')}.{instead}"


def dataset(entry: Dataset) -> str:
    """The data set of a run in one line: the norm of its inputs, its files and the beginnings of their checksums."""
    origins = " and ".join(dict.fromkeys(file.origin for file in entry.files))
    files = ", ".join(f"{file.file} (sha256 {file.sha256[:12]}…{_note(file)})" for file in entry.files)
    return f"{entry.name} with {entry.norm}" + (f", from {origins}: {files}" if files else "")


def _note(file: File) -> str:
    return f"; {file.note}" if file.note else ""


def resolution(finding: Finding) -> str:
    """The smallest error in the theory's value that the finding would have refuted: as percent of it, or as a number
    where it is in the statistic's own units; none where even a tenfold error would have passed."""
    value = finding.resolution
    if not value or not math.isfinite(value):  # what refutes the theory itself has none to tell
        return NOTHING
    if finding.absolute or finding.statistic == COUNTED:  # reports of an earlier day do not say
        return f"± {figures(value, 2)}"
    return percent(value) if value < BLUNT else "none"


def draws(finding: Finding) -> str:
    """The number of draws, and the looks at them where there were several."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return NOTHING
    looks = f" in {finding.looks} looks" if finding.looks > 1 else ""
    return f"{finding.draws:,}{looks}"
