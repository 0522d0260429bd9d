"""Statements about shares of networks: a property holds, or a bound is kept, in at least the level's share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, marks, numbers
from mfcheck.decisions.statement import BELOW, TWIN, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Margin
from mfcheck.findings.stated import COUNTED
from mfcheck.statistics import rates, resolution
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class Rate(Statement[Plan]):
    """A property holds in at least the level's share of networks: `component` of `source` is 1 where it does."""

    counts = True
    fails = BELOW
    source: Source = field(kw_only=False)
    component: int
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> Plan:
        level, probe = rule.level, sampling.probe(self.probe, self.looks_at)
        margin = Margin(0.0, 1 - level.rate, f"exact at every width; least rate of level {level.name}")
        draw = sampling.draws(self.source, probe, marks(lambda values: values[:, self.component]))
        first = rates.draws_needed_rate(level.rate, alpha=rule.first_alpha)
        return Plan(margin, first, (draw,), sampling.chunk(self.source))

    def decide(self, plan: Plan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), rate = plan.draws_of, rule.level.rate
        decided = rates.decide_rate(draw, rate, first=plan.first, alpha=rule.alpha, looks=rule.looks)
        return Evidence(
            statistic=COUNTED,
            reference=1.0,
            decision=decided,
            resolution=resolution.of_rate(decided.draws, rate, rule.last_alpha(decided)),
        )

    def says(self, plan: Plan) -> str:
        least = 1 - plan.margin.total
        how = f"fewer than {least:.4g} of" if self.breaks else f"at least {least:.4g} of"
        return f"{self.quantity or self.source.name} holds in {how} networks"


@dataclass(frozen=True, eq=False, kw_only=True)
class SharePlan(Plan):
    """A plan with how far above the theory's value a network may lie, relative to it."""

    above: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Share(Statement[SharePlan]):
    """A statistic is at most the theory's value, and the allowance above it, in the level's share of networks."""

    counts = judges_apart = True
    fails = BELOW
    source: Source = field(kw_only=False)
    statistic: Statistic
    reference: Callable[[PaperTheory], float]
    allowance: Callable[[], Allowance]
    probe: Probe | None = None

    @property
    def formula(self) -> Formula:
        return self.reference

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> SharePlan:
        level, allowed, value = rule.level, self.allowance(), self._value(theory)
        origin = f"least rate of level {level.name}; slack {allowed.above:.4g}: {allowed.origin}"
        margin = Margin(0.0, 1 - level.rate, origin)
        draw = sampling.draws(self.source, sampling.probe(self.probe, self.looks_at), numbers(self.statistic))
        first = rates.draws_needed_rate(level.rate, alpha=rule.first_alpha)
        return SharePlan(
            margin=margin,
            first=first,
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            target=value,
            above=allowed.centre * (1 + allowed.above) - 1,
        )

    def decide(self, plan: SharePlan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), rate = plan.draws_of, rule.level.rate
        kept = _keeping(draw, plan.target, plan.above)
        decided = rates.decide_rate(kept, rate, first=plan.first, alpha=rule.alpha, looks=rule.looks)
        found = Evidence(
            statistic=f"{COUNTED} within the bound",
            reference=1.0,
            decision=decided,
            last_alpha=rule.last_alpha(decided),
        )
        least = _least_refuted(lambda error: self.judge(plan.target / (1 + error), plan, found))
        return replace(found, resolution=least)

    def says(self, plan: SharePlan) -> str:
        least = 1 - plan.margin.total
        how = f"fewer than {least:.4g} of" if self.breaks else f"at least {least:.4g} of"
        return f"{self.quantity or self.source.name} over the bound is at most 1 + {plan.above:.4g} in {how} networks"

    def judge(self, other: float, plan: SharePlan, evidence: Evidence) -> Verdict:
        (draw,), decided = plan.draws_of, evidence.decision
        kept = _keeping(draw, other, plan.above)
        return decided.region.judge(rates.estimate_rate(kept(decided.draws), evidence.last_alpha))

    def twins_of(self, other: float) -> tuple[float, ...]:
        return (other / TWIN,)


def _keeping(draw: Draw, bound: float, above: float) -> Draw:
    """1 for every draw that keeps to the bound, and what may be above it, and 0 for the others."""
    return lambda n: (draw(n) <= bound * (1 + above)).astype(float)


def _least_refuted(judge: Callable[[float], Verdict]) -> float | None:
    """The least relative error, by which a bound is too low, that is refuted, to 1 %; None if there is none."""
    low, high = 0.0, resolution.LARGEST
    if judge(high) is not Verdict.REFUTED:
        return None
    while high - low > 0.01 * max(high, 1e-3):
        middle = (low + high) / 2
        low, high = (low, middle) if judge(middle) is Verdict.REFUTED else (middle, high)
    return high
