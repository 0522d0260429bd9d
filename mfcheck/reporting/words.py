"""What every page says alike: numbers, allowed regions, and the one sentence that states a finding."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mfcheck.verdict import Verdict

GLYPHS = {
    Verdict.SUPPORTED: "✓",
    Verdict.REFUTED: "✗",
    Verdict.UNDECIDED: "?",
    Verdict.NOT_APPLICABLE: "–",
}
OPEN = (Verdict.REFUTED, Verdict.UNDECIDED)
FAMILY_BOUND = "at most this probability that any verdict of this run is wrong by chance"
MOST_DECIMALS = 7
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Tally:
    """How many findings of each verdict, and how many errors, stand under a heading."""

    verdicts: Counter[str]
    errors: int

    def __getitem__(self, verdict: str) -> int:
        return self.verdicts[verdict]

    def __str__(self) -> str:
        parts = [f"{self.verdicts[verdict]} {verdict}" for verdict in Verdict if self.verdicts[verdict]]
        if self.errors:
            parts.append(f"{self.errors} error{'s' if self.errors > 1 else ''}")
        return ", ".join(parts) or "nothing tried"


def claims_of(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All claims of a report in the order of its theorems."""
    for theorem in report["theorems"]:
        yield from theorem["claims"]


def tally(claims: list[dict[str, Any]]) -> Tally:
    """Count the findings of some claims by verdict, and their errors."""
    verdicts = Counter(str(finding["verdict"]) for claim in claims for finding in claim["findings"])
    return Tally(verdicts, sum(len(claim["errors"]) for claim in claims))


def allowed_region(finding: dict[str, Any]) -> tuple[float, float]:
    """Where the statistic may lie for the claim to hold."""
    low, high = finding["region"]
    return low, high


def evidence(finding: dict[str, Any]) -> dict[str, str]:
    """Estimate, interval and allowed region with as many decimals as it takes to tell them apart."""
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
        "allowed": f"[{show(bottom)}, {show(top)}]",
    }


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
    where = {
        Verdict.SUPPORTED: f"and all of that lies in the allowed {shown['allowed']}",
        Verdict.REFUTED: f"but the theory allows {shown['allowed']}: outside the margin",
        Verdict.UNDECIDED: f"while the theory allows {shown['allowed']}: not enough to say inside or outside",
    }[Verdict(finding["verdict"])]
    why = f" ({finding['reason'].rstrip('.')})" if finding["reason"] else ""
    return f"{measured}, {where}{why}."


def resolution(finding: dict[str, Any]) -> str:
    """The smallest relative error in the theory's value that the finding would have refuted, as percent."""
    value = finding["resolution"]
    if value is None:
        return "—"
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
    power = "10" + str(int(exponent)).translate(_SUPERSCRIPTS)
    return power if digits == "1.0" else f"{digits} × {power}"
