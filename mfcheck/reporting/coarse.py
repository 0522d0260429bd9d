"""Which supported findings see little, and why: what a reader should not take for a sharp confirmation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mfcheck.findings.finding import Finding
from mfcheck.findings.report import Report
from mfcheck.reporting.finding_rows import link, table_of
from mfcheck.reporting.words.numbers import percent
from mfcheck.verdict import Verdict

WIDE, BLUNT = 0.15, 0.5
"""A margin, and a resolution, beyond which a supported finding is told as a coarse one."""


@dataclass(frozen=True)
class Coarse:
    """A finding with what it leaves room for and the reason, and the address of its row on the page."""

    finding: Finding
    says: str
    address: str


def coarse(report: Report) -> list[Coarse]:
    """Supported findings with a margin over 15 %, or that would pass an error of half the theory's value or more.

    What explores a question, and what was declared to be refuted, is not among them.
    """
    supported = [row for row in table_of(report).rows if row.state == Verdict.SUPPORTED]
    found = [(row, _reasons(row.finding)) for row in supported]
    return [Coarse(row.finding, "; ".join(reasons), link(row.id)) for row, reasons in found if reasons]


def _reasons(finding: Finding) -> list[str]:
    margin, reasons = finding.margin, list[str]()
    if margin.total > WIDE:
        unit = f"{margin.total:.2g} in its own units" if finding.absolute else percent(margin.total)
        reasons.append(f"a margin of {unit}: {margin.origin}")
    a_fact = finding.region[0] == finding.region[1]
    if not a_fact and (finding.resolution is None or finding.resolution > BLUNT):
        reasons.append(_why_blunt(finding))
    return reasons


def _why_blunt(finding: Finding) -> str:
    if finding.statistic.startswith("share of networks"):
        return (
            f"it counts what most of {finding.draws} networks come to, which a theory wrong by any factor may say too"
        )
    if finding.breaks:
        return "a law breaks here by far, and networks differ so much that a smaller departure would be missed"
    if finding.region[0] <= 0 or math.isinf(finding.region[1]):
        far = percent(1 - finding.interval[1] / finding.region[1]) if math.isfinite(finding.region[1]) else "far"
        return f"a bound on one side, which the interval keeps {far} away from: only errors beyond that would show"
    return f"its interval is wide beside the theory's value: {finding.margin.origin}"
