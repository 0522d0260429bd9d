"""Draws known only between bounds: their medians err no more than exact draws' do, and what is lost decides nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.observables import after_training
from mfcheck.observables.along_training import COLUMNS, ERROR, FAILED, LOSS, SIZE
from mfcheck.observables.path_bounds import GRANTED, after, column_at, decreases, sizes
from mfcheck.settings import LEVELS, Settings
from mfcheck.statistics.medians import estimate_median, unknown
from mfcheck.verdict import NotANumber

SPEC = NetworkSpec("vanilla", 9, 3, width=12, depth=2, weight_variance=2.0)
ANYWHERE = Probe(np.ones((1, 9)), 0)
NONE = Allowance(0.0, 0.0, "none")


def path(*rows: dict[int, float]) -> Floats:
    """One network's recorded path, other columns 0."""
    found = np.zeros((1, len(rows), COLUMNS))
    for at, row in enumerate(rows):
        found[0, at, list(row)] = list(row.values())
    return found


# Medians of bounds ----------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(*[st.floats(-1e3, 1e3), st.floats(0, 1e3), st.floats(0, 1e3)]), min_size=1, max_size=60),
    st.sampled_from([1e-3, 0.05, 0.3]),
)
def test_an_interval_of_bounds_holds_that_of_all_draws_they_may_be(
    drawn: list[tuple[float, float, float]], alpha: float
) -> None:
    draws, below, above = np.array(drawn).T
    exact, bounded = (
        estimate_median(values, alpha) for values in (draws, np.stack([draws - below, draws + above], axis=1))
    )
    assert bounded.low <= exact.low <= exact.high <= bounded.high


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_bounds_that_meet_are_draws(drawn: list[float]) -> None:
    draws = np.array(drawn)
    assert estimate_median(draws, 0.01) == estimate_median(np.stack([draws, draws], axis=1), 0.01)
    assert unknown(draws) == unknown(draws[:, None] + np.zeros(2)) == 0


@given(st.integers(0, 40), st.sampled_from([1e-6, 1e-3]))
def test_lost_draws_widen_the_interval_rank_by_rank_and_too_many_leave_none(lost: int, alpha: float) -> None:
    """With as many lost as the rank of the interval's end, that end is gone."""
    known = np.arange(1.0, 41.0)
    values = np.stack([known, known], axis=1)
    values[:lost] = -math.inf, math.inf
    found, largest = estimate_median(values, alpha), float(np.finfo(float).max)
    rest, rank = known[lost:], int(estimate_median(known, alpha).low)
    assert unknown(values) == lost
    if lost >= rank:
        assert (found.low, found.high) == (-largest, largest)
    else:
        assert (found.low, found.high) == (rest[rank - lost - 1], rest[len(rest) - (rank - lost)])
    assert found.value == (np.median(rest) if lost < 40 else 0.0)


def test_medians_of_bounds_miss_no_more_often_than_alpha() -> None:
    """True draws are hidden in intervals placed around them at random, a tenth of them lost."""
    rng, alpha, runs, missed = np.random.default_rng(3), 0.05, 4000, 0
    for _ in range(runs):
        draws = rng.standard_normal(30)
        reach = 0.2 * rng.random((30, 2)) * np.array([-1, 1])
        values = draws[:, None] + reach
        values[rng.random(30) < 0.1] = -math.inf, math.inf
        found = estimate_median(values, alpha)
        missed += not found.low <= 0 <= found.high
    assert missed <= alpha * runs + 4 * math.sqrt(alpha * runs)


# Recorded paths and what training left --------------------------------------------------------------------------


def test_a_paths_size_lies_within_what_is_granted_for_its_error() -> None:
    draws = path({SIZE: 1.0}, {SIZE: 0.6, ERROR: 0.1}, {SIZE: 0.3, ERROR: 0.2, FAILED: 1.0})
    assert sizes(draws, 0).tolist() == [[1.0, 1.0]]
    np.testing.assert_allclose(sizes(draws, 1), [[0.6 - 0.1 * GRANTED, 0.6 + 0.1 * GRANTED]])
    assert sizes(draws, 2).tolist() == [[0.0, math.inf]]
    np.testing.assert_allclose(decreases(sizes(draws, 1)), [[0.4 - 0.1 * GRANTED, 0.4 + 0.1 * GRANTED]])
    assert sizes(path({SIZE: 0.1, ERROR: 0.4}), 0).tolist() == [[0.0, 0.1 + 0.4 * GRANTED]]


def test_of_a_path_that_came_to_no_end_a_column_says_nothing() -> None:
    draws = np.concatenate([path({LOSS: 0.7}), path({LOSS: 0.7, FAILED: 1.0})])
    assert column_at(draws, 0, LOSS).tolist() == [[0.7, 0.7], [0.0, math.inf]]


