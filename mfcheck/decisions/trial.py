"""A trial: one claim in one cell, where statements are planned, drawn, decided and held against other theories."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from mfcheck.decisions.granted import LOOKS, caveat_of, rests_on_a_grant
from mfcheck.decisions.judgement import Judgement, judged
from mfcheck.decisions.on_trial import changes_told, in_the_papers_units, no_unit, papers_own
from mfcheck.decisions.pinned import pinned
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.statement import NoUnitError, Plan, Rule, Statement
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.findings.record import reportable
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import PAPER, is_papers
from mfcheck.theory.watched import Reading
from mfcheck.verdict import NotCovered, Verdict

Ask = Statement[Any] | Callable[[PaperTheory], Statement[Any]]
"""A statement, or how a theory makes it: for what is measured in the theory's units, or shown beside its curves."""


@dataclass(eq=False)
class Trial:
    """One claim in one cell under one theory; `theory` is how others see it, who may be watched reading it."""

    claim: Claim
    cell: Cell
    settings: Settings
    own: PaperTheory
    store: ChunkStore
    reproduce: str = ""
    theory: PaperTheory = field(init=False)
    _reading: Reading | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if not is_papers(self.own):
            self._reading = Reading(self.own)
        self.theory = self._reading.theory if self._reading else self.own

    def rule_of(self, statement: Statement[Any]) -> Rule:
        """How a statement of this claim is decided: an open question by one look, what rests on a grant by two."""
        level = self.settings.level
        most = LOOKS if rests_on_a_grant(statement) else level.looks
        return Rule(level, self.settings.alpha, min(most, level.looks) if self.claim.gates else 1)

    @property
    def sampling(self) -> Sampling:
        """Where its draws come from."""
        return Sampling(self.claim.id, self.cell, self.settings, self.store)

    def plan(self, ask: Ask, theory: PaperTheory | None = None, *, pilots: int | None = None) -> Plan:
        """What a statement's first look would draw, and its margin, under the trial's theory or another.

        Roughly, where `pilots` says how many draws a pilot may take at most.
        """
        under = theory or self.own
        statement = made(ask, under)
        plan: Plan = statement.plan(under, self.rule_of(statement), replace(self.sampling, most=pilots))
        return plan

    def judge(self, ask: Ask, theory: PaperTheory) -> Judgement:
        """Draw and decide a statement under any theory."""
        statement = made(ask, theory).without_figure()
        rule = self.rule_of(statement)
        return Judgement.of(statement, statement.plan(theory, rule, self.sampling), theory, rule)

    def blank(self, reason: str = "") -> Finding:
        """A finding of this cell that nothing has been decided about."""
        cell, spec = self.cell, self.cell.spec
        about = {"spec": str(spec), **asdict(spec), "activation": str(spec.activation)}
        return Finding(
            claim=self.claim.id,
            says=self.claim.says,
            cell=cell.id,
            figure=cell.figure,
            engine=cell.engine,
            parameters={**about, **cell.details, "device": self.settings.device},
            reproduce=self.reproduce,
            reason=reason,
        )

    def find(self, ask: Ask) -> Finding:
        """Decide a statement, with the theory's wrong twins and, beside a theory on trial, the paper's verdict.

        Where the theory, or the engine, has nothing to say here, the finding is not applicable and says why. ValueError
        of one that no report could hold, as where a statement of one's own says what is no text.
        """
        start = time.perf_counter()
        with np.errstate(all="ignore"):  # whatever the caller has set, a formula's overflow is a value and not an error
            finding = self._found(ask)
        return reportable(replace(finding, seconds=time.perf_counter() - start))

    def _found(self, ask: Ask) -> Finding:
        theory, reading, finding = self.theory, self._reading, self.blank()
        early = reading.seen() if reading else ()
        at_making: list[str] = []
        at_planning: list[str] = []
        statement: Statement[Any] | None = None
        try:
            with self._reads_into(at_making):
                statement = made(ask, theory)
                rule = self.rule_of(statement)
            with self._reads_into(at_planning):
                values = no_unit(statement, theory, type(self.own).__module__) if reading else None
                if values:  # what else it shows may ask the theory too
                    statement = made(ask, PAPER).without_figure()
                under = PAPER if values else theory
                plan = statement.plan(under, rule, self.sampling)
            regime, caveat = statement.regime.name, caveat_of(statement)
            finding = replace(finding, decides=statement.says(plan), regime=regime, caveat=caveat)
            with self._reads_into([]):  # for the figure, and other laws: no verdict
                judgement = Judgement.of(statement, plan, under, rule)
                others = {} if values else {name: law(theory) for name, law in statement.instead.items()}
            if values:
                finding = in_the_papers_units(finding, judgement, *values)
            else:
                finding = replace(judged(finding, judgement, self.own), holds_instead=judgement.holding(others))
                finding = self._pinned(finding, judgement)
        except NotCovered as missing:
            finding = replace(finding, reason=str(missing))
        if reading is None:
            return finding
        if statement is not None and statement.formula is not None and not early:
            at_planning = list(reading.moving(at_planning, statement.formula))
        seen = tuple(dict.fromkeys((*early, *at_making, *at_planning)))
        told = seen if finding.verdict is not Verdict.NOT_APPLICABLE else ()  # what is not decided tells nothing
        finding = replace(finding, changes_seen=seen, changes_told=told)
        if early:  # a test that has read the theory itself, and may do anything with it, has no answer for another
            return finding
        return self._beside_papers(finding, ask) if seen else papers_own(finding)

    def _reads_into(self, names: list[str]) -> AbstractContextManager[None]:
        return self._reading.reads(names) if self._reading else nullcontext()

    def _pinned(self, finding: Finding, judgement: Judgement) -> Finding:
        """The finding with its pins, where it gates; draws that were asked with another interval each are charged."""
        if not self.claim.gates:
            return finding
        pins, asked = pinned(judgement, self.own)
        charged = asked * judgement.evidence.last_alpha if judgement.statement.judges_apart else 0.0
        return replace(finding, pins=pins, alpha=finding.alpha + charged)

    def _beside_papers(self, finding: Finding, ask: Ask) -> Finding:
        """The finding with what the same draws, or the first of them that it takes, say of the paper's theory.

        Its verdict, and the laws that hold in its place, are a decision of their own, looks and error rate included.
        Where the paper's theory has no such formula, or nothing to say, the verdict is that it does not apply.
        """
        paper = PaperTheory()
        try:
            judgement = self.judge(ask, paper)
            holding = judgement.holding({name: law(paper) for name, law in judgement.statement.instead.items()})
        except (AttributeError, NotCovered, NoUnitError):
            return replace(finding, paper_verdict=Verdict.NOT_APPLICABLE.value)
        charged = judgement.evidence.decision.alpha * (1 + len(judgement.evidence.rivals))
        return replace(
            finding,
            paper_verdict=judgement.verdict.value,
            paper_instead=holding,
            changes_told=changes_told(finding, judgement.statement.formula, self.own),
            alpha=finding.alpha + charged,
        )


def made(ask: Ask, theory: PaperTheory) -> Statement[Any]:
    """The statement, as the theory makes it."""
    return ask if isinstance(ask, Statement) else ask(theory)
