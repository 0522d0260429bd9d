"""Every exact finite-width moment against networks that store their matrices, and against the chain of E1."""

from __future__ import annotations

import dataclasses
import math
from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import entry_scales, mirrored_factor
from mfcheck.spec import ARCHITECTURES, NetworkSpec, ReLULike
from mfcheck.statistics.intervals import clopper_pearson
from mfcheck.tests.support.specs import ABS, DENSE, LEAKY, make_spec
from mfcheck.theory import PaperTheory, entry_law
from mfcheck.theory.finite_width import (
    apart_square_ratio,
    dead_probability,
    excess_kurtosis,
    gain_ratio,
    gram_deviation,
    gram_overlap,
    gram_spread,
    mean_gain,
    relative_second_moment,
    row_gains,
    scale_moment,
    shared_square_ratio,
    spread,
)
from mfcheck.theory.gram_moments import apart_moment, offset_moment
from mfcheck.verdict import NotCovered

Z = 6.5  # a two-sided normal bound with false alarm 8e-11 a comparison
ROUNDING = 1e-12
NAMES = [spec.label for spec in DENSE]
REPLICATES = 20_000


@dataclasses.dataclass(frozen=True, eq=False)
class Dense:
    """Jacobians `[R, K, d]` and Gram matrices of their columns before P_out `[R, d, d]`, in units of ω^{L/2}, ω^L."""

    jacobian: Floats
    gram: Floats


@lru_cache(maxsize=len(DENSE))
def dense(spec: NetworkSpec) -> Dense:
    """Replicates of networks that assume nothing; ω comes from the paper, so that its value is on trial too."""
    x = torch.linspace(-1, 2, spec.input_dim)[None]
    network = Network(spec, Stream(20_24), replicates=REPLICATES)
    with torch.no_grad():
        jacobian = network.jacobian(x)[:, 0].double().numpy()
        features = network.feature_jacobian(x, range(spec.input_dim))[:, 0].double().numpy()
    growth = PaperTheory().omega(spec) ** spec.depth
    gram = np.swapaxes(features, 1, 2) @ features / spec.width
    return Dense(jacobian / math.sqrt(growth), gram / growth)


def assert_mean(per_network: Floats, expected: float, *, resolution: float | None = None) -> None:
    """The mean over independent networks is `expected`, within Z of its own standard errors.

    With a `resolution` those errors must be small enough to tell a relative deviation of that size.
    """
    error = float(per_network.std(ddof=1)) / math.sqrt(len(per_network))
    assert abs(per_network.mean() - expected) <= Z * error
    if resolution is not None:
        assert Z * error < resolution * abs(expected)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_the_mean_square_of_an_entry_is_omega_to_the_depth_over_d(spec: NetworkSpec) -> None:
    assert_mean(spec.input_dim * (dense(spec).jacobian ** 2).mean(axis=(1, 2)), 1, resolution=0.1)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_fourth_moments_and_the_variance_of_the_conditional_variance(spec: NetworkSpec) -> None:
    d, drawn = spec.input_dim, dense(spec)
    fourth = d**2 * (drawn.jacobian**4).mean(axis=(1, 2))
    assert_mean(fourth, 3 + excess_kurtosis(spec))
    squared_variance = d**2 * np.mean(np.diagonal(drawn.gram, axis1=1, axis2=2) ** 2, axis=1)
    assert_mean(squared_variance, relative_second_moment(spec), resolution=0.2)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_products_of_squares_in_a_row_in_a_column_and_across(spec: NetworkSpec) -> None:
    d, k = spec.input_dim, spec.output_dim
    squares = d * dense(spec).jacobian ** 2
    all_pairs, same = squares.sum(axis=(1, 2)) ** 2, (squares**2).sum(axis=(1, 2))
    in_rows = (squares.sum(axis=2) ** 2).sum(axis=1) - same
    in_columns = (squares.sum(axis=1) ** 2).sum(axis=1) - same
    assert_mean(in_rows / (k * d * (d - 1)), shared_square_ratio(spec), resolution=0.25)
    assert_mean(in_columns / (d * k * (k - 1)), shared_square_ratio(spec), resolution=0.25)
    across = (all_pairs - in_rows - in_columns - same) / (k * d * (k - 1) * (d - 1))
    assert_mean(across, apart_square_ratio(spec), resolution=0.2)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_gram_moments_of_two_columns_before_the_last_gaussian(spec: NetworkSpec) -> None:
    d, gram = spec.input_dim, dense(spec).gram * spec.input_dim
    variances = np.diagonal(gram, axis1=1, axis2=2)
    pairs = d * (d - 1)
    same = (variances**2).sum(axis=1)
    assert_mean((variances.sum(axis=1) ** 2 - same) / pairs, apart_square_ratio(spec), resolution=0.15)
    assert_mean(((gram**2).sum(axis=(1, 2)) - same) / pairs, gram_overlap(spec), resolution=0.25)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_gram_spread_is_the_second_moment_of_two_different_rows(spec: NetworkSpec) -> None:
    """The off-diagonal entries of s·GOE have variance s² (its diagonal 2s²), and those of J Jᵀ/ω^L have mean 0."""
    k, jacobian = spec.output_dim, dense(spec).jacobian
    outer = jacobian @ np.swapaxes(jacobian, 1, 2)
    diagonal = np.diagonal(outer, axis1=1, axis2=2)
    off_diagonal = (outer**2).sum(axis=(1, 2)) - (diagonal**2).sum(axis=1)
    assert_mean(off_diagonal / (k * (k - 1)), gram_spread(spec), resolution=0.3)


