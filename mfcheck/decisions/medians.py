"""Statements about medians, whose intervals grant nothing: over the theory's value, or within declared bounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance, origin_with_delta
from mfcheck.decisions.alternatives import NO_ALTERNATIVES, Alternative, by_draws, tell
from mfcheck.decisions.bounded import between, lost
from mfcheck.decisions.finite_sizes import moved, papers_value
from mfcheck.decisions.means import judge_ratio
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, bounds
from mfcheck.decisions.statement import BELOW, TWIN, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Curve, Margin
from mfcheck.findings.stated import NO_LAW
from mfcheck.statistics import medians
from mfcheck.statistics.resolution import of_place, of_ratio
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Region
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianPlan(Plan):
    """A plan with the region of the median, and the source's draws as they are, for rivals and the figure.

    `centre` is where a ratio to the theory is to lie, `known` where it does for a limit's formula, as the paper's of
    the value `papers`; and `charged` the error rate of what was measured of that.
    """

    may_be_one_sided = True
    region: Region
    whole: Draw
    centre: float = 1.0
    known: float = 1.0
    papers: float | None = None
    charged: float = 0.0


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianRatio(Statement[MedianPlan]):
    """The median of a positive statistic over the theory's value is 1, or where the allowance has it, up to that and δ.

    With `upper_only` that it is at most so much. `spread`, the relative standard deviation to be expected where the
    allowance has not measured it, and `room`, the distance that must be seen (of a bound all of the margin, else δ, if
    not given; of what is to break that beyond the margin, and no less where a pilot has it nearer), plan the draws; so
    many draws as a `pilot`, with a seed of their own, tell the spread instead. The interval is that of order statistics
    and grants nothing. The first look takes `first` times what decides it, where smaller errors of a constant are to be
    seen too. `rivals` are other statements that the same draws may support in this one's place. `curve` makes the
    figure from all draws.
    """

    in_its_units = True
    source: Source = field(kw_only=False)
    statistic: Statistic
    reference: Callable[[PaperTheory], float]
    allowance: Callable[[], Allowance]
    delta: float
    spread: float = math.nan
    upper_only: bool = False
    rivals: Mapping[str, Alternative] = field(default_factory=lambda: NO_ALTERNATIVES)
    curve: Callable[[Floats], Curve] | None = None
    room: float | None = None
    pilot: int = 0
    first: int = 1
    probe: Probe | None = None

    @property
    def two_sided(self) -> bool:  # type: ignore[override]
        return not self.upper_only

    @property
    def formula(self) -> Formula:
        return self.reference

    @property
    def _held_against(self) -> str:
        return "bound" if self.upper_only else "theory's value"

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MedianPlan:
        value, allowed, level, delta = self._value(theory), self.allowance(), rule.level, self.delta
        papers, far = papers_value(self.reference), allowed.above if self.upper_only else allowed.reach
        centre = moved(value, papers, allowed.centre)
        margin = Margin(far, self._checked(delta), origin_with_delta(allowed, delta, level))
        bottom, top = centre * (1 - allowed.below - delta), centre * (1 + allowed.above + delta)
        if self.upper_only:  # what finite sizes leave free below a bound breaks no smaller one
            centre, bottom, top = max(centre, 1.0), 0.0, max(top, 1 + delta)
        probe = sampling.probe(self.probe, self.looks_at)
        source = (self.source, probe, bounds(lambda values: self.statistic(values) / value))
        tried = sampling.pilot(*source, self.pilot) if self.pilot else None
        draw = sampling.draws(*source)
        return MedianPlan(
            margin=margin,
            first=draw.made_for(self.first * self._first_look(margin, allowed, rule, tried)),
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            target=value,
            region=Region(bottom, top, centre * margin.total),
            whole=sampling.draws(self.source, probe),
            centre=centre,
            known=allowed.centre,
            papers=papers,
            charged=allowed.alpha,
        )

    def _first_look(self, margin: Margin, allowed: Allowance, rule: Rule, tried: Floats | None) -> int:
        """Draws that decide a median which lies where it should, or half as far from there as is allowed for, or where
        a pilot has it, of a law that is plainly off; or of one that is to break, which are off by the room or more."""
        chances = {"alpha": rule.first_alpha, "beta": rule.level.beta}
        spread = self.spread if allowed.spread is None else allowed.spread
        if tried is not None:
            tried = medians.middles(tried)
            if len(tried) < 2:  # of next to none is anything known: no draws will tell, and the fewest say so
                return medians.least_draws(rule.first_alpha)
            spread = medians.spread_of(tried)
            away = abs(float(np.median(tried)) / allowed.centre - 1) - margin.total
            least = self.room if self.breaks and self.room is not None else margin.total / 3
            if self.breaks or away > least:
                return medians.draws_to_leave(max(away, least), spread=spread, **chances)
        if self.breaks and self.room is not None:
            return medians.draws_to_leave(self.room, spread=spread, **chances)
        if self.room is None and (self.pilot or allowed.spread is not None):
            distance = margin.finite_width / 2
            if not self.upper_only:
                return medians.draws_needed_median(margin.total, spread=spread, distance=distance, **chances)
            # Of a bound half the distance at which the median is known to lie below it is seen, or its margin; and
            # support takes an interval as fine as for any margin, which is a share of the bound and not of the median.
            far = max(margin.total, ((1 + self.delta) / allowed.centre - 1) / 2)
            fine = margin.total / min(allowed.centre, 1.0)
            return medians.draws_needed_median(fine, spread=spread, distance=distance, room=far, **chances)
        seen = self.room if self.room is not None else margin.total if self.upper_only else self.delta
        return medians.draws_needed_median(seen, spread=spread, **chances)

    def without_figure(self) -> MedianRatio:
        return replace(self, curve=None)

    def decide(self, plan: MedianPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return _decided(self, plan, rule, "median ratio to the theory", reference=plan.centre)

    def says(self, plan: MedianPlan) -> str:
        low, high = _about_one(plan.region.low), _about_one(plan.region.high)
        what = self.quantity or self.source.name
        over = f"the median of {what} over the {self._held_against}"
        if self.breaks:
            return f"{over} is below {low}" if self.breaks == BELOW else f"{over} is above {high}"
        return f"{over} is at most {high}" if self.upper_only else f"{over} lies between {low} and {high}"

    def judge(self, other: float, plan: MedianPlan, evidence: Evidence) -> Verdict:
        centre = plan.centre if self.upper_only else moved(other, plan.papers, plan.known)
        return judge_ratio(evidence.decision, plan.target, other * centre / plan.centre)

    def twins_of(self, other: float) -> tuple[float, ...]:
        return (other / TWIN,) if self.upper_only else super().twins_of(other)


@dataclass(frozen=True, eq=False, kw_only=True)
class MedianWithin(Statement[MedianPlan]):
    """The median of a statistic, called `name`, lies between `low` and `high`, bounds that no formula gives.

    The first look is the smallest that can have an interval, or so many times it (`first`) where rivals take more;
    draws here are whole trainings.
    """

    two_sided = True
    source: Source = field(kw_only=False)
    statistic: Statistic
    name: str
    low: float
    high: float
    origin: str
    rivals: Mapping[str, Alternative] = field(default_factory=lambda: NO_ALTERNATIVES)
    curve: Callable[[Floats], Curve] | None = None
    first: int = 1
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> MedianPlan:
        margin = Margin(0.0, (self.high - self.low) / 2, NO_LAW + self.origin)
        probe = sampling.probe(self.probe, self.looks_at)
        draw = sampling.draws(self.source, probe, bounds(self.statistic))
        return MedianPlan(
            margin=margin,
            first=draw.made_for(self.first * medians.least_draws(rule.first_alpha)),
            draws_of=(draw,),
            chunk=sampling.chunk(self.source),
            region=Region(self.low, self.high, 2 * margin.total),
            whole=sampling.draws(self.source, probe),
        )

    def decide(self, plan: MedianPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        return _decided(self, plan, rule, self.name, reference=(self.low + self.high) / 2)

    def says(self, plan: MedianPlan) -> str:
        what = self.quantity or f"the {self.name}"
        if self.breaks:
            return f"{what} is below {self.low:.4g}" if self.breaks == BELOW else f"{what} is above {self.high:.4g}"
        return f"{what} lies between {self.low:.4g} and {self.high:.4g}"


def _decided(
    statement: MedianRatio | MedianWithin, plan: MedianPlan, rule: Rule, statistic: str, reference: float
) -> Evidence:
    """What both kinds have in common: the decision, the rivals' verdicts and the figure, from the same draws."""
    (draw,), region = plan.draws_of, plan.region
    decided = medians.decide_median(draw, region, first=plan.first, alpha=rule.alpha, looks=rule.looks)
    told = tell(by_draws(statement.rivals, plan.whole), decided, rule, statement.breaks)
    found, found_by = decided.estimate, draw(decided.draws)
    return Evidence(
        statistic=statistic,
        reference=reference,
        decision=decided,
        resolution=of_ratio(found, region) if statement.formula else of_place(found, region),
        absolute=statement.formula is None,
        charged=plan.charged,
        curve=None if statement.curve is None else statement.curve(plan.whole(decided.draws)),
        rivals=told.verdicts,
        reason=told.reason(decided, "; ".join(filter(None, (lost(found_by), between(found_by))))),
    )


def _about_one(ratio: float) -> str:
    """A ratio as what it is beside 1."""
    return f"1 − {1 - ratio:.4g}" if ratio < 1 else f"1 + {ratio - 1:.4g}"
