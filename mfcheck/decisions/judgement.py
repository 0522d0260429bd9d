"""A decided statement, how the same draws judge other theories, and the finding that it makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mfcheck.decisions.granted import held_back, never_refuted, rests_on_a_grant
from mfcheck.decisions.statement import BELOW, Evidence, Plan, Reference, Rule, Statement, side_left
from mfcheck.findings.finding import Finding
from mfcheck.statistics.resolution import of_break
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import movers
from mfcheck.theory.twins import Twin, twins
from mfcheck.theory.values import is_law
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen


@dataclass(frozen=True, eq=False)
class Judgement:
    """A statement with its plan and what its draws said."""

    statement: Statement[Any]
    plan: Plan
    evidence: Evidence

    @classmethod
    def of(cls, statement: Statement[Any], plan: Plan, theory: PaperTheory, rule: Rule) -> Judgement:
        """Draw until it is decided; what rests on a grant is never refuted."""
        evidence = statement.decide(plan, theory, rule)
        return cls(statement, plan, held_back(evidence) if rests_on_a_grant(statement) else evidence)

    @property
    def verdict(self) -> Verdict:
        """What the draws say of the law, or of its breaking, which a law does that fails on the side that was said."""
        verdict, breaks = self.evidence.decision.verdict, self.statement.breaks
        if not breaks or verdict is Verdict.UNDECIDED:
            return verdict
        broken = verdict is Verdict.REFUTED and not side_left(self.evidence, breaks)
        return Verdict.SUPPORTED if broken else Verdict.REFUTED

    @property
    def resolution(self) -> float | None:
        """The smallest error in the theory's value that the draws would have refuted; of a law that is to break, the
        smallest departure from it that they would have shown. None of a law that is refuted, which is off by more."""
        evidence, breaks = self.evidence, self.statement.breaks
        if not breaks and evidence.decision.verdict is Verdict.REFUTED:
            return None
        if not breaks or self.statement.counts:  # of a share, to refute it is to show its breaking
            return evidence.resolution
        found, region, absolute = evidence.decision.estimate, evidence.decision.region, evidence.absolute
        return of_break(found, region, evidence.reference, above=breaks != BELOW, absolute=absolute)

    def judge(self, other: Reference) -> Verdict:
        """The verdict of the same draws on another reference."""
        found = self.statement.judge(other, self.plan, self.evidence)
        return never_refuted(found) if rests_on_a_grant(self.statement) else found

    def holding(self, others: Mapping[str, Reference]) -> tuple[str, ...]:
        """The names of other references, and of rivals, that the draws support while they refute their twins."""
        held = {name: self._holds(other) for name, other in others.items()}
        held |= {name: verdict is Verdict.SUPPORTED for name, verdict in self.evidence.rivals.items()}
        return tuple(name for name, holds in (held | dict(self.evidence.holds)).items() if holds)

    def _holds(self, other: Reference) -> bool:
        if self.judge(other) is not Verdict.SUPPORTED:
            return False
        return all(self.judge(twin) is Verdict.REFUTED for twin in self.statement.twins_of(other))

    def seen(self, theory: PaperTheory) -> list[Twin]:
        """The wrong twins of a theory that put something else here; what is to break is held against none."""
        formula = self.statement.formula
        if formula is None or self.statement.breaks:
            return []
        wrong = [twin for twin in twins(theory) if not twin.equivalent]
        moved = movers([twin.theory for twin in wrong], formula, than=theory)
        return [twin for twin, moves in zip(wrong, moved, strict=True) if moves]

    def refutes(self, other: PaperTheory) -> bool:
        """Whether the draws refute the other theory here; one that has no value here is refuted by having none."""
        formula = self.statement.formula
        assert formula is not None
        try:
            reference = formula(other)
        except Exception:  # a wrong twin is asked where nobody thought of it
            return True
        try:
            return not math.isfinite(as_number(reference)) or self.judge(reference) is Verdict.REFUTED
        except (ArithmeticError, TypeError, ValueError):
            return True


def judged(finding: Finding, judgement: Judgement, theory: PaperTheory) -> Finding:
    """The finding with a judgement's evidence, and with the theory's wrong twins held against the same draws.

    Draws that refute the theory itself say nothing of its twins: they are held against them only where it stands.
    Verdicts on other statements, each with an interval of its own, are charged to the finding's error rate.
    """
    statement, evidence = judgement.statement, judgement.evidence
    decided, breaks = evidence.decision, statement.breaks
    seen = judgement.seen(theory) if decided.verdict is not Verdict.REFUTED else []
    others = len(evidence.rivals) + (len(seen) if statement.judges_apart else 0)
    return replace(
        finding,
        reason="; ".join(filter(None, (evidence.reason, side_left(evidence, breaks)))),
        statistic=evidence.statistic,
        estimate=decided.estimate.value,
        interval=(decided.estimate.low, decided.estimate.high),
        reference=evidence.reference,
        region=(decided.region.low, decided.region.high),
        margin=judgement.plan.margin,
        alpha=decided.alpha * (1 + others) + evidence.charged,
        draws=decided.draws,
        looks=decided.looks,
        verdict=judgement.verdict,
        breaks=bool(breaks),
        side=breaks if isinstance(breaks, str) else "",
        resolution=judgement.resolution,
        absolute=evidence.absolute,
        curve=evidence.curve,
        twins_seen=tuple(twin.name for twin in seen),
        twins_refuted=tuple(twin.name for twin in seen if judgement.refutes(twin.theory)),
    )


def as_number(reference: Reference) -> float:
    """A reference as one number: itself, or the variance of a law."""
    return _variance(reference) if is_law(reference) else float(reference)


@lru_cache(maxsize=4096)
def _variance(law: rv_frozen) -> float:
    return float(law.var())