def test_gram_spread_at_large_width_is_what_the_dimensions_give() -> None:
    """1/d + (1 + κL)/N up to products of small terms, of which none is larger than the square of their sum."""
    for spec in (make_spec("vanilla", 10**6, 8, input_dim=784), make_spec("residual", 10**6, 5, input_dim=784)):
        expected = 1 / 784 + (1 + gain_ratio(spec) * spec.depth) / spec.width
        small = 1 / 784 + (2 + spread(spec) * spec.depth) / spec.width
        assert gram_spread(spec) == pytest.approx(expected, abs=2 * small**2)


@pytest.mark.parametrize("spec", DENSE, ids=NAMES)
def test_gram_deviation_is_the_mean_square_by_which_the_mirrored_gram_misses_the_identity(spec: NetworkSpec) -> None:
    """C = RᵀR/ω^L from the mirrored chain; and from stored matrices, J Jᵀ ~ C^{1/2} Z Zᵀ C^{1/2}, by E‖J‖⁴_F.

    E‖J‖⁴_F = E (tr C)² + 2E tr C²/d and E‖J Jᵀ‖²_F = (1 + 1/d) E tr C² + E (tr C)²/d give E tr C².
    """
    factor = mirrored_factor(spec, 200_000, Stream(8)).numpy()
    gram = np.swapaxes(factor, 1, 2) @ factor / PaperTheory().omega(spec) ** spec.depth
    off = ((gram - np.eye(spec.output_dim)) ** 2).sum(axis=(1, 2))
    assert_mean(off, gram_deviation(spec) ** 2, resolution=0.25)
    # What it is for: the largest eigenvalue of C^{1/2} − I, by Jensen once more.
    roots = np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0, None))
    assert np.abs(roots - 1).max(axis=1).mean() <= gram_deviation(spec)
    d, drawn = spec.input_dim, dense(spec).jacobian
    outer = drawn @ np.swapaxes(drawn, 1, 2)
    trace = np.trace(outer, axis1=1, axis2=2)
    squares = ((outer**2).sum(axis=(1, 2)) - trace**2 / d) / (1 + 1 / d - 2 / d**2)  # of mean E tr C²
    assert_mean(squares - 2 * trace + spec.output_dim, gram_deviation(spec) ** 2)


@given(st.sampled_from(ARCHITECTURES), st.integers(20, 10**5), st.integers(1, 20), st.integers(1, 30))
def test_gram_deviation_falls_like_one_over_the_root_of_the_width(
    architecture: str, width: int, depth: int, outputs: int
) -> None:
    """To leading order K(c L + 2)/N + K(K − 1)(κL + 1)/N in squares; what is left out only adds."""
    spec = make_spec(architecture, 100 * depth * width, depth, output_dim=outputs)
    k = outputs
    leading = (k * (spread(spec) * depth + 2) + k * (k - 1) * (gain_ratio(spec) * depth + 1)) / spec.width
    assert gram_deviation(spec) ** 2 == pytest.approx(leading, rel=0.02)
    assert gram_deviation(make_spec(architecture, width, depth, output_dim=outputs + 1)) > gram_deviation(
        make_spec(architecture, width, depth, output_dim=outputs)
    )


@pytest.mark.parametrize("spec", [make_spec("vanilla", 40, 5), make_spec("residual", 40, 5, 1.0)])
def test_the_chain_has_the_same_relative_second_moment(spec: NetworkSpec) -> None:
    scales = entry_scales(spec, 200_000, Stream(5)).numpy() * spec.input_dim / mean_gain(spec) ** spec.depth
    assert_mean(scales, 1, resolution=0.02)
    assert_mean(scales**2, relative_second_moment(spec), resolution=0.1)


