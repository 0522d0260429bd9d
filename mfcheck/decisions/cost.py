"""What a claim's first look would draw in a cell, and how long that takes, without drawing it."""

from __future__ import annotations

import time

from mfcheck.decisions.decide import Decider
from mfcheck.decisions.judgement import Judgement
from mfcheck.decisions.plan import Plan
from mfcheck.verdict import NotCovered


class Planner(Decider):
    """A decider that lays out every decision of a cell and stops before it would draw."""

    plan: Plan

    def carry_out(self, plan: Plan) -> Judgement:
        if not hasattr(self, "plan"):
            self.plan = plan
        raise NotCovered("planned, not drawn")


def seconds_needed(plan: Plan) -> float:
    """Time for the first look's draws, from the time of a single chunk of each group."""
    size = plan.chunk
    total = 0.0
    for draw in plan.draws_of:
        draw(1)  # data sets and libraries are loaded now
        start = time.perf_counter()
        draw(size + 1)  # the second chunk: the first is kept
        total += time.perf_counter() - start
    return total * -(-plan.first // size)
