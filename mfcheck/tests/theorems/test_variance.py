"""Paths of the weight variance: wide networks take the theory's times, and each path knows its rival laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.observables.along_training import ERROR, LOSS, PAID, SIZE
from mfcheck.observables.projected import scale_at, times
from mfcheck.spec import Attack
from mfcheck.tests.support.projections import INF, drawn, linear
from mfcheck.theorems.pull import half_rate, instant, one_output_pull
from mfcheck.theorems.variance import (
    EULER,
    LOWER,
    along_path,
    along_projection,
    envelope,
    euler,
    half_life,
    law,
    scales_down_to,
)
from mfcheck.verdict import Verdict


def collapse(spec: NetworkSpec, engine: str, draws: int) -> tuple[float, float]:
    """The median time of collapse over the theory's, and that of σ_w² at the theory's half-life over a half."""
    theory, eps = PaperTheory(), instant(INF, spec.input_dim)
    gain = spec.activation.alpha * spec.weight_variance
    scales = scales_down_to(LOWER ** (1 / spec.depth) / gain)
    rates = drawn(linear(spec.input_dim, scales), spec, engine, draws)
    end = half_life(theory, spec, Attack.of(eps, INF))
    took = np.median(times(rates, scales)[:, -1]) / theory.collapse_time(spec, eps, math.inf, math.inf, LOWER)
    return float(took), float(np.median(scale_at(rates, scales, end) ** 2)) * 2


@pytest.mark.parametrize(("depth", "variance"), [(2, 2.0), (3, 2.0), (6, 2.0), (5, 2.3), (4, 1.8)])
def test_wide_networks_collapse_at_the_theorys_time(depth: int, variance: float) -> None:
    took, left = collapse(NetworkSpec("vanilla", 784, 1, 10**6, depth, variance), "wishart", 256)
    assert took == pytest.approx(1, abs=0.02)
    assert left == pytest.approx(1, abs=0.01)


def test_narrow_networks_collapse_at_it_up_to_what_their_width_moves() -> None:
    spec = NetworkSpec("vanilla", 49, 1, 64, 3, 2.0)
    took, left = collapse(spec, "dense", 256)
    far = one_output_pull(spec, INF).above
    assert took == pytest.approx(1, abs=far)
    assert left == pytest.approx(1, abs=far)
    assert far < 0.4  # and half the rate, for which it would be 2, is not allowed


def test_residual_networks_have_lost_half_of_their_weights_at_the_theorys_half_life() -> None:
    spec = NetworkSpec("residual", 49, 1, 64, 3, 0.8)
    theory, eps, scales = PaperTheory(), instant(INF, 49), scales_down_to(0.4)
    rates = drawn(linear(49, scales), spec, "dense", 256)
    left = np.median(scale_at(rates, scales, half_life(theory, spec, Attack.of(eps, INF))) ** 2)
    assert 2 * left == pytest.approx(1, abs=one_output_pull(spec, INF).above)
    # Slower than at the rate it began with, as (1 + y)^{L/2−1} falls.
    assert np.median(rates[:, -1]) / np.median(rates[:, 0]) == pytest.approx(math.sqrt(1.16 / 1.4), abs=0.08)


specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.sampled_from([16, 784]),
    output_dim=st.integers(1, 10),
    width=st.integers(16, 2000),
    depth=st.integers(1, 10),
    weight_variance=st.floats(0.3, 2.5),
)
times_in_half_lives = st.lists(st.floats(0, 2), min_size=1, max_size=4)


@settings(max_examples=25)
@given(specs, st.floats(0.01, 0.5), st.sampled_from([1.0, 2.0]))
def test_at_the_half_life_half_is_left(spec: NetworkSpec, eps: float, factor: float) -> None:
    theory = PaperTheory(rate_factor=factor)
    end = half_life(theory, spec, Attack.of(eps, INF))
    assert theory.weight_variance(spec, eps, math.inf, math.inf, end) == pytest.approx(spec.weight_variance / 2)
    assert half_life(half_rate(theory), spec, Attack.of(eps, INF)) == pytest.approx(end * factor / (3 - factor))


@settings(max_examples=25)
@given(specs, times_in_half_lives, st.floats(0.1, 3))
def test_the_envelope_is_the_theorys_path_at_the_measured_loss(
    spec: NetworkSpec, marks: list[float], share: float
) -> None:
    theory, eps = PaperTheory(), 0.1
    at = [half_life(theory, spec, Attack.of(eps, INF)) * mark for mark in marks]
    bound = theory.adversarial_bound(spec, eps, math.inf, math.inf)
    low = envelope(theory, spec, Attack.of(eps, INF), np.array([bound, share * bound, 0.0]), at)
    assert low[0] == pytest.approx(law(theory, spec, Attack.of(eps, INF), at))
    assert low[1] == pytest.approx(law(theory, spec, Attack.of(eps, INF), [share * t for t in at]))
    assert low[2] == pytest.approx(1)


@given(st.floats(0.02, 0.9))
def test_scales_lead_down_evenly(share: float) -> None:
    scales = scales_down_to(share)
    assert scales[0] == 1
    assert scales[-1] ** 2 == pytest.approx(share)
    ratios = np.array(scales[1:]) / np.array(scales[:-1])
    assert ratios == pytest.approx(ratios[0])


# Rivals of a path, and its curves ------------------------------------------------------------------------------


FLOWN = NetworkSpec("vanilla", 49, 10, 32, 5, 2.0)


def path(size: float, paid: float, loss: float, draws: int = 40) -> Floats:
    """Made-up recorded paths `[n, 2, 9]` that end with these values, to a ten-thousandth."""
    found = np.zeros((draws, 2, 9))
    found[:, 0, SIZE], found[:, 0, LOSS] = 1.0, loss
    found[:, 1, SIZE], found[:, 1, PAID] = size, paid
    found[:, 1, ERROR] = 1e-3
    return found * np.linspace(0.9999, 1.0001, draws)[:, None, None] ** 0.01


@pytest.mark.parametrize(
    ("size", "paid", "verdict"),
    [(0.9, 0.1, Verdict.SUPPORTED), (0.9, 0.05, Verdict.REFUTED), (0.9, 0.15, Verdict.REFUTED)],
)
def test_eulers_law_of_a_path_is_that_it_paid_for_what_it_lost(size: float, paid: float, verdict: Verdict) -> None:
    assert euler(1, 0.1)[EULER].judge(path(size, paid, 1.0), 1e-3) is verdict


def test_the_curve_of_a_path_lays_both_laws_beside_it() -> None:
    theory, eps = PaperTheory(), 0.3
    bound, end = theory.adversarial_bound(FLOWN, eps, math.inf, math.inf), half_life(theory, FLOWN, Attack.of(eps, INF))
    curve = along_path(theory, FLOWN, Attack.of(eps, INF), (end,), path(0.9, 0.1, bound / 2))
    assert curve.x == (0.0, end)
    assert curve.measured == pytest.approx((1.0, 0.9), rel=1e-3)
    assert curve.predicted == pytest.approx((1.0, 0.5))
    assert curve.draws == 40
    assert {len(values) for values in curve.series.values()} == {2}
    assert curve.series["L_adv over the bound"] == pytest.approx((0.5, 0.0), abs=1e-3)
    half_way = law(theory, FLOWN, Attack.of(eps, INF), (end / 2,))[0]
    assert curve.series["envelope"][1] == pytest.approx(half_way, rel=1e-3)
    assert curve.series["rate factor 1"][1] == pytest.approx(half_way, rel=1e-3)
    assert curve.series["lower quartile"][1] <= curve.measured[1] <= curve.series["upper quartile"][1]


def test_the_curve_of_a_projection_follows_the_law_that_made_it() -> None:
    theory, eps, scales = PaperTheory(), instant(INF, 49), scales_down_to(0.4)
    end = half_life(theory, FLOWN, Attack.of(eps, INF))
    rate = -theory.variance_rate(FLOWN, eps, math.inf, math.inf) / FLOWN.weight_variance / 2  # of s, not of s²
    rates = rate * np.array([scales] * 3) ** (FLOWN.depth - 2)
    curve = along_projection(theory, FLOWN, Attack.of(eps, INF), scales, end, rates)
    assert curve.measured == pytest.approx(curve.predicted, rel=1e-6)
    assert curve.predicted[-1] == pytest.approx(0.5)
    assert curve.x[-1] == pytest.approx(end)
    assert curve.draws == 3
