"""Steps and shares of an ascent in closed form, against the suite's own ascent on Gaussian matrices."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mfcheck import NetworkSpec, NormPair
from mfcheck.arrays import Floats
from mfcheck.spec import ARCHITECTURES
from mfcheck.theorems.attack_difficulty import difficulty, on_linear_map, predicted
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


@pytest.mark.parametrize("p", [2.0, math.inf])
@pytest.mark.parametrize("spec", [NARROW, replace(NARROW, width=1000), replace(NARROW, output_dim=3)], ids=str)
def test_at_finite_width_rows_differ_more_and_a_start_meets_the_long_ones_more_often(
    spec: NetworkSpec, p: float
) -> None:
    """Their lengths alone, met by chance, would leave 0.05 less at N = 128."""
    closed = attack_steps.share_of_one_start(spec, p, math.inf)
    limit = attack_steps.share_of_one_start(replace(spec, width=INFINITE), p, math.inf)
    assert closed is not None
    assert limit is not None
    assert closed < limit
    shares = on_linear_map(spec, NormPair(p, math.inf), STEPS)[:, -1]
    assert closed == pytest.approx(shares.mean(), abs=0.02)


def test_the_share_of_one_vertex_is_that_of_the_limit_at_any_width() -> None:
    shares = {attack_steps.share_of_one_start(spec, 1, math.inf) for spec in (LIMIT, NARROW)}
    assert len(shares) == 1
    assert shares.pop() == pytest.approx(0.82, abs=0.005)
    assert on_linear_map(NARROW, NormPair(1, math.inf), STEPS)[:, -1].mean() == pytest.approx(0.83, abs=0.02)


@both
def test_the_power_method_with_inertia_is_the_ascent_in_the_singular_basis(spec: NetworkSpec) -> None:
    closed, found = attack_steps.power_shares(spec, STEPS), simulated(spec, 2.0, 2.0)
    assert np.abs(closed - found).max() < 0.015
    # Of other inputs, which have other gaps and other starts, it would be another curve.
    wrong = attack_steps.power_shares(replace(spec, input_dim=36), STEPS)
    assert np.abs(wrong - found).max() > 0.1
    assert attack_steps.steps_to_reach(spec, 2, 2, STEPS) == attack_steps.steps_needed(found)


ODD = st.builds(
    NetworkSpec,
    st.sampled_from(ARCHITECTURES),
    st.integers(4, 40),
    st.integers(1, 12),
    st.sampled_from([16, 60, 400, INFINITE]),
    st.integers(1, 20),
    st.floats(0.1, 5),
)


@given(ODD)
@example(NetworkSpec("vanilla", 196, 2, 16, 20, 2.0))
@example(NetworkSpec("vanilla", 9, 40, 3000, 7, 2.0))
@example(NetworkSpec("vanilla", 16, 100, 500, 3, 2.0))
@example(NetworkSpec("vanilla", 4, 2, INFINITE, 3, 2.0))
@settings(max_examples=25, deadline=None)
def test_the_power_method_finds_a_share_that_grows_or_has_no_closed_form(spec: NetworkSpec) -> None:
    steps = attack_steps.steps_to_reach(spec, 2, 2, STEPS)
    if spec.output_dim > 1 and not attack_steps.has_power_shares(spec):
        assert steps is None
        with pytest.raises(ValueError, match=r"no closed form.*K − 1"):
            attack_steps.power_shares(spec, STEPS)
        return
    shares = attack_steps.power_shares(spec, STEPS)
    assert np.all((shares > 0) & (shares <= 1 + 1e-12))
    assert np.all(np.diff(shares) > -1e-12)
    assert steps is not None
    assert steps >= 1


@pytest.mark.parametrize("q", [1.0, 2.0, math.inf])
def test_of_one_output_every_pair_is_that_of_one_row(q: float) -> None:
    one = replace(NARROW, output_dim=1)
    for p, steps in ((1.0, 1), (2.0, 3), (math.inf, 2)):
        assert attack_steps.steps_to_reach(one, p, q, STEPS) == steps
        assert attack_steps.steps_needed(simulated(one, p, q)) == steps
        assert attack_steps.share_of_one_start(one, p, q) == pytest.approx(1, abs=1e-8)
        assert simulated(one, p, q)[-1] == pytest.approx(1, abs=1e-5)


def test_of_two_outputs_the_power_method_is_the_ascent_down_to_two_inputs() -> None:
    for d in (2, 4, 196):
        spec = NetworkSpec("vanilla", d, 2, INFINITE, 3, 2.0)
        closed = attack_steps.steps_to_reach(spec, 2, 2, STEPS)
        assert closed == attack_steps.steps_needed(simulated(spec, 2.0, 2.0))


def test_what_has_no_closed_form_is_told_from_what_needs_no_step() -> None:
    """A prediction of such a pair is the linear map's, and its closed form stands as none."""
    wide = NetworkSpec("vanilla", 9, 12, 300, 3, 2.0)
    step, near = predicted(wide, NormPair(2, 2), STEPS)
    assert step == attack_steps.steps_needed(simulated(wide, 2.0, 2.0)) > 1
    assert near >= 0.95
    assert difficulty(wide, NormPair(2, 2), np.ones((3, STEPS + 1))).series["closed form"][0] == 0
    one = replace(NARROW, output_dim=1)
    assert predicted(one, NormPair(2, 2), STEPS)[0] == 3
    assert difficulty(one, NormPair(2, 2), np.ones((3, STEPS + 1))).series["closed form"] == pytest.approx((3, 1))


def test_a_corner_takes_two_steps_and_a_row_three() -> None:
    assert attack_steps.corner_shares(STEPS)[:3] == pytest.approx([0.0, 0.75, 1.0], abs=0.002)
    assert attack_steps.turning_shares(STEPS)[:4] == pytest.approx([0.0, 0.707, 0.922, 0.979], abs=0.001)


def test_only_rows_have_a_share_in_closed_form() -> None:
    assert attack_steps.share_of_one_start(LIMIT, 2, 2) is None
    assert attack_steps.share_of_one_start(LIMIT, 4, math.inf) is None
