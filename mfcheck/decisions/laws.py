"""Statements about laws: a component has the theory's law, or all inputs share one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.finite_sizes import papers_law
from mfcheck.decisions.sampling import Sampling
from mfcheck.decisions.shapes import columns, numbers
from mfcheck.decisions.statement import ABOVE, TWIN, Evidence, Formula, Plan, Rule, Statement
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings import series
from mfcheck.findings.finding import Curve, Margin
from mfcheck.statistics import laws, resolution
from mfcheck.statistics.intervals import dkw_half_width, left_of
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Region
from mfcheck.theory import PaperTheory
from mfcheck.theory.mixtures import Mixture
from mfcheck.theory.reshaped import Times
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

CURVE_DRAWS = 10_000
"""Draws that make the figure of a law: as many as in the paper's first experiment."""
CURVE_POINTS = 201
WHERE = np.linspace(-4.0, 4.0, 161)
"""Where laws are compared, in standard deviations."""


@dataclass(frozen=True, eq=False)
class LawPlan(Plan):
    """A plan with what the width makes of a limit's law, as the paper's is, where that is known."""

    mixture: Mixture | None = None
    papers: Any = None

    def here(self, law: Any) -> Any:
        """A limit's law at this width; one that says what the width makes of the paper's is taken as it is."""
        if self.mixture is None:
            return law
        if self.papers is not None:
            at = math.sqrt(self.papers.var()) * WHERE
            said, limit, here = (np.asarray(one.cdf(at)) for one in (law, self.papers, self.mixture.of(self.papers)))
            if np.abs(said - here).max() < np.abs(said - limit).max():
                return law
        return self.mixture.of(law)


@dataclass(frozen=True, eq=False, kw_only=True)
class Law(Statement[LawPlan]):
    """One component of `source` has the theory's law, up to its finite-width distance and the level's δ.

    Or so many `times` δ where draws are dear. `at_width`, where it is known, makes the law at this width of a limit's,
    and takes that distance; what was measured of it errs at a rate `charged`. With `breaks` the statement is that it
    does not: supported where the distance is beyond that margin; the first look is to see one that is so by `room`.
    """

    fails = ABOVE
    source: Source = field(kw_only=False)
    component: int
    reference: Callable[[PaperTheory], rv_frozen]
    finite_width: Callable[[], float]
    origin: str = "exact distance of the finite-width law to its limit"
    at_width: Callable[[], Mixture] | None = None
    charged: float = 0.0
    times: int = 1
    room: float | None = None
    probe: Probe | None = None

    @property
    def formula(self) -> Formula:
        return self.reference

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> LawPlan:
        level = rule.level
        margin = Margin(self.finite_width(), self.times * level.law, f"{self.origin}; {level.delta_told(self.times)}")
        mixture = None if self.at_width is None else self.at_width()
        law = self._law(theory)
        probe = sampling.probe(self.probe, self.looks_at)
        draw = sampling.draws(self.source, probe, numbers(lambda values: values[:, self.component]))
        chances = {"alpha": rule.first_alpha, "beta": level.beta}
        if self.breaks and self.room is not None:
            first = laws.draws_to_leave_law(self.room, **chances)
        else:
            first = laws.draws_needed_law(margin.total, distance=margin.finite_width, **chances)
        papers = None if mixture is None else papers_law(self.reference)
        return LawPlan(margin, first, (draw,), sampling.chunk(self.source), law, mixture, papers)

    def decide(self, plan: LawPlan, theory: PaperTheory, rule: Rule) -> Evidence:
        law, (draw,), margin = plan.here(plan.target), plan.draws_of, plan.margin.total
        left = left_of(law)
        decided = laws.decide_law(
            draw, law.cdf, margin, first=plan.first, cdf_left=left, alpha=rule.alpha, looks=rule.looks
        )
        ordered, alpha = np.sort(draw(decided.draws)), rule.last_alpha(decided)
        return Evidence(
            statistic="sup-distance of laws",
            reference=0.0,
            decision=decided,
            resolution=resolution.of_law(ordered, law.cdf, margin, alpha, cdf_left=left, mean=_middle(law)),
            absolute=bool(self.breaks),
            last_alpha=alpha,
            draws=ordered,
            curve=law_curve(draw, decided.draws, law),
            charged=self.charged,
        )

    def says(self, plan: LawPlan) -> str:
        what, theirs = self.quantity or self.source.name, "the theory's" + (" at this width" if plan.mixture else "")
        if self.breaks:
            return f"the law of {what} is farther than {plan.margin.total:.4g} from {theirs}, in sup-distance"
        return f"the law of {what} is {theirs} up to a sup-distance of {plan.margin.total:.4g}"

    def judge(self, other: rv_frozen, plan: LawPlan, evidence: Evidence) -> Verdict:
        return judge_law(evidence.draws, plan.here(other), evidence.decision.region, evidence.last_alpha)

    def twins_of(self, other: rv_frozen) -> tuple[Times, ...]:
        # TWIN alone moves a normal law by 0.05 in sup-distance, which finite widths do too.
        return Times(other, TWIN**2), Times(other, TWIN**-2)


