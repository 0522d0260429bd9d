"""Statements about trends of medians over groups of networks: how their logarithm rises."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mfcheck.decisions.allowance import Allowance, origin_with_delta
from mfcheck.decisions.means import judge_place, places_beside
from mfcheck.decisions.medians import lost
from mfcheck.decisions.sampling import Sampling, Statistic
from mfcheck.decisions.slopes import rise, says_slope
from mfcheck.decisions.statement import SHIFT, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings import series
from mfcheck.findings.finding import Curve, Margin
from mfcheck.spec import NetworkSpec
from mfcheck.statistics import medians, resolution, slopes
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Estimate, Region
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict


@dataclass(frozen=True, eq=False)
class MedianGroup:
    """One group of a trend of medians: its place, its network, what is drawn there, and where, if it is known, the
    median lies at finite size (only the figure shows that)."""

    x: float
    spec: NetworkSpec
    source: Source
    statistic: Statistic
    exact: float = math.nan


@dataclass(frozen=True, eq=False, kw_only=True)
class SlopePlan(Plan):
    """A plan with the region of the slope."""

    region: Region


class RivalSlope(NamedTuple):
    """Another region for the slope, and how far its wrong twins lie to either side."""

    low: float
    high: float
    shift: float = SHIFT

    def holds(self, found: Estimate) -> bool:
        """Whether an interval lies in the region, and outside that of either twin."""
        inside = self.low <= found.low and found.high <= self.high
        told = found.high < self.low + self.shift and found.low > self.high - self.shift
        return inside and (told or not self.has_twins)

    @property
    def has_twins(self) -> bool:
        """Whether the region is bounded on both sides, and narrow enough that draws can refute its twins."""
        return self.high - self.low < 2 * self.shift


NO_REGIONS: Mapping[str, tuple[float, ...]] = {}


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianSlope(Statement[SlopePlan]):
    """log median against x rises as the theory's `rises(theory, group)` does, by least squares.

    The allowance and δ (of the level, if not given) are absolute: they are slopes. `probe` chooses the inputs of a
    network. `rivals` are other regions that the same interval may lie in, as `RivalSlope` or the numbers of one.
    """

    two_sided = True
    groups: Sequence[MedianGroup] = field(kw_only=False)
    x_label: str
    rises: Callable[[PaperTheory, MedianGroup], float]
    allowance: Callable[[], Allowance]
    spread: float
    delta: float | None = None
    rivals: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: NO_REGIONS)
    probe: Callable[[NetworkSpec], Probe] | None = None

    @property
    def formula(self) -> Formula:
        return lambda theory: rise(self._weights, self._at(theory))

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> SlopePlan:
        level, allowed, target = rule.level, self.allowance(), rise(self._weights, self._at(theory))
        delta = level.slope if self.delta is None else self.delta
        margin = Margin(max(allowed.below, allowed.above), delta, origin_with_delta(allowed, delta, level))
        room = max(margin.discrepancy, margin.total / 2)
        first = medians.draws_needed_median_slope(
            room, self._weights, spread=self.spread, alpha=rule.first_alpha, beta=level.beta
        )
        return SlopePlan(
            margin=margin,
            first=first,
            draws_of=tuple(self._draw(group, sampling) for group in self.groups),
            chunk=max(sampling.chunk(group.source, group.spec) for group in self.groups),
            target=target,
            region=Region(target - margin.total, target + margin.total, margin.total),
        )

    def decide(self, plan: SlopePlan, theory: PaperTheory, rule: Rule) -> Evidence:
        decided = medians.decide_median_slope(
            plan.draws_of, self._weights, plan.region, first=plan.first, alpha=rule.alpha, looks=rule.looks
        )
        values, found = [draw(decided.draws) for draw in plan.draws_of], decided.estimate
        return Evidence(
            statistic="slope of the logarithm of medians",
            reference=plan.target,
            decision=decided,
            resolution=resolution.of_slope(found, plan.target, plan.margin.total),
            curve=Curve(
                kind=series.TREND,
                x_label=self.x_label,
                x=tuple(group.x for group in self.groups),
                measured=tuple(medians.estimate_median(one, decided.alpha).value for one in values),
                predicted=tuple(self._at(theory)),
                exact=tuple(group.exact for group in self.groups),
                draws=decided.draws,
            ),
            holds={name: RivalSlope(*region).holds(found) for name, region in self.rivals.items()},
            reason=lost(*values),
        )

    def says(self, plan: SlopePlan) -> str:
        return says_slope(
            f"the log median of {self.quantity or self.groups[0].source.name}", self.x_label, self.breaks, plan
        )

    def judge(self, other: float, plan: SlopePlan, evidence: Evidence) -> Verdict:
        return judge_place(evidence.decision, other)

    def twins_of(self, other: float) -> tuple[float, ...]:
        return places_beside(other)

    @property
    def _weights(self) -> tuple[float, ...]:
        return slopes.slope_weights([group.x for group in self.groups])

    def _at(self, theory: PaperTheory) -> list[float]:
        return [self.rises(theory, group) for group in self.groups]

    def _draw(self, group: MedianGroup, sampling: Sampling) -> Draw:
        probe = self.probe(group.spec) if self.probe else sampling.probe(None, self.looks_at, group.spec)
        return sampling.draws(group.source, probe, group.statistic, group.spec)
