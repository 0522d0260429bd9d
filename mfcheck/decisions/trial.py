"""What all verbs build on: a claim in one cell with its draws, error rate and theory, and its recorded findings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.evidence import Breaks, judged, verdict_of
from mfcheck.decisions.judgement import Judgement, Reference
from mfcheck.decisions.plan import Plan, Statistic
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import is_papers
from mfcheck.theory.watched import Reading
from mfcheck.verdict import NotANumber, NotCovered

NOTHING_ELSE: Mapping[str, Callable[[PaperTheory], Reference]] = {}


@dataclass(eq=False)
class Bench:
    """One claim in one cell: where decisions are carried out and kept, in `findings`."""

    claim: Claim
    cell: Cell
    settings: Settings
    theory: PaperTheory
    store: ChunkStore
    reproduce: str
    findings: list[Finding] = field(default_factory=list)
    _reading: Reading | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if not is_papers(self.theory):
            self._reading = Reading(self.theory)
            self.theory = self._reading.theory

    def sketch(self, source: Source, probe: Probe, spec: NetworkSpec, draws: int) -> Floats:
        """Some draws of another network by the cell's engine, for a figure; no verdict rests on them."""
        return self._draws(source, probe, np.asarray, spec)(draws)

    def does_not_apply(self, reason: str) -> Finding:
        """Record that the claim has nothing to say of this cell."""

        def plan() -> Plan:
            raise NotCovered(reason)

        return self._record(plan)

    def carry_out(self, plan: Plan) -> Judgement:
        """Draw and decide. A `Planner`, which only says what that would cost, does not."""
        return plan.conclude()

    @property
    def _rule(self) -> dict[str, Any]:
        looks = self.settings.level.looks if self.claim.gates else 1  # an open question gets a single one
        return {"alpha": self.settings.alpha, "looks": looks}

    @property
    def _first_alpha(self) -> float:
        return spent(self.settings.alpha, 1)

    def _last_alpha(self, decided: Decision) -> float:
        return spent(self.settings.alpha, decided.looks)

    def _chunk(self, source: Source, spec: NetworkSpec | None = None) -> int:
        return source.chunk_draws(spec or self.cell.spec, self.cell.engine)

    def _draws(self, source: Source, probe: Probe, statistic: Statistic, spec: NetworkSpec | None = None) -> Draw:
        run = self.settings
        sample = Sample(source, spec or self.cell.spec, self.cell.engine, probe, run.seed, run.device, self.store)

        def draw(n: int) -> Floats:
            values = statistic(sample.first(n))
            if bad := int(np.isnan(values).sum()):
                raise NotANumber(f"the statistic of {self.claim.id} is NaN in {bad} of {n} draws of {source.name}")
            return values

        return draw

    @contextlib.contextmanager
    def _reads(self) -> Iterator[list[str]]:
        """Afterwards, which changes of a theory on trial show in what was read of it so far, in here included."""
        seen: list[str] = []
        if self._reading is None:
            yield seen
            return
        noted = self._reading.noted
        before = len(noted)
        try:
            yield seen
        finally:
            seen += self._reading.seen()
            del noted[before:]  # another decision of the same test reads for itself

    def _beside_papers(
        self, finding: Finding, plan: Callable[[], Plan], breaks: Breaks, instead: Mapping[str, Any]
    ) -> Finding:
        """The finding with what the same draws, or the first of them that it takes, say of the paper's theory.

        Its verdict, and the laws that hold in its place, are a decision of their own, looks and error rate included;
        they stay empty where the paper's theory has no such formula.
        """
        on_trial, self.theory = self.theory, PaperTheory()
        try:
            judgement = self.carry_out(plan())
            holding = judgement.holding({name: law(self.theory) for name, law in instead.items()})
        except (AttributeError, NotCovered):
            return finding
        finally:
            self.theory = on_trial
        charged = judgement.decision.alpha * (1 + len(judgement.rivals))
        return replace(
            finding,
            paper_verdict=verdict_of(judgement, breaks=breaks).value,
            paper_instead=holding,
            alpha=finding.alpha + charged,
        )

    def _record(
        self,
        plan: Callable[[], Plan],
        *,
        reference: Callable[[PaperTheory], Reference] | None = None,
        breaks: Breaks = False,
        instead: Mapping[str, Callable[[PaperTheory], Reference]] = NOTHING_ELSE,
    ) -> Finding:
        with np.errstate(all="ignore"):  # whatever the caller has set, a formula's overflow is a value and not an error
            return self._decided(plan, reference, breaks, instead)

    def _decided(
        self,
        plan: Callable[[], Plan],
        reference: Callable[[PaperTheory], Reference] | None,
        breaks: Breaks,
        instead: Mapping[str, Callable[[PaperTheory], Reference]],
    ) -> Finding:
        start = time.perf_counter()
        spec = self.cell.spec
        finding = Finding(
            claim=self.claim.id,
            says=self.claim.says,
            cell=self.cell.id,
            figure=self.cell.figure,
            engine=self.cell.engine,
            parameters={
                "spec": str(spec),
                **asdict(spec),
                "activation": str(spec.activation),
                **self.cell.details,
                "device": self.settings.device,
            },
            reproduce=self.reproduce,
        )
        reading = self._reading
        own, before = (self.theory, ()) if reading is None else (reading.own, reading.seen())
        try:
            with self._reads() as seen:
                planned = plan()
            judgement = self.carry_out(planned)
            finding = judged(finding, judgement, own, breaks=breaks)
            holding = judgement.holding({name: law(self.theory) for name, law in instead.items()})
            finding = replace(finding, holds_instead=holding)
        except NotCovered as missing:
            finding = replace(finding, reason=str(missing))
        if reading is not None:
            if reference is not None and not before:
                seen[:] = reading.moving(seen, reference)
            finding = replace(finding, changes_seen=tuple(seen))
            if not seen and not before:
                finding = replace(finding, paper_verdict=finding.verdict.value, paper_instead=finding.holds_instead)
            elif not before:
                finding = self._beside_papers(finding, plan, breaks, instead)
        finding = replace(finding, seconds=time.perf_counter() - start)
        self.findings.append(finding)
        return finding
