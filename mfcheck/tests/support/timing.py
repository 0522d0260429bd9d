"""Timings of works that run in turn, so that a busy machine slows them all alike."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture
from scipy.stats import binomtest

Work = Callable[[], object]
Clock = Callable[[], float]
MOST = 10
ERROR = 0.01  # the chance that works fail which keep their bound in half of all rounds


def seconds_of(work: Work, clock: Clock = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


def within(most: float) -> Callable[[float, float], bool]:
    """Whether a work takes at most so many times as long as another."""
    return lambda seconds, theirs: seconds <= most * theirs


def shown_slower(kept_rounds: int, rounds: int) -> bool:
    """Whether so few of the rounds keep a bound that works which keep it in half of theirs would seldom have so few."""
    return bool(binomtest(kept_rounds, rounds, 0.5, alternative="less").pvalue < ERROR)


def interleaved(
    benchmark: BenchmarkFixture,
    work: Work,
    *others: Work,
    rounds: int,
    kept: Callable[..., bool],
    clock: Clock = time.perf_counter,
) -> tuple[float, ...]:
    """The least seconds of each work; in every round all of them run in turn, so that a busy machine slows all.

    Where these do not keep what the test asks, rounds go on until they do, to ten times as many in all: what disturbs a
    machine adds, so a work well within its bound is soon seen to be. A least time also has its luck, on either side:
    after all rounds the test fails only if too few of them, each looked at by itself, keep the bound (a sign test).
    """
    times: list[list[float]] = [[] for _ in others]

    def before() -> None:
        for taken, other in zip(times, others, strict=True):
            taken.append(seconds_of(other, clock))

    benchmark.pedantic(work, setup=before, rounds=rounds)
    ours = benchmark.stats.stats.data  # its least is not asked of it while rounds go on: it is reckoned but once
    while not kept(*(least := (min(ours), *map(min, times)))):
        if len(ours) == MOST * rounds:
            good = sum(kept(*each) for each in zip(ours, *times, strict=True))
            assert not shown_slower(good, len(ours)), f"kept in {good} of {len(ours)} rounds; least seconds: {least}"
            break
        before()
        benchmark.stats.update(seconds_of(work, clock))
    return least
