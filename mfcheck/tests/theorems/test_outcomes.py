"""Outcomes of pairs of trainings: which there are, which are not certain yet, and how shares are bounded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mfcheck.arrays import Floats
from mfcheck.findings import regimes
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL, FIRST, FIRST_AT_START, LAST, LAST_AT_START
from mfcheck.statistics.intervals import clopper_pearson
from mfcheck.theorems import outcomes
from mfcheck.theorems.outcomes import Outcome, ends_as, reaches

NOTHING, CONTROL, BOTH = Outcome


def pair(attacked: float, control: float, **more: float) -> Floats:
    """Draws of one pair by the two accuracies; `fall`, `gone`, and the same of the control, are nought if not said."""
    draws = np.zeros((1, 2 * ARM))
    draws[0, [CLEAN, ARM + CLEAN]] = attacked, control
    draws[0, [FALL, ARM + FALL]] = more.get("fall", 0.0), more.get("control_fall", 0.0)
    draws[0, [DIVERGED, ARM + DIVERGED]] = more.get("gone", 0.0), more.get("control_gone", 0.0)
    return draws


def possible(draws: Floats) -> set[Outcome]:
    """What a pair may come to."""
    return {outcome for outcome in Outcome if ends_as(outcome)(draws)[0, 1]}


def certain(draws: Floats) -> set[Outcome]:
    return {outcome for outcome in Outcome if ends_as(outcome)(draws)[0, 0]}


@pytest.mark.parametrize(
    ("attacked", "control", "outcome"),
    [
        (0.1, 0.1, NOTHING),
        (0.1, 0.94, NOTHING),
        (0.9, 0.94, NOTHING),
        (0.1, 0.95, CONTROL),
        (0.54, 1.0, CONTROL),
        (0.55, 0.95, BOTH),
        (1.0, 1.0, BOTH),
    ],
)
def test_at_rest_a_pair_has_one_outcome(attacked: float, control: float, outcome: Outcome) -> None:
    draws = pair(attacked, control)
    assert possible(draws) == certain(draws) == {outcome}
    assert outcomes.undecided(draws) == 0


@pytest.mark.parametrize(
    ("draws", "may"),
    [
        (pair(0.3, 1.0, fall=0.011), {CONTROL, BOTH}),
        (pair(0.3, 1.0, fall=0.009), {CONTROL}),
        (pair(0.3, 1.0, fall=-0.5), {CONTROL}),
        (pair(0.6, 1.0, fall=0.5, control_fall=0.5), {BOTH}),  # a loss of what is fitted falls for ever
        (pair(0.3, 0.9, control_fall=0.02), {NOTHING, CONTROL}),
        (pair(0.6, 0.9, control_fall=0.02), {NOTHING, BOTH}),
        (pair(0.3, 0.9, fall=0.02), {NOTHING}),
        (pair(0.3, 0.9, fall=0.02, control_fall=0.02), set(Outcome)),
        (pair(0.0, 1.0, gone=1.0), {CONTROL, BOTH}),
        (pair(0.0, 0.0, gone=1.0, control_gone=1.0), set(Outcome)),
        (pair(0.7, 0.0, control_gone=1.0), {NOTHING, BOTH}),
    ],
)
def test_what_still_falls_or_diverged_leaves_open_what_it_may_come_to(draws: Floats, may: set[Outcome]) -> None:
    assert possible(draws) == may
    assert certain(draws) == (may if len(may) == 1 else set())
    assert outcomes.undecided(draws) == (len(may) > 1)


UNIT = st.floats(0, 1)
SOME = arrays.arrays(float, (5, 2 * ARM), elements=st.floats(-1, 1))


@given(SOME)
def test_outcomes_leave_nothing_out_and_do_not_overlap(draws: Floats) -> None:
    """What every undecided arm may turn out to be, together with what the others are, is one outcome each."""
    bounds = {outcome: ends_as(outcome)(draws) for outcome in Outcome}
    lows, highs = (np.stack([known[:, end] for known in bounds.values()]) for end in (0, 1))
    assert set(np.unique([lows, highs])) <= {0.0, 1.0}
    assert (lows <= highs).all()
    assert (lows.sum(axis=0) <= 1).all()
    assert (highs.sum(axis=0) >= 1).all()
    control, attacked = reaches(draws, ARM, regimes.FITS), reaches(draws, 0, regimes.LEARNS)
    for fits in (0, 1):  # every way in which the open arms may turn out has an outcome that was held possible
        for learns in (0, 1):
            of = {
                NOTHING: 1 - control[:, fits],
                CONTROL: control[:, fits] * (1 - attacked[:, learns]),
                BOTH: control[:, fits] * attacked[:, learns],
            }
            for outcome, value in of.items():
                assert ((bounds[outcome][:, 0] <= value) & (value <= bounds[outcome][:, 1])).all()


def test_shares_come_with_exact_bounds_that_count_the_undecided_both_ways() -> None:
    draws = np.concatenate([pair(0.3, 1.0)] * 12 + [pair(0.3, 1.0, fall=0.1)] * 4 + [pair(0.9, 1.0)] * 6)
    found = outcomes.shares(draws)
    assert set(found) == {"nothing fits", "only the control fits", "both fit"}
    least, most, low, high = found["only the control fits"]
    assert (least, most) == (12 / 22, 16 / 22)
    assert low == clopper_pearson(12, 22, 0.05)[0]
    assert high == clopper_pearson(16, 22, 0.05)[1]
    assert found["both fit"][:2] == (6 / 22, 10 / 22)
    assert found["nothing fits"][:3] == (0, 0, 0)
    assert outcomes.undecided(draws) == 4 / 22


def test_gradients_are_told_by_layers_and_beside_their_start() -> None:
    draws = np.concatenate([pair(0.3, 1.0)] * 3)
    draws[:, FIRST], draws[:, LAST], draws[:, FIRST_AT_START], draws[:, LAST_AT_START] = (1, 2, 4), 2.0, 8.0, 16.0
    assert outcomes.first_over_last(draws, 0) == 1.0
    assert outcomes.first_over_last(draws, 0, at_start=True) == 0.5
    assert outcomes.first_left(draws, 0) == 0.25
    assert outcomes.first_over_last(draws, ARM) == outcomes.first_left(draws, ARM) == 0.0  # no gradient is none
