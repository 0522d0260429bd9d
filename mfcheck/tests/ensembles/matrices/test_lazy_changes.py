"""A lazily revealed matrix is differentiated, added to, scaled and erased as a stored one is."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import Matrix
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.lazy_questions import REPLICATES, Questions, both_dtypes, seeds, sides, sizes

pytestmark = pytest.mark.usefixtures("one_thread_each")


def through(matrix: Matrix, x: Tensor) -> Tensor:
    """A scalar that meets a square matrix three times, once as its transpose."""
    hidden = torch.tanh(matrix @ x)
    return torch.tanh(matrix.T @ torch.sin(matrix @ hidden)).square().sum()


def test_gradients_of_every_order_are_those_of_the_stored_matrix() -> None:
    asked = Questions(5, 5, 9)
    x, direction = asked.normal(False, 3).requires_grad_(), asked.normal(False, 3)

    def orders(matrix: Matrix) -> list[Tensor]:
        found = [through(matrix, x)]
        for _ in range(3):
            found.append(torch.autograd.grad((found[-1] * direction).sum(), x, create_graph=True)[0])
        return found

    revealed = orders(asked.matrix)
    for one, two in zip(revealed, orders(DenseMatrix(asked.entries().detach())), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-9)


def test_the_gradient_is_the_product_with_the_transpose() -> None:
    asked = Questions(6, 4, 10)
    x = asked.normal(False, 2).requires_grad_()
    hidden = asked.matrix @ x
    (found,) = torch.autograd.grad(hidden.pow(3).sum(), x)
    torch.testing.assert_close(found, asked.matrix.T @ (3 * hidden.detach().square()))
    with torch.no_grad():
        assert not (asked.matrix @ x).requires_grad


def test_collected_factors_make_the_gradient_by_the_matrix() -> None:
    asked = Questions(5, 5, 11)
    x = asked.normal(False, 3).requires_grad_()

    def loss(matrix: Matrix) -> Tensor:
        return torch.tanh(matrix @ torch.tanh(matrix @ x)).square().sum()

    asked.matrix.gradients = []
    loss(asked.matrix).backward()
    factors = asked.matrix.gradients
    assert [(tuple(left.shape), tuple(right.shape)) for left, right in factors] == 2 * [((2, 5, 3), (2, 5, 3))]
    assert not any(factor.requires_grad for pair in factors for factor in pair)
    asked.matrix.gradients = None
    stored = DenseMatrix(asked.entries().detach().requires_grad_())
    loss(stored).backward()
    assert stored.values.grad is not None
    torch.testing.assert_close(sum(left @ right.mT for left, right in factors), stored.values.grad)


@both_dtypes
@pytest.mark.parametrize("before", [0, 2, 9])
@pytest.mark.parametrize("transposed", [False, True])
def test_added_factors_are_seen_from_both_sides(dtype: torch.dtype, before: int, transposed: bool) -> None:
    asked = Questions(4, 6, 12, dtype)
    for _ in range(before):
        asked.ask_kind(False, "fresh")
        asked.ask_kind(True, "fresh")
    matrix = asked.matrix
    change = torch.zeros(REPLICATES, 4, 6, dtype=dtype)
    for width in (2, 1):
        left, right = asked.normal(True, width), asked.normal(False, width)
        change += left @ right.mT
        if transposed:
            matrix.T.add(right, left)
        else:
            matrix.add(left, right)
        x, y = asked.normal(False, 2), asked.normal(True, 2)
        # Asked for the first time after the change, and without it.
        moved, pulled = matrix @ x, matrix.T @ y
        original = asked.entries() - change
        assert asked.error(original) <= 1
        torch.testing.assert_close(moved, (original + change) @ x, rtol=0, atol=1e4 * torch.finfo(dtype).eps)
        torch.testing.assert_close(pulled, (original + change).mT @ y, rtol=0, atol=1e4 * torch.finfo(dtype).eps)


def test_a_changed_matrix_is_differentiable() -> None:
    asked = Questions(5, 5, 13)
    x = asked.normal(False, 2).requires_grad_()
    asked.matrix @ x
    asked.matrix.add(asked.normal(True, 3), asked.normal(False, 3))
    (found,) = torch.autograd.grad(through(asked.matrix, x), x)
    (expected,) = torch.autograd.grad(through(DenseMatrix(asked.entries().detach()), x), x)
    torch.testing.assert_close(found, expected)


def test_a_stored_matrix_answers_alike() -> None:
    asked = Questions(4, 3, 14)
    stored, entries = DenseMatrix(asked.entries()), asked.entries()
    left, right = asked.normal(True, 2), asked.normal(False, 2)
    for matrix in (stored, asked.matrix):
        matrix.add(left, right)
        torch.testing.assert_close(matrix @ right, (entries + left @ right.mT) @ right)
        torch.testing.assert_close(matrix.T @ left, (entries + left @ right.mT).mT @ left)
        torch.testing.assert_close(matrix.columns([2, 0]), (entries + left @ right.mT)[:, :, [2, 0]])


factors = st.one_of(
    st.sampled_from([0.0, -1.0, 1e-6, 1e6]),
    st.floats(-3, 3),
    st.lists(st.floats(-3, 3), min_size=REPLICATES, max_size=REPLICATES).map(lambda each: torch.tensor(each).double()),
)
changes = st.lists(st.sampled_from(["scale", "add", "ask", "ask back"]), min_size=1, max_size=8)


@given(sizes, sizes, seeds, factors, changes)
def test_a_scaled_matrix_is_so_many_times_the_matrix(
    rows: int, columns: int, seed: int, factor: Tensor | float, sequence: list[str]
) -> None:
    """What was known, what is asked later and what was added, from both sides; one factor a replicate, or for all."""
    asked = Questions(rows, columns, seed)
    each = factor[:, None, None] if isinstance(factor, Tensor) else factor
    power = torch.ones(REPLICATES, 1, 1, dtype=torch.float64)
    added = torch.zeros(REPLICATES, rows, columns, dtype=torch.float64)
    for change in sequence:
        if change == "scale":
            asked.matrix.scale(factor)
            power, added = each * power, each * added
        elif change == "add":
            left, right = asked.normal(True, 2), asked.normal(False, 2)
            asked.matrix.add(left, right)
            added = added + left @ right.mT
        else:
            back = change == "ask back"
            (asked.matrix.T if back else asked.matrix) @ asked.normal(back)
    entries = asked.entries()
    size = float(max(entries.abs().max(), added.abs().max(), power.abs().max()))
    x, y = asked.normal(False), asked.normal(True)
    for answer, expected in ((asked.matrix @ x, entries @ x), (asked.matrix.T @ y, entries.mT @ y)):
        torch.testing.assert_close(answer, expected, rtol=1e-9, atol=1e-9 * size)
    fresh = Questions(rows, columns, seed)  # the same random numbers, never scaled nor added to
    for change in sequence:
        if change == "add":
            fresh.normal(True, 2), fresh.normal(False, 2)
        elif change != "scale":
            (fresh.matrix.T if change == "ask back" else fresh.matrix) @ fresh.normal(change == "ask back")
    torch.testing.assert_close(entries, power * fresh.entries() + added, rtol=1e-9, atol=1e-9 * size)


@given(sizes, sizes, seeds, factors, sides)
def test_a_scaled_stored_matrix_too(
    rows: int, columns: int, seed: int, factor: Tensor | float, transposed: bool
) -> None:
    values = Stream(seed).normal(REPLICATES, rows, columns)
    stored = DenseMatrix(values)
    stored.scale(factor)
    each = factor[:, None, None] if isinstance(factor, Tensor) else factor
    torch.testing.assert_close(stored.values, each * values)
    torch.testing.assert_close(stored.squared_norm(), (each * values).square().sum((1, 2)))
    assert DenseMatrix(values.float()).squared_norm().dtype == torch.float64


@pytest.mark.parametrize("before", [0, 2, 9])
@pytest.mark.parametrize("broken", [math.nan, math.inf, 1e300])
def test_an_erased_replicate_is_zero_whatever_it_held(before: int, broken: float) -> None:
    """And the others are what they were."""
    asked, kept = Questions(4, 6, 23), Questions(4, 6, 23)
    for one in (asked, kept):
        for _ in range(before):
            one.ask_kind(False, "fresh")
            one.ask_kind(True, "fresh")
    left, right = asked.normal(True), asked.normal(False)
    kept.matrix.add(left, right)
    left[1], right[1] = broken, broken
    asked.matrix.add(left, right)
    asked.matrix.scale(torch.tensor([1.0, broken], dtype=torch.float64))
    which = torch.tensor([False, True])
    asked.matrix.erase(which)
    entries = asked.entries()
    torch.testing.assert_close(entries[0], kept.entries()[0])
    assert not entries[1].any()
    assert not (asked.matrix.T @ asked.normal(True))[1].any()
    stored = DenseMatrix(torch.stack([kept.entries()[0], torch.full((4, 6), broken, dtype=torch.float64)]))
    stored.erase(which)
    torch.testing.assert_close(stored.values, entries)
