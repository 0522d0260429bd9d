"""`Decider`, which claims call as `decide`: its verbs turn the draws of one cell into a finding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mfcheck.decisions.audit_verbs import AuditVerbs
from mfcheck.decisions.evidence import Breaks, check_side
from mfcheck.decisions.judgement import Judgement, judge_law, judge_ratio, judge_trend, law_curve, trend_curve
from mfcheck.decisions.median_verbs import MedianVerbs
from mfcheck.decisions.plan import Group, Plan, Statistic
from mfcheck.decisions.trial import NOTHING_ELSE
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Finding, Margin
from mfcheck.spec import NetworkSpec
from mfcheck.statistics import laws, means, rates, resolution, signed_means, slopes
from mfcheck.statistics.intervals import left_of
from mfcheck.statistics.means import Tail
from mfcheck.theory import PaperTheory

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen


class Decider(MedianVerbs, AuditVerbs):
    """Decides one claim in one cell; every decision is kept in `findings`.

    References come as functions of the theory, so that the draws can be held against its wrong twins too. `instead`
    names other laws for the same place, for a refutation that is expected: what the draws then must support.
    """

    def law(
        self,
        source: Source,
        *,
        component: int,
        probe: Probe,
        reference: Callable[[PaperTheory], rv_frozen],
        finite_width: Callable[[], float],
        origin: str = "exact distance of the finite-width law to its limit",
        breaks: Breaks = False,
        instead: Mapping[str, Callable[[PaperTheory], rv_frozen]] = NOTHING_ELSE,
    ) -> Finding:
        """Decide that one component of `source` has the theory's law, up to its finite-width distance and δ.

        With `breaks` the statement is that it does not: supported where the distance exceeds that margin.
        """

        def plan() -> Plan:
            level = self.settings.level
            margin = Margin(finite_width(), level.law, f"{origin}; δ of level {level.name}")
            law, draw = reference(self.theory), self._draws(source, probe, lambda values: values[:, component])
            left = left_of(law)
            first = laws.draws_needed_law(
                margin.total, alpha=self._first_alpha, beta=level.beta, distance=margin.finite_width
            )

            def conclude() -> Judgement:
                decided = laws.decide_law(draw, law.cdf, margin.total, first=first, cdf_left=left, **self._rule)
                ordered, share = np.sort(draw(decided.draws)), self._last_alpha(decided)
                return Judgement(
                    statistic="sup-distance of laws",
                    reference=0.0,
                    margin=margin,
                    decision=decided,
                    resolution=None
                    if breaks
                    else resolution.of_law(
                        ordered, law.cdf, margin.total, share, cdf_left=left, mean=float(law.mean())
                    ),
                    curve=law_curve(draw, decided.draws, law),
                    reference_of=None if breaks else reference,
                    judge=lambda other: judge_law(ordered, other, decided.region, share),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan, reference=reference, breaks=breaks, instead=instead)

    def same_law(self, source: Source, *, probe: Probe, times: int = 1) -> Finding:
        """Decide that the columns of `source` (one a network input) all have one law; exact at every width.

        To the level's δ for laws, or so many `times` that where draws are dear.
        """

        def plan() -> Plan:
            level = self.settings.level
            often = f"{times} times " if times > 1 else ""
            margin = Margin(0.0, times * level.law, f"exact at every width; {often}δ of level {level.name}")
            draw, arms = self._draws(source, probe, lambda values: values), len(probe.x)
            first = laws.draws_needed_same_law(margin.total, arms=arms, alpha=self._first_alpha, beta=level.beta)

            def conclude() -> Judgement:
                decided = laws.decide_same_law(draw, margin.total, first=first, **self._rule)
                ordered = np.sort(draw(decided.draws)[:, 0])
                return Judgement(
                    statistic="largest sup-distance between inputs",
                    reference=0.0,
                    margin=margin,
                    decision=decided,
                    resolution=resolution.of_same_law(ordered, margin.total, self._last_alpha(decided) / arms),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan)

    def rate(self, source: Source, *, component: int, probe: Probe) -> Finding:
        """Decide that a property holds in at least the level's share of networks."""

        def plan() -> Plan:
            level = self.settings.level
            margin = Margin(0.0, 1 - level.rate, f"exact at every width; least rate of level {level.name}")
            draw = self._draws(source, probe, lambda values: values[:, component])
            first = rates.draws_needed_rate(level.rate, alpha=self._first_alpha)

            def conclude() -> Judgement:
                decided = rates.decide_rate(draw, level.rate, first=first, **self._rule)
                return Judgement(
                    statistic="share of networks",
                    reference=1.0,
                    margin=margin,
                    decision=decided,
                    resolution=resolution.of_rate(decided.draws, level.rate, self._last_alpha(decided)),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan)

    def mean_ratio(
        self,
        source: Source,
        *,
        statistic: Statistic,
        probe: Probe,
        reference: Callable[[PaperTheory], float],
        tail: Callable[[], Tail],
        finite_width: Callable[[], float] | None = None,
        signed: bool = False,
        delta: float | None = None,
        breaks: Breaks = False,
        instead: Mapping[str, Callable[[PaperTheory], float]] = NOTHING_ELSE,
    ) -> Finding:
        """Decide that the mean of a statistic of `source`, not negative unless `signed`, over the theory's value is 1.

        Exactly at every width, to the level's finer δ; with `finite_width`, the exact relative distance there to a
        limit law, to its δ for ratios (give 0 where the law is exact but draws are dear), or to `delta`. `tail` is what
        is granted of the statistic's law, and is named in the margin's origin. With
        `breaks` it must not be 1, and the word says on which side: "above" or "below".
        """

        def plan() -> Plan:
            check_side(breaks)
            level, value = self.settings.level, reference(self.theory)
            granted = tail()
            off = 0.0 if finite_width is None else finite_width()
            bias = abs(off)
            allowed = delta if delta is not None else level.exact if finite_width is None else level.ratio
            kind = "exact at every width" if bias == 0 else "exact finite-width distance to the limit"
            origin = f"{kind}; δ of level {level.name}; granted E X⁴/(E X)⁴ ≤ {granted.fourth:.4g}"
            margin = Margin(bias, allowed, origin)
            draw = self._draws(source, probe, statistic)
            rule = signed_means if signed else means
            if signed:  # its tail is granted in units of the reference, not of the mean itself
                true = reference(PaperTheory()) * (1 + off) / value
                granted = Tail(granted.second * true**2, granted.fourth * true**4)
            first = rule.draws_needed_mean_ratio(
                margin.total,
                tail=granted,
                alpha=self._first_alpha,
                beta=level.beta,
                ratio=1 + bias,
            )

            def conclude() -> Judgement:
                decided = rule.decide_mean_ratio(draw, value, margin.total, tail=granted, first=first, **self._rule)
                return Judgement(
                    statistic="ratio to the theory",
                    reference=1.0,
                    margin=margin,
                    decision=decided,
                    resolution=None if breaks else resolution.of_ratio(decided.estimate, margin.total),
                    reference_of=None if breaks else reference,
                    judge=lambda other: judge_ratio(decided, value, other),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan, reference=reference, breaks=breaks, instead=instead)

    def negligible(
        self,
        source: Source,
        *,
        statistic: Statistic,
        probe: Probe,
        scale: Callable[[PaperTheory], float],
        tail: Callable[[], Tail],
        instead: Mapping[str, Callable[[PaperTheory], float]] = NOTHING_ELSE,
    ) -> Finding:
        """Decide that the mean of a statistic, of either sign, is 0 beside a scale of the theory's, to the level's δ.

        `instead` are other values for their ratio; `tail` grants its moments in units of the scale.
        """

        def plan() -> Plan:
            level, unit, granted = self.settings.level, scale(self.theory), tail()
            origin = f"none: stated as 0; δ of level {level.name}; granted E X⁴ ≤ {granted.fourth:.4g} units"
            margin, draw = Margin(0.0, level.ratio, origin), self._draws(source, probe, statistic)
            first = signed_means.draws_needed_mean_ratio(
                margin.total, tail=granted, alpha=self._first_alpha, beta=level.beta
            )

            def conclude() -> Judgement:
                decided = signed_means.decide_mean_ratio(
                    draw, unit, margin.total, tail=granted, first=first, centre=0.0, **self._rule
                )
                return Judgement(
                    statistic="ratio to the theory's scale",
                    reference=0.0,
                    margin=margin,
                    decision=decided,
                    resolution=None,
                    judge=lambda other: judge_trend(decided, other),
                )

            return Plan(margin, first, (draw,), self._chunk(source), conclude)

        return self._record(plan, instead=instead)

    def slope(
        self,
        source: Source,
        groups: Sequence[Group],
        *,
        probe: Probe,
        x_label: str,
        curve: Callable[[PaperTheory, NetworkSpec], float],
        exact: bool = False,
    ) -> Finding:
        """Decide that log E statistic against x rises as the theory's `curve` does, by its least-squares slope.

        The groups' exact means give the finite-width distance of slopes, unless the law is `exact` at every width.
        """

        x = [group.x for group in groups]
        weights = slopes.slope_weights(x)

        def rises(values: Sequence[float]) -> float:
            return math.fsum(w * math.log(value) for w, value in zip(weights, values, strict=True))

        def reference(theory: PaperTheory) -> float:
            return rises([curve(theory, group.spec) for group in groups])

        def plan() -> Plan:
            level = self.settings.level
            target, means = reference(self.theory), [group.mean for group in groups]
            # The slope itself is what a twin of the theory can move; how far width moves it is the paper's formula's.
            bias = 0.0 if exact else abs(rises(means) - rises([curve(PaperTheory(), group.spec) for group in groups]))
            kind = "exact at every width" if exact else "slope of the exact finite-width law"
            margin = Margin(bias, level.slope, f"{kind}; δ of level {level.name}")
            shape = slopes.Trend(weights, True, tuple(group.tail for group in groups), tuple(means))
            first = slopes.draws_needed_trend(
                shape, margin.total, alpha=self._first_alpha, beta=level.beta, distance=margin.finite_width
            )
            draws_of = [self._draws(source, probe, group.statistic, group.spec) for group in groups]
            predicted = [curve(self.theory, group.spec) for group in groups]

            def conclude() -> Judgement:
                decided = slopes.decide_trend(draws_of, shape, target, margin.total, first=first, **self._rule)
                return Judgement(
                    statistic="slope of the logarithm",
                    reference=target,
                    margin=margin,
                    decision=decided,
                    resolution=resolution.of_slope(decided.estimate, target, margin.total),
                    curve=trend_curve(x_label, x, [draw(decided.draws) for draw in draws_of], predicted, means),
                    reference_of=reference,
                    judge=lambda other: judge_trend(decided, other),
                )

            return Plan(margin, first, tuple(draws_of), self._chunk(source), conclude)

        return self._record(plan, reference=reference)
