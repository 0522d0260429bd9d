"""From draws to a finding: what a claim's `decide` does in one cell, under one theory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mfcheck.ensembles.chunks import ChunkStore, Probe, Sample, Source
from mfcheck.settings import Settings
from mfcheck.statistics import decision, resolution
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Cell, Claim, Curve, Finding, Margin, NotCovered, Verdict

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

Floats = NDArray[np.float64]

CURVE_DRAWS = 10_000
"""Draws that make the figure of a law: as many as in the paper's first experiment."""


@dataclass(eq=False)
class Decider:
    """Decides one claim in one cell; every decision is kept in `findings`.

    The references come as functions of the theory, so that the draws can be held against any other theory too.
    """

    claim: Claim
    cell: Cell
    settings: Settings
    theory: PaperTheory
    store: ChunkStore
    reproduce: str
    findings: list[Finding] = field(default_factory=list)

    def law(
        self,
        source: Source,
        *,
        component: int,
        probe: Probe,
        reference: Callable[[PaperTheory], rv_frozen],
        finite_width: Callable[[], float],
    ) -> Finding:
        """Decide that one component of `source` has the theory's law, up to the exact finite-width distance and δ."""

        def run() -> _Outcome:
            law, level = reference(self.theory), self.settings.level
            margin = Margin(
                finite_width(),
                level.law,
                f"exact distance of the finite-width law to its limit; δ of level {level.name}",
            )
            draw = self._draws(source, probe, component)
            first = decision.draws_needed_law(
                margin.total, alpha=self._first_alpha, beta=level.beta, distance=margin.finite_width
            )
            decided = decision.decide_law(draw, law.cdf, margin.total, first=first, **self._rule)
            ordered = np.sort(draw(decided.draws))
            share = self._last_alpha(decided)
            resolved = resolution.of_law(ordered, law.cdf, margin.total, share)
            return _Outcome("sup-distance of laws", 0.0, margin, decided, resolved, _curve(draw, decided, law))

        return self._record(run)

    def same_law(self, source: Source, *, probe: Probe) -> Finding:
        """Decide that the columns of `source` (one a network input) all have one law; exact at every width."""

        def run() -> _Outcome:
            level = self.settings.level
            margin = Margin(0.0, level.law, f"exact at every width; δ of level {level.name}")
            draw, arms = self._draws(source, probe, None), len(probe.x)
            first = decision.draws_needed_same_law(margin.total, arms=arms, alpha=self._first_alpha, beta=level.beta)
            decided = decision.decide_same_law(draw, margin.total, first=first, **self._rule)
            ordered = np.sort(draw(decided.draws)[:, 0])
            resolved = resolution.of_same_law(ordered, margin.total, self._last_alpha(decided) / arms)
            return _Outcome("largest sup-distance between inputs", 0.0, margin, decided, resolved, None)

        return self._record(run)

    def rate(self, source: Source, *, component: int, probe: Probe) -> Finding:
        """Decide that a property holds in at least the level's share of networks."""

        def run() -> _Outcome:
            level = self.settings.level
            margin = Margin(0.0, 1 - level.rate, f"exact at every width; least rate of level {level.name}")
            draw = self._draws(source, probe, component)
            first = decision.draws_needed_rate(level.rate, alpha=self._first_alpha)
            decided = decision.decide_rate(draw, level.rate, first=first, **self._rule)
            resolved = resolution.of_rate(decided.draws, level.rate, self._last_alpha(decided))
            return _Outcome("share of networks", 1.0, margin, decided, resolved, None)

        return self._record(run)

    def mean_ratio(
        self,
        source: Source,
        *,
        component: int,
        probe: Probe,
        reference: Callable[[PaperTheory], float],
        second_moment_ratio: Callable[[], float],
    ) -> Finding:
        """Decide that the mean of a non-negative component over the theory's value is 1, exactly at every width.

        `second_moment_ratio` is E X²/(E X)² by an exact formula; twice its excess over 1 is granted.
        """

        def run() -> _Outcome:
            level, value = self.settings.level, reference(self.theory)
            granted = 1 + 2 * (second_moment_ratio() - 1)
            origin = f"exact at every width; δ of level {level.name}; granted E X²/(E X)² ≤ {granted:.4g}"
            margin = Margin(0.0, level.ratio, origin)
            draw = self._draws(source, probe, component)
            first = decision.draws_needed_mean_ratio(
                margin.total, second_moment_ratio=granted, alpha=self._first_alpha, beta=level.beta
            )
            decided = decision.decide_mean_ratio(
                draw, value, margin.total, second_moment_ratio=granted, first=first, **self._rule
            )
            resolved = resolution.of_ratio(decided.estimate, margin.total)
            return _Outcome("ratio to the theory", 1.0, margin, decided, resolved, None)

        return self._record(run)

    @property
    def _rule(self) -> dict[str, Any]:
        return {"alpha": self.settings.alpha, "looks": self.settings.level.looks}

    @property
    def _first_alpha(self) -> float:
        return spent(self.settings.alpha, 1)

    def _last_alpha(self, decided: Decision) -> float:
        return spent(self.settings.alpha, decided.looks)

    def _draws(self, source: Source, probe: Probe, component: int | None) -> decision.Draw:
        cell, run = self.cell, self.settings
        sample = Sample(source, cell.spec, cell.engine, probe, run.seed, run.device, self.store)
        return lambda n: sample.first(n) if component is None else sample.first(n)[:, component]

    def _record(self, run: Callable[[], _Outcome]) -> Finding:
        start = time.perf_counter()
        try:
            outcome = run()
        except NotCovered as missing:
            finding = self._finding(None, reason=str(missing), seconds=time.perf_counter() - start)
        else:
            finding = self._finding(outcome, reason="", seconds=time.perf_counter() - start)
        self.findings.append(finding)
        return finding

    def _finding(self, outcome: _Outcome | None, *, reason: str, seconds: float) -> Finding:
        nothing = outcome is None
        decided = None if outcome is None else outcome.decision
        low, high = (math.nan, math.nan) if decided is None else (decided.estimate.low, decided.estimate.high)
        return Finding(
            claim=self.claim.id,
            says=self.claim.says,
            cell=self.cell.id,
            figure=self.cell.figure,
            engine=self.cell.engine,
            parameters=self._parameters(),
            statistic="" if outcome is None else outcome.statistic,
            estimate=math.nan if decided is None else decided.estimate.value,
            interval=(low, high),
            reference=math.nan if outcome is None else outcome.reference,
            region=(math.nan, math.nan) if decided is None else (decided.region.low, decided.region.high),
            margin=Margin(0.0, 0.0, "") if outcome is None else outcome.margin,
            alpha=0.0 if nothing else self.settings.alpha,
            draws=0 if decided is None else decided.draws,
            looks=0 if decided is None else decided.looks,
            verdict=Verdict.NOT_APPLICABLE if decided is None else decided.verdict,
            resolution=None if outcome is None else outcome.resolution,
            seconds=seconds,
            reproduce=self.reproduce,
            reason=reason,
            curve=None if outcome is None else outcome.curve,
        )

    def _parameters(self) -> dict[str, Any]:
        spec = self.cell.spec
        values = asdict(spec) | {"activation": str(spec.activation)}
        return {"spec": str(spec), **values, **self.cell.details, "device": self.settings.device}


@dataclass(frozen=True)
class _Outcome:
    statistic: str
    reference: float
    margin: Margin
    decision: Decision
    resolution: float | None
    curve: Curve | None


def explain(finding: Finding) -> str:
    """One sentence for a finding that is not supported: what was measured against what was allowed."""
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return finding.reason
    (low, high), (bottom, top) = finding.interval, finding.region
    return (
        f"{finding.claim} is {finding.verdict} in cell {finding.cell}: {finding.statistic} {finding.estimate:.6g}, "
        f"interval [{low:.6g}, {high:.6g}] after {finding.draws} draws, "
        f"allowed is [{bottom:.6g}, {top:.6g}]. Reproduce: {finding.reproduce}"
    )


def _curve(draw: decision.Draw, decided: Decision, law: rv_frozen) -> Curve:
    shown = min(CURVE_DRAWS, decided.draws)
    ordered = np.sort(draw(shown))
    rank = np.unique(np.linspace(0, shown - 1, 201).round().astype(int))
    x = ordered[rank]
    return Curve(
        x=tuple(x.tolist()),
        measured=tuple(((rank + 1) / shown).tolist()),
        predicted=tuple(np.asarray(law.cdf(x)).tolist()),
        draws=shown,
    )
