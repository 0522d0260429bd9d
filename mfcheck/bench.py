"""What every decision of a claim in one cell goes through: its draws, its error rate, and the finding it ends as."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from mfcheck.ensembles.chunks import ChunkStore, Probe, Sample, Source
from mfcheck.findings import judged
from mfcheck.judgement import Judgement, Reference
from mfcheck.plan import Plan, Statistic
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.decision import Draw
from mfcheck.statistics.intervals import Floats
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Cell, Claim, Finding, NotCovered

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

    def sketch(self, source: Source, probe: Probe, spec: NetworkSpec, draws: int) -> Floats:
        """Some draws of another network by the cell's engine, for a figure; no verdict rests on them."""
        return self._draws(source, probe, np.asarray, spec)(draws)

    def does_not_apply(self, reason: str) -> Finding:
        """Record that the claim has nothing to say of this cell."""

        def plan() -> Plan:
            raise NotCovered(reason)

        return self._record(plan)

    def carry_out(self, plan: Plan) -> Judgement:
        """Draw and decide; a planner's own does not."""
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
        return lambda n: statistic(sample.first(n))

    def _record(
        self,
        plan: Callable[[], Plan],
        *,
        breaks: bool = False,
        instead: Mapping[str, Callable[[PaperTheory], Reference]] = NOTHING_ELSE,
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
        try:
            judgement = self.carry_out(plan())
            finding = judged(finding, judgement, self.theory, breaks=breaks)
            holding = judgement.holding({name: law(self.theory) for name, law in instead.items()})
            finding = replace(finding, holds_instead=holding)
        except NotCovered as missing:
            finding = replace(finding, reason=str(missing))
        finding = replace(finding, seconds=time.perf_counter() - start)
        self.findings.append(finding)
        return finding
