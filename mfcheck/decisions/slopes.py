"""Statements about trends over groups of networks: how the logarithm of a mean, or of a median, rises."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mfcheck.arrays import Floats
from mfcheck.decisions.means import judge_place, places_beside
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import Statistic, numbers
from mfcheck.decisions.statement import Breaks, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings import series
from mfcheck.findings.finding import Curve, Margin
from mfcheck.spec import NetworkSpec
from mfcheck.statistics import resolution, slopes
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.theory import PaperTheory
from mfcheck.verdict import NotCovered, Verdict

SKETCHED = 256
"""Draws that tell the rough scale of a mean."""
NAME = "sketch of means"
"""What names their seed."""


@dataclass(frozen=True, eq=False)
class Group:
    """One group of a trend: its network, what is averaged there, and the exact law's mean and tail."""

    x: float
    spec: NetworkSpec
    statistic: Statistic
    mean: float
    tail: Tail


@dataclass(frozen=True, eq=False, kw_only=True)
class TrendPlan(Plan):
    """A plan with the combination of the groups' means that is decided."""

    shape: slopes.Trend


@dataclass(frozen=True, eq=False, kw_only=True)
class Slope(Statement[TrendPlan]):
    """log E statistic against x rises as the theory's `curve` does, by its least-squares slope.

    The groups' exact means give the finite-width distance of slopes, unless the law is `exact` at every width. To the
    level's δ for slopes, or to `delta`, or so many `times` that where draws are dear.
    """

    two_sided = of_logarithms = True
    source: Source = field(kw_only=False)
    groups: Sequence[Group] = field(kw_only=False)
    x_label: str
    curve: Callable[[PaperTheory, NetworkSpec], float]
    exact: bool = False
    delta: float | None = None
    times: int = 1
    probe: Probe | None = None

    @property
    def formula(self) -> Formula:
        return lambda theory: self._rise(self._at(theory))

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> TrendPlan:
        level, target, means = rule.level, self._rise(self._at(theory)), [group.mean for group in self.groups]
        # The slope itself is what a twin of the theory can move; how far width moves it is the paper's formula's.
        bias = 0.0 if self.exact else abs(self._rise(means) - self._rise(self._at(PaperTheory())))
        kind = "exact at every width" if self.exact else "slope of the exact finite-width law"
        delta = level.slope if self.delta is None else self.delta
        margin = Margin(bias, self._checked(self.times * delta), f"{kind}; {level.delta_told(self.times)}")
        tails = tuple(group.tail for group in self.groups)
        shape = slopes.Trend(self._weights, True, tails, tuple(means))
        first = slopes.draws_needed_trend(
            shape, margin.total, alpha=rule.first_alpha, beta=level.beta, distance=margin.finite_width
        )
        draws_of = _draws_of(self.groups, self.source, sampling.probe(self.probe, self.looks_at), sampling)
        chunk = sampling.chunk(self.source)
        return TrendPlan(margin=margin, first=first, draws_of=draws_of, chunk=chunk, target=target, shape=shape)

    def decide(self, plan: TrendPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        target, margin = plan.target, plan.margin.total
        decided = slopes.decide_trend(
            plan.draws_of, plan.shape, target, margin, first=plan.first, alpha=rule.alpha, looks=rule.looks
        )
        values = [draw(decided.draws) for draw in plan.draws_of]
        means = [group.mean for group in self.groups]
        return Evidence(
            statistic="slope of the logarithm",
            reference=target,
            decision=decided,
            resolution=resolution.of_place(decided.estimate, decided.region),
            absolute=True,
            curve=trend_curve(self.x_label, [group.x for group in self.groups], values, self._at(theory), means),
        )

    def says(self, plan: TrendPlan) -> str:
        return says_slope(f"log E[{self.quantity or self.source.name}]", self.x_label, self.breaks, plan)

    def judge(self, other: float, plan: TrendPlan, evidence: Evidence) -> Verdict:
        return judge_place(evidence.decision, other)

    def twins_of(self, other: float) -> tuple[float, ...]:
        return places_beside(other)

    @property
    def _weights(self) -> tuple[float, ...]:
        return slopes.slope_weights([group.x for group in self.groups])

    def _at(self, theory: PaperTheory) -> list[float]:
        return [self.curve(theory, group.spec) for group in self.groups]

    def _rise(self, values: Sequence[float]) -> float:
        return rise(self._weights, values)


@dataclass(frozen=True, eq=False, kw_only=True)
class Steady(Statement[TrendPlan]):
    """log E statistic is affine in x: the slope in each half is that of the whole, up to so many `times` the level's δ.

    Three groups at equal distances, whose means need not be known: a sketch of them, with a seed of its own, plans the
    truncation, which so knows nothing of what it cuts. The slope's own interval, at the same error rate, is told as the
    growth `unit`.
    """

    two_sided = True
    source: Source = field(kw_only=False)
    groups: Sequence[Group] = field(kw_only=False)
    x_label: str
    unit: str
    times: int = 1
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> TrendPlan:
        level, x = rule.level, [group.x for group in self.groups]
        if len(x) != 3 or not (half := x[1] - x[0]) > 0 or not math.isclose(x[2] - x[1], half):
            raise ValueError(f"steadiness needs three groups at equal distances, the smaller first, got them at {x}")
        bend = (0.5 / half, -1 / half, 0.5 / half)  # a half's slope less the whole's
        origin = f"the same in every layer; {level.delta_told(self.times)}"
        margin = Margin(0.0, self.times * level.slope, origin)
        probe = sampling.probe(self.probe, self.looks_at)
        draws_of = _draws_of(self.groups, self.source, probe, sampling)
        sketches = [
            sampling.pilot(self.source, probe, numbers(one.statistic), SKETCHED, one.spec, NAME) for one in self.groups
        ]
        scales = tuple(float(sketch.mean()) for sketch in sketches)
        if not all(scales):
            count = len(sketches[scales.index(0.0)])
            raise NotCovered(f"the statistic is 0 in all of {count} networks, so that it does not grow")
        shape = slopes.Trend(bend, True, tuple(group.tail for group in self.groups), scales)
        first = slopes.draws_needed_trend(shape, margin.total, alpha=rule.first_alpha, beta=level.beta)
        chunk = sampling.chunk(self.source)
        return TrendPlan(margin=margin, first=first, draws_of=draws_of, chunk=chunk, target=0.0, shape=shape)

    def decide(self, plan: TrendPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        x, draws_of, margin = [group.x for group in self.groups], plan.draws_of, plan.margin.total
        decided = slopes.decide_trend(
            draws_of, plan.shape, 0.0, margin, first=plan.first, alpha=rule.alpha, looks=rule.looks
        )
        slope = slopes.Trend(slopes.slope_weights(x), True, plan.shape.tails, plan.shape.scales)
        share = rule.last_alpha(decided)
        grown = slopes.decide_trend(draws_of, slope, 0.0, margin, alpha=share, first=decided.draws, looks=1).estimate
        low, value, high = (math.exp(one) for one in (grown.low, grown.value, grown.high))
        values = [draw(decided.draws) for draw in draws_of]
        means = [math.fsum(one) / len(one) for one in values]
        return Evidence(
            statistic="slope of the logarithm in a half less the whole's",
            reference=0.0,
            decision=decided,
            resolution=resolution.of_place(decided.estimate, decided.region),
            absolute=True,
            curve=trend_curve(self.x_label, x, values, means, means),
            reason=f"{self.unit} estimated as {value:.4g}, interval [{low:.4g}, {high:.4g}]",
        )

    def says(self, plan: TrendPlan) -> str:
        what = f"log E[{self.quantity or self.source.name}]"
        bent = "is another than" if self.breaks else "is"
        return f"the slope of {what} against {self.x_label} in each half {bent} the whole's ± {plan.margin.total:.4g}"


def trend_curve(
    x_label: str, x: Sequence[float], groups: Sequence[Floats], predicted: Sequence[float], exact: Sequence[float]
) -> Curve:
    """The groups' means against x, beside the theory's and the exact ones."""
    return Curve(
        kind=series.TREND,
        x_label=x_label,
        x=tuple(x),
        measured=tuple(float(values.mean()) for values in groups),
        predicted=tuple(predicted),
        exact=tuple(exact),
        draws=len(groups[0]),
    )


def _draws_of(groups: Sequence[Group], source: Source, probe: Probe, sampling: Sampling) -> tuple[Draw, ...]:
    return tuple(sampling.draws(source, probe, numbers(group.statistic), group.spec) for group in groups)


def rise(weights: Sequence[float], values: Sequence[float]) -> float:
    """The least-squares slope of the values' logarithms."""
    return math.fsum(w * math.log(value) for w, value in zip(weights, values, strict=True))


def says_slope(what: str, x_label: str, breaks: Breaks, plan: Plan, shift: float = 0.0) -> str:
    where, theirs = f"the slope of {what} against {x_label}", f"the theory's {plan.target:.4g}"
    if shift:
        theirs += f", moved by {shift:.4g} as is known at these sizes,"
    if breaks:
        return f"{where} lies {breaks} {theirs} by more than {plan.margin.total:.4g}"
    return f"{where} is {theirs} ± {plan.margin.total:.4g}"
