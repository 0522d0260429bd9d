"""Statements that several arms of one draw have one median, where draws are too dear to compare whole laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.sampling import Sampling, check_moves
from mfcheck.decisions.shapes import Statistic, columns
from mfcheck.decisions.statement import ABOVE, Evidence, Plan, Rule, Statement
from mfcheck.ensembles.samples import Source
from mfcheck.findings.finding import Margin
from mfcheck.statistics import medians, resolution
from mfcheck.statistics.sequential import Estimate, Region, decide
from mfcheck.theory import PaperTheory

PILOT, NAME = 24, "pilot of medians"
"""Draws that tell how far the arms spread, and what names their seed."""


SURE = 2 * 1.2533 * 2**0.5
"""Two standard deviations of the difference between two medians of n normal draws, in units of one draw's over √n."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SameMedian(Statement[Plan]):
    """The arms of a positive statistic `[n, arms]`, one a network input, have one median, up to a factor.

    As they have where they have one law. Refuted beyond 1 + δ, and supported up to (1 + δ)²: between the two either is
    true, so that no network whose arms are near a factor 1 + δ apart takes draws without end. Every arm's interval of
    order statistics errs at its share of the rate.
    """

    fails = ABOVE
    source: Source = field(kw_only=False)
    statistic: Statistic
    delta: float

    def plan(self, theory: PaperTheory, rule: Rule, sampling: Sampling) -> Plan:
        probe = sampling.probe(None, self.looks_at)
        arms, near = len(probe.x), math.log1p(self._checked(self.delta))
        if arms < 2:
            raise ValueError("equality of medians needs at least two inputs to look at, got 1")
        statistic = columns(self.statistic, arms)
        pilot = sampling.pilot(self.source, probe, statistic, PILOT, name=NAME)
        check_moves(pilot, self.quantity)
        spread = max(medians.spread_of(pilot[:, arm]) for arm in range(arms))
        centres = np.log(np.median(pilot, axis=0))
        past = float(centres.max() - centres.min()) - near
        # To pass one of the two ends, half of the way by the interval of each arm; the pilot's own error is no way.
        error = SURE * spread / math.sqrt(PILOT)
        room = max(past - error, near - past - error, near / 2)
        alpha, beta = rule.first_alpha / arms, rule.level.beta / arms
        first = medians.draws_to_leave(room / 2, spread=spread, alpha=alpha, beta=beta)
        origin = f"exact at every width; refuted beyond δ = {self.delta:.3g}, to which so dear draws are planned"
        draw = sampling.draws(self.source, probe, statistic)
        return Plan(Margin(0.0, 2 * near, origin), first, (draw,), sampling.chunk(self.source), arms)

    def decide(self, plan: Plan, theory: PaperTheory, rule: Rule) -> Evidence:
        (draw,), arms, margin = plan.draws_of, plan.target, plan.margin.total

        def look(draws: int, share: float) -> Estimate:
            values: Floats = draw(draws)
            return _apart([medians.estimate_median(values[:, arm], share / arms) for arm in range(arms)])

        region = Region(0.0, margin, 2 * margin, refutes_above=margin / 2)
        decided = decide(look, region, alpha=rule.alpha, first=plan.first, looks=rule.looks)
        return Evidence(
            statistic="largest logarithm of a ratio of medians between inputs",
            reference=0.0,
            decision=decided,
            resolution=resolution.of_place(decided.estimate, region),
            absolute=True,
        )

    def says(self, plan: Plan) -> str:
        what = self.quantity or self.source.name
        where = f"the medians of {what} at all {plan.target} inputs"
        if self.breaks:
            return f"{where} differ somewhere by more than a factor {1 + self.delta:.4g}"
        return f"{where} are one up to a factor {(1 + self.delta) ** 2:.4g}"


def _apart(found: Sequence[Estimate]) -> Estimate:
    """The largest logarithm of a ratio between two of the medians."""
    logs = [[math.log(max(end, medians.LARGEST**-0.5)) for end in (one.value, one.low, one.high)] for one in found]
    pairs = list(permutations(logs, 2))
    return Estimate(
        max(one[0] - other[0] for one, other in pairs),
        max(0.0, *(one[1] - other[2] for one, other in pairs)),
        max(one[2] - other[1] for one, other in pairs),
    )
