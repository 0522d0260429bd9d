"""The comparison of times itself: a disturbed minute fails no work, and no number of rounds passes a slower one."""

from __future__ import annotations

import itertools
import time

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from mfcheck.tests.support.timing import MOST, Work, interleaved, within

MILLISECOND = 1e-3


def sleeping(*milliseconds: float) -> Work:
    """The last of these for ever."""
    remaining = itertools.chain(milliseconds[:-1], itertools.repeat(milliseconds[-1]))
    return lambda: time.sleep(next(remaining) * MILLISECOND)


@pytest.mark.parametrize("disturbed", [0, 3, 10])
def test_rounds_go_on_until_a_disturbance_has_passed(benchmark: BenchmarkFixture, disturbed: int) -> None:
    kept = within(1.5)
    ours, theirs = sleeping(*[20.0] * disturbed, 2.0), sleeping(4.0)
    assert kept(*interleaved(benchmark, ours, theirs, rounds=3, kept=kept))
    assert benchmark.stats.stats.rounds == max(3, disturbed + 1)


def test_a_slower_work_stays_slower(benchmark: BenchmarkFixture) -> None:
    kept = within(1.5)
    assert not kept(*interleaved(benchmark, sleeping(8.0), sleeping(4.0), rounds=3, kept=kept))
    assert benchmark.stats.stats.rounds == MOST * 3
