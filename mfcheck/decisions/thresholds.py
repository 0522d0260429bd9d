"""Statements that a median lies on one side of a number from outside the theory, the side that the theory says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.medians import MedianPlan
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, bounds
from mfcheck.decisions.statement import ABOVE, Evidence, Formula, Rule, Statement
from mfcheck.ensembles.samples import Source
from mfcheck.findings.finding import nothing_allowed
from mfcheck.given import shown
from mfcheck.statistics import medians
from mfcheck.statistics.sequential import Region
from mfcheck.theory import PaperTheory
from mfcheck.theory.values import no_number
from mfcheck.verdict import Verdict

MOST = 1e9
"""The largest ratio that is told from others."""
OPPOSITE = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED}


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianBeyond(Statement[MedianPlan]):
    """The median of a statistic is on the side of a positive `threshold` on which the theory's value lies.

    Decided is whether the median of the smaller over the larger, as the theory has them, is at most 1; the interval is
    that of order statistics and grants nothing. `beside` says what the threshold is and `origin` where it comes from.
    A theory that puts the value on the other side is refuted by draws that support this one.
    """

    fails = ABOVE
    source: Source = field(kw_only=False)
    statistic: Statistic
    reference: Callable[[PaperTheory], float]
    threshold: float
    beside: str
    origin: str

    @property
    def formula(self) -> Formula:
        return self.reference

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MedianPlan:
        if no_number(self.threshold) or not 0 < self.threshold < math.inf:
            raise ValueError(f"the threshold of {self._named} must be positive and finite, got {shown(self.threshold)}")
        value, probe = self._value(theory), sampling.probe(None, self.looks_at)
        above = value > self.threshold

        def smaller_over_larger(draws: Floats) -> Floats:
            found = self.statistic(draws)
            return _over(self.threshold, found) if above else np.maximum(found, 0.0) / self.threshold

        draw = sampling.draws(self.source, probe, bounds(smaller_over_larger))
        return MedianPlan(
            margin=nothing_allowed(f"one side of a threshold, {self.origin}"),
            first=draw.made_for(medians.least_draws(rule.first_alpha)),
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            target=value,
            region=Region(0.0, 1.0, 1.0),
            whole=sampling.draws(self.source, probe),
        )

    def decide(self, plan: MedianPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), above = plan.draws_of, plan.target > self.threshold
        decided = medians.decide_median(draw, plan.region, first=plan.first, alpha=rule.alpha, looks=rule.looks)
        return Evidence(
            statistic=f"median of {f'{self.beside} over it' if above else f'it over {self.beside}'}",
            reference=self.threshold / plan.target if above else plan.target / self.threshold,
            decision=decided,
            resolution=max(plan.target / self.threshold, self.threshold / plan.target) - 1 if plan.target > 0 else None,
        )

    def says(self, plan: MedianPlan) -> str:
        side = "above" if plan.target > self.threshold else "below"
        lies = "is not" if self.breaks else "is"
        return f"the median of {self.quantity or self.source.name} {lies} {side} {self.beside}, {self.threshold:.4g}"

    def judge(self, other: float, plan: MedianPlan, evidence: Evidence) -> Verdict:
        verdict = evidence.decision.verdict
        same = (other > self.threshold) == (plan.target > self.threshold)
        return verdict if same else OPPOSITE.get(verdict, verdict)


def _over(threshold: float, found: Floats) -> Floats:
    """The threshold over what was found, at most `MOST`: so what is not positive is on the wrong side."""
    ratio: Floats = threshold / np.maximum(found, threshold / MOST)
    return ratio
