"""Exact moments of two columns' Gram matrix: by sums over nodes of every normal number, and by closed forms."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.arrays import Floats
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import forward_factor
from mfcheck.spec import ARCHITECTURES, NetworkSpec, ReLULike
from mfcheck.theory import finite_width
from mfcheck.theory.gram_moments import apart_moment, gram_moments, offset_moment, row_moment
from mfcheck.verdict import NotCovered

ODD = ReLULike(1.5, -0.5)
Z = 6.5  # a two-sided normal bound with false alarm 8e-11 a comparison


def nodes(normals: int, degree: int) -> tuple[Floats, Floats]:
    """Values of so many normal numbers `[normals, points]` and weights, exact for polynomials of the degree in each."""
    at, weight = np.polynomial.hermite_e.hermegauss(degree // 2 + 1)
    values = np.stack(np.meshgrid(*[at] * normals, indexing="ij")).reshape(normals, -1)
    weights = np.stack(np.meshgrid(*[weight / weight.sum()] * normals, indexing="ij")).reshape(normals, -1)
    return values, np.prod(weights, axis=0)


def one_row(spec: NetworkSpec, order: int) -> tuple[float, float]:
    """E (GA)^k and E A^k of two layers of one row each: G and A are squares of polynomials in five normal numbers."""
    z, weight = nodes(5, 4 * order)
    skip, product, alone = float(spec.architecture == "residual"), 0.0, 0.0
    for slopes in itertools.product((spec.activation.u, spec.activation.v), repeat=2):
        column, offset = z[0], np.zeros(len(weight))
        for layer, slope in enumerate(slopes):
            scale = math.sqrt(skip + slope**2 * spec.weight_variance) * z[1 + 2 * layer]
            offset = scale * offset + slope * math.sqrt(spec.bias_variance) * z[2 + 2 * layer]
            column = scale * column
        product += float(weight @ (column * offset) ** (2 * order)) / 4
        alone += float(weight @ offset ** (2 * order)) / 4
    return product, alone


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_networks_of_one_row(architecture: str, order: int) -> None:
    spec = NetworkSpec(architecture, 4, 3, 1, 2, 0.7, 0.4, ODD)
    (mean, alone), (product, power) = one_row(spec, 1), one_row(spec, order)
    grown = finite_width.mean_gain(spec) ** 2
    assert mean > grown * alone  # they depend on each other
    assert apart_moment(spec, order, offset=True) == pytest.approx(product / (grown * alone) ** order, rel=1e-9)
    assert offset_moment(spec, order) == pytest.approx(power / alone**order, rel=1e-9)


def of_two_rows(spec: NetworkSpec) -> tuple[float, float]:
    """E (Γ₁₁Γ₂₂)² and E (Γ₁₁Γ₂₂ + 2Γ₁₂²)² of columns of one layer of two rows, in units of its mean squared gain."""
    z, weight = nodes(8, 8)
    start, mixed = z[:4].reshape(2, 2, -1), z[4:].reshape(2, 2, -1)  # rows of the input's columns; of the weights
    apart = row = 0.0
    for slopes in itertools.product((spec.activation.u, spec.activation.v), repeat=2):
        gains = np.array([slope**2 * spec.weight_variance for slope in slopes]) / finite_width.mean_gain(spec)
        columns = np.einsum("r,rsp,scp->rcp", np.sqrt(gains / 2), mixed, start)
        gram = np.einsum("rap,rbp->abp", columns, columns) / 2
        product, square = gram[0, 0] * gram[1, 1], gram[0, 1] ** 2
        apart += float(weight @ product**2) / 4
        row += float(weight @ (product + 2 * square) ** 2) / 4
    return apart, row


def test_columns_of_two_rows() -> None:
    """The gain of a vanilla layer multiplies its weights, whose products with the input's columns are summed here."""
    spec = NetworkSpec("vanilla", 4, 3, 2, 1, 0.7, 0.0, ODD)
    apart, row = of_two_rows(spec)
    assert apart_moment(spec, 2) == pytest.approx(apart, rel=1e-9)
    assert row_moment(spec, 2) == pytest.approx(row, rel=1e-9)


