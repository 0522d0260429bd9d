"""Wording that all pages share: numbers, allowed regions, and the one sentence that states a finding."""

from __future__ import annotations

import math
from typing import Any

from mfcheck.findings.states import EXPECTED, state
from mfcheck.verdict import Verdict

FAMILY_BOUND = "at most this probability that any verdict of this run is wrong by chance"
MOST_DECIMALS = 7
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def allowed_region(finding: dict[str, Any]) -> tuple[float, float]:
    """Where the statistic may lie for the law to hold; a claim that it breaks must leave this."""
    low, high = finding["region"]
    return low, high


def evidence(finding: dict[str, Any]) -> dict[str, str]:
    """Estimate, interval and allowed (or forbidden) region with as many decimals as it takes to tell them apart."""
    if finding["verdict"] == Verdict.NOT_APPLICABLE:
        return {"estimate": "—", "interval": "—", "allowed": "—"}
    low, high = finding["interval"]
    bottom, top = allowed_region(finding)
    widths = [2 - _order(width) for width in (high - low, top - bottom) if width > 0]
    gaps = [-_order(gap) for gap in (abs(a - b) for a in (low, high) for b in (bottom, top)) if gap > 1e-12]
    decimals = max(0, *widths, *gaps) if widths or gaps else 4

    def show(value: float) -> str:
        return _number(value, finding["reference"], decimals)

    return {
        "estimate": show(finding["estimate"]),
        "interval": f"[{show(low)}, {show(high)}]",
        "allowed": f"{_leaving(finding)}[{show(bottom)}, {show(top)}]",
    }


def _leaving(finding: dict[str, Any]) -> str:
    """What a law that is to break has to do with its region, ahead of it."""
    side = {"above": " upwards", "below": " downwards"}.get(finding.get("side", ""), "")
    return f"must leave{side} " if finding.get("breaks") else ""


def _order(value: float) -> int:
    return math.floor(math.log10(value))


def _number(value: float, reference: float, decimals: int) -> str:
    if value in (0, 1):
        return f"{value:.0f}"
    if decimals <= MOST_DECIMALS:
        return f"{value:.{decimals}f}"
    if reference == 0:
        return f"{value:.4g}"
    return f"{reference:g} {'+' if value > reference else '−'} {abs(value - reference):.3g}"


def sentence(finding: dict[str, Any]) -> str:
    """What was measured against what was allowed, in one plain sentence."""
    if finding["verdict"] == Verdict.NOT_APPLICABLE:
        return f"Not applicable: {finding['reason'].rstrip('.') or 'no reason was given'}."
    shown = evidence(finding)
    measured = f"The {finding['statistic']} was measured as {shown['estimate']} with interval {shown['interval']}"
    found = (_broken if finding.get("breaks") else _held)(Verdict(finding["verdict"]), shown["allowed"])
    why = f" ({finding['reason'].rstrip('.')})" if finding["reason"] else ""
    asked = f"Decided is whether {finding['decides']}. " if finding.get("decides") else ""
    spoken_of = regime(finding)
    about = f"{spoken_of[0].upper()}{spoken_of[1:].rstrip('.')}. " if spoken_of else ""
    return f"{about}{asked}{measured}, {found}{why}.{expectation(finding)}"


def decided(finding: dict[str, Any]) -> str:
    """What a finding is about: its sentence, or of an older report the name of its statistic."""
    return finding.get("decides") or str(finding["statistic"])


def regime(finding: dict[str, Any]) -> str:
    """The part of its theorem that a finding speaks of, and why its support would not make that hold, if it would not.

    >>> regime({"regime": "late", "caveat": "trained on a few images"})
    'late · trained on a few images'
    """
    return " · ".join(filter(None, (str(finding.get("regime", "")), str(finding.get("caveat", "")))))


def _held(verdict: Verdict, allowed: str) -> str:
    return {
        Verdict.SUPPORTED: f"and all of that lies in the allowed {allowed}",
        Verdict.REFUTED: f"but the theory allows {allowed}: outside the margin",
        Verdict.UNDECIDED: f"while the theory allows {allowed}: not enough to say inside or outside",
    }[verdict]


def _broken(verdict: Verdict, region: str) -> str:
    return {
        Verdict.SUPPORTED: f"and the law, which is to break, {region}: all of that lies outside",
        Verdict.REFUTED: f"but the law, which is to break, {region}: it still holds here",
        Verdict.UNDECIDED: f"while the law, which is to break, {region}: not enough to say inside or outside",
    }[verdict]


def expectation(finding: dict[str, Any]) -> str:
    """Why a refutation was expected and which law holds instead, with a space ahead; empty of any other finding."""
    if state(finding) != EXPECTED:
        return ""
    instead = f" The same draws support instead: {finding['instead']}." if finding.get("instead") else ""
    return f" This was expected: {finding['expected'].rstrip('.')}.{instead}"


def dataset(entry: dict[str, Any]) -> str:
    """The data set of a run in one line: the norm of its inputs, its files and the beginnings of their checksums."""
    origins = " and ".join(dict.fromkeys(file["origin"] for file in entry["files"]))
    files = ", ".join(f"{file['file']} (sha256 {file['sha256'][:12]}…{_note(file)})" for file in entry["files"])
    return f"{entry['name']} with {entry['norm']}" + (f", from {origins}: {files}" if files else "")


def _note(file: dict[str, Any]) -> str:
    return f"; {file['note']}" if file.get("note") else ""


def resolution(finding: dict[str, Any]) -> str:
    """The smallest error in the theory's value that the finding would have refuted: as percent of it, or as a number
    where it is in the statistic's own units."""
    value = finding["resolution"]
    if value is None:
        return "—"
    if finding.get("absolute"):  # reports of an earlier day do not say
        return f"± {value:.2g}"
    return f"{100 * value:.2g}%" if value < 1 else f"{100 * value:.0f}%"


def draws(finding: dict[str, Any]) -> str:
    """The number of draws, and the looks at them where there were several."""
    looks = f" in {finding['looks']} looks" if finding["looks"] > 1 else ""
    return f"{finding['draws']:,}{looks}"


def seconds(value: float) -> str:
    """A duration, with decimals only where they say something."""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def scientific(value: float) -> str:
    """A small number as 2.3 × 10⁻⁵.

    >>> scientific(2.3e-5), scientific(1e-6), scientific(0.0)
    ('2.3 × 10⁻⁵', '10⁻⁶', '0')
    """
    if value == 0:
        return "0"
    digits, exponent = f"{value:.1e}".split("e")
    scale = power(int(exponent))
    return scale if digits == "1.0" else f"{digits} × {scale}"


def power(exponent: int) -> str:
    """A power of ten.

    >>> power(-3)
    '10⁻³'
    """
    return "10" + str(exponent).translate(_SUPERSCRIPTS)
