"""A lazily revealed matrix is one fixed matrix, whatever it is asked.

Rounding: a product of m terms is off by at most about m·eps times the lengths of its factors (Higham, §3.1), and a
matrix may drop what of an input is shorter than DEPENDENT roundings of it, for every column that it was asked.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given

from mfcheck.ensembles.matrices.directions import DEPENDENT
from mfcheck.ensembles.matrices.lazy import Overflow
from mfcheck.tests.ensembles.matrices.conftest import UNREAD
from mfcheck.tests.support.lazy_questions import (
    REPLICATES,
    Questions,
    both_dtypes,
    dtypes,
    products,
    seeds,
    sides,
    sizes,
)
from mfcheck.verdict import NotANumber

pytestmark = pytest.mark.usefixtures("one_thread_each")


@given(sizes, sizes, seeds, dtypes, products)
def test_every_answer_is_that_of_one_fixed_matrix(
    rows: int, columns: int, seed: int, dtype: torch.dtype, sequence: list[tuple[bool, str]]
) -> None:
    """So products are linear, the same when asked again, and W.T is the adjoint of W, in any order of asking.

    Inputs are zero, repeated, proportional, nearly dependent, 1e10 times as long or short, or earlier answers.
    """
    asked = Questions(rows, columns, seed, dtype)
    for transposed, kind in sequence:
        asked.ask_kind(transposed, kind)
    entries = asked.entries()
    assert entries.shape == (REPLICATES, rows, columns)
    assert asked.error(entries) <= 1
    asked.ask_again()
    assert asked.error(entries) <= 1
    again = asked.matrix.T.columns(range(rows)).mT
    assert float((again - entries).abs().max()) <= 1e3 * torch.finfo(dtype).eps
    assert asked.matrix.known[0] <= columns
    assert asked.matrix.known[1] <= rows
    assert asked.matrix.drift() <= 100 * torch.finfo(dtype).eps


@given(sizes, sizes, seeds, dtypes, sides, products)
def test_products_are_linear_and_adjoint(
    rows: int, columns: int, seed: int, dtype: torch.dtype, transposed: bool, before: list[tuple[bool, str]]
) -> None:
    """The same two laws without the detour over the entries, whatever is known already."""
    asked = Questions(rows, columns, seed, dtype)
    for step in before:
        asked.ask_kind(*step)
    matrix = asked.matrix.T if transposed else asked.matrix
    x, y, z = asked.normal(transposed, 2), asked.normal(transposed, 2), asked.normal(not transposed, 2)
    wx, wy, combined, wz = matrix @ x, matrix @ y, matrix @ (0.3 * x - 7 * y), matrix.T @ z
    scale = float(max(one.abs().max() for one in (wx, wy, wz, x, y, z, torch.ones(1))))
    rounding = 4 * DEPENDENT * (len(before) + rows + columns) * torch.finfo(dtype).eps * scale**2
    assert float((combined - (0.3 * wx - 7 * wy)).abs().max()) <= 8 * rounding
    assert float((z.mT @ wx - wz.mT @ x).abs().max()) <= rounding * (rows + columns)


@pytest.mark.parametrize("transposed", [False, True])
def test_directions_missing_in_one_replicate_only_are_revealed_later(transposed: bool) -> None:
    """Rows of zeros stand for them: they must not count as known, or the matrix is 0 there."""
    asked = Questions(3, 3, 1)
    axes = torch.eye(3, dtype=torch.float64)
    for axis, replicate in itertools.product(axes[:2], range(REPLICATES)):
        x = torch.zeros(REPLICATES, 3, 1, dtype=torch.float64)
        x[replicate, :, 0] = axis
        asked.ask(transposed, x)
    last = asked.ask(transposed, axes[2].expand(REPLICATES, 3)[:, :, None])
    assert bool(last.abs().amax(dim=(1, 2)).all())
    assert asked.error(asked.entries()) <= 1
    assert max(asked.matrix.known) <= 3


@both_dtypes
@pytest.mark.parametrize("gap", [1e-4, 1e-6, 1e-9, 1e-12])
def test_nearly_equal_columns_of_one_input_are_told_apart_as_far_as_rounding_allows(
    dtype: torch.dtype, gap: float
) -> None:
    asked = Questions(30, 40, 2, dtype)
    x = asked.normal(False)
    near = torch.cat([x, x + gap * asked.normal(False)], dim=2)
    asked.ask(False, near)
    asked.ask(False, near[:, :, 1:])
    asked.ask(False, near[:, :, 1:] - near[:, :, :1])
    assert asked.error(asked.entries()) <= 1


@both_dtypes
@pytest.mark.parametrize("gap", [1e-4, 1e-6, 1e-8, 1e-12])
@pytest.mark.parametrize("transposed", [False, True])
def test_nearly_equal_columns_of_one_replicate_only_are_told_apart_too(
    dtype: torch.dtype, gap: float, transposed: bool
) -> None:
    """Where the others have all their directions found in the first pass, its last one is still to come."""
    asked = Questions(30, 40, 2, dtype)
    x, near = asked.normal(transposed, 2), asked.normal(transposed)
    x[1, :, 1:] = x[1, :, :1] + gap * near[1]
    asked.ask(transposed, x)
    asked.ask(transposed, x[:, :, 1:] - x[:, :, :1])
    assert asked.error(asked.entries()) <= 1


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 4)], ids=str)
def test_a_matrix_asked_more_often_than_it_has_columns_is_fully_known(shape: tuple[int, int]) -> None:
    rows, columns = shape
    asked = Questions(rows, columns, 3)
    for _ in range(2 * max(shape)):
        asked.ask_kind(False, "fresh")
        asked.ask_kind(True, "fresh")
    assert asked.matrix.known == (columns, rows)
    entries = asked.entries()
    assert asked.matrix.known == (columns, rows)
    assert asked.error(entries) <= 1


def test_equal_columns_of_one_input_have_equal_answers(counting: str) -> None:
    asked = Questions(20, 30, 4, torch.float32)
    x = asked.normal(False)
    one, two, half = asked.ask(False, torch.cat([x, x, x / 2], dim=2)).unbind(2)
    assert asked.matrix.known == ((3, 0) if counting == UNREAD else (1, 0))
    torch.testing.assert_close(one, two, rtol=0, atol=1e-5)
    torch.testing.assert_close(one, 2 * half, rtol=0, atol=1e-5)


@pytest.mark.parametrize("transposed", [False, True])
def test_no_columns_have_no_answers(transposed: bool) -> None:
    asked = Questions(3, 4, 5)
    asked.ask_kind(transposed, "fresh")
    assert asked.ask(transposed, asked.normal(transposed, 0)).shape == (REPLICATES, 4 if transposed else 3, 0)


def test_replicates_do_not_see_each_other() -> None:
    asked, other = Questions(6, 5, 6), Questions(6, 5, 6)
    for _ in range(3):
        for transposed in (False, True):
            x = asked.normal(transposed)
            changed = x.clone()
            changed[1] = 10 * other.normal(transposed)[1] + 1
            one, two = asked.ask(transposed, x), other.ask(transposed, changed)
            assert torch.equal(one[0], two[0])
            assert not torch.equal(one[1], two[1])
    assert torch.equal(asked.entries()[0], other.entries()[0])


@given(seeds, products)
def test_answers_follow_from_the_seed(seed: int, sequence: list[tuple[bool, str]]) -> None:
    asked, again = Questions(4, 5, seed), Questions(4, 5, seed)
    for step in sequence:
        assert torch.equal(asked.ask_kind(*step), again.ask_kind(*step))
    assert torch.equal(asked.entries(), again.entries())
    other = Questions(4, 5, seed + 1)
    assert not torch.isclose(asked.entries(), other.entries(), rtol=1e-3).any(dim=2).all()


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("transposed", [False, True])
def test_what_is_not_finite_is_refused(wrong: float, transposed: bool, counting: str) -> None:
    asked = Questions(4, 4, 15, torch.float32)
    asked.ask_kind(transposed, "fresh")
    x = asked.normal(transposed, 2)
    x[1, 2, 1] = wrong
    known = asked.matrix.known
    if counting == UNREAD:  # it is never asked, so what is not finite stays with its column and network
        answer = (asked.matrix.T if transposed else asked.matrix) @ x
        assert answer.isfinite().all(dim=1).tolist() == [[True, True], [True, False]]
        assert asked.error(asked.entries()) <= 1
        return
    with pytest.raises(NotANumber, match="NaN or infinity") as raised:
        asked.ask(transposed, x)
    assert isinstance(raised.value, Overflow)
    assert raised.value.where.tolist() == [False, True]
    assert asked.matrix.known == known
    start = asked.normal(transposed, 2).requires_grad_()
    answer = (asked.matrix.T if transposed else asked.matrix) @ start
    with pytest.raises(NotANumber, match="NaN or infinity"):
        answer.backward(torch.full_like(answer, wrong))
    assert asked.error(asked.entries()) <= 1


def test_reserved_room_changes_nothing() -> None:
    asked, reserved = Questions(20, 30, 16), Questions(20, 30, 16)
    reserved.matrix.reserve(3, 1)
    for _ in range(7):
        for step in ((False, "fresh"), (True, "the other side's answer"), (False, "several")):
            assert torch.equal(asked.ask_kind(*step), reserved.ask_kind(*step))
        reserved.matrix.reserve(2, 2)
    assert asked.matrix.known == reserved.matrix.known
    assert reserved.error(reserved.entries()) <= 1
