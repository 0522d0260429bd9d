"""Decisions on medians and shares of networks: for statements whose draws are dear, or that bound from above."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.evidence import Breaks, check_side
from mfcheck.decisions.judgement import Judgement, judge_ratio, judge_trend
from mfcheck.decisions.plan import Plan, Statistic
from mfcheck.decisions.trial import NOTHING_ELSE, Bench
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings import series
from mfcheck.findings.finding import Curve, Finding, Margin
from mfcheck.settings import Level
from mfcheck.spec import NetworkSpec
from mfcheck.statistics import medians, rates, resolution, sample_sizes
from mfcheck.statistics.sequential import Decision, Region
from mfcheck.statistics.slopes import slope_weights
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

Number = Callable[[PaperTheory], float]
Numbers = Mapping[str, Number]
NO_RIVALS: Mapping[str, Rival] = {}
NO_REGIONS: Mapping[str, tuple[float, float]] = {}


@dataclass(frozen=True)
class Allowance:
    """How far θ may lie below and above the theory for a reason that is known, relative to it, and that reason."""

    below: float
    above: float
    origin: str


@dataclass(frozen=True, eq=False)
class MedianGroup:
    """One group of a trend of medians: its place, its network, what is drawn there, and where, if it is known, the
    median lies at finite size (only the figure shows that)."""

    x: float
    spec: NetworkSpec
    source: Source
    statistic: Statistic
    exact: float = math.nan


@dataclass(frozen=True, eq=False)
class Rival:
    """Another statement about the same draws: the median of `statistic` lies between `low` and `high`."""

    statistic: Statistic
    low: float
    high: float = math.inf

    def judge(self, draws: Floats, alpha: float) -> Verdict:
        """The draws' verdict, by order statistics at error rate alpha; one-sided ones have no coarseness."""
        region = Region(self.low, self.high, self.high - self.low)
        return region.judge(medians.estimate_median(self.statistic(draws), alpha))


