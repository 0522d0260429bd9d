"""A decided statement, how the same draws judge other theories, and the finding that it makes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mfcheck.decisions.finite_sizes import papers_law
from mfcheck.decisions.granted import held_back, never_refuted, rests_on_a_grant
from mfcheck.decisions.statement import BELOW, Evidence, Formula, Plan, Reference, Rule, Statement, side_left
from mfcheck.findings.finding import Finding
from mfcheck.imports import raised_on_purpose
from mfcheck.statistics.resolution import of_break
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import law_shape, movers
from mfcheck.theory.twins import Twin, twins
from mfcheck.theory.values import is_law
from mfcheck.verdict import NotANumber, NotCovered, Verdict

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


def no_unit(statement: Statement[Any], theory: PaperTheory, module: str) -> tuple[float, float] | None:
    """A theory's value and the paper's, where draws cannot be held against the first: it is endless, or a ratio to it
    says nothing since it is 0 or of another sign.

    None where they can, or where the paper's has no such value itself. `module` is where the theory is written.
    """
    if statement.formula is None or not (statement.in_its_units or statement.of_logarithms):
        return None
    papers = papers_law(statement.formula)
    if papers is None and statement.in_its_units and not as_number(statement.formula(theory)):
        raise NotANumber("the theory has 0 here, which nothing can be measured in units of")
    if papers is None or is_law(papers) or not math.isfinite(papers) or (statement.in_its_units and papers == 0):
        return None
    try:
        value = as_number(statement.formula(theory))
    except (ArithmeticError, ValueError) as error:
        # A division by 0 of the claim's own says nothing of the theory; a formula may have nothing to say, and say so.
        if statement.in_its_units or isinstance(error, NotCovered) or raised_on_purpose(error, module):
            raise
        value = math.nan
    if math.isfinite(value) and (value * papers > 0 or not statement.in_its_units):
        return None
    if statement.breaks:
        raise NotANumber(f"the theory has {value:.4g} here, the paper's {papers:.4g}: no break is measured by that")
    return value, float(papers)


def told_apart(finding: Finding, formula: Formula | None, theory: PaperTheory, than: PaperTheory) -> bool:
    """Whether a theory's value is as far from another's as the finding's draws can tell: by its resolution, or of what
    is refuted by its margin and interval. So held where nobody knows, as of laws of two shapes."""
    low, high = finding.interval
    fine = finding.resolution if finding.resolution is not None else finding.margin.total + (high - low) / 2
    if formula is None or not math.isfinite(fine):
        return True
    try:
        mine, others = formula(theory), formula(than)
        if is_law(mine) and law_shape(mine) != law_shape(others):
            return True
        a, b = as_number(mine), as_number(others)
    except Exception:  # where one has no value they are apart, whatever it raises
        return True
    apart = abs(a - b) if finding.absolute else abs(a - b) / (min(abs(a), abs(b)) or math.nan)
    return not apart < fine


def as_number(reference: Reference) -> float:
    """A reference as one number: itself, or the variance of a law."""
    return _variance(reference) if is_law(reference) else float(reference)


@lru_cache(maxsize=4096)
def _variance(law: rv_frozen) -> float:
    return float(law.var())
