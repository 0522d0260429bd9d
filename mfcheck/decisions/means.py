"""Statements about means: over the theory's value they are 1, or beside its scale they are 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mfcheck.decisions.finite_sizes import moved, papers_value
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, numbers
from mfcheck.decisions.statement import BELOW, SHIFT, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Margin
from mfcheck.given import shown
from mfcheck.statistics import means, resolution, signed_means
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.theory import PaperTheory
from mfcheck.theory.values import no_number
from mfcheck.verdict import NotCovered, Verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanPlan(Plan):
    """A plan with what is granted of the statistic's law, in units of what its rule is told.

    `centre` is where the ratio to the theory is to lie, and `known` where it does for a limit's formula, as the paper's
    of the value `papers`.
    """

    granted: Tail
    centre: float = 1.0
    known: float = 1.0
    papers: float | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class MeanRatio(Statement[MeanPlan]):
    """The mean of a statistic of `source`, not negative unless `signed`, over the theory's value is 1.

    Exactly at every width, to the level's finer δ; with `finite_width`, the exact relative distance there from a limit
    law, it is 1 and that distance, to the δ for ratios (give 0 where the law is exact but draws dear) or to `delta`.
    `tail` is what is granted of the statistic's law, and is named in the margin's origin. The first look takes `first`
    times what decides it, where smaller errors of a constant are to be seen too. With `breaks` it must not be
    so, and the word says on which side: "above" or "below".
    """

    two_sided = in_its_units = True
    source: Source = field(kw_only=False)
    statistic: Statistic
    reference: Callable[[PaperTheory], float]
    tail: Callable[[], Tail]
    finite_width: Callable[[], float] | None = None
    signed: bool = False
    delta: float | None = None
    first: int = 1
    probe: Probe | None = None

    @property
    def formula(self) -> Formula:
        return self.reference

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MeanPlan:
        level, granted = rule.level, self.tail()  # which says where there is nothing to measure, so that θ is 0
        value = self._value(theory, either_sign=self.signed)
        off, papers = 0.0 if self.finite_width is None else self.finite_width(), papers_value(self.reference)
        delta, centre = level.exact if self.finite_width is None else level.ratio, moved(value, papers, 1 + off)
        kind = "exact at every width" if off == 0 else f"exact at this width, {1 + off:.4g} of the limit"
        origin = f"{kind}; δ of level {level.name}; granted E X⁴/(E X)⁴ ≤ {granted.fourth:.4g}"
        margin = Margin(0.0, self._checked(delta if self.delta is None else self.delta), origin)
        draw = sampling.draws(self.source, sampling.probe(self.probe, self.looks_at), numbers(self.statistic))
        if self.signed:  # its tail is granted in units of the reference, not of the mean itself
            true = self.reference(PaperTheory()) * (1 + off) / (value * centre)
            granted = replace(granted, second=granted.second * true**2, fourth=granted.fourth * true**4)
        needed = (signed_means if self.signed else means).draws_needed_mean_ratio
        first = needed(margin.total, tail=granted, alpha=rule.first_alpha, beta=level.beta)
        return MeanPlan(
            margin=margin,
            first=self.first * first,
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            target=value,
            granted=granted,
            centre=centre,
            known=1 + off,
            papers=papers,
        )

    def decide(self, plan: MeanPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), margin, known = plan.draws_of, plan.margin.total, plan.target * plan.centre
        verb = (signed_means if self.signed else means).decide_mean_ratio
        decided = over_theory(
            verb(draw, known, margin, tail=plan.granted, first=plan.first, alpha=rule.alpha, looks=rule.looks),
            plan.centre,
        )
        return Evidence(
            statistic="ratio to the theory",
            reference=plan.centre,
            decision=decided,
            resolution=resolution.of_ratio(decided.estimate, decided.region),
        )

    def says(self, plan: MeanPlan) -> str:
        what, centre = self.quantity or self.source.name, plan.centre
        margin, known = centre * plan.margin.total, "1" if centre == 1 else f"{centre:.4g}"
        if self.breaks:
            edge = f"below {known} − {margin:.4g}" if self.breaks == BELOW else f"above {known} + {margin:.4g}"
            return f"the mean of {what} over the theory's value lies {edge}"
        return f"the mean of {what} over the theory's value is {known} ± {margin:.4g}"

    def judge(self, other: float, plan: MeanPlan, evidence: Evidence) -> Verdict:
        return judge_ratio(evidence.decision, plan.target, other * moved(other, plan.papers, plan.known) / plan.centre)


@dataclass(frozen=True, eq=False, kw_only=True)
class Negligible(Statement[MeanPlan]):
    """The mean of a statistic, of either sign, is 0 beside a scale of the theory's, to the level's δ.

    `instead` are other values for their ratio; `tail` grants its moments in units of the scale.
    """

    two_sided = True
    source: Source = field(kw_only=False)
    statistic: Statistic
    scale: Callable[[PaperTheory], float]
    tail: Callable[[], Tail]
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MeanPlan:
        level, unit = rule.level, self.scale(theory)
        if no_number(unit) or not math.isfinite(unit):
            raise ValueError(f"the scale of {self._named} must be a finite number, got {shown(unit)}")
        if unit == 0:
            raise NotCovered(f"the theory's scale of {self._named} is 0 here, beside which nothing is negligible")
        granted = self.tail()
        origin = f"none: stated as 0; δ of level {level.name}; granted E X⁴ ≤ {granted.fourth:.4g} units"
        margin = Margin(0.0, level.ratio, origin)
        draw = sampling.draws(self.source, sampling.probe(self.probe, self.looks_at), numbers(self.statistic))
        first = signed_means.draws_needed_mean_ratio(
            margin.total, tail=granted, alpha=rule.first_alpha, beta=level.beta
        )
        return MeanPlan(
            margin=margin,
            first=first,
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            target=unit,
            granted=granted,
        )

    def decide(self, plan: MeanPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), margin = plan.draws_of, plan.margin.total
        decided = signed_means.decide_mean_ratio(
            draw,
            plan.target,
            margin,
            tail=plan.granted,
            first=plan.first,
            centre=0.0,
            alpha=rule.alpha,
            looks=rule.looks,
        )
        return Evidence(
            statistic="ratio to the theory's scale",
            reference=0.0,
            decision=decided,
            resolution=resolution.of_place(decided.estimate, decided.region),
            absolute=True,
        )

    def says(self, plan: MeanPlan) -> str:
        what, margin = self.quantity or self.source.name, plan.margin.total
        if self.breaks:
            edge = f"below −{margin:.4g}" if self.breaks == BELOW else f"above {margin:.4g}"
            return f"the mean of {what}, in units of the theory's scale, lies {edge}"
        return f"the mean of {what}, in units of the theory's scale, is 0 ± {margin:.4g}"

    def judge(self, other: float, plan: MeanPlan, evidence: Evidence) -> Verdict:
        return judge_place(evidence.decision, other)

    def twins_of(self, other: float) -> tuple[float, ...]:
        return places_beside(other)


def over_theory(decided: Decision, centre: float) -> Decision:
    """A decision on the ratio to a known value as one on the ratio to the theory, over which that value is `centre`."""
    if centre == 1:
        return decided
    found, region = decided.estimate, decided.region
    high = min(found.high, resolution.LARGEST_NUMBER / max(1.0, centre))
    moved = Region(region.low * centre, region.high * centre, region.margin * centre)
    return replace(decided, estimate=Estimate(found.value * centre, found.low * centre, high * centre), region=moved)


def judge_ratio(decided: Decision, judged_by: float, other: float) -> Verdict:
    """The verdict of a decision's interval on another reference than the one it was judged by."""
    if not other > 0:
        return Verdict.REFUTED
    was, factor = decided.estimate, judged_by / other
    return decided.region.judge(Estimate(was.value * factor, was.low * factor, was.high * factor))


def judge_place(decided: Decision, reference: float) -> Verdict:
    """The verdict of a decision's interval on another place for θ, to the same margin on either side."""
    margin = decided.region.margin
    return Region(reference - margin, reference + margin, margin).judge(decided.estimate)


def places_beside(other: float) -> tuple[float, ...]:
    """The twins of another place for θ."""
    return other - SHIFT, other + SHIFT
