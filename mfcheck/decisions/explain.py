"""A finding that is not supported, in one sentence."""

from __future__ import annotations

from mfcheck.findings.finding import Finding
from mfcheck.findings.wording import within
from mfcheck.verdict import Verdict


def explain(finding: Finding) -> str:
    """What was measured against what was allowed; the reason alone where nothing was."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return finding.reason
    needed = f"to break the law is to leave, {finding.side or 'on any side'}," if finding.breaks else "allowed is"
    told = f" ({finding.reason})" if finding.reason else ""
    says = f"it says that {finding.decides}; " if finding.decides else ""
    measured = f"{finding.statistic} {finding.estimate:.6g}, interval {within(*finding.interval)}"
    return (
        f"{finding.claim} is {finding.verdict} in cell {finding.cell}: {says}"
        f"{measured} after {finding.draws} draws, {needed} {within(*finding.region)}{told}. "
        f"Reproduce: {finding.reproduce}"
    )
