"""Statements about networks of one's own that rest on what is granted of them: they may be supported, never refuted.

The margin of a limit at finite width, and the tail of a squared Jacobian entry, are taken as a vanilla network's. Where
the draws lie outside, it may be the grant that fails and not the law; so the statement is left open, and says so.
Where they lie inside, the finding's caveat names the grant: it makes no theorem hold, and counts in no coverage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mfcheck.decisions.laws import Law, LawPlan
from mfcheck.decisions.means import MeanPlan, MeanRatio
from mfcheck.decisions.median_slopes import MedianSlope, SlopePlan
from mfcheck.decisions.medians import MedianPlan, MedianRatio
from mfcheck.decisions.slopes import Slope, Steady, TrendPlan
from mfcheck.decisions.statement import Evidence, Reference, Rule
from mfcheck.findings.regimes import GRANTED
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

TAIL = f"{GRANTED}the tail of a vanilla network of this width"
DISTANCE = f"{GRANTED}the distance to the limit of a vanilla network of this width"
OPEN = "left open: outside its region only if the network is granted the tail or distance of a vanilla one"
CONTRADICTED = "; its draws contradict that grant, since the interval excludes their own mean"


def held_back(evidence: Evidence) -> Evidence:
    """Evidence that refutes nothing by what is granted."""
    decided = evidence.decision
    if decided.verdict is not Verdict.REFUTED:
        return evidence
    found = decided.estimate
    reason = OPEN if found.low <= found.value <= found.high else OPEN + CONTRADICTED
    reasons = "; ".join(filter(None, (evidence.reason, reason)))
    return replace(evidence, decision=replace(decided, verdict=Verdict.UNDECIDED), reason=reasons, resolution=None)


def never_refuted(verdict: Verdict) -> Verdict:
    """A verdict on another reference that refutes nothing by what is granted."""
    return Verdict.UNDECIDED if verdict is Verdict.REFUTED else verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedMean(MeanRatio):
    """The mean of a statistic over the theory's value is 1, as far as its tail is what is granted."""

    caveat: str = TAIL

    def decide(self, plan: MeanPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))

    def judge(self, other: float, plan: MeanPlan, evidence: Evidence) -> Verdict:
        return never_refuted(super().judge(other, plan, evidence))


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedLaw(Law):
    """A component has the law of the limit, as far as its distance at this width is what is granted."""

    caveat: str = DISTANCE

    def decide(self, plan: LawPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))

    def judge(self, other: Reference, plan: LawPlan, evidence: Evidence) -> Verdict:
        return never_refuted(super().judge(other, plan, evidence))


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedSlope(Slope):
    """A mean grows over groups as the theory's does, as far as its tails are what is granted."""

    caveat: str = TAIL

    def decide(self, plan: TrendPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))

    def judge(self, other: float, plan: TrendPlan, evidence: Evidence) -> Verdict:
        return never_refuted(super().judge(other, plan, evidence))


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedSteady(Steady):
    """A mean grows by one factor from group to group, as far as its tails are what is granted."""

    caveat: str = TAIL

    def decide(self, plan: TrendPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedMedian(MedianRatio):
    """A median over the theory's value is 1, or at most 1, as far as its distance at this width is what is granted."""

    caveat: str = DISTANCE

    def decide(self, plan: MedianPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))

    def judge(self, other: float, plan: MedianPlan, evidence: Evidence) -> Verdict:
        return never_refuted(super().judge(other, plan, evidence))


@dataclass(frozen=True, eq=False, kw_only=True)
class GrantedMedianSlope(MedianSlope):
    """A median grows over groups as the theory's does, as far as its drift at finite width is what is granted."""

    caveat: str = DISTANCE

    def decide(self, plan: SlopePlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return held_back(super().decide(plan, theory, rule))

    def judge(self, other: float, plan: SlopePlan, evidence: Evidence) -> Verdict:
        return never_refuted(super().judge(other, plan, evidence))