def test_of_a_path_in_steps_too_coarse_to_believe_a_column_says_nothing() -> None:
    draws = np.concatenate([path({LOSS: 0.0, ERROR: 0.1}), path({LOSS: 0.7, ERROR: 0.04})])
    assert column_at(draws, 0, LOSS, within=0.05).tolist() == [[0.0, math.inf], [0.7, 0.7]]
    assert column_at(draws, 0, LOSS).tolist() == [[0.0, 0.0], [0.7, 0.7]]


def test_what_a_diverged_network_weighs_is_not_known() -> None:
    draws = np.full((2, 8), 0.5)
    draws[:, after_training.DIVERGED] = 0.0, 1.0
    assert after(draws, after_training.SIZE).tolist() == [[0.5, 0.5], [0.0, math.inf]]


# Verdicts -------------------------------------------------------------------------------------------------------


def paths_of_which(lost: float, error: float = 0.01) -> Source:
    """Networks whose SIZE is 0.9 ± 0.04, known up to an error, of which the given share is lost."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        found = torch.zeros(n, 1, COLUMNS, dtype=torch.float64)
        found[:, 0, SIZE] = 0.9 + 0.02 * stream.normal(n, 1)[:, 0].clamp(-2, 2)
        found[:, 0, ERROR] = error / GRANTED
        found[:, 0, FAILED] = (torch.arange(n) % 20 < 20 * lost).double()
        return found

    return Source(f"paths of which {lost} are lost, up to {error}", {"wishart": draw}, {"wishart": False}, most=4096)


def decider() -> Decider:
    claim = Claim("thm5.4/vanilla-variance-decay", "A statement.", lambda settings: [])
    settings = Settings(seed=5, level=LEVELS["quick"], alpha=1e-4)
    return Decider(claim, Cell(SPEC, "wishart"), settings, PaperTheory(), ChunkStore(), "pytest this")


def within(lost: float, high: float, low: float = 0.0, error: float = 0.01) -> Finding:
    return decider().median_within(
        paths_of_which(lost, error),
        statistic=lambda draws: sizes(draws, 0),
        name="size",
        probe=ANYWHERE,
        low=low,
        high=high,
        origin="made up here",
        rivals={"nine tenths": Rival(lambda draws: sizes(draws, 0), 0.8, 1.0)},
    )


def test_a_few_lost_paths_leave_a_verdict_and_are_told_of() -> None:
    found = within(0.05, 1.0)
    assert (found.verdict, found.holds_instead) == (Verdict.SUPPORTED, ("nine tenths",))
    assert "nothing bounds" in found.reason
    assert within(0.0, 1.0).reason == ""
    assert within(0.05, 0.8).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("high", "low"), [(1.0, 0.0), (0.8, 0.0), (2.0, 1.0)])
@pytest.mark.parametrize("lost", [0.6, 1.0])
def test_most_paths_lost_leave_none_whatever_the_claim(lost: float, high: float, low: float) -> None:
    found = within(lost, high, low)
    assert (found.verdict, found.holds_instead) == (Verdict.UNDECIDED, ())
    assert math.isfinite(found.estimate)
    assert "training diverged or came to no end" in found.reason


def test_an_error_as_large_as_what_is_asked_leaves_it_undecided() -> None:
    """Exact paths have their median in the region, but nobody knows of these."""
    assert within(0.0, 0.915, 0.885, error=0.0).verdict is Verdict.SUPPORTED
    assert within(0.0, 0.915, 0.885, error=0.015).verdict is Verdict.UNDECIDED


def test_lost_paths_leave_a_slope_undecided() -> None:
    def slope(lost: float) -> Finding:
        source = paths_of_which(lost)
        return decider().median_slope(
            [MedianGroup(float(x), SPEC, source, lambda draws: sizes(draws, 0)) for x in range(2)],
            probe=lambda spec: ANYWHERE,
            x_label="x",
            rises=lambda theory, group: 1.0,
            allowance=lambda: NONE,
            spread=0.02,
            delta=0.3,
        )

    assert slope(0.0).verdict is Verdict.SUPPORTED
    found = slope(0.7)
    assert (found.verdict, found.curve is not None) == (Verdict.UNDECIDED, True)
    assert "networks" in found.reason


def test_a_statistic_that_is_not_a_number_is_an_error_that_names_its_claim() -> None:
    with pytest.raises(
        NotANumber, match=r"thm5\.4/vanilla-variance-decay is NaN in \d+ of \d+ draws of paths of which"
    ):
        decider().median_within(
            paths_of_which(0.5),
            statistic=lambda draws: np.where(draws[:, 0, FAILED] > 0, np.nan, 1.0),
            name="size",
            probe=ANYWHERE,
            low=0.0,
            high=1.0,
            origin="made up here",
        )
