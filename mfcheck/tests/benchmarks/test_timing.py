"""The comparison of times itself: a disturbed minute fails no work, and no number of rounds passes a slower one."""

from __future__ import annotations

import itertools

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from scipy.stats import binom

from mfcheck.tests.support.timing import MOST, Work, interleaved, shown_slower, within

MILLISECOND = 1e-3


class Clock:
    """Seconds that pass by works alone: a machine's own disturbances are no part of what is asked here."""

    seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def pass_by(self, milliseconds: float) -> None:
        self.seconds += milliseconds * MILLISECOND


CLOCK = Clock()
pytestmark = pytest.mark.benchmark(timer=CLOCK.now)


def taking(*milliseconds: float) -> Work:
    """The last of these for ever."""
    remaining = itertools.chain(milliseconds[:-1], itertools.repeat(milliseconds[-1]))
    return lambda: CLOCK.pass_by(next(remaining))


@pytest.mark.parametrize("disturbed", [0, 3, 10])
def test_rounds_go_on_until_a_disturbance_has_passed(benchmark: BenchmarkFixture, disturbed: int) -> None:
    ours, theirs = taking(*[20.0] * disturbed, 2.0), taking(4.0)
    interleaved(benchmark, ours, theirs, rounds=3, kept=within(1.5), clock=CLOCK.now)
    assert benchmark.stats.stats.rounds == max(3, disturbed + 1)


def test_a_lucky_moment_of_the_other_work_fails_none(benchmark: BenchmarkFixture) -> None:
    interleaved(benchmark, taking(8.0), taking(2.0, 8.0), rounds=3, kept=within(1.5), clock=CLOCK.now)
    assert benchmark.stats.stats.rounds == MOST * 3


def test_a_slower_work_fails_after_all_rounds(benchmark: BenchmarkFixture) -> None:
    with pytest.raises(AssertionError, match="kept in 0 of 30 rounds"):
        interleaved(benchmark, taking(8.0), taking(4.0), rounds=3, kept=within(1.5), clock=CLOCK.now)
    assert benchmark.stats.stats.rounds == MOST * 3


def test_works_at_their_bound_seldom_fail() -> None:
    """A work that keeps its bound in half of all rounds, and one that does in a quarter of them, of 50 rounds."""
    fails = [kept_rounds for kept_rounds in range(51) if shown_slower(kept_rounds, 50)]
    assert binom.cdf(max(fails), 50, 0.5) <= 0.01
    assert binom.cdf(max(fails), 50, 0.25) >= 0.8
