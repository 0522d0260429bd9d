"""The constants β and Chevet's bounds are what they are said to be: closed forms, symmetries, and sampled norms."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import integrate

from mfcheck.arrays import Floats
from mfcheck.attacks.operator_norm import operator_norm
from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import jacobian
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.theory import PaperTheory
from mfcheck.theory.finite_width import gram_overlap
from mfcheck.theory.norms import (
    chevet_at_overlap,
    chevet_beta,
    chevet_floor,
    dual_exponent,
    expected_norm,
    lipschitz,
    paper_beta,
)

THEORY = PaperTheory()
ROUNDING = 1e-12  # thousands of roundings of 2⁻⁵³: more than any formula here does
NINE_DIGITS = 1e-8  # what `expected_norm` promises, for a sum of a few of them
Z = 6.5  # a one-sided normal bound with false alarm 4e-11, so that 25 comparisons stay below 1e-9
INF = math.inf
EXPONENTS = st.sampled_from([1.0, 1.2, 1.5, 2.0, 3.0, 5.0, INF])
DIMENSIONS = st.integers(1, 800)


def make_spec(architecture: str = "vanilla", **changes: float) -> NetworkSpec:
    spec = NetworkSpec(architecture, input_dim=784, output_dim=10, width=100, depth=3, weight_variance=2.0)
    return dataclasses.replace(spec, **changes)


@given(DIMENSIONS, DIMENSIONS)
def test_the_two_constants_the_paper_states(d: int, k: int) -> None:
    assert THEORY.beta(2, INF, d, k) == 1
    assert THEORY.beta(INF, INF, d, k) == pytest.approx(math.sqrt(2 * d / math.pi), rel=ROUNDING)


@given(EXPONENTS, EXPONENTS, DIMENSIONS, st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_other_pairs_have_chevets_constant(p: float, q: float, d: int, k: int) -> None:
    assume(q != INF or p not in (2, INF))
    assert paper_beta(p, q, d, k) == chevet_beta(p, q, d, k) == THEORY.chevet_beta(p, q, d, k)


@given(DIMENSIONS, DIMENSIONS)
def test_chevets_constants_lie_below_the_closed_forms(d: int, k: int) -> None:
    up = 1 + NINE_DIGITS
    assert chevet_beta(2, 2, d, k) <= (1 + math.sqrt(k / d)) * up
    assert chevet_beta(INF, 2, d, k) <= (math.sqrt(2 * d / math.pi) + math.sqrt(k)) * up
    assert chevet_beta(2, 1, d, k) <= (math.sqrt(k) + k * math.sqrt(2 / (math.pi * d))) * up
    exact = math.sqrt(2 / math.pi) * (math.sqrt(k * d) + k)
    assert chevet_beta(INF, 1, d, k) == pytest.approx(exact, rel=NINE_DIGITS)


@given(EXPONENTS, EXPONENTS, DIMENSIONS, st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_chevets_norm_of_a_matrix_grows_with_its_sides(p: float, q: float, d: int, k: int) -> None:
    norm = math.sqrt(d) * chevet_beta(p, q, d, k)
    assert chevet_beta(p, q, d, k + 1) * math.sqrt(d) >= norm * (1 - NINE_DIGITS)
    assert chevet_beta(p, q, d + 1, k) * math.sqrt(d + 1) >= norm * (1 - NINE_DIGITS)


@given(st.tuples(EXPONENTS, EXPONENTS), st.tuples(EXPONENTS, EXPONENTS), DIMENSIONS, st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_a_larger_ball_or_a_larger_norm_never_lowers_chevets_constant(
    p: tuple[float, float], q: tuple[float, float], d: int, k: int
) -> None:
    weakest, strongest = chevet_beta(min(p), max(q), d, k), chevet_beta(max(p), min(q), d, k)
    assert strongest >= weakest * (1 - NINE_DIGITS)


@given(EXPONENTS, EXPONENTS, DIMENSIONS, DIMENSIONS)
@settings(max_examples=40, deadline=None)
def test_a_matrix_and_its_transpose_have_one_norm(p: float, q: float, d: int, k: int) -> None:
    """‖Z‖_{p,q} = ‖Zᵀ‖_{q*,p*}."""
    there = math.sqrt(d) * chevet_beta(p, q, d, k)
    back = math.sqrt(k) * chevet_beta(dual_exponent(q), dual_exponent(p), k, d)
    assert there == pytest.approx(back, rel=NINE_DIGITS)


@given(st.floats(1, 1e6) | st.just(INF))
def test_dual_exponents_add_up_to_one(p: float) -> None:
    assert 1 / p + 1 / dual_exponent(p) == pytest.approx(1, rel=ROUNDING)


@pytest.mark.parametrize("n", [1, 2, 5, 30, 784])
def test_expected_norms_agree_with_sampled_ones(n: int) -> None:
    draws = np.abs(np.random.default_rng(n).standard_normal((200_000 // max(n, 10), n)))
    for q in (1, 1.3, 1.5, 2, 3, 8, INF):
        norms = vector_norms(draws, q)
        assert abs(norms.mean() - expected_norm(n, q)) <= Z * standard_error(norms), q


@given(st.floats(1, 1e4) | st.just(INF))
@example(8.0)
@example(30.0)
@example(1000.0)
@settings(max_examples=20, deadline=None)
def test_one_gaussian_number_has_one_expected_norm(q: float) -> None:
    assert expected_norm(1, q) == pytest.approx(math.sqrt(2 / math.pi), rel=NINE_DIGITS)


@given(st.floats(1.001, 1e4))
@example(16.0)
@settings(max_examples=20, deadline=None)
def test_the_expected_norm_in_the_plane_agrees_with_polar_coordinates(q: float) -> None:
    """E‖g‖_q = E‖g‖₂ times the mean of (cos^q + sin^q)^{1/q}, by symmetry over an eighth of the circle.

    There cos·(1 + tan^q)^{1/q} is cos, whose integral is known, and an excess that lives where tan^q = e^{−t} does.
    """

    def excess(t: float) -> float:
        tan = math.exp(-t / q)
        return math.expm1(math.log1p(math.exp(-t)) / q) * tan / (1 + tan**2) ** 1.5 / q

    mean = (math.sqrt(0.5) + integrate.quad(excess, 0, 50, epsabs=1e-13)[0]) * 4 / math.pi
    assert expected_norm(2, q) == pytest.approx(math.sqrt(math.pi / 2) * mean, rel=NINE_DIGITS)


@given(st.integers(1, 1000), st.tuples(st.floats(1, 500) | st.just(INF), st.floats(1, 500) | st.just(INF)))
@settings(max_examples=25, deadline=None)
def test_expected_norms_fall_with_the_exponent_as_norms_do(n: int, exponents: tuple[float, float]) -> None:
    """‖g‖_q2 ≤ ‖g‖_q1 ≤ n^{1/q1 − 1/q2} ‖g‖_q2 for q1 < q2, so their means too."""
    low, high = min(exponents), max(exponents)
    larger, smaller = expected_norm(n, low), expected_norm(n, high)
    assert larger >= smaller * (1 - NINE_DIGITS)
    assert larger <= n ** (1 / low - 1 / high) * smaller * (1 + NINE_DIGITS)


@pytest.mark.parametrize("n", [1, 2, 10, 784])
@pytest.mark.parametrize(("near", "at"), [(1 + 1e-6, 1), (2 - 1e-6, 2), (2 + 1e-6, 2), (1e6, INF)])
def test_expected_norms_are_continuous_where_the_formula_changes(n: int, near: float, at: float) -> None:
    gap = n ** abs(1 / near - 1 / at) - 1  # how far the two norms of any one vector can differ
    assert expected_norm(n, near) == pytest.approx(expected_norm(n, at), rel=gap + NINE_DIGITS)


SOLVABLE = [
    *((1, q) for q in (1, 1.5, 2, 3, INF)),
    *((p, INF) for p in (1.5, 2, 3, INF)),
    (2, 2),
]


@pytest.mark.parametrize(("p", "q"), SOLVABLE)
@pytest.mark.parametrize(("d", "k"), [(40, 6), (6, 40)])
def test_the_mean_norm_of_a_gaussian_matrix_lies_between_chevets_constant_and_half_of_it(
    p: float, q: float, d: int, k: int
) -> None:
    """Each of Chevet's two terms alone is attained by a fixed direction, so half their sum bounds from below."""
    norms = operator_norms(np.random.default_rng(d).standard_normal((3000, k, d)), p, q) / math.sqrt(d)
    beta = chevet_beta(p, q, d, k)
    assert norms.mean() - Z * standard_error(norms) <= beta
    assert norms.mean() + Z * standard_error(norms) >= beta / 2


