"""Turns a judgement into a finding, with the wrong twins judged on the same draws; a finding in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from mfcheck.decisions.judgement import Judgement
from mfcheck.findings.finding import Finding
from mfcheck.theory import PaperTheory
from mfcheck.theory.twins import twins
from mfcheck.verdict import Verdict

ABOVE, BELOW = "above", "below"
Breaks = bool | Literal["above", "below"]
"""Whether the statement is that a law breaks, and on which side of its region; True where it has but one side."""


def judged(finding: Finding, judgement: Judgement, theory: PaperTheory, *, breaks: Breaks) -> Finding:
    """The finding with a judgement's evidence, and with the theory's wrong twins held against the same draws.

    Draws that refute the theory itself say nothing of its twins: they are held against them only where it stands.
    Verdicts on other statements, each with an interval of its own, are charged to the finding's error rate.
    """
    decided = judgement.decision
    stands = decided.verdict is not Verdict.REFUTED
    seen = [twin for twin in twins(theory) if stands and not twin.equivalent and judgement.sees(theory, twin.theory)]
    others = len(judgement.rivals) + (len(seen) if judgement.apart else 0)
    verdict = verdict_of(judgement, breaks=breaks)
    return replace(
        finding,
        reason="; ".join(filter(None, (judgement.reason, wrong_side(judgement, breaks)))),
        statistic=judgement.statistic,
        estimate=decided.estimate.value,
        interval=(decided.estimate.low, decided.estimate.high),
        reference=judgement.reference,
        region=(decided.region.low, decided.region.high),
        margin=judgement.margin,
        alpha=decided.alpha * (1 + others),
        draws=decided.draws,
        looks=decided.looks,
        verdict=verdict,
        breaks=bool(breaks),
        side=breaks if isinstance(breaks, str) else "",
        resolution=judgement.resolution,
        curve=judgement.curve,
        twins_seen=tuple(twin.name for twin in seen),
        twins_refuted=tuple(twin.name for twin in seen if judgement.refutes(twin.theory)),
    )


def verdict_of(judgement: Judgement, *, breaks: Breaks) -> Verdict:
    """What a decision says of the law, or of its breaking, which a law does that fails on the side that was said."""
    verdict = judgement.decision.verdict
    if not breaks or verdict is Verdict.UNDECIDED:
        return verdict
    broken = verdict is Verdict.REFUTED and not wrong_side(judgement, breaks)
    return Verdict.SUPPORTED if broken else Verdict.REFUTED


def check_side(breaks: Breaks) -> None:
    """Raise ValueError where a law with two sides is said to break and not on which."""
    if breaks is True:
        raise ValueError(f"a law with two sides breaks on one of them: breaks must be {ABOVE!r} or {BELOW!r}, got True")


def wrong_side(judgement: Judgement, breaks: Breaks) -> str:
    """How a law fails that was to fail otherwise, as a phrase; empty where it holds, or fails as it should."""
    decided = judgement.decision
    if not isinstance(breaks, str) or decided.verdict is not Verdict.REFUTED:
        return ""
    side = ABOVE if decided.estimate.low > decided.region.high else BELOW
    return "" if side == breaks else f"it fails, but {side} its region, where the theory has it fail {breaks}"


def explain(finding: Finding) -> str:
    """One sentence for a finding that is not supported: what was measured against what was allowed."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return finding.reason
    (low, high), (bottom, top) = finding.interval, finding.region
    needed = f"to break the law is to leave, {finding.side or 'on any side'}," if finding.breaks else "allowed is"
    told = f" ({finding.reason})" if finding.reason else ""
    return (
        f"{finding.claim} is {finding.verdict} in cell {finding.cell}: {finding.statistic} {finding.estimate:.6g}, "
        f"interval [{low:.6g}, {high:.6g}] after {finding.draws} draws, "
        f"{needed} [{bottom:.6g}, {top:.6g}]{told}. Reproduce: {finding.reproduce}"
    )
