"""Dual maps are maximisers and balls are projected onto, against sums in exact arithmetic and optimality conditions."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck.attacks.ascent import on_sphere
from mfcheck.attacks.balls import all_finite, dual_map, norm, onto_ball
from mfcheck.spec import dual_exponent as dual
from mfcheck.spec import norm_exponent as check_exponent

ROUNDING = 1e-12
"""Far above what float64 loses on ten entries, far below any effect of a wrong formula."""
exponents = st.one_of(st.sampled_from([1.0, 1.01, 1.5, 2.0, 4.0, 50.0, math.inf]), st.floats(1, 100))
entries = st.one_of(st.just(0.0), st.floats(-3, 3), st.sampled_from([1e-3, -1e-150, 5e-324]))
vectors = st.lists(entries, min_size=1, max_size=10)
ordinary = st.lists(st.one_of(st.just(0.0), st.floats(-3, 3).filter(lambda v: abs(v) > 1e-3)), min_size=1, max_size=10)
projected = st.sampled_from([1.0, 2.0, math.inf])


def length(values: list[float], p: float) -> float:
    """‖·‖_p by the definition, the largest entry taken out so that nothing overflows."""
    largest = max(map(abs, values))
    if largest == 0 or math.isinf(p):
        return largest
    return float(largest * math.fsum((abs(v) / largest) ** p for v in values) ** (1 / p))


def inner(first: Tensor, second: Tensor) -> float:
    return math.fsum((first * second).tolist())


@given(vectors, exponents, st.sampled_from([2.0**-900, 2.0**-20, 1.0, 2.0**900]))
@example([0.0, 0.0], 1.0, 1.0)
@example([1.0, -1.0, 1.0], 1.0, 1.0)
@example([1.0, 0.999], 1.01, 1.0)
def test_the_dual_map_is_a_maximiser(values: list[float], p: float, scale: float) -> None:
    g = scale * torch.tensor(values, dtype=torch.float64)
    s = dual_map(g, p)
    assert length(s.tolist(), p) <= 1 + ROUNDING
    unit = g / max(float(g.abs().max()), 5e-324)
    assert inner(unit, s) == pytest.approx(length(unit.tolist(), dual(p)), rel=ROUNDING)
    assert bool(((s == 0) | (s.sign() == g.sign())).all())


def test_the_dual_map_of_zero_is_zero_and_rows_do_not_mix() -> None:
    g = torch.tensor([[0.0, 0.0, 0.0], [3.0, -4.0, 0.0], [1e-30, 1e-30, -1e-30]])
    for p in (1, 1.01, 2, 50, math.inf):
        s = dual_map(g, p)
        assert not s[0].any()
        assert torch.equal(dual_map(g[:, None], p)[:, 0], s)
        for row, one in zip(g, s, strict=True):
            assert torch.equal(dual_map(row, p), one)


@given(ordinary, exponents, st.floats(1e-3, 10))
def test_the_ball_is_reached_along_the_ray_or_nearest_and_inside_nothing_moves(
    values: list[float], p: float, radius: float
) -> None:
    x = torch.tensor(values, dtype=torch.float64)
    y = onto_ball(x, p, radius)
    before = length(values, p)
    assert length(y.tolist(), p) <= radius * (1 + ROUNDING)
    if before <= radius * (1 - ROUNDING):
        assert torch.equal(y, x)
    elif before > radius * (1 + ROUNDING):
        assert length(y.tolist(), p) == pytest.approx(radius, rel=ROUNDING)
        if p not in (1, math.inf):
            torch.testing.assert_close(y, x * (radius / before), rtol=ROUNDING, atol=0)


def excess(x: Tensor, y: Tensor, p: float, radius: float) -> float:
    """max ⟨x − y, z − y⟩ over the ball's z, in units of the ball: not above 0 exactly where y is nearest to x."""
    rest = x - y
    return (radius * length(rest.tolist(), dual(p)) - inner(rest, y)) / radius


@given(ordinary, projected, st.floats(1e-3, 10))
@example([1.0, 1.0, 1.0, -1.0], 1.0, 0.5)
@example([3.0, 1.0, 0.0], 1.0, 2.0)
def test_projections_are_the_nearest_points(values: list[float], p: float, radius: float) -> None:
    x = torch.tensor(values, dtype=torch.float64)
    assert excess(x, onto_ball(x, p, radius), p, radius) <= ROUNDING * max(1.0, float(x.abs().max()))


def test_points_of_the_ball_that_are_not_nearest_are_told_apart() -> None:
    x = torch.tensor([3.0, 1.0, -0.5], dtype=torch.float64)
    for p in (1.0, math.inf):
        assert excess(x, x / length(x.tolist(), p), p, 1.0) > 0.1
    assert excess(x, onto_ball(x, 1, 1.0), 2, 1.0) > 0.1


@pytest.mark.parametrize("p", [1, 1.5, 2, math.inf])
def test_balls_of_rows_are_projected_onto_row_by_row(p: float) -> None:
    x = torch.randn(4, 3, 7, generator=torch.Generator().manual_seed(1))
    whole = onto_ball(x, p, 1.0)
    for row, one in zip(x.flatten(0, 1), whole.flatten(0, 1), strict=True):
        torch.testing.assert_close(onto_ball(row, p, 1.0), one)
    assert not onto_ball(torch.zeros(2, 5), p, 1.0).any()


@pytest.mark.parametrize("p", [20, 50])
def test_a_short_float32_vector_inside_the_ball_does_not_move(p: float) -> None:
    x = torch.full((4,), 1e-3)
    assert float(norm(x, p)) == pytest.approx(length(x.tolist(), p), rel=1e-5)
    assert torch.equal(onto_ball(x, p, 1e-2), x)


@pytest.mark.parametrize("value", [0.5, 0, -1, math.nan, -math.inf, True, "2", None])
def test_exponents_below_one_are_named(value: Any) -> None:
    with pytest.raises(ValueError, match=rf"q must lie in \[1, ∞\], got {value!r}"):
        check_exponent("q", value)


@pytest.mark.parametrize("value", [1, 1.01, 2, 50.0, math.inf])
def test_exponents_from_one_on_are_taken(value: float) -> None:
    found = check_exponent("p", value)
    assert found == value
    assert isinstance(found, float)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 7, 39])
def test_one_entry_that_is_not_finite_is_found_anywhere(value: float, place: int) -> None:
    entries = torch.linspace(-1e38, 1e38, 40)
    assert all_finite(entries.view(4, 10))
    assert all_finite(entries[:0])
    entries[place] = value
    assert not all_finite(entries.view(4, 10).mT)


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("size", [1e-44, 1.0, 1e37])
def test_directions_of_any_length_go_onto_the_sphere(p: float, size: float) -> None:
    """Where ε over the length would overflow too; one that is 0 goes along another, or stays."""
    direction = torch.tensor([[size, 0.0, 0.0], [0.0, 0.0, 0.0]])
    alone, beside = on_sphere(direction, p, 0.3), on_sphere(direction, p, 0.3, torch.tensor([[0.0, 2.0, 0.0]] * 2))
    assert alone[0].tolist() == beside[0].tolist() == pytest.approx([0.3, 0.0, 0.0])
    assert alone[1].tolist() == [0.0, 0.0, 0.0]
    assert beside[1].tolist() == pytest.approx([0.0, 0.3, 0.0])