class MedianVerbs(Bench):
    """The verbs `median_ratio`, `median_within`, `share` and `median_slope`."""

    def median_ratio(
        self,
        source: Source,
        *,
        statistic: Statistic,
        probe: Probe,
        reference: Number,
        allowance: Callable[[], Allowance],
        spread: float,
        delta: float,
        upper_only: bool = False,
        breaks: Breaks = False,
        instead: Numbers = NOTHING_ELSE,
        rivals: Mapping[str, Rival] = NO_RIVALS,
        curve: Callable[[Floats], Curve] | None = None,
        room: float | None = None,
    ) -> Finding:
        """Decide that the median of a positive statistic over the theory's value is 1, up to the allowance and δ.

        With `upper_only` that it is at most 1. `spread`, the relative standard deviation to be expected, and `room`,
        the distance that must be seen (of a bound all of the margin, else δ, if not given), plan the draws; the
        interval is that of order statistics and grants nothing. `rivals` are other statements that the same draws may
        support in this one's place. `curve` makes the figure from all draws.
        """

        def plan() -> Plan:
            if not upper_only:
                check_side(breaks)
            value, allowed, level = reference(self.theory), allowance(), self.settings.level
            margin = Margin(
                allowed.above if upper_only else max(allowed.below, allowed.above),
                delta,
                f"{allowed.origin}; {_origin_of_delta(delta, level)}",
            )
            bottom = 0.0 if upper_only else 1 - allowed.below - delta
            region = Region(bottom, 1 + allowed.above + delta, margin.total)
            draw = self._draws(source, probe, lambda values: statistic(values) / value)
            seen = room if room is not None else margin.total if upper_only else delta
            first = medians.draws_needed_median(seen, spread=spread, alpha=self._first_alpha, beta=level.beta)

            def conclude() -> Judgement:
                decided = medians.decide_median(draw, region, first=first, **self._rule)
                whole, share = self._draws(source, probe, np.asarray)(decided.draws), self._last_alpha(decided)
                return Judgement(
                    statistic="median ratio to the theory",
                    reference=1.0,
                    margin=margin,
                    decision=decided,
                    resolution=None if breaks else _resolution(decided, region),
                    curve=None if curve is None else curve(whole),
                    reference_of=None if breaks else reference,
                    judge=lambda other: judge_ratio(decided, value, other),
                    rivals={name: rival.judge(whole, share) for name, rival in rivals.items()},
                    reason=_lost(draw(decided.draws)),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan, reference=reference, breaks=breaks, instead=instead)

    def median_within(
        self,
        source: Source,
        *,
        statistic: Statistic,
        name: str,
        probe: Probe,
        low: float,
        high: float,
        origin: str,
        rivals: Mapping[str, Rival] = NO_RIVALS,
        curve: Callable[[Floats], Curve] | None = None,
    ) -> Finding:
        """Decide that the median of a statistic lies between `low` and `high`, bounds that no formula gives.

        The first look is the smallest that can have an interval; draws here are whole trainings.
        """

        def plan() -> Plan:
            margin = Margin(0.0, high - low, f"no law: {origin}")
            region, draw = Region(low, high, margin.total), self._draws(source, probe, statistic)
            first = medians.least_draws(self._first_alpha)

            def conclude() -> Judgement:
                decided = medians.decide_median(draw, region, first=first, **self._rule)
                whole, share = self._draws(source, probe, np.asarray)(decided.draws), self._last_alpha(decided)
                return Judgement(
                    statistic=name,
                    reference=(low + high) / 2,
                    margin=margin,
                    decision=decided,
                    resolution=None,
                    curve=None if curve is None else curve(whole),
                    rivals={one: rival.judge(whole, share) for one, rival in rivals.items()},
                    reason=_lost(draw(decided.draws)),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan)

    def share(
        self,
        source: Source,
        *,
        statistic: Statistic,
        probe: Probe,
        reference: Number,
        allowance: Callable[[], Allowance],
        instead: Numbers = NOTHING_ELSE,
    ) -> Finding:
        """Decide that a statistic is at most the theory's value, and the allowance above it, in the level's share of
        networks."""

        def plan() -> Plan:
            level, allowed, value = self.settings.level, allowance(), reference(self.theory)
            origin = f"least rate of level {level.name}; slack {allowed.above:.4g}: {allowed.origin}"
            margin = Margin(0.0, 1 - level.rate, origin)
            draw = self._draws(source, probe, statistic)
            first = rates.draws_needed_rate(level.rate, alpha=self._first_alpha)

            def holds(bound: float) -> sample_sizes.Draw:
                return lambda n: (draw(n) <= bound * (1 + allowed.above)).astype(float)

            def conclude() -> Judgement:
                decided = rates.decide_rate(holds(value), level.rate, first=first, **self._rule)
                alpha = self._last_alpha(decided)

                def judge(other: float) -> Verdict:
                    return decided.region.judge(rates.estimate_rate(holds(other)(decided.draws), alpha))

                return Judgement(
                    statistic="share of networks within the bound",
                    reference=1.0,
                    margin=margin,
                    decision=decided,
                    resolution=_least_refuted(lambda error: judge(value / (1 + error))),
                    reference_of=reference,
                    judge=judge,
                    apart=True,
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan, reference=reference, instead=instead)

    def median_slope(
        self,
        groups: Sequence[MedianGroup],
        *,
        probe: Callable[[NetworkSpec], Probe],
        x_label: str,
        rises: Callable[[PaperTheory, MedianGroup], float],
        allowance: Callable[[], Allowance],
        spread: float,
        delta: float | None = None,
        rivals: Mapping[str, tuple[float, float]] = NO_REGIONS,
    ) -> Finding:
        """Decide that log median against x rises as the theory's `rises(theory, group)` does, by least squares.

        The allowance and δ (of the level, if not given) are absolute: they are slopes. `rivals` are other regions that
        the same interval may lie in.
        """
        x = [group.x for group in groups]
        weights = slope_weights(x)

        def slope_of(curve: Callable[[PaperTheory, MedianGroup], float]) -> Number:
            return lambda theory: math.fsum(
                w * math.log(curve(theory, group)) for w, group in zip(weights, groups, strict=True)
            )

        reference = slope_of(rises)

        def plan() -> Plan:
            level = self.settings.level
            allowed, target = allowance(), reference(self.theory)
            margin = Margin(
                max(allowed.below, allowed.above),
                level.slope if delta is None else delta,
                f"{allowed.origin}; {_origin_of_delta(level.slope if delta is None else delta, level)}",
            )
            region = Region(target - margin.total, target + margin.total, margin.total)
            draws_of = [self._draws(g.source, probe(g.spec), g.statistic, g.spec) for g in groups]
            first = medians.draws_needed_median_slope(
                max(margin.discrepancy, margin.total / 2),
                weights,
                spread=spread,
                alpha=self._first_alpha,
                beta=level.beta,
            )

            def conclude() -> Judgement:
                decided = medians.decide_median_slope(draws_of, weights, region, first=first, **self._rule)
                groups_of = [draw(decided.draws) for draw in draws_of]
                return Judgement(
                    statistic="slope of the logarithm of medians",
                    reference=target,
                    margin=margin,
                    decision=decided,
                    resolution=resolution.of_slope(decided.estimate, target, margin.total),
                    curve=Curve(
                        kind=series.TREND,
                        x_label=x_label,
                        x=tuple(x),
                        measured=tuple(medians.estimate_median(one, decided.alpha).value for one in groups_of),
                        predicted=tuple(rises(self.theory, group) for group in groups),
                        exact=tuple(group.exact for group in groups),
                        draws=decided.draws,
                    ),
                    reference_of=reference,
                    judge=lambda other: judge_trend(decided, other),
                    holds={
                        name: low <= decided.estimate.low and decided.estimate.high <= high
                        for name, (low, high) in rivals.items()
                    },
                    reason=_lost(*groups_of),
                )

            return Plan(margin, first, tuple(draws_of), max(self._chunk(g.source, g.spec) for g in groups), conclude)

        return self._record(plan, reference=reference)


def _lost(*samples: Floats) -> str:
    """What is to be said of draws that have no finite bounds."""
    lost, count = sum(map(medians.unknown, samples)), sum(map(len, samples))
    return f"nothing is known of {lost} of {count} networks: training diverged or came to no end" if lost else ""


def _origin_of_delta(delta: float, level: Level) -> str:
    return f"δ of level {level.name}" if delta in (level.exact, level.ratio, level.slope) else "δ of the claim"


def _resolution(decided: Decision, region: Region) -> float | None:
    """The relative error in the reference, up or down, that the same interval would have refuted."""
    low, high = decided.estimate.low, decided.estimate.high
    if not (math.isfinite(low) and math.isfinite(high)) or low <= 0:
        return None
    too_small = max(0.0, region.high / low - 1)
    return too_small if region.low <= 0 else max(too_small, high / region.low - 1)


def _least_refuted(judge: Callable[[float], Verdict]) -> float | None:
    """The least relative error, by which a bound is too low, that is refuted, to 1 %; None if there is none."""
    low, high = 0.0, resolution.LARGEST
    if judge(high) is not Verdict.REFUTED:
        return None
    while high - low > 0.01 * max(high, 1e-3):
        middle = (low + high) / 2
        low, high = (low, middle) if judge(middle) is Verdict.REFUTED else (middle, high)
    return high
