"""Timings of works that run in turn, so that a busy machine slows them all alike."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture

Work = Callable[[], object]
MOST = 10


def seconds_of(work: Work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def within(most: float) -> Callable[[float, float], bool]:
    """Whether a work takes at most so many times as long as another."""
    return lambda seconds, theirs: seconds <= most * theirs


def interleaved(
    benchmark: BenchmarkFixture, work: Work, *others: Work, rounds: int, kept: Callable[..., bool]
) -> tuple[float, ...]:
    """The least seconds of each work; in every round all of them run in turn, so that a busy machine slows all.

    Where these do not keep what the test asks, rounds go on until they do, to ten times as many in all: what disturbs a
    machine only adds, so a work that is within its bound is seen to be, and one that is not fails after all of them.
    """
    times: list[list[float]] = [[] for _ in others]

    def before() -> None:
        for taken, other in zip(times, others, strict=True):
            taken.append(seconds_of(other))

    benchmark.pedantic(work, setup=before, rounds=rounds)
    ours = benchmark.stats.stats.data  # its least is not asked of it while rounds go on: it is reckoned but once
    for _ in range((MOST - 1) * rounds):
        if kept(min(ours), *map(min, times)):
            break
        before()
        benchmark.stats.update(seconds_of(work))
    return (min(ours), *map(min, times))
