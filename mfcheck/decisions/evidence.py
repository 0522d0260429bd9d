"""Turns a judgement into a finding, with the wrong twins judged on the same draws; a finding in one sentence."""

from __future__ import annotations

from dataclasses import replace

from mfcheck.decisions.judgement import Judgement
from mfcheck.findings.finding import Finding
from mfcheck.theory import PaperTheory
from mfcheck.theory.twins import twins
from mfcheck.verdict import Verdict

BROKEN = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED}


def judged(finding: Finding, judgement: Judgement, theory: PaperTheory, *, breaks: bool) -> Finding:
    """The finding with a judgement's evidence, and with the theory's wrong twins held against the same draws.

    Draws that refute the theory itself say nothing of its twins: they are held against them only where it stands.
    """
    decided = judgement.decision
    stands = decided.verdict is not Verdict.REFUTED
    seen = [twin for twin in twins(theory) if stands and not twin.equivalent and judgement.sees(theory, twin.theory)]
    return replace(
        finding,
        reason=judgement.reason,
        statistic=judgement.statistic,
        estimate=decided.estimate.value,
        interval=(decided.estimate.low, decided.estimate.high),
        reference=judgement.reference,
        region=(decided.region.low, decided.region.high),
        margin=judgement.margin,
        alpha=decided.alpha * (1 + len(judgement.rivals)),
        draws=decided.draws,
        looks=decided.looks,
        verdict=verdict_of(judgement, breaks=breaks),
        breaks=breaks,
        resolution=judgement.resolution,
        curve=judgement.curve,
        twins_seen=tuple(twin.name for twin in seen),
        twins_refuted=tuple(twin.name for twin in seen if judgement.refutes(twin.theory)),
    )


def verdict_of(judgement: Judgement, *, breaks: bool) -> Verdict:
    """What a decision says of the law, or of its breaking."""
    verdict = judgement.decision.verdict
    return BROKEN.get(verdict, verdict) if breaks else verdict


def explain(finding: Finding) -> str:
    """One sentence for a finding that is not supported: what was measured against what was allowed."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return finding.reason
    (low, high), (bottom, top) = finding.interval, finding.region
    needed = "to break the law is to leave" if finding.breaks else "allowed is"
    told = f" ({finding.reason})" if finding.reason else ""
    return (
        f"{finding.claim} is {finding.verdict} in cell {finding.cell}: {finding.statistic} {finding.estimate:.6g}, "
        f"interval [{low:.6g}, {high:.6g}] after {finding.draws} draws, "
        f"{needed} [{bottom:.6g}, {top:.6g}]{told}. Reproduce: {finding.reproduce}"
    )
