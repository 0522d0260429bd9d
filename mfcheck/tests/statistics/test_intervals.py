"""Intervals cover as often as they say, and distances of laws are the largest gaps anywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mfcheck.statistics import intervals
from mfcheck.tests.support.effort import Effort
from mfcheck.tests.support.replays import REPLAYS, both_alphas, half_atom, half_atom_left, pool, rare_enough, uniform


@given(
    st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 1.5]), min_size=1, max_size=30),
    st.sampled_from(["continuous", "atom"]),
)
def test_sup_distance_is_the_largest_gap_anywhere(values: list[float], kind: str) -> None:
    ordered = np.sort(np.array(values))
    cdf, left = (half_atom, half_atom_left) if kind == "atom" else (uniform, None)
    points = np.unique(np.concatenate([ordered, np.linspace(-1.2, 1.7, 30), [0.0]]))
    just_before = points - 1e-12
    everywhere = np.concatenate([points, just_before])
    empirical = (ordered[:, None] <= everywhere).mean(axis=0)
    expected = np.abs(empirical - cdf(everywhere)).max()
    assert intervals.sup_distance(ordered, cdf, left) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=25), st.lists(st.integers(0, 6), min_size=1, max_size=25))
def test_two_sample_distance_is_the_largest_gap_anywhere(first: list[int], second: list[int]) -> None:
    a, b = np.sort(np.array(first, dtype=float)), np.sort(np.array(second, dtype=float))
    gaps = [abs((a <= t).mean() - (b <= t).mean()) for t in np.arange(-0.5, 7, 0.5)]
    assert intervals.two_sample_distance(a, b) == pytest.approx(max(gaps))


@both_alphas
@pytest.mark.parametrize("rate", [0.02, 0.5, 0.97])
def test_clopper_pearson_covers(rate: float, alpha: float) -> None:
    draws = 60
    ends = [intervals.clopper_pearson(k, draws, alpha) for k in range(draws + 1)]
    chance = stats.binom.pmf(np.arange(draws + 1), draws, rate)
    too_high = math.fsum(p for p, (low, _) in zip(chance, ends, strict=True) if low > rate)
    too_low = math.fsum(p for p, (_, high) in zip(chance, ends, strict=True) if high < rate)
    assert max(too_high, too_low) <= alpha / 2
    assert stats.binomtest(40, draws).proportion_ci(1 - alpha) == pytest.approx(ends[40])


@both_alphas
@pytest.mark.parametrize("statistic", ["G", "J²"])
@pytest.mark.parametrize(("cap", "draws"), [(3.0, 200), (30.0, 200), (20.0, 2000)])
def test_truncated_mean_interval_covers(statistic: str, cap: float, draws: int, alpha: float, effort: Effort) -> None:
    values, tail = pool(statistic)
    rng, missed = np.random.default_rng([11, int(cap)]), 0
    for drawn in values[rng.integers(0, len(values), (effort.replays(REPLAYS), draws))]:
        low, high = intervals.truncated_mean_interval(drawn, alpha, cap, tail.fourth)
        missed += not low <= 1 <= high
    assert rare_enough(missed, effort.replays(REPLAYS), alpha)


@given(st.lists(st.floats(0, 50), min_size=1, max_size=20).filter(any), st.floats(0.1, 20))
def test_truncation_takes_no_more_of_a_mean_than_the_tail_factor_allows(values: list[float], cap: float) -> None:
    law = np.array(values)
    mean = law.mean()
    fourth = np.mean((law / mean) ** 4)
    lost = mean - np.minimum(law, cap).mean()
    assert lost <= intervals.tail_factor(cap, fourth) * mean**4 * (1 + 1e-9) + 1e-12


def test_the_tail_factor_is_sharp() -> None:
    # (x − c)₊ touches 27x⁴/(256c³) at x = 4c/3: a law on {0, 4c/3} loses exactly the bound.
    cap, chance = 3.0, 0.1
    law = np.array([4 * cap / 3] + [0.0] * round(1 / chance - 1))
    fourth = np.mean((law / law.mean()) ** 4)
    lost = law.mean() - np.minimum(law, cap).mean()
    assert lost == pytest.approx(intervals.tail_factor(cap, fourth) * law.mean() ** 4)


def test_student_t_would_miss_more_often_than_it_says_on_heavy_tails() -> None:
    values, tail = pool("J²")
    alpha, draws, replays = 0.01, 200, 5 * REPLAYS
    drawn = values[np.random.default_rng(12).integers(0, len(values), (replays, draws))]
    error = drawn.std(axis=1, ddof=1) / math.sqrt(draws) * stats.t.ppf(1 - alpha / 2, draws - 1)
    missed = int(np.count_nonzero(np.abs(drawn.mean(axis=1) - 1) > error))
    assert not rare_enough(missed, replays, alpha)
    ours = 0
    for row in drawn[:REPLAYS]:
        low, high = intervals.truncated_mean_interval(row, alpha, 20.0, tail.fourth)
        ours += not low <= 1 <= high
    assert rare_enough(ours, REPLAYS, alpha)


@pytest.mark.parametrize(("values", "cap"), [([1.0], 2.0), ([1.0, -1.0], 2.0), ([1.0, 1.0], 0.0)])
def test_truncated_mean_refuses_what_it_is_not_made_for(values: list[float], cap: float) -> None:
    with pytest.raises(ValueError, match="truncated mean"):
        intervals.truncated_mean_interval(np.array(values), 0.05, cap, 2.0)


points = st.lists(st.floats(-100, 100), min_size=2, max_size=8)
