"""Statements about trends of medians over groups of networks: how their logarithm rises."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from mfcheck.decisions.allowance import Allowance, origin_with_delta
from mfcheck.decisions.alternatives import Rival, tell
from mfcheck.decisions.bounded import lost
from mfcheck.decisions.finite_sizes import papers_value, shifted
from mfcheck.decisions.means import judge_place, places_beside
from mfcheck.decisions.sampling import Drawing, Sampling
from mfcheck.decisions.shapes import Statistic, bounds, numbers
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
from mfcheck.verdict import Verdict, combine


@dataclass(frozen=True, eq=False)
class MedianGroup:
    """One group of a trend of medians: its place, its network, what is drawn there, and where, if it is known, the
    median lies at finite size (only the figure shows that). A group of cheap networks takes some `times` as many draws
    as the number that is told."""

    x: float
    spec: NetworkSpec
    source: Source
    statistic: Statistic
    exact: float = math.nan
    times: int = 1


@dataclass(frozen=True, eq=False, kw_only=True)
class SlopePlan(Plan):
    """A plan with the region of the slope, and the groups' draws as they are, for other statements about them.

    `shift` is where the slope is to lie beside the theory's, `known` where it does for a limit's formula, as the
    paper's of the slope `papers`; and `charged` the error rate of what was measured of that.
    """

    region: Region
    wholes: tuple[Draw, ...]
    shift: float = 0.0
    known: float = 0.0
    papers: float | None = None
    charged: float = 0.0


class RivalSlope(NamedTuple):
    """Another region for the slope, and how far its wrong twins lie to either side."""

    low: float
    high: float
    shift: float = SHIFT

    def holds(self, found: Estimate) -> bool:
        """Whether an interval lies in the region, and outside that of either twin."""
        inside = self.low <= found.low and found.high <= self.high
        return inside and found.high < self.low + self.shift and found.low > self.high - self.shift

    @property
    def can_fail(self) -> bool:
        """Whether the region is bounded on both sides, and narrow enough that draws can refute its twins."""
        return 0 < self.high - self.low < 2 * self.shift < math.inf


NO_REGIONS: Mapping[str, tuple[float, ...]] = {}


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianSlope(Statement[SlopePlan]):
    """log median against x rises as the theory's `rises(theory, group)` does, by least squares.

    The allowance, with its shift, and δ (of the level, if not given) are absolute: they are slopes. `probe` chooses the
    inputs of a network. `rivals` are other regions that the same interval may lie in, as `RivalSlope` or the numbers of
    one, and `everywhere` other statements, one for each group, that may hold of all their draws. `room`, if given, is
    the distance in the slope that the first look must see; so many draws of each group as a `pilot`, with a seed of
    their own, tell the spread that plans it. Raises ValueError for a region that cannot fail on both
    sides.
    """

    two_sided = of_logarithms = True
    groups: Sequence[MedianGroup] = field(kw_only=False)
    x_label: str
    rises: Callable[[PaperTheory, MedianGroup], float]
    allowance: Callable[[], Allowance]
    spread: float = math.nan
    delta: float | None = None
    rivals: Mapping[str, tuple[float, ...]] = field(default_factory=lambda: NO_REGIONS)
    everywhere: Mapping[str, Sequence[Rival]] = field(default_factory=dict)
    room: float | None = None
    pilot: int = 0
    probe: Callable[[NetworkSpec], Probe] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, region in self.rivals.items():
            if not (rival := RivalSlope(*region)).can_fail:
                raise ValueError(
                    f"rival {name!r} must be able to fail on both sides: low < high < low + 2 shift, got {rival}"
                )

    @property
    def formula(self) -> Formula:
        return lambda theory: rise(self._weights, self._at(theory))

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> SlopePlan:
        for name, rivals in self.everywhere.items():
            if len(rivals) != len(self.groups):
                raise ValueError(f"{name!r} needs a statement for each of {len(self.groups)} groups, got {len(rivals)}")
        level, allowed, target = rule.level, self.allowance(), rise(self._weights, self._at(theory))
        delta = self._checked(level.slope if self.delta is None else self.delta)
        margin = Margin(allowed.reach, delta, origin_with_delta(allowed, delta, level))
        room = max(margin.discrepancy, margin.total / 2) if self.room is None else self.room
        papers = papers_value(self.formula)
        shift = shifted(target, papers, allowed.shift)
        centre = target + shift
        looked_at = [(group, self._probe(group, sampling)) for group in self.groups]
        spread = self.spread if allowed.spread is None else allowed.spread
        if self.pilot:
            spread = self._piloted(looked_at, sampling)
        planned, times = {"alpha": rule.first_alpha, "beta": level.beta}, [group.times for group in self.groups]
        first = medians.draws_needed_median_slope(room, self._weights, spread=spread, times=times, **planned)
        return SlopePlan(
            margin=margin,
            first=first,
            draws_of=tuple(drawn(sampling, one, at, bounds(one.statistic)) for one, at in looked_at),
            chunk=max(sampling.chunk(group.source, group.spec) for group in self.groups),
            target=target,
            region=Region(centre - margin.total, centre + margin.total, margin.total),
            wholes=tuple(drawn(sampling, one, at, np.asarray) for one, at in looked_at),
            shift=shift,
            known=allowed.shift,
            papers=papers,
            charged=allowed.alpha,
        )

    def decide(self, plan: SlopePlan, theory: PaperTheory, rule: Rule) -> Evidence:
        decided = medians.decide_median_slope(
            plan.draws_of, self._weights, plan.region, first=plan.first, alpha=rule.alpha, looks=rule.looks
        )
        values, found = [draw(decided.draws) for draw in plan.draws_of], decided.estimate
        judges = {name: _everywhere(of, plan.wholes) for name, of in self.everywhere.items()}
        told = tell(judges, decided, rule, self.breaks)
        return Evidence(
            statistic="slope of the logarithm of medians",
            reference=plan.target + plan.shift,
            decision=decided,
            resolution=resolution.of_place(found, decided.region),
            absolute=True,
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
            rivals=told.verdicts,
            reason=told.reason(decided, "; ".join(filter(None, (lost(*values), self._more(decided.draws))))),
            charged=plan.charged,
        )

    def says(self, plan: SlopePlan) -> str:
        what = f"the log median of {self.quantity or self.groups[0].source.name}"
        return says_slope(what, self.x_label, self.breaks, plan, plan.shift)

    def judge(self, other: float, plan: SlopePlan, evidence: Evidence) -> Verdict:
        return judge_place(evidence.decision, other + shifted(other, plan.papers, plan.known))

    def twins_of(self, other: float) -> tuple[float, ...]:
        return places_beside(other)

    @property
    def _weights(self) -> tuple[float, ...]:
        return slopes.slope_weights([group.x for group in self.groups])

    def _at(self, theory: PaperTheory) -> list[float]:
        return [self.rises(theory, group) for group in self.groups]

    def _more(self, draws: int) -> str:
        """Which groups took more draws than a finding says that each has taken."""
        more = [one for one in self.groups if one.times > 1]
        return "; ".join(f"{one.times * draws:,} draws where {self._place(one.x)}" for one in more)

    def _place(self, x: float) -> str:
        """Where on the axis a group is, of an axis of logarithms by what they are of."""
        name = self.x_label.removeprefix("log ")
        return f"{name} = {x:.3g}" if name == self.x_label else f"{name} = {math.exp(x):.4g}"

    def _piloted(self, looked_at: Sequence[tuple[MedianGroup, Probe]], sampling: Sampling) -> float:
        """The largest spread among the groups, each by a pilot of its own."""
        pilots = (sampling.pilot(one.source, at, numbers(one.statistic), self.pilot, one.spec) for one, at in looked_at)
        return max(map(medians.spread_of, pilots))

    def _probe(self, group: MedianGroup, sampling: Sampling) -> Probe:
        return self.probe(group.spec) if self.probe else sampling.probe(None, self.looks_at, group.spec)


def drawn(sampling: Sampling, group: MedianGroup, at: Probe, statistic: Statistic) -> Drawing:
    """A statistic of a group's draws, so many times as many of them as of the others."""
    return replace(sampling.draws(group.source, at, statistic, group.spec), times=group.times)


def _everywhere(rivals: Sequence[Rival], wholes: Sequence[Draw]) -> Callable[[int, float], Verdict]:
    """The verdict on statements about all groups, each of which has its share of the error rate."""

    def judge(draws: int, alpha: float) -> Verdict:
        pairs = zip(rivals, wholes, strict=True)
        return combine(rival.judge(whole(draws), alpha / len(wholes)) for rival, whole in pairs)

    return judge
