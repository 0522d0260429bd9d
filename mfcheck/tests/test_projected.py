"""The projected flow solves its equation, pulls as networks of scaled weights do, and takes the theory's times."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from mfcheck import NetworkSpec, NormPair, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Sample, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.along_training import ERROR, LOSS, PAID, SIZE
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.projected import projected, scale_at, times
from mfcheck.theorems.pull import LINEAR_STEPS, half_rate, instant, one_output_pull
from mfcheck.theorems.variance import (
    ENVELOPE,
    EULER,
    LOWER,
    along_path,
    along_projection,
    envelope,
    half_life,
    law,
    rivals,
    scales_down_to,
)
from mfcheck.training.objectives import Objective
from mfcheck.verdict import NotCovered, Verdict

INF = NormPair(math.inf, math.inf)
STORE = ChunkStore()
EVEN = tuple(np.geomspace(1.0, 0.5, 5).tolist())

grids = st.sampled_from([EVEN, (1.0, 0.9, 0.5, 0.2), (1.0, 0.3)])
starts = st.floats(1e-3, 1e3)
powers = st.floats(-3.0, 6.0)


def inputs(dimension: int) -> Probe:
    x = np.random.default_rng(dimension).standard_normal((1, dimension))
    return Probe(x * math.sqrt(dimension) / np.linalg.norm(x))


def drawn(source: Source, spec: NetworkSpec, engine: str, draws: int) -> Floats:
    return Sample(source, spec, engine, inputs(spec.input_dim), 3, "cpu", STORE).first(draws)


def linear(input_dim: int, scales: tuple[float, ...], *, capacity: bool = False) -> Source:
    objective = Objective("adversarial", instant(INF, input_dim), math.inf, math.inf, LINEAR_STEPS)
    return projected(objective, scales, capacity=capacity)


# The equation --------------------------------------------------------------------------------------------------


def integrated(rate: Callable[[float], float], end: float) -> float:
    """s(t) of d log s/dt = −r(s) from s = 1."""
    found = integrate.solve_ivp(lambda _, log_s: [-rate(math.exp(log_s[0]))], (0.0, end), [0.0], rtol=1e-10, atol=1e-12)
    return math.exp(found.y[0, -1])


@given(grids, starts, powers)
def test_rates_that_are_powers_are_solved_exactly(scales: tuple[float, ...], start: float, power: float) -> None:
    rates = start * np.array([scales]) ** power
    reached = times(rates, scales)[0]
    exact = -np.log(scales) if abs(power) < 1e-12 else np.expm1(-power * np.log(scales)) / power
    assert reached == pytest.approx(exact / start, rel=1e-6, abs=1e-12)
    assert reached[0] == 0
    for t, scale in zip(reached, scales, strict=True):
        assert scale_at(rates, scales, float(t))[0] == pytest.approx(scale, rel=1e-6)


@given(grids, starts, st.floats(0.0, 5.0), st.floats(0.05, 4.0))
def test_the_scale_is_that_of_an_integrator_even_beyond_the_last(
    scales: tuple[float, ...], start: float, power: float, share: float
) -> None:
    rates = start * np.array([scales]) ** power
    t = share * float(times(rates, scales)[0, -1])
    assert scale_at(rates, scales, t)[0] == pytest.approx(integrated(lambda s: start * s**power, t), rel=1e-6)


@given(st.floats(0.05, 3.0), st.floats(0.0, 4.0), st.floats(0.1, 1.0))
def test_five_scales_are_enough_for_what_is_no_power(gain: float, power: float, share: float) -> None:
    """The rates of residual networks, in proportion to (1 + y s²)^{L/2−1}."""
    scales = scales_down_to(0.4)

    def rate(s: float) -> float:
        return float((1 + gain * s**2) ** power)

    rates = np.array([[rate(s) for s in scales]])
    t = share * float(times(rates, scales)[0, -1])
    assert scale_at(rates, scales, t)[0] == pytest.approx(integrated(rate, t), rel=2e-3)
    whole = integrate.quad(lambda v: 1 / rate(math.exp(-v)), 0, -math.log(scales[-1]))[0]
    assert times(rates, scales)[0, -1] == pytest.approx(whole, rel=3e-3)


matrices = st.lists(st.lists(st.floats(0.01, 100), min_size=4, max_size=4), min_size=1, max_size=6)
GRID = (1.0, 0.9, 0.5, 0.2)


@given(matrices, st.integers(0, 3))
def test_scales_and_times_are_inverse_whatever_the_rates(values: list[list[float]], place: int) -> None:
    rates = np.array(values)
    reached = times(rates, GRID)
    assert (np.diff(reached, axis=1) > 0).all()
    for row, at in enumerate(reached):
        assert scale_at(rates, GRID, float(at[place]))[row] == pytest.approx(GRID[place], rel=1e-6)
        # A network by itself moves as it does among others.
        assert scale_at(rates[[row]], GRID, 0.3)[0] == pytest.approx(scale_at(rates, GRID, 0.3)[row])
        # Rates twice as large take half the time.
        assert times(2 * rates[[row]], GRID)[0] == pytest.approx(at / 2)


@given(matrices, st.floats(0, 50), st.floats(0, 50))
def test_scales_only_fall(values: list[list[float]], early: float, late: float) -> None:
    rates = np.array(values)
    early, late = sorted((early, late))
    before, after = scale_at(rates, GRID, early), scale_at(rates, GRID, late)
    assert (after <= before * (1 + 1e-9)).all()
    assert (after >= 0).all()
    assert scale_at(rates, GRID, 0.0) == pytest.approx(1)


@given(starts, st.floats(0, 20))
def test_a_constant_rate_is_an_exponential(rate: float, share: float) -> None:
    rates, t = np.full((2, len(EVEN)), rate), share / rate
    assert scale_at(rates, EVEN, t) == pytest.approx(math.exp(-share), rel=1e-6)
    assert times(rates, EVEN)[0] == pytest.approx(-np.log(EVEN) / rate)


def test_weights_that_end_in_finite_time_stay_at_their_end() -> None:
    """One layer: r ∝ 1/s, so s = 1 − rt."""
    rates = 0.5 / np.array([EVEN])
    assert scale_at(rates, EVEN, 1.0)[0] == pytest.approx(0.5)
    assert scale_at(rates, EVEN, 1.9)[0] == pytest.approx(0.05)
    assert 0 <= scale_at(rates, EVEN, 30.0)[0] < 1e-9


@pytest.mark.parametrize("pull", [0.0, -3.0])
def test_a_network_that_is_not_pulled_stands_still(pull: float) -> None:
    rates = np.array([[1.0] * 5, [pull] * 5])
    assert times(rates, EVEN)[1, -1] > 1e6
    assert times(rates, EVEN)[0, -1] == pytest.approx(math.log(2))
    assert scale_at(rates, EVEN, 1.0) == pytest.approx([math.exp(-1), 1.0])
    alone = np.full((1, 5), pull)
    assert times(alone, EVEN)[0, -1] > 1e6
    assert np.isfinite(times(alone, EVEN)).all()


# What is measured ----------------------------------------------------------------------------------------------

VANILLA = NetworkSpec("vanilla", 12, 3, 16, 4, 1.6)
RESIDUAL = NetworkSpec("residual", 12, 3, 16, 3, 0.8)
BIASED = NetworkSpec("residual", 12, 2, 16, 2, 0.8, 0.5)
SCALES = (1.0, 0.8, 0.5)


def band(draws: int, comparisons: int) -> float:
    """What two samples of one law are apart with probability 1e-6 at most, in any of so many comparisons."""
    return 2 * math.sqrt(math.log(4 * comparisons / 1e-6) / (2 * draws))


def assert_one_law(one: Floats, other: Floats) -> None:
    for column in range(one.shape[1]):
        first, second = np.sort(one[:, column]), np.sort(other[:, column])
        at = np.concatenate([first, second])
        below = [np.searchsorted(values, at, "right") / len(values) for values in (first, second)]
        assert np.abs(below[0] - below[1]).max() < band(len(one), one.shape[1]), column


@pytest.mark.parametrize("spec", [VANILLA, RESIDUAL, BIASED], ids=str)
def test_the_rate_is_the_derivative_of_the_loss_in_the_scale_of_the_weights(spec: NetworkSpec) -> None:
    """Of ε times the largest ℓ1 norm of a row of J, at the same networks, over ‖sW‖²."""
    source = linear(12, SCALES, capacity=True)
    found = source.engines["dense"](spec, inputs(12), Stream(5), 6)
    eps, x = instant(INF, 12), torch.as_tensor(inputs(12).x)

    def loss(scale: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        network = Network(spec, Stream(5), replicates=6, dtype=torch.float64)
        for matrix in network.weights:
            matrix.scale(scale)
        square = sum(matrix.squared_norm() for matrix in network.weights)
        assert isinstance(square, torch.Tensor)
        steep = network.jacobian(x)[:, 0].abs().sum(dim=2).amax(dim=1)
        return eps * steep, square, fisher_rao(network, x, ("rows",))[:, 0]

    for column, scale in enumerate(SCALES):
        h = 1e-6
        up, down, (_, square, norm) = loss(scale * math.exp(h))[0], loss(scale * math.exp(-h))[0], loss(scale)
        torch.testing.assert_close(found[:, column], (up - down) / (2 * h) / square, rtol=1e-5, atol=0)
        torch.testing.assert_close(found[:, len(SCALES) + column], norm, rtol=1e-9, atol=0)


def test_vanilla_networks_pull_by_powers_of_the_scale() -> None:
    dense = drawn(linear(12, SCALES, capacity=True), VANILLA, "dense", 64)
    chain = drawn(linear(12, SCALES, capacity=True), VANILLA, "wishart", 64)
    for found in (dense, chain):
        np.testing.assert_allclose(found[:, :3], found[:, :1] * np.array([SCALES]) ** 2, rtol=1e-6)
        np.testing.assert_allclose(found[:, 3:], found[:, 3:4] * np.array([SCALES]) ** 8, rtol=1e-6)


def test_on_the_chain_and_on_stored_networks_it_is_one_law() -> None:
    source = linear(12, SCALES)
    chain, dense = (drawn(source, VANILLA, engine, 1024) for engine in ("wishart", "dense"))
    assert_one_law(chain, dense)
    with pytest.raises(AssertionError):
        assert_one_law(chain, 1.3 * dense)


@pytest.mark.parametrize("spec", [RESIDUAL, BIASED], ids=["no biases", "biases"])
def test_on_revealed_and_on_stored_networks_it_is_one_law(spec: NetworkSpec) -> None:
    source = linear(12, (1.0, 0.6), capacity=True)
    lazy, dense = (drawn(source, spec, engine, 512) for engine in ("lazy", "dense"))
    assert_one_law(lazy, dense)
    with pytest.raises(NotCovered, match="homogeneous"):
        drawn(source, spec, "wishart", 4)


# Against the theory --------------------------------------------------------------------------------------------


def collapse(spec: NetworkSpec, engine: str, draws: int) -> tuple[float, float]:
    """The median time of collapse over the theory's, and that of σ_w² at the theory's half-life over a half."""
    theory, eps = PaperTheory(), instant(INF, spec.input_dim)
    gain = spec.activation.alpha * spec.weight_variance
    scales = scales_down_to(LOWER ** (1 / spec.depth) / gain)
    rates = drawn(linear(spec.input_dim, scales), spec, engine, draws)
    end = half_life(theory, spec, eps, INF)
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
    left = np.median(scale_at(rates, scales, half_life(theory, spec, eps, INF)) ** 2)
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
    end = half_life(theory, spec, eps, INF)
    assert theory.weight_variance(spec, eps, math.inf, math.inf, end) == pytest.approx(spec.weight_variance / 2)
    assert half_life(half_rate(theory), spec, eps, INF) == pytest.approx(end * factor / (3 - factor))


@settings(max_examples=25)
@given(specs, times_in_half_lives, st.floats(0.1, 3))
def test_the_envelope_is_the_theorys_path_at_the_measured_loss(
    spec: NetworkSpec, marks: list[float], share: float
) -> None:
    theory, eps = PaperTheory(), 0.1
    at = [half_life(theory, spec, eps, INF) * mark for mark in marks]
    bound = theory.adversarial_bound(spec, eps, math.inf, math.inf)
    low = envelope(theory, spec, eps, INF, np.array([bound, share * bound, 0.0]), at)
    assert low[0] == pytest.approx(law(theory, spec, eps, INF, at))
    assert low[1] == pytest.approx(law(theory, spec, eps, INF, [share * t for t in at]))
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


def test_rivals_of_a_path_are_what_it_paid_and_the_envelope() -> None:
    theory, eps = PaperTheory(), 0.3
    bound = theory.adversarial_bound(FLOWN, eps, math.inf, math.inf)
    t = half_life(theory, FLOWN, eps, INF)
    found = rivals(theory, FLOWN, eps, INF, t, 1, 0.1)
    assert set(found) == {EULER, ENVELOPE}

    def said(draws: Floats) -> dict[str, Verdict]:
        return {name: rival.judge(draws, 1e-3) for name, rival in found.items()}

    stands, falls = Verdict.SUPPORTED, Verdict.REFUTED
    assert said(path(0.9, 0.1, bound)) == {EULER: stands, ENVELOPE: stands}
    assert said(path(0.9, 0.05, bound)) == {EULER: falls, ENVELOPE: stands}
    assert said(path(0.4, 0.6, bound)) == {EULER: stands, ENVELOPE: falls}
    # With a third of the loss the envelope is higher: what lay above it no longer does.
    assert said(path(0.6, 0.4, bound))[ENVELOPE] is stands
    assert said(path(0.6, 0.4, bound / 3))[ENVELOPE] is falls


def test_without_homogeneity_there_is_no_eulers_law() -> None:
    for spec in (
        NetworkSpec("residual", 49, 10, 32, 5, 0.4),
        NetworkSpec("vanilla", 49, 10, 32, 5, 2.0, bias_variance=0.1),
    ):
        assert set(rivals(PaperTheory(), spec, 0.3, INF, 1.0, 1, 0.1)) == {ENVELOPE}


def test_the_curve_of_a_path_lays_both_laws_beside_it() -> None:
    theory, eps = PaperTheory(), 0.3
    bound, end = theory.adversarial_bound(FLOWN, eps, math.inf, math.inf), half_life(theory, FLOWN, eps, INF)
    curve = along_path(theory, FLOWN, eps, INF, (end,), path(0.9, 0.1, bound / 2))
    assert curve.x == (0.0, end)
    assert curve.measured == pytest.approx((1.0, 0.9), rel=1e-3)
    assert curve.predicted == pytest.approx((1.0, 0.5))
    assert curve.draws == 40
    assert {len(values) for values in curve.series.values()} == {2}
    assert curve.series["L_adv over the bound"] == pytest.approx((0.5, 0.0), abs=1e-3)
    half_way = law(theory, FLOWN, eps, INF, (end / 2,))[0]
    assert curve.series["envelope"][1] == pytest.approx(half_way, rel=1e-3)
    assert curve.series["rate factor 1"][1] == pytest.approx(half_way, rel=1e-3)
    assert curve.series["lower quartile"][1] <= curve.measured[1] <= curve.series["upper quartile"][1]


def test_the_curve_of_a_projection_follows_the_law_that_made_it() -> None:
    theory, eps, scales = PaperTheory(), instant(INF, 49), scales_down_to(0.4)
    end = half_life(theory, FLOWN, eps, INF)
    rate = -theory.variance_rate(FLOWN, eps, math.inf, math.inf) / FLOWN.weight_variance / 2  # of s, not of s²
    rates = rate * np.array([scales] * 3) ** (FLOWN.depth - 2)
    curve = along_projection(theory, FLOWN, eps, INF, scales, end, rates)
    assert curve.measured == pytest.approx(curve.predicted, rel=1e-6)
    assert curve.predicted[-1] == pytest.approx(0.5)
    assert curve.x[-1] == pytest.approx(end)
    assert curve.draws == 3
