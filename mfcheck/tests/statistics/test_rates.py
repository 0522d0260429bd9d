"""Decisions on rates err as rarely, and see as much, as they say: measured by replay."""

from __future__ import annotations

import numpy as np
import pytest

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.statistics import rates
from mfcheck.statistics.sequential import Decision, spent
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import (
    BETA,
    REPLAYS,
    assert_decides,
    assert_errs_at_most,
    both_alphas,
    prefix,
    replay,
)


@both_alphas
@pytest.mark.parametrize("floor", [0.8, 0.95])
def test_rate_at_the_edge_of_its_floor(floor: float, alpha: float, effort: Effort) -> None:
    rng, first = np.random.default_rng([7, int(100 * floor)]), rates.draws_needed_rate(floor, alpha=alpha / 2)
    successes = (rng.random((effort.replays(2 * REPLAYS), 4 * first)) < floor).astype(float)
    rows = iter(successes)
    verdicts = replay(
        lambda: rates.decide_rate(prefix(next(rows)), floor, alpha=alpha, first=first, looks=3),
        effort.replays(2 * REPLAYS),
    )
    assert_errs_at_most(alpha, verdicts, effort)


@both_alphas
@pytest.mark.parametrize("floor", [0.9, 0.99])
def test_rate_refutes_what_it_says_it_detects(floor: float, alpha: float, effort: Effort) -> None:
    rng = np.random.default_rng([8, int(100 * floor)])
    draws = 2 * rates.draws_needed_rate(floor, alpha=spent(alpha, 1))
    rate = rates.smallest_detectable_rate(draws, floor, alpha=spent(alpha, 1), beta=BETA)
    assert 0 < rate < floor

    def one(true_rate: float) -> Decision:
        values = (rng.random(draws) < true_rate).astype(float)
        return rates.decide_rate(prefix(values), floor, alpha=alpha, first=draws, looks=1)

    for true_rate in (rate, rate / 2):
        assert_decides(Verdict.REFUTED, replay(lambda at=true_rate: one(at), effort.replays(REPLAYS)))


@both_alphas
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.97])
def test_rate_refutes_a_gross_violation_at_the_first_look(rate: float, alpha: float, effort: Effort) -> None:
    rng, draws = np.random.default_rng(9), rates.draws_needed_rate(0.99, alpha=spent(alpha, 1))
    detects = rates.smallest_detectable_rate(draws, 0.99, alpha=spent(alpha, 1), beta=BETA)

    def one() -> Decision:
        values = (rng.random(4 * draws) < min(rate, detects)).astype(float)
        return rates.decide_rate(prefix(values), 0.99, alpha=alpha, first=draws, looks=3)

    assert_decides(Verdict.REFUTED, replay(one, effort.replays(1000)))


@both_alphas
def test_rate_supports_a_certainty_with_exactly_the_draws_it_asks_for(alpha: float) -> None:
    draws = rates.draws_needed_rate(0.99, alpha=spent(alpha, 1))
    certain = {n: rates.decide_rate(np.ones, 0.99, alpha=alpha, first=n, looks=1).verdict for n in (draws - 1, draws)}
    assert certain == {draws - 1: Verdict.UNDECIDED, draws: Verdict.SUPPORTED}


# Draws known only between 0 and 1 ------------------------------------------------------------------------------


def hidden(values: Floats, which: Floats) -> Floats:
    """Ones and zeros as bounds, of which some are known only between 0 and 1."""
    return np.stack([np.where(which, 0.0, values), np.where(which, 1.0, values)], axis=-1)


@both_alphas
@pytest.mark.parametrize("share", [0.0, 0.05])
def test_a_share_of_exactly_a_half_is_hardly_ever_decided_however_draws_are_hidden(
    share: float, alpha: float, effort: Effort
) -> None:
    """What is hidden may depend on what it hides: here it is always a success, or always a failure."""
    rng, replays = np.random.default_rng([17, int(100 * share)]), effort.replays(2 * REPLAYS)
    first = 2 * rates.draws_needed_rate(0.5, alpha=spent(alpha, 1))
    values = (rng.random((replays, 4 * first)) < 0.5).astype(float)
    for told in (0.0, 1.0):
        which = (rng.random(values.shape) < 2 * share) & (values == told)
        rows = iter(hidden(values, which))
        verdicts = replay(
            lambda: rates.decide_rate(prefix(next(rows)), 0.5, alpha=alpha, first=first, looks=3),  # noqa: B023
            replays,
        )
        assert_errs_at_most(alpha, verdicts, effort)


def test_hidden_draws_count_both_ways() -> None:
    values, which = np.array([1.0] * 15 + [0.0] * 5), np.arange(20) % 5 == 0
    found = rates.estimate_rate(hidden(values, which), 0.01)
    assert found.low == rates.estimate_rate(np.where(which, 0.0, values), 0.01).low
    assert found.high == rates.estimate_rate(np.where(which, 1.0, values), 0.01).high
    assert found.value == pytest.approx((12 + 16) / 40)
    assert rates.undecided(hidden(values, which)) == 4
    assert rates.undecided(values) == rates.undecided(hidden(values, which)[~which]) == 0
    known = rates.estimate_rate(hidden(values, which & False), 0.01)
    assert known == rates.estimate_rate(values, 0.01)


def test_where_all_is_hidden_nothing_is_decided() -> None:
    """Nor is it looked again."""
    all_hidden = np.tile([0.0, 1.0], (4000, 1))
    found = rates.decide_rate(prefix(all_hidden), 0.5, alpha=0.05, first=1000, looks=3)
    assert (found.verdict, found.looks, found.draws) == (Verdict.UNDECIDED, 1, 1000)


@pytest.mark.parametrize(("sure", "possible", "looks"), [(6, 16, 1), (7, 16, 2), (6, 15, 2), (10, 12, 3)])
def test_it_is_looked_again_where_the_floor_may_not_lie_between(sure: int, possible: int, looks: int) -> None:
    """Of 22 draws 6 sure ones are fewer than half but for a chance of 0.03, 7 but for 0.07; as many of 44 for less."""
    values = np.tile([[1.0, 1.0]] * sure + [[0.0, 1.0]] * (possible - sure) + [[0.0, 0.0]] * (22 - possible), (4, 1))
    found = rates.decide_rate(prefix(values), 0.5, alpha=1e-6, first=22, looks=3)
    assert found.verdict is Verdict.UNDECIDED
    assert found.looks == looks


@pytest.mark.parametrize("floor", [0.5, 0.9])
@pytest.mark.parametrize("failures", [0, 1, 3])
def test_draws_needed_are_the_fewest_that_support_with_so_many_failures(floor: float, failures: int) -> None:
    alpha = 5e-7
    draws = rates.draws_needed_rate(floor, alpha=alpha, failures=failures)

    def low(n: int) -> float:
        return rates.estimate_rate(np.repeat([1.0, 0.0], [n - failures, failures]), alpha).low

    assert low(draws) >= floor > low(draws - 1)
