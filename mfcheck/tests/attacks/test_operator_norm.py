"""Operator norms against enumeration, columns, rows and singular values in numpy, and bounds that nothing passes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck.arrays import Floats
from mfcheck.attacks import operator_norm as module
from mfcheck.attacks.balls import norm
from mfcheck.attacks.operator_norm import operator_norm
from mfcheck.spec import dual_exponent as dual
from mfcheck.verdict import NotANumber

pytestmark = pytest.mark.usefixtures("one_thread_each")

EXPONENTS = [1.0, 1.5, 2.0, 4.0, math.inf]
PAIRS = list(itertools.product(EXPONENTS, EXPONENTS))
SHAPES = [(1, 1), (1, 5), (4, 1), (3, 6), (6, 3)]
ROUNDING = 1e-10
"""Far above what float64 loses on matrices this small."""
pairs = pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda value: f"{value:g}")


def gaussian(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def by_hand(matrix: Floats, p: float, q: float) -> float | None:
    """‖J‖_{p,q} by the definition of each case that has one; None for the others."""

    def longest(vectors: Floats, order: float) -> float:
        return max(float(np.linalg.norm(vector, order)) for vector in vectors)

    rows, columns = matrix.shape
    if p == 1:
        return longest(matrix.T, q)
    if math.isinf(q):
        return longest(matrix, dual(p))
    if p == q == 2:
        return float(np.linalg.svd(matrix, compute_uv=False)[0])
    if math.isinf(p) and columns <= 10:
        return longest(np.array(list(itertools.product([-1, 1], repeat=columns))) @ matrix.T, q)
    if q == 1 and rows <= 10:
        return longest(np.array(list(itertools.product([-1, 1], repeat=rows))) @ matrix, dual(p))
    return None


def assert_sound(matrix: Tensor, p: float, q: float) -> None:
    """The bounds are in order, a feasible direction reaches the lower one, and no random direction passes the upper."""
    found = operator_norm(matrix, p, q)
    assert found.lower.shape == found.upper.shape == matrix.shape[:-2]
    assert found.direction.shape == (*matrix.shape[:-2], matrix.shape[-1])
    assert bool((found.lower <= found.upper).all())
    assert bool((torch.linalg.vector_norm(found.direction, p, dim=-1) <= 1 + ROUNDING).all())
    reached = torch.linalg.vector_norm((matrix @ found.direction[..., None])[..., 0], q, dim=-1)
    torch.testing.assert_close(reached, found.lower, rtol=ROUNDING, atol=0)
    tried = gaussian(matrix.shape[-1], 3000, seed=7)
    tried = torch.cat([tried, tried.sign(), torch.eye(matrix.shape[-1], dtype=tried.dtype)], dim=1)
    tried = tried / torch.linalg.vector_norm(tried, p, dim=0)
    most = torch.linalg.vector_norm(matrix @ tried, q, dim=-2).amax(dim=-1)
    assert bool((most <= found.upper * (1 + ROUNDING)).all())


@pairs
def test_exact_norms_are_those_of_the_definition(p: float, q: float) -> None:
    for shape in SHAPES:
        matrix = gaussian(*shape, seed=3)
        expected, found = by_hand(matrix.numpy(), p, q), operator_norm(matrix, p, q)
        assert found.exact == (expected is not None)
        assert_sound(matrix, p, q)
        if expected is not None:
            assert float(found.lower) == float(found.upper) == pytest.approx(expected, rel=ROUNDING)


@given(st.sampled_from(PAIRS), st.sampled_from(SHAPES), st.integers(0, 1000))
def test_norms_are_dual(pair: tuple[float, float], shape: tuple[int, int], seed: int) -> None:
    """‖J‖_{p,q} = ‖Jᵀ‖_{q*,p*}: where one is not exact, the intervals still meet."""
    p, q = pair
    matrix = gaussian(*shape, seed=seed)
    one, other = operator_norm(matrix, p, q), operator_norm(matrix.mT, dual(q), dual(p))
    assert one.lower <= other.upper * (1 + ROUNDING)
    assert other.lower <= one.upper * (1 + ROUNDING)
    if one.exact and other.exact:
        assert float(one.lower) == pytest.approx(float(other.lower), rel=ROUNDING)


@given(st.sampled_from(PAIRS), st.floats(-5, 5).filter(lambda c: abs(c) > 1e-3), st.integers(0, 1000))
def test_norms_are_homogeneous(pair: tuple[float, float], factor: float, seed: int) -> None:
    matrix = gaussian(3, 6, seed=seed)
    one, scaled = operator_norm(matrix, *pair), operator_norm(factor * matrix, *pair)
    for part in ("lower", "upper"):
        assert float(getattr(scaled, part)) == pytest.approx(abs(factor) * float(getattr(one, part)), rel=1e-6)


@pairs
def test_bounds_hold_for_wide_matrices(p: float, q: float) -> None:
    for shape in ((12, 30), (2, 10, 49)):
        assert_sound(gaussian(*shape, seed=5), p, q)


@pytest.mark.parametrize("columns", [1, 2, 5, 10])
def test_forced_bounds_hold_the_norm_that_enumeration_finds(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    matrices = gaussian(50, 4, columns, seed=columns)
    exact = operator_norm(matrices, math.inf, 2)
    monkeypatch.setattr(module, "ENUMERATED", 0)
    bounded = operator_norm(matrices, math.inf, 2)
    assert exact.exact
    assert not bounded.exact
    assert bool((bounded.lower <= exact.lower * (1 + ROUNDING)).all())
    assert bool((exact.lower <= bounded.upper * (1 + ROUNDING)).all())
    # Neither bound is empty talk: at worst 0.995 and 1.124 were measured.
    assert float((bounded.lower / exact.lower).mean()) >= 0.99
    assert float((bounded.upper / exact.lower).max()) <= 1.2


@pairs
def test_batches_are_matrices_one_by_one(p: float, q: float) -> None:
    matrices = gaussian(2, 3, 4, 6, seed=9)
    whole, flat = operator_norm(matrices, p, q), operator_norm(matrices.flatten(0, 1), p, q)
    assert whole.lower.shape == (2, 3)
    for index, matrix in enumerate(matrices.flatten(0, 1)):
        one = operator_norm(matrix, p, q)
        for part in ("lower", "upper", "direction"):
            for batched in (getattr(whole, part).flatten(0, 1)[index], getattr(flat, part)[index]):
                # A direction is known up to its sign, and only as well as the norm is flat around it.
                torch.testing.assert_close(batched.abs(), getattr(one, part).abs(), rtol=1e-6, atol=1e-6)


@pairs
def test_degenerate_matrices(p: float, q: float) -> None:
    nothing = operator_norm(torch.zeros(2, 3, 6, dtype=torch.float64), p, q)
    assert not nothing.lower.any()
    assert not nothing.upper.any()
    assert bool(nothing.direction.isfinite().all())
    column = gaussian(3, 1, seed=1)
    half_empty = gaussian(3, 6, seed=2)
    half_empty[:, ::2] = 0
    for matrix in (column.expand(3, 6), column.mT.expand(6, 3), half_empty, half_empty.mT, torch.eye(4).double()):
        assert_sound(matrix, p, q)


def test_a_rank_one_matrix_has_the_product_of_two_lengths() -> None:
    u, v = gaussian(3, seed=1), gaussian(12, seed=2)
    for p, q in PAIRS:
        found = operator_norm(u[:, None] * v, p, q)
        expected = float(torch.linalg.vector_norm(u, q) * torch.linalg.vector_norm(v, dual(p)))
        assert float(found.lower) == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_bounds_of_huge_and_tiny_float32_matrices(scale: float) -> None:
    matrix = gaussian(3, 12, dtype=torch.float32)
    one, scaled = operator_norm(matrix, 1.5, 2), operator_norm(scale * matrix, 1.5, 2)
    assert float(scaled.lower) == pytest.approx(scale * float(one.lower), rel=1e-4, abs=0)
    assert float(scaled.upper) == pytest.approx(scale * float(one.upper), rel=1e-4, abs=0)


def test_bad_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"a tensor of matrices .*, got list"):
        operator_norm([[1.0, 2.0]], 2, 2)  # type: ignore[arg-type]
    matrix = gaussian(3, 4)
    for p, q, message in ((0.5, 2, "p must .* got 0.5"), (2, 0, "q must .* got 0"), (math.nan, 2, "p must .* got nan")):
        with pytest.raises(ValueError, match=message):
            operator_norm(matrix, p, q)
    for shape in ((4,), (0, 4), (3, 0)):
        with pytest.raises(ValueError, match=r"shape \[…, K, d\], got \(" + ", ".join(map(str, shape))):
            operator_norm(torch.zeros(shape), 2, 2)
    for value in (math.nan, math.inf):
        with pytest.raises(NotANumber, match="Jacobian holds NaN or infinity"):
            operator_norm(torch.full((2, 2), value), 2, 2)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        (1.5, 2),
        (2, 3),
        (3, 1.5),
        (math.inf, 4),
        *(pytest.param(*pair, marks=pytest.mark.slow) for pair in ((1.5, 1.5), (1.2, 3), (3, 3), (4, 8))),
    ],
)
def test_with_two_inputs_the_bounds_hold_the_norm_over_all_angles(p: float, q: float) -> None:
    """Random matrices, and ones of equal sizes and mixed signs, where interpolation between norms may be sharp."""
    tilt = torch.logspace(-8, 8, 6001, dtype=torch.float64)  # fine near both axes, where spheres of small p are sharp
    sphere = torch.cat([torch.stack([torch.ones_like(tilt), sign * tilt]) for sign in (1, -1)], dim=1)
    sphere = sphere / norm(sphere.mT, p)
    hadamard = torch.tensor([[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]], dtype=torch.float64)
    matrices = torch.cat([gaussian(200, 3, 2), gaussian(100, 3, 2).sign(), gaussian(100, 3, 2).round(), hadamard[None]])
    found = operator_norm(matrices, p, q)
    exact = norm((matrices @ sphere).mT, q).amax(dim=1)  # below the norm by the grid's square, 1e-6
    assert bool((exact <= found.upper * (1 + 1e-12)).all())
    assert bool((found.lower <= exact * (1 + 1e-5)).all())