@given(
    st.sampled_from(ARCHITECTURES),
    st.integers(1, 10**6),
    st.integers(1, 100),
    st.floats(0.01, 100),
    st.floats(-3, 3),
)
def test_the_moments_are_consistent_with_each_other(
    architecture: str, width: int, depth: int, variance: float, v: float
) -> None:
    spec = make_spec(architecture, width, depth, variance, ReLULike(1, v))
    assert mean_gain(spec) == pytest.approx(PaperTheory().omega(spec), rel=ROUNDING)
    assert sum(row_gains(spec)) / 2 == pytest.approx(mean_gain(spec), rel=ROUNDING)
    assert 1 - ROUNDING <= gain_ratio(spec) <= 2 + ROUNDING
    assert spread(spec) == pytest.approx(3 * gain_ratio(spec) - 1, rel=ROUNDING)
    s, t = apart_square_ratio(spec), gram_overlap(spec)
    assert s + 2 * t == pytest.approx(relative_second_moment(spec), rel=100 * ROUNDING)
    assert excess_kurtosis(spec) == pytest.approx(3 * (relative_second_moment(spec) - 1), rel=1e-9, abs=1e-15 * depth)
    assert shared_square_ratio(spec) == relative_second_moment(spec)
    recursed = gram_recursion(spec)
    assert s == pytest.approx(recursed[0], rel=100 * ROUNDING)
    assert t == pytest.approx(recursed[1], rel=1e-8)  # T ≥ 1/N here is a difference of numbers near 1
    # one column's Gram never correlates negatively with another's, nor more than with itself
    assert 1 - ROUNDING <= s <= relative_second_moment(spec)


def gram_recursion(spec: NetworkSpec) -> tuple[float, float]:
    """S and T layer by layer, as docs/theory.md#finite-width-moments states them."""
    s, t, n, kappa = 1.0, 1 / spec.width, spec.width, gain_ratio(spec)
    for _ in range(spec.depth):
        s, t = s + (kappa * (s + 2 * t) - s) / n, t + (kappa * (s + 2 * t) - t) / n
    return s, t


@given(st.integers(1, 10**5), st.integers(1, 20), st.integers(1, 6))
def test_moments_of_the_scale_without_chance_are_those_of_a_product_of_chi_squares(
    width: int, depth: int, order: int
) -> None:
    expected = math.prod(1 + 2 * i / width for i in range(order)) ** (depth + 1)
    assert scale_moment(make_spec("vanilla", width, depth, 1.7, ABS), order) == pytest.approx(expected, rel=1e-9)


@given(st.integers(1, 300), st.integers(1, 5), st.integers(1, 6))
def test_moments_of_the_scale_of_relu_networks_sum_over_the_open_gates(width: int, depth: int, order: int) -> None:
    """With n of N gates open G' = 2χ²_n/N, and E (χ²_n)^k = n(n + 2)…(n + 2k − 2)."""
    rows = sum(math.comb(width, n) * math.prod(n + 2 * i for i in range(order)) for n in range(width + 1))
    layer = 2.0**order * (rows / 2**width) / float(width) ** order
    last = math.prod(1 + 2 * i / width for i in range(order))
    expected = layer**depth * last
    assert scale_moment(make_spec("vanilla", width, depth), order) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("spec", [make_spec("vanilla", 100, 2, 1.0, LEAKY), make_spec("residual", 100, 2)])
def test_moments_of_the_scale_are_those_of_the_chain(spec: NetworkSpec) -> None:
    scales = entry_scales(spec, 200_000, Stream(6)).numpy() * spec.input_dim / mean_gain(spec) ** spec.depth
    for order in (1, 2, 3, 4):
        assert_mean(scales**order, scale_moment(spec, order), resolution=0.05)
    assert scale_moment(spec, 2) == pytest.approx(relative_second_moment(spec), rel=ROUNDING)


BIASED = [
    dataclasses.replace(make_spec("vanilla", 12, 3), bias_variance=0.5),
    dataclasses.replace(make_spec("vanilla", 16, 2, 1.5, LEAKY), bias_variance=2.0),
    dataclasses.replace(make_spec("residual", 16, 2, 1.0), bias_variance=1.0),
    dataclasses.replace(make_spec("residual", 16, 1, 0.5, ABS), bias_variance=0.3),
]


