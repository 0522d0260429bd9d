"""How long a claim's first look would take in a cell."""

from __future__ import annotations

import time

from mfcheck.decisions.statement import Plan


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
