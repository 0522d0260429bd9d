"""Statements about what was looked up rather than sampled."""

from __future__ import annotations

from dataclasses import dataclass, field

from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.statement import Evidence, Plan, Rule, Statement
from mfcheck.findings.finding import Margin
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class Fact(Statement[Plan]):
    """What was looked up: it holds where there is no `problem`, and else fails with that reason."""

    problem: str = field(kw_only=False)
    name: str

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> Plan:
        return Plan(Margin(0.0, 0.0, "looked up, not sampled"), 1, (), 1)

    def decide(self, plan: Plan, theory: PaperTheory, rule: Rule) -> Evidence:
        value = 0.0 if self.problem else 1.0
        verdict = Verdict.REFUTED if self.problem else Verdict.SUPPORTED
        decided = Decision(verdict, Estimate(value, value, value), Region(1.0, 1.0, 0.0), 1, 1, 0.0)
        return Evidence(statistic=self.name, reference=1.0, decision=decided, reason=self.problem)

    def says(self, plan: Plan) -> str:
        return f"{'something is not' if self.breaks else 'all is'} as declared ({self.quantity or self.name})"