NINE = [(p, q) for p in (1, 2, INF) for q in (1, 2, INF)]


@pytest.mark.parametrize(("k", "d"), [(6, 40), (40, 8), (6, 9)])
def test_the_mean_norm_of_a_gaussian_matrix_lies_between_chevets_constant_and_its_larger_term(k: int, d: int) -> None:
    """By Gaussian concentration: a mean of n norms is farther than σ*√(2 ln(2/10⁻⁶)/n) from E with chance 10⁻⁶.

    Where no exact norm is known, certified bounds on either side must agree too; that decides less.
    """
    draws, decided = 400, []
    z = torch.from_numpy(np.random.default_rng([k, d]).standard_normal((draws, k, d)))
    for p, q in NINE:
        found = operator_norm(z, p, q)
        away = lipschitz(p, q, d, k) * math.sqrt(2 * math.log(2e6) / draws)
        low, high = float(found.lower.mean()) - away, float(found.upper.mean()) + away
        assert low <= math.sqrt(d) * chevet_beta(p, q, d, k), (p, q)
        assert high >= math.sqrt(d) * chevet_floor(p, q, d, k), (p, q)
        decided += [(p, q)] if found.exact else []
    assert len(decided) >= 8


@given(EXPONENTS, EXPONENTS, DIMENSIONS, DIMENSIONS)
@settings(max_examples=15, deadline=None)
def test_chevets_larger_term_is_at_least_half_of_it(p: float, q: float, d: int, k: int) -> None:
    beta, floor = chevet_beta(p, q, d, k), chevet_floor(p, q, d, k)
    assert beta / 2 * (1 - ROUNDING) <= floor < beta


