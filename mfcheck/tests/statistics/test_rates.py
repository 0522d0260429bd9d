"""Decisions on rates err as rarely, and see as much, as they say: measured by replay."""

from __future__ import annotations

import numpy as np
import pytest

from mfcheck import Verdict
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
