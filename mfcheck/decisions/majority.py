"""Statements that most networks have a property, where that of some networks is not known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import NO_ALTERNATIVES, Alternative, by_draws, tell
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, marks
from mfcheck.decisions.statement import BELOW, Evidence, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Curve, nothing_allowed
from mfcheck.findings.stated import COUNTED
from mfcheck.statistics import medians, rates, resolution
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Region
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

HALF = 0.5
MOST = Region(HALF, 1.0, 1 - HALF)
"""Where the share of networks lies that have what most have."""
LOOKS = 3
"""Looks at most, at 22, 44 and 88 networks: what they leave open is near a half, and twice as many whole trainings
would cost more than they say."""


@dataclass(frozen=True, eq=False)
class Mostly:
    """More than half of networks have a property: 0 or 1 of every draw, or bounds of it `[n, 2]`."""

    property: Statistic

    def judge(self, draws: Floats, alpha: float) -> Verdict:
        """The draws' verdict, by exact one-sided bounds of the share."""
        return MOST.judge(rates.estimate_rate(marks(self.property)(draws), alpha))


@dataclass(frozen=True, eq=False, kw_only=True)
class MajorityPlan(Plan):
    """A plan with the source's draws as they are, for rivals and the figure."""

    whole: Draw


@dataclass(frozen=True, eq=False, kw_only=True)
class Majority(Statement[MajorityPlan]):
    """More than half of networks have a property: `property` of the draws is 0 or 1, or bounds of it `[n, 2]`.

    A draw known only between 0 and 1 counts against the statement and against its failing alike. The first look is the
    smallest that can decide a property of all networks but for so many `exceptions`, and have an interval for a rival's
    median; draws here are whole trainings, so that there are at most `LOOKS`. Said of a property that breaks, at most
    half have it. No formula enters.
    """

    counts = True
    fails = BELOW
    source: Source = field(kw_only=False)
    property: Statistic
    rivals: Mapping[str, Alternative] = field(default_factory=lambda: NO_ALTERNATIVES)
    exceptions: int = 0
    curve: Callable[[Floats], Curve] | None = None
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MajorityPlan:
        probe, alpha = sampling.probe(self.probe, self.looks_at), rule.first_alpha
        enough = rates.draws_needed_rate(HALF, alpha=alpha, failures=self.exceptions)
        return MajorityPlan(
            margin=nothing_allowed("more than half of the networks is what is stated"),
            first=max(enough, medians.least_draws(alpha)),
            draws_of=(sampling.draws(self.source, probe, marks(self.property)),),
            chunk=sampling.chunk(self.source),
            whole=sampling.draws(self.source, probe),
        )

    def decide(self, plan: MajorityPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), capped = plan.draws_of, replace(rule, looks=min(rule.looks, LOOKS))
        decided = rates.decide_rate(draw, HALF, first=plan.first, alpha=rule.alpha, looks=capped.looks)
        told = tell(by_draws(self.rivals, plan.whole), decided, capped, self.breaks)
        open_ones = rates.undecided(draw(decided.draws))
        still = f"{open_ones} of {decided.draws} may still turn out either way" if open_ones else ""
        return Evidence(
            statistic=COUNTED,
            reference=1.0,
            decision=decided,
            resolution=resolution.of_rate(decided.draws, HALF, rule.last_alpha(decided)),
            curve=None if self.curve is None else self.curve(plan.whole(decided.draws)),
            rivals=told.verdicts,
            reason=told.reason(decided, still),
        )

    def says(self, plan: MajorityPlan) -> str:
        how = "at most half" if self.breaks else "more than half"
        return f"{self.quantity or self.source.name} in {how} of networks"
