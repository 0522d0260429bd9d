"""Norms of Gaussian vectors are as exact as they are said to be: near q = 1, for large n and q, and in every cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from mfcheck.theory.norms import expected_norm, largest_column

TEN_DIGITS = 1e-10  # what `expected_norm` promises
INF = math.inf
SIZES = st.floats(0, 8).map(lambda digits: int(10**digits))
EXPONENTS = st.floats(0, 6).map(lambda digits: 10**digits) | st.floats(1, 1.2) | st.just(INF)


@given(EXPONENTS)
@example(1.05)
@example(1 + 1e-9)
@settings(max_examples=40, deadline=None)
def test_one_gaussian_number_has_one_expected_norm_however_near_1_the_exponent_is(q: float) -> None:
    assert expected_norm(1, q) == pytest.approx(math.sqrt(2 / math.pi), rel=TEN_DIGITS)


@given(SIZES, EXPONENTS, EXPONENTS)
@example(10**5, 1e6, INF)
@example(20_000, 21.0, 50.0)
@settings(max_examples=40, deadline=None)
def test_expected_norms_of_any_size_fall_with_the_exponent_as_norms_do(n: int, q: float, other: float) -> None:
    low, high = min(q, other), max(q, other)
    larger, smaller = expected_norm(n, low), expected_norm(n, high)
    assert larger >= smaller * (1 - TEN_DIGITS)
    assert larger <= n ** (1 / low - 1 / high) * smaller * (1 + TEN_DIGITS)


@given(SIZES, EXPONENTS, st.floats(1e-3, 1))
@settings(max_examples=40, deadline=None)
def test_expected_norms_grow_with_the_size_and_no_faster_than_it(n: int, q: float, more: float) -> None:
    """E‖g_n‖_q ≤ E‖g_m‖_q ≤ (m/n) E‖g_n‖_q for n ≤ m: g_m is m/n times the mean of its parts of n entries."""
    m = math.ceil(n * (1 + more))
    here, there = expected_norm(n, q), expected_norm(m, q)
    assert here * (1 - TEN_DIGITS) <= there <= m / n * here * (1 + TEN_DIGITS)


@pytest.mark.parametrize("n", [1, 30, 10**4, 10**8, 10**12])
def test_between_exponents_the_integral_is_the_closed_form_at_2(n: int) -> None:
    assert expected_norm(n, 2 + 1e-12) == pytest.approx(expected_norm(n, 2), rel=TEN_DIGITS)


@given(st.floats(0, 12).map(lambda digits: int(10**digits)))
@example(10**8)
@example(10**12)
def test_two_neighbouring_lengths_have_the_product_n(n: int) -> None:
    """2 Γ(n/2 + 1)/Γ(n/2) = n."""
    assert expected_norm(n, 2) * expected_norm(n + 1, 2) == pytest.approx(n, rel=1e-11)


@pytest.mark.parametrize("n", [10**4, 10**8, 10**10, 10**12])
def test_the_expected_maximum_is_the_mean_of_its_quantiles(n: int) -> None:
    """At probabilities e^{−e^{−x}}: by trapezoids, x standard Gumbel."""
    x = np.arange(-4.0, 40.0, 0.01)
    quantiles = stats.halfnorm.isf(-np.expm1(-np.exp(-x) / n))
    exact = float(quantiles @ np.exp(-x - np.exp(-x)) * 0.01)
    assert expected_norm(n, INF) == pytest.approx(exact, rel=TEN_DIGITS)


def inversion(kernel: Any, rows: int) -> float:
    """∫₀^∞ of a function of t and of the characteristic function of a sum of so many half-normals."""
    return float(integrate.quad(lambda t: kernel(t, special.wofz(t / math.sqrt(2)) ** rows), 0, 12, limit=400)[0])


@given(st.integers(8, 300), st.integers(1, 1000), st.floats(0.05, 0.999))
@example(33, 1, 0.5)
@example(32, 1, 0.5)
@settings(max_examples=20, deadline=None)
def test_the_largest_sum_of_sizes_lies_at_its_quantile_between_cells_too(
    rows: int, columns: int, probability: float
) -> None:
    """P[S ≤ x] = ½ − ∫ Im(φ^rows e^{−itx})/(πt) dt, φ of a half-normal the Faddeeva function (Gil-Pelaez 1951)."""
    x = largest_column(1, columns, rows, probability)
    below = (
        0.5 - inversion(lambda t, phi: (phi * np.exp(-1j * t * x)).imag / t if t else rows * 0.8 - x, rows) / math.pi
    )
    density = inversion(lambda t, phi: (phi * np.exp(-1j * t * x)).real, rows) / math.pi
    assert abs(below - probability ** (1 / columns)) / density < 1e-5 * x


@given(st.integers(1, 10**5), st.floats(0.01, 0.999))
@example(1, 0.5)
@settings(max_examples=30, deadline=None)
def test_the_largest_size_of_one_row_is_a_half_normals_quantile(columns: int, probability: float) -> None:
    assert largest_column(1, columns, 1, probability) == pytest.approx(
        largest_column(INF, columns, 1, probability), rel=1e-5
    )
