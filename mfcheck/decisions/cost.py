"""How long a claim's first look would take in a cell, from a chunk of draws, or a few steps of a chunk that trains."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from torch.utils.flop_counter import FlopCounterMode

from mfcheck import progress
from mfcheck.decisions.sampling import once
from mfcheck.decisions.statement import Plan
from mfcheck.progress import Progress
from mfcheck.statistics.sample_sizes import Draw

STEPS, LONG = 6, 1.0
"""Of a longer count of steps so many are timed, fewer once they have taken so many seconds, but two at least."""


@dataclass(frozen=True)
class Cost:
    """Seconds on one core, and floating-point operations of matrix products where whole trainings are drawn, else 0."""

    seconds: float
    flop: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.flop + other.flop)

    def __mul__(self, times: float) -> Cost:
        return Cost(self.seconds * times, self.flop * times)


def seconds_needed(plan: Plan) -> float:
    """Time for the first look's draws."""
    return cost_of(plan).seconds


def cost_of(plan: Plan) -> Cost:
    """What the first look's draws cost, from one chunk of each group."""
    chunks = -(-plan.first // plan.chunk)
    total = Cost(0.0)
    for draw, times in map(once, plan.draws_of):
        total += _of_a_chunk(draw, plan.chunk) * (chunks * times)
    return total


def seconds_of_first(draw: Draw) -> float:
    """Time for the first chunk of draws, with what it loads; of one that trains, at the pace of its first steps."""
    start = time.process_time()
    paced = _paced(draw)
    return paced.seconds if paced else time.process_time() - start


class _EnoughError(Exception):
    """Raised out of a training whose pace is known."""


@dataclass(eq=False)
class _Pace:
    """Listens to a training's progress and ends it once its pace is known."""

    marks: list[float] = field(default_factory=list)
    total: int = 0

    def __call__(self, now: Progress) -> None:
        if not now.total:
            return
        if not self.marks:
            self.total = now.total
        self.marks.append(time.perf_counter())
        steps = len(self.marks) - 1
        long = self.marks[-1] - self.marks[0] >= LONG
        if now.done < now.total and steps < self.total and (steps >= STEPS or (long and steps >= 2)):
            raise _EnoughError

    @property
    def seconds(self) -> float:
        """What all steps take, at the pace of the last ones: the first one loads and warms up."""
        return (self.marks[-1] - self.marks[1]) / (len(self.marks) - 2) * self.total


def _paced(draw: Draw) -> _Pace | None:
    """Draw the first chunk, or see at what pace it trains and leave it there."""
    pace = _Pace()
    try:
        with progress.shown(pace):
            draw(1)
    except _EnoughError:
        return pace
    return None


def _of_a_chunk(draw: Draw, size: int) -> Cost:
    """What one chunk costs: the second of two, or the steps that one would take."""
    if pace := _paced(draw):  # data sets and libraries are loaded now
        return Cost(pace.seconds, _products(draw) * pace.total)
    start = time.perf_counter()
    draw(size + 1)  # the first chunk is kept
    return Cost(time.perf_counter() - start)


def _products(draw: Draw) -> float:
    """The operations of matrix products in one step of a chunk that trains."""
    counted: list[int] = []

    def listen(now: Progress) -> None:
        if now.total:
            counted.append(counter.get_total_flops())
        if len(counted) == 2:
            raise _EnoughError

    counter = FlopCounterMode(display=False)
    try:
        with counter, progress.shown(listen):
            draw(1)
    except _EnoughError:
        return float(counted[1] - counted[0])
    return math.nan
