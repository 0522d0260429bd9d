"""Statements about a limit of wide networks, judged by the trend over widths and never at one of them alone.

θ is Σ w_i log(median of group i) as the width grows. Between the value at the wider of two widths and what an approach
like N^{−power} from the narrower one makes of it, all limits lie that are approached so or faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.median_slopes import MedianGroup, drawn
from mfcheck.decisions.sampling import Sampling, check_moves
from mfcheck.decisions.shapes import bounds, numbers
from mfcheck.decisions.statement import ABOVE, Evidence, Formula, Plan, Rule, Statement
from mfcheck.findings.finding import Margin
from mfcheck.statistics import medians, resolution
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, Estimate, Region, decide
from mfcheck.theory import PaperTheory
from mfcheck.verdict import NotCovered, Verdict

PILOT, NAME = 24, "pilot of the trend over widths"
"""Draws of each group that tell how far they spread, and what names their seed."""
NEAREST = 2.0
"""How near to its bound, in units of δ, a first look is to tell a pilot's median from it; later looks go nearer."""
LOWEST = -math.inf
"""Where a bound from above begins, of a logarithm."""


@dataclass(frozen=True, eq=False, kw_only=True)
class WidthsPlan(Plan):
    """A plan with the region of the limit."""

    region: Region


@dataclass(frozen=True, eq=False, kw_only=True)
class OverWidths(Statement[WidthsPlan]):
    """Σ w_i log(median of group i) is, or with `upper_only` is at most, the theory's as the width grows, up to δ.

    `widths` are the groups at one width, or at two, the narrower first: at one width alone it is a statement about
    networks of that width. `settled` is how large half the variance of a group's logarithm may be, beyond which its
    median says nothing of the mean that the theory speaks of, and the statement does not apply; so many draws of each
    group as a `pilot` tell how far they spread. A bound is refuted beyond δ, and supported up to δ and `leeway` more:
    either is true of what lies between, so that no network of seconds a draw is left undecided for being near δ.
    """

    two_sided = True
    widths: Sequence[Sequence[MedianGroup]] = field(kw_only=False)
    weights: Sequence[float]
    target: Callable[[PaperTheory], float]
    delta: float
    origin: str
    power: float = 0.5
    upper_only: bool = False
    leeway: float = 0.0
    settled: float = math.inf
    pilot: int = PILOT

    @property
    def groups(self) -> list[MedianGroup]:
        """All groups, those of the narrower networks first."""
        return [group for each in self.widths for group in each]

    @property
    def formula(self) -> Formula:
        return self.target

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> WidthsPlan:
        target, groups = self._value(theory), self.groups
        delta = self._checked(self.delta)
        pilots = self._pilots(groups, sampling)
        spreads = [medians.spread_of(one) for one in pilots]
        lag, gap = self._beside_means(spreads)
        margin = Margin(gap, delta + self.leeway, self.origin + ("; a median beside a mean, measured" if gap else ""))
        low, high = LOWEST if self.upper_only else target - margin.total, target + margin.total
        first = max(self._first(room, weights, spreads, rule) for room, weights in self._rooms(pilots, high, lag, gap))
        return WidthsPlan(
            margin=margin,
            first=first,
            draws_of=tuple(self._draw(group, sampling) for group in groups),
            chunk=max(sampling.chunk(group.source, group.spec) for group in groups),
            target=target,
            region=Region(
                low,
                high,
                2 * margin.total - (LOWEST if self.upper_only else 0.0),
                refutes_above=high - self.leeway,
            ),
        )

    def decide(self, plan: WidthsPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        def look(draws: int, share: float) -> Estimate:
            found = [medians.estimate_median(draw(draws), share / len(plan.draws_of)) for draw in plan.draws_of]
            return self._limit(found)

        decided = decide(look, plan.region, alpha=rule.alpha, first=plan.first, looks=rule.looks)
        return Evidence(
            statistic="logarithm of medians as the width grows" if len(self.widths) > 1 else "logarithm of a median",
            reference=plan.target,
            decision=decided,
            resolution=resolution.of_place(decided.estimate, plan.region) if not self.upper_only else None,
            absolute=True,
            reason=self._told(plan, decided, rule),
        )

    def says(self, plan: WidthsPlan) -> str:
        what = self.quantity or self.widths[0][0].source.name
        where = "as the width grows" if len(self.widths) > 1 else "at this width"
        if self.breaks:
            end = plan.region.high - self.leeway if self.breaks == ABOVE else plan.region.low
            return f"{what} lies {self.breaks} {end:.4g} {where}"
        said = f"at most {plan.region.high:.4g}" if self.upper_only else f"{plan.target:.4g} ± {plan.margin.total:.4g}"
        return f"{what} is {said} {where}"

    def judge(self, other: float, plan: WidthsPlan, evidence: Evidence) -> Verdict:
        shift, region = other - plan.target, plan.region
        low = LOWEST if self.upper_only else region.low + shift
        moved = replace(region, low=low, high=region.high + shift, refutes_above=region.refutes_above + shift)
        return moved.judge(evidence.decision.estimate)

    @property
    def _factor(self) -> float:
        """How many times its last step the way that is left may be."""
        if len(self.widths) < 2:
            return 0.0
        narrow, wide = (each[0].spec.width for each in self.widths)
        return 1.0 / (math.pow(wide / narrow, self.power) - 1.0)

    def _first(self, room: float, weights: Sequence[float], spreads: Sequence[float], rule: Rule) -> int:
        """How many draws a first look takes of each group, to see so much of the logarithms that are weighted."""
        typical = math.fsum(abs(w) * one for w, one in zip(weights, spreads[-len(weights) :], strict=True))
        # No interval finer than to stay off an end; but of a bound, which has one end, as fine as it is held to.
        to_an_end = self.leeway or not self.upper_only
        needed = medians.draws_to_leave_slope if to_an_end else medians.draws_needed_median_slope
        return needed(
            room,
            weights,
            spread=typical / math.fsum(map(abs, weights)),
            alpha=rule.first_alpha,
            beta=rule.level.beta,
        )

    def _rooms(
        self, pilots: Sequence[Floats], end: float, lag: float, gap: float
    ) -> list[tuple[float, tuple[float, ...]]]:
        """What the first look must see, and by which weights: of a bound how far a pilot of the wider networks is from
        the end of what is refuted or of what is supported, down to a share of δ. Of a place both ends of its interval:
        the farthest limit's, which lies at the theory's, and the wider networks', whose medians lie beside means."""
        if not self.upper_only:
            left = max(self.delta + gap - lag, self.delta / NEAREST)
            return [(left, tuple(self.weights)), (self.delta + gap, self._worst)]
        logs = [math.log(float(np.median(one))) for one in pilots[-len(self.weights) :]]
        past = math.fsum(w * one for w, one in zip(self.weights, logs, strict=True)) - end
        nearest = self.leeway or NEAREST * self.delta
        return [(max(-past, past + self.leeway, nearest), tuple(self.weights))]

    @property
    def _worst(self) -> tuple[float, ...]:
        """Weights of all groups' logarithms in the end that is worst known."""
        far = self._factor
        if not far:
            return tuple(self.weights)
        return tuple(-far * one for one in self.weights) + tuple((1 + far) * one for one in self.weights)

    def _limit(self, found: Sequence[Estimate]) -> Estimate:
        """The wider networks' value, with the hull of its interval and of the farthest limit's."""
        wide = medians.combine(found[-len(self.weights) :], self.weights)
        far = medians.combine(found, self._worst)
        return Estimate(wide.value, min(wide.low, far.low), max(wide.high, far.high))

    def _draw(self, group: MedianGroup, sampling: Sampling) -> Draw:
        return drawn(sampling, group, sampling.probe(None, self.looks_at, group.spec), bounds(group.statistic))

    def _pilot(self, group: MedianGroup, sampling: Sampling) -> Floats:
        probe = sampling.probe(None, self.looks_at, group.spec)
        return sampling.pilot(group.source, probe, numbers(group.statistic), self.pilot, group.spec, NAME)

    def _pilots(self, groups: Sequence[MedianGroup], sampling: Sampling) -> list[Floats]:
        """A few draws of every group, that no decision rests on; NotCovered where some are 0."""
        found = [self._pilot(group, sampling) for group in groups]
        for one in found:
            check_moves(one, self.quantity)
        return found

    def _beside_means(self, spreads: Sequence[float]) -> tuple[float, float]:
        """How far medians lie beside means by these spreads, if that counts: of the wider networks, and in the limit.

        As of logarithms that are normal, a mean is half a variance above a median. Where spreads vanish as the width
        grows, the two have one limit; where they stay, what is left of them is allowed for.
        """
        halves = [spread**2 / 2 for spread in spreads]
        wide = halves[-len(self.weights) :]
        if max(wide) > self.settled:
            raise NotCovered(
                f"{self.quantity} spreads by a factor {math.exp(max(spreads)):.3g} between networks of this level's "
                "widths, so that its median says nothing of a mean; where it settles as the width grows, it is decided"
            )
        if math.isinf(self.settled):
            return 0.0, 0.0
        lag, gap = (
            abs(math.fsum(w * half for w, half in zip(weights, halves[-len(weights) :], strict=True)))
            for weights in (tuple(self.weights), self._worst)
        )
        return lag, gap

    def _told(self, plan: WidthsPlan, decided: Decision, rule: Rule) -> str:
        """The medians' own values at every width and the theory's, as estimates on the side."""
        share, count = rule.last_alpha(decided), len(self.weights)
        found = [medians.estimate_median(draw(decided.draws), share) for draw in plan.draws_of]
        told = []
        for place, each in enumerate(self.widths):
            value = medians.combine(found[place * count : (place + 1) * count], self.weights).value
            told.append(f"{math.exp(value):.4g}" + f" at N = {each[0].spec.width}" * (len(self.widths) > 1))
        return f"its exponential is {', '.join(told)}; that of the theory's is {math.exp(plan.target):.4g}"