@pytest.mark.parametrize("spec", BIASED, ids=lambda spec: spec.label)
def test_moments_of_the_offset_and_of_its_overlap_with_the_jacobian(spec: NetworkSpec) -> None:
    second, d, k = offset_moment(spec, 2), spec.input_dim, spec.output_dim
    x = torch.linspace(-1, 2, d)[None]
    network = Network(spec, Stream(77), replicates=REPLICATES)
    with torch.no_grad():
        jacobian = network.jacobian(x)[:, 0].double().numpy()
        offset = network.with_gates(network.gate_slopes(x), torch.zeros(REPLICATES, 1, d))[:, 0].double().numpy()
    squared = offset**2 / PaperTheory().offset_variance(spec)
    assert_mean(squared.mean(axis=1), 1, resolution=0.1)
    assert_mean((squared**2).mean(axis=1), 3 * second)
    others = squared.sum(axis=1) ** 2 - (squared**2).sum(axis=1)
    assert_mean(others / (k * (k - 1)), second, resolution=0.3)  # given A, entries of the offset are N(0, A)
    rows = d * (jacobian**2).mean(axis=2) / PaperTheory().omega(spec) ** spec.depth
    together = (rows * squared).sum(axis=1)
    apart = rows.sum(axis=1) * squared.sum(axis=1) - together
    assert_mean(apart / (k * (k - 1)), apart_moment(spec, 1, offset=True), resolution=0.3)


def test_offsets_without_biases_are_not_covered() -> None:
    with pytest.raises(NotCovered, match="bias"):
        offset_moment(make_spec("vanilla", 12, 3), 1)


@pytest.mark.parametrize("variance", [0.5, 2.0, 7.0])
def test_relu_networks_have_gain_ratio_two_and_spread_five(variance: float) -> None:
    spec = make_spec("vanilla", 100, 3, variance)
    assert (gain_ratio(spec), spread(spec)) == (2, 5)


def test_gains_without_chance_have_ratio_one() -> None:
    assert gain_ratio(make_spec("vanilla", 100, 3, 1.3, ABS)) == 1
    assert gain_ratio(make_spec("residual", 100, 3, 1.3, ABS)) == 1


def test_the_residual_gain_ratio_is_the_closed_form() -> None:
    spec = make_spec("residual", 100, 3, 1.3, LEAKY)
    act, omega = spec.activation, mean_gain(spec)
    expected = 1 + ((act.u**4 + act.v**4) / 2 - act.alpha**2) * 1.3**2 / omega**2
    assert gain_ratio(spec) == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("width", [2, 3, 4])
def test_networks_die_as_often_as_the_atom_says(width: int, depth: int) -> None:
    """Clopper–Pearson at 1e-9; a second sample from matrices, because the chain could share an error."""
    spec = make_spec("vanilla", width, depth, input_dim=1, output_dim=1)
    chain = entry_scales(spec, 200_000, Stream(width)).numpy()
    jacobian = Network(spec, Stream(width), replicates=50_000).jacobian(torch.ones(1, 1))
    for dead in (chain == 0, jacobian.detach().numpy().ravel() == 0):
        low, high = clopper_pearson(int(dead.sum()), dead.size, 1e-9)
        assert low <= dead_probability(spec) <= high
    assert dead_probability(spec) == pytest.approx(1 - (1 - 2.0**-width) ** depth, rel=ROUNDING)


@pytest.mark.parametrize(
    "spec",
    [make_spec("vanilla", 2, 3, 2.0, LEAKY), make_spec("vanilla", 2, 3, 2.0, ABS), make_spec("residual", 2, 3)],
    ids=["leaky", "abs", "residual"],
)
def test_networks_without_closed_paths_never_die(spec: NetworkSpec) -> None:
    assert dead_probability(spec) == 0
    assert entry_scales(spec, 10_000, Stream(0)).min() > 0


def test_death_of_a_wide_network_is_not_rounded_away() -> None:
    assert dead_probability(make_spec("vanilla", 200, 10)) == pytest.approx(10 * 2.0**-200, rel=ROUNDING)


def test_a_slope_of_zero_on_the_other_side_kills_as_well() -> None:
    assert dead_probability(make_spec("vanilla", 3, 2, 2.0, ReLULike(0, 1))) == dead_probability(
        make_spec("vanilla", 3, 2)
    )


def test_other_architectures_are_not_covered() -> None:
    spec = make_spec("my_package:make", 100, 3)
    for formula in (row_gains, excess_kurtosis, gram_overlap, gram_spread, dead_probability, entry_law):
        with pytest.raises(NotCovered, match="my_package:make"):
            formula(spec)
