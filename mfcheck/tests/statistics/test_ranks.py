"""Rank correlations, and how often their intervals miss."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mfcheck.statistics.ranks import rank_correlation, rank_correlation_within

ALPHA = 0.05


def test_it_is_kendalls_where_nothing_ties() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(40)
    y = x + rng.standard_normal(40)
    assert rank_correlation(x, y, ALPHA).value == pytest.approx(stats.kendalltau(x, y).statistic)
    assert rank_correlation(x, -y, ALPHA).value == pytest.approx(-stats.kendalltau(x, y).statistic)


def test_ties_go_neither_way() -> None:
    assert rank_correlation(np.array([1.0, 1.0, 2.0]), np.array([1.0, 2.0, 2.0]), ALPHA).value == pytest.approx(1 / 3)


def test_intervals_miss_no_more_often_than_they_say_and_shrink() -> None:
    """Of normal numbers of correlation ρ the expected τ is (2/π) arcsin ρ."""
    rng, rho, misses = np.random.default_rng(1), 0.8, 0
    expected = 2 / np.pi * np.arcsin(rho)
    for _ in range(400):
        z = rng.standard_normal((2, 200))
        found = rank_correlation(z[0], rho * z[0] + np.sqrt(1 - rho**2) * z[1], ALPHA)
        misses += not found.low <= expected <= found.high
    assert misses <= 400 * ALPHA
    assert 0.2 < found.high - found.low < 0.6
    assert found.low > 0.25  # and so tells what goes together from what does not


def test_groups_of_several_laws_keep_to_it_too() -> None:
    """Half of the networks lie at one place and half at another: pairs across make the expected τ."""
    rng, misses = np.random.default_rng(2), 0
    for _ in range(300):
        x = np.concatenate([rng.standard_normal(30), 9 + rng.standard_normal(30)])
        y = np.concatenate([rng.standard_normal(30), 9 + rng.standard_normal(30)])
        found = rank_correlation(x, y, ALPHA)
        misses += not found.low <= 30 * 30 / (60 * 59 / 2) <= found.high
    assert misses <= 300 * ALPHA


def test_within_groups_what_parts_them_plays_no_part() -> None:
    """Within each group the two fall against each other; the groups themselves rise together."""
    rng, misses = np.random.default_rng(3), 0
    for _ in range(300):
        groups = []
        for place in (0.0, 9.0, 18.0):
            z = rng.standard_normal((2, 20))
            groups.append((place + z[0], place - 0.6 * z[0] + 0.8 * z[1]))
        x, y = (np.concatenate([group[axis] for group in groups]) for axis in (0, 1))
        found = rank_correlation_within(groups, ALPHA)
        misses += not found.low <= -2 / np.pi * np.arcsin(0.6) <= found.high
        assert rank_correlation(x, y, ALPHA).value > 0.3
    assert misses <= 300 * ALPHA
    assert found.high - found.low < 1.0


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_networks_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="two at least"):
        rank_correlation(np.ones(count), np.ones(count), ALPHA)
