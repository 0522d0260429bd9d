"""Verbs for audits of unknown architectures: facts, and trends for which the theory gives no slope."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mfcheck.decisions.judgement import Judgement, trend_curve
from mfcheck.decisions.plan import Group, Plan
from mfcheck.decisions.trial import Bench
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.findings.finding import Finding, Margin
from mfcheck.statistics import slopes
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.verdict import NotCovered, Verdict

SKETCHED = 256
"""Draws that tell the rough scale of a mean."""


class AuditVerbs(Bench):
    """The verbs `fact` and `steady`."""

    def fact(self, problem: str, *, name: str) -> Finding:
        """Record what was looked up rather than sampled: it holds where there is no problem, else with that reason."""

        def conclude() -> Judgement:
            value = 0.0 if problem else 1.0
            verdict = Verdict.REFUTED if problem else Verdict.SUPPORTED
            decided = Decision(verdict, Estimate(value, value, value), Region(1.0, 1.0, 0.0), 1, 1, 0.0)
            return Judgement(name, 1.0, margin, decided, None, reason=problem)

        margin = Margin(0.0, 0.0, "looked up, not sampled")
        return self._record(lambda: Plan(margin, 1, (), 1, conclude))

    def steady(self, source: Source, groups: Sequence[Group], *, probe: Probe, x_label: str, unit: str) -> Finding:
        """Decide that log E statistic is affine in x: the slope in each half is that of the whole, up to the level's δ.

        Three groups at equal distances, whose means need not be known: a sketch of them plans the
        truncation. The slope's own interval, at the same error rate, is told as the growth `unit`.
        """

        def plan() -> Plan:
            level, x = self.settings.level, [group.x for group in groups]
            half = x[1] - x[0]
            bend = (0.5 / half, -1 / half, 0.5 / half)  # a half's slope less the whole's
            margin = Margin(0.0, level.slope, f"the same in every layer; δ of level {level.name}")
            draws_of = [self._draws(source, probe, group.statistic, group.spec) for group in groups]
            tails = tuple(group.tail for group in groups)
            scales = tuple(float(draw(SKETCHED).mean()) for draw in draws_of)
            if not all(scales):
                raise NotCovered(f"the statistic is 0 in all of {SKETCHED} networks, so that it does not grow")
            shape = slopes.Trend(bend, True, tails, scales)
            first = slopes.draws_needed_trend(shape, margin.total, alpha=self._first_alpha, beta=level.beta)

            def conclude() -> Judgement:
                decided = slopes.decide_trend(draws_of, shape, 0.0, margin.total, first=first, **self._rule)
                slope = slopes.Trend(slopes.slope_weights(x), True, tails, scales)
                share = self._last_alpha(decided)
                grown = slopes.decide_trend(
                    draws_of, slope, 0.0, margin.total, alpha=share, first=decided.draws, looks=1
                ).estimate
                low, value, high = (math.exp(one) for one in (grown.low, grown.value, grown.high))
                values = [draw(decided.draws) for draw in draws_of]
                means = [math.fsum(one) / len(one) for one in values]
                return Judgement(
                    statistic="slope of the logarithm in a half less the whole's",
                    reference=0.0,
                    margin=margin,
                    decision=decided,
                    resolution=margin.total,
                    curve=trend_curve(x_label, x, values, means, means),
                    reason=f"{unit} estimated as {value:.4g}, interval [{low:.4g}, {high:.4g}]",
                )

            return Plan(margin, first, tuple(draws_of), self._chunk(source), conclude)

        return self._record(plan)