@given(
    st.sampled_from(ARCHITECTURES),
    st.integers(1, 10**5),
    st.integers(1, 12),
    st.floats(0.05, 20),
    st.floats(-3, 3),
)
def test_they_are_the_closed_forms_where_there_are_any(
    architecture: str, width: int, depth: int, variance: float, v: float
) -> None:
    spec = NetworkSpec(architecture, 4, 3, width, depth, variance, 0.3, ReLULike(1, v))
    assert apart_moment(spec, 1) == pytest.approx(finite_width.apart_square_ratio(spec), rel=1e-9)
    assert row_moment(spec, 1) == pytest.approx(finite_width.shared_square_ratio(spec), rel=1e-9)
    assert gram_moments(spec, 4, 0)[2, 0, 0] == pytest.approx(finite_width.scale_moment(spec, 2), rel=1e-9)
    assert gram_moments(spec, 0, 8)[0, 0, 4] == pytest.approx(finite_width.scale_moment(spec, 4), rel=1e-9)
    assert gram_moments(spec, 2, 2)[0, 2, 0] == pytest.approx(finite_width.gram_overlap(spec), rel=1e-9, abs=1e-12)
    assert offset_moment(spec, 1) == pytest.approx(1, rel=1e-9)
    assert apart_moment(spec, 2, offset=True) >= apart_moment(spec, 1, offset=True) ** 2 * (1 - 1e-9)
    assert apart_moment(spec, 2) <= finite_width.scale_moment(spec, 4) * (1 + 1e-9)  # Cauchy and Schwarz


@pytest.mark.parametrize("offset", [True, False])
def test_of_few_rows_higher_ones_are_the_chains(offset: bool) -> None:
    """Third and fourth moments of a product of scales, for rows of which the chain draws half a million."""
    spec, draws = NetworkSpec("residual", 4, 3, 24, 2, 0.4, 0.5, ODD), 2**19
    directions = torch.eye(4, 2, dtype=torch.float64)
    if offset:
        directions[:, 1] = 0
    affine = torch.tensor([0.0, 1.0], dtype=torch.float64) if offset else None
    with torch.no_grad():
        factor = forward_factor(spec, directions, draws, Stream(20_25), affine=affine)
        gram = (factor.mT @ factor).double().numpy()
    product = gram[:, 0, 0] * gram[:, 1, 1]
    theory_mean = product.mean() / apart_moment(spec, 1, offset=offset)
    for order, resolution in ((2, 0.05), (3, 0.2), (4, 0.6)):
        powers, known = (product / theory_mean) ** order, apart_moment(spec, order, offset=offset)
        error = powers.std(ddof=1) / math.sqrt(draws)
        assert abs(powers.mean() - known) <= Z * error
        assert Z * error < resolution * known


def test_without_biases_there_is_no_offset_and_elsewhere_no_law() -> None:
    spec = NetworkSpec("vanilla", 4, 3, 10, 1, 0.7, 0.0)
    with pytest.raises(NotCovered, match="0 without biases"):
        gram_moments(spec, 2, 2, offset=True)
    with pytest.raises(NotCovered, match="no finite-width law"):
        gram_moments(replace(spec, architecture="my.own:factory"), 2, 2)


def test_numbers_of_deep_networks_stay_in_range() -> None:
    """ω^L is 10^160 and 10^−230 here: all is in units of means."""
    for variance in (80.0, 0.01):
        spec = NetworkSpec("vanilla", 4, 3, 300, 100, variance, 0.5)
        assert apart_moment(spec, 1) == pytest.approx(finite_width.apart_square_ratio(spec), rel=1e-9)
        assert 1 < apart_moment(spec, 1, offset=True) < apart_moment(spec, 1)
        assert math.isfinite(apart_moment(spec, 4, offset=True))
