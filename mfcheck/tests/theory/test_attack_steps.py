"""Steps and shares of an ascent in closed form, against the suite's own ascent on Gaussian matrices."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from mfcheck import NetworkSpec, NormPair
from mfcheck.arrays import Floats
from mfcheck.theorems.attack_difficulty import on_linear_map
from mfcheck.theorems.bound import INFINITE
from mfcheck.theory import attack_steps

pytestmark = pytest.mark.usefixtures("one_thread_each")

STEPS = 40
LIMIT = NetworkSpec("vanilla", 196, 10, INFINITE, 3, 2.0)
NARROW = replace(LIMIT, width=128)
ALL = [*itertools.product((1.0, 2.0, math.inf), repeat=2)]
CLOSED = [pair for pair in ALL if attack_steps.steps_to_reach(LIMIT, *pair, STEPS) is not None]
ROWS = [(p, math.inf) for p in (1.0, 2.0, math.inf)]
both = pytest.mark.parametrize("spec", [LIMIT, NARROW], ids=["limit", "narrow"])


def simulated(spec: NetworkSpec, p: float, q: float) -> Floats:
    return np.median(on_linear_map(spec, NormPair(p, q), STEPS), axis=0)


def test_six_pairs_have_a_closed_form_and_the_hard_ones_have_none() -> None:
    assert sorted(set(ALL) - set(CLOSED)) == [(2.0, 1.0), (math.inf, 1.0), (math.inf, 2.0)]


@both
@pytest.mark.parametrize(("p", "q"), CLOSED)
def test_closed_forms_are_what_the_ascent_does(spec: NetworkSpec, p: float, q: float) -> None:
    closed = attack_steps.steps_to_reach(spec, p, q, STEPS)
    assert closed is not None
    assert abs(attack_steps.steps_needed(simulated(spec, p, q)) - closed) <= 1
    # Any other number of steps is not what it does: most is still to be found a step before, p > 1.
    if q == math.inf and p > 1:
        shares = simulated(spec, p, q)
        assert shares[closed - 1] < 0.95 * shares[-1]


@pytest.mark.parametrize(("p", "q"), ROWS)
def test_one_start_finds_one_row_of_the_limit(p: float, q: float) -> None:
    closed = attack_steps.share_of_one_start(LIMIT, p, q)
    assert closed == pytest.approx(simulated(LIMIT, p, q)[-1], abs=0.02)


def test_at_finite_width_rows_differ_more_and_a_start_finds_less() -> None:
    for p in (2.0, math.inf):
        closed, found = attack_steps.share_of_one_start(NARROW, p, math.inf), simulated(NARROW, p, math.inf)[-1]
        limit = attack_steps.share_of_one_start(LIMIT, p, math.inf)
        assert closed is not None
        assert limit is not None
        assert closed < limit - 0.1
        assert found == pytest.approx(closed, abs=0.09)


@both
def test_the_power_method_with_inertia_is_the_ascent_in_the_singular_basis(spec: NetworkSpec) -> None:
    closed, found = attack_steps.power_shares(spec, STEPS), simulated(spec, 2.0, 2.0)
    assert np.abs(closed - found).max() < 0.03
    # Without a gap, or without inertia, it would be another curve.
    wrong = attack_steps.power_shares(replace(spec, input_dim=16), STEPS)
    assert np.abs(wrong - found).max() > 0.1


def test_a_corner_takes_two_steps_and_a_row_three() -> None:
    assert attack_steps.corner_shares(STEPS)[:3] == pytest.approx([0.0, 0.75, 1.0], abs=0.002)
    assert attack_steps.turning_shares(STEPS)[:4] == pytest.approx([0.0, 0.707, 0.922, 0.979], abs=0.001)


def test_only_rows_have_a_share_in_closed_form() -> None:
    assert attack_steps.share_of_one_start(LIMIT, 2, 2) is None
    assert attack_steps.share_of_one_start(LIMIT, 4, math.inf) is None