SOLVED = [(p, q) for p, q in NINE if (p, q) != (INF, 2)]
"""The pairs whose norm is exact for a few rows."""


@given(st.sampled_from(SOLVED), st.integers(1, 5), st.integers(1, 7), st.integers(0, 2**32), st.floats(1e-3, 10))
@settings(max_examples=80, deadline=None)
def test_a_norm_moves_no_faster_than_its_lipschitz_constant(
    pair: tuple[float, float], k: int, d: int, seed: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    z, step = rng.standard_normal((k, d)), rng.standard_normal((k, d))
    step *= size / np.linalg.norm(step)
    there, here = (float(operator_norm(torch.from_numpy(at), *pair).lower) for at in (z + step, z))
    assert abs(there - here) <= lipschitz(*pair, d, k) * size * (1 + NINE_DIGITS) + NINE_DIGITS


@given(EXPONENTS, EXPONENTS, st.integers(1, 8), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_no_smaller_lipschitz_constant_would_do(p: float, q: float, k: int, d: int) -> None:
    """The matrix of rank one of those directions that lose most from ℓp to ℓ2 and gain most from ℓ2 to ℓq."""
    reach = np.ones(k) / math.sqrt(k) if q < 2 else np.eye(k)[0]
    take = np.ones(d) / math.sqrt(d) if p > 2 else np.eye(d)[0]
    assert np.linalg.norm(np.outer(reach, take)) == pytest.approx(1)
    eta = take / vector_norms(take, p)
    norm = float(vector_norms(np.outer(reach, take) @ eta, q))
    assert norm == pytest.approx(lipschitz(p, q, d, k), rel=1e3 * ROUNDING)


@given(EXPONENTS, EXPONENTS, DIMENSIONS, DIMENSIONS, st.floats(0, 3), st.floats(1e-6, 3))
@settings(max_examples=15, deadline=None)
def test_mixing_of_the_rows_raises_chevets_constant(
    p: float, q: float, d: int, k: int, overlap: float, more: float
) -> None:
    beta = chevet_beta(p, q, d, k)
    assert chevet_at_overlap(p, q, d, k, 0) == pytest.approx(beta, rel=ROUNDING)
    here, there = (chevet_at_overlap(p, q, d, k, at) for at in (overlap, overlap + more))
    assert beta * (1 - ROUNDING) <= here < there
    # The mixing alone is √overlap E‖g_d‖_{p*} E‖g_K‖_q/√d; in squares it adds to the second term.
    vector, rows = expected_norm(d, dual_exponent(p)), expected_norm(k, q)
    first = lipschitz(p, q, 1, k) * vector / math.sqrt(d)
    assert (here - first) ** 2 - (beta - first) ** 2 == pytest.approx(
        overlap * (vector * rows) ** 2 / d, rel=1e-6, abs=1e-9 * beta**2
    )


ABOVE = {
    (1, 1): 1.34,
    (1, 2): 1.26,
    (1, INF): 1.41,
    (2, 1): 1.23,
    (2, 2): 1.18,
    (2, INF): 1.28,
    (INF, 1): 1.25,
    (INF, INF): 1.30,
}
"""How far the constant at the overlap stood above the mean norm at most, and 1 or 2 % more (K = 6, d = 40)."""


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("width", [100, 300, 1000])
def test_chevets_constant_at_the_overlap_lies_above_the_mean_norm_and_not_far(architecture: str, width: int) -> None:
    d, k, draws = 40, 6, 4000
    spec = make_spec(architecture, input_dim=d, output_dim=k, width=width, depth=5, weight_variance=1.3)
    drawn = jacobian(spec, draws, d, Stream(width)).double() / THEORY.omega(spec) ** 2.5
    for p, q in NINE:
        constant = chevet_at_overlap(p, q, d, k, gram_overlap(spec))
        found = operator_norm(drawn[: None if (p, q) in ABOVE else 500], p, q)
        assert found.exact == ((p, q) in ABOVE)
        norms = found.lower.numpy()
        assert norms.mean() + Z * standard_error(norms) <= constant, (p, q)
        if found.exact:
            assert constant <= ABOVE[p, q] * norms.mean(), (p, q, constant / norms.mean())


@pytest.mark.parametrize("p", [2, INF])
def test_the_papers_constants_lie_below_the_mean_norm_at_784_inputs(p: float) -> None:
    norms = operator_norms(np.random.default_rng(7).standard_normal((400, 10, 784)), p, INF) / math.sqrt(784)
    low, high = norms.mean() - Z * standard_error(norms), norms.mean() + Z * standard_error(norms)
    assert paper_beta(p, INF, 784, 10) < low
    assert high < 1.1 * paper_beta(p, INF, 784, 10)  # "a few %"


def test_root_d_is_told_from_the_papers_constant_for_attacks_in_the_maximum_norm() -> None:
    """The twin β_{∞,∞} = √d exceeds the mean norm by more than a tenth, on which the paper's constant sits."""
    norms = operator_norms(np.random.default_rng(8).standard_normal((400, 10, 784)), INF, INF) / math.sqrt(784)
    twin = math.sqrt(784)
    assert 1.1 * (norms.mean() + Z * standard_error(norms)) < twin
    assert THEORY.beta(INF, INF, 784, 10) / twin == pytest.approx(math.sqrt(2 / math.pi), rel=ROUNDING)


@pytest.mark.parametrize("bad", [0.999, 0.5, 0.0, -2.0, math.nan, -INF])
@pytest.mark.parametrize("constant", [paper_beta, chevet_beta, lipschitz])
def test_exponents_below_one_are_refused(bad: float, constant: Callable[[float, float, int, int], float]) -> None:
    with pytest.raises(ValueError, match=f"p .*{bad}"):
        constant(bad, 2, 10, 3)
    with pytest.raises(ValueError, match=f"q .*{bad}"):
        constant(2, bad, 10, 3)
    with pytest.raises(ValueError, match=f"q .*{bad}"):
        expected_norm(3, bad)


@pytest.mark.parametrize("n", [0, -1])
def test_a_vector_without_entries_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match=f"{n}"):
        expected_norm(n, 2)


def vector_norms(x: Floats, q: float) -> Floats:
    """‖·‖_q of the last axis, computed from the definition."""
    x = np.abs(x)
    return np.asarray(x.max(axis=-1) if q == INF else (x**q).sum(axis=-1) ** (1 / q))


def operator_norms(z: Floats, p: float, q: float) -> Floats:
    """‖Z‖_{p,q} of a stack of matrices `[n, k, d]` where it has a closed form."""
    if p == 1:
        return np.asarray(vector_norms(np.swapaxes(z, 1, 2), q).max(axis=1))
    if q == INF:
        return np.asarray(vector_norms(z, 1 if p == INF else p / (p - 1)).max(axis=1))
    assert p == q == 2
    return np.asarray(np.linalg.svd(z, compute_uv=False)[:, 0])


def standard_error(values: Floats) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))