@dataclass(frozen=True, eq=False, kw_only=True)
class SameLaw(Statement[Plan]):
    """The columns of `source` (one a network input) all have one law; exact at every width.

    To the level's δ for laws, or so many `times` that where draws are dear.
    """

    fails = ABOVE
    source: Source = field(kw_only=False)
    times: int = 1
    probe: Probe | None = None

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> Plan:
        level, probe = rule.level, sampling.probe(self.probe, self.looks_at)
        margin = Margin(0.0, self.times * level.law, f"exact at every width; {level.delta_told(self.times)}")
        arms = len(probe.x)
        first = laws.draws_needed_same_law(margin.total, arms=arms, alpha=rule.first_alpha, beta=level.beta)
        draw = sampling.draws(self.source, probe, columns(np.asarray, arms))
        return Plan(margin, first, (draw,), sampling.chunk(self.source), arms)

    def decide(self, plan: Plan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), arms, margin = plan.draws_of, plan.target, plan.margin.total
        decided = laws.decide_same_law(draw, margin, first=plan.first, alpha=rule.alpha, looks=rule.looks)
        ordered = np.sort(draw(decided.draws)[:, 0])
        return Evidence(
            statistic="largest sup-distance between inputs",
            reference=0.0,
            decision=decided,
            resolution=resolution.of_same_law(ordered, margin, rule.last_alpha(decided) / arms),
            absolute=bool(self.breaks),
        )

    def says(self, plan: Plan) -> str:
        differ = "differ somewhere by more than" if self.breaks else "are one up to"
        what = self.quantity or self.source.name
        return f"the laws of {what} at all {plan.target} inputs {differ} a sup-distance of {plan.margin.total:.4g}"


def judge_law(ordered: Floats, law: rv_frozen | Times, region: Region, alpha: float) -> Verdict:
    """The verdict of sorted draws on a law; one of no spread, or that is no law, is refuted by draws that have one."""
    if law.var() == 0:
        return Verdict.REFUTED
    # A few thousand ranks bound the distance from below: most wrong laws need no more, and there are many of them.
    rank, left = np.arange(0, len(ordered), max(1, len(ordered) // 2000)), left_of(law)
    some = ordered[rank]
    with np.errstate(divide="ignore", invalid="ignore"):  # of scipy's laws of scale 0
        at = law.cdf(some)
    if np.isnan(at).any():
        return Verdict.REFUTED
    below = at if left is None else left(some)
    count, band = len(ordered), dkw_half_width(len(ordered), alpha)
    apart = max(np.max((rank + 1) / count - at), np.max(below - rank / count))
    if apart - band > region.high:
        return Verdict.REFUTED
    # Between two of the ranks both functions rise, so the distance is no more than across them.
    after = np.append(rank[1:], count)
    most = max(np.max(after / count - at), np.max(np.append(at[1:], 1.0) - rank / count), below[0])
    if most + band <= region.high and band <= region.margin / 2:
        return Verdict.SUPPORTED
    return region.judge(laws.estimate_law(ordered, law.cdf, alpha, cdf_left=left))


def _middle(law: rv_frozen) -> float:
    """The mean of a law, or the median of one that has none, as Cauchy's."""
    mean = float(law.mean())
    return mean if math.isfinite(mean) else float(law.ppf(0.5))


def law_curve(draw: Draw, draws: int, law: rv_frozen) -> Curve:
    """The distribution function of the first draws at a few hundred ranks, beside the law's and its quantiles."""
    shown = min(CURVE_DRAWS, draws)
    ordered = np.sort(draw(shown))
    rank = np.unique(np.linspace(0, shown - 1, CURVE_POINTS).round().astype(int))
    x = ordered[rank]
    return Curve(
        kind=series.LAW,
        x_label="x",
        x=tuple(x.tolist()),
        measured=tuple((np.searchsorted(ordered, x, "right") / shown).tolist()),
        predicted=tuple(np.asarray(law.cdf(x)).tolist()),
        exact=tuple(np.asarray(law.ppf((rank + 0.5) / shown)).tolist()),
        draws=shown,
    )
