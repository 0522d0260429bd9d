"""Timings of works that run in turn, so that a busy machine slows them all alike."""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_benchmark.fixture import BenchmarkFixture

Work = Callable[[], object]


def interleaved(benchmark: BenchmarkFixture, work: Work, *others: Work, rounds: int) -> tuple[float, ...]:
    """The least seconds of each work; in every round all of them run in turn, so that a busy machine slows all."""
    times: list[list[float]] = [[] for _ in others]

    def before() -> None:
        for taken, other in zip(times, others, strict=True):
            start = time.perf_counter()
            other()
            taken.append(time.perf_counter() - start)

    benchmark.pedantic(work, setup=before, rounds=rounds)
    return (benchmark.stats.stats.min, *map(min, times))
