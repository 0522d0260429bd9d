"""The projected flow solves its equation, and pulls as networks of scaled weights do."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.capacity import fisher_rao
from mfcheck.observables.projected import scale_at, times
from mfcheck.tests.support.projections import INF, drawn, inputs, linear
from mfcheck.theorems.pull import instant
from mfcheck.theorems.variance import (
    scales_down_to,
)
from mfcheck.verdict import NotCovered

EVEN = tuple(np.geomspace(1.0, 0.5, 5).tolist())
grids = st.sampled_from([EVEN, (1.0, 0.9, 0.5, 0.2), (1.0, 0.3)])
starts = st.floats(1e-3, 1e3)
powers = st.floats(-3.0, 6.0)


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
