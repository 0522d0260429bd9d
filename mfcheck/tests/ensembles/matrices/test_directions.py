"""Directions kept of a lazily revealed matrix stay orthonormal to rounding, and rounding is no new one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mfcheck.ensembles.matrices import directions, lazy
from mfcheck.ensembles.matrices.directions import DEPENDENT, row_lengths
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.ensembles.matrices.conftest import UNREAD

pytestmark = pytest.mark.usefixtures("one_thread_each")


def drift_after(rounds: int, dtype: torch.dtype) -> float:
    """In roundings, at N = 500: each product depends on those before, every third input nearly on the last one."""
    size, stream = 500, Stream(8)
    matrix = LazyMatrix.drawn(stream, 1, size, size, variance=2 / size, dtype=dtype)
    x = stream.normal(1, size, 1, dtype=dtype)
    for step in range(rounds):
        back = matrix.T @ (matrix @ x).relu()
        fresh = back + back.abs() * stream.normal(*back.shape, dtype=dtype)
        fresh = fresh / torch.linalg.vector_norm(fresh)
        x = x / torch.linalg.vector_norm(x) + 1e-4 * fresh if step % 3 == 1 else fresh
    assert matrix.known == (rounds, rounds)
    return matrix.drift() / torch.finfo(dtype).eps


@pytest.mark.parametrize(("dtype", "most"), [(torch.float32, 4), (torch.float64, 64)], ids=str)
def test_directions_stay_orthonormal(
    dtype: torch.dtype, most: float, counting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found after 300 products: 0.6 roundings in float32, whose Gram matrices are float64, and 10 in float64."""
    assert drift_after(150, dtype) <= (8 if counting == UNREAD else 1) * most
    if counting == UNREAD:
        monkeypatch.setattr(directions, "_outside", lambda rows, known, factor=1.0: rows * factor)
        assert drift_after(6, dtype) > 100 * most
        return

    def one_pass(rest: Tensor, lengths: Tensor, _: Tensor) -> tuple[Tensor, Tensor] | None:
        unit, least = rest / lengths[:, :, None].to(dtype), (DEPENDENT * torch.finfo(dtype).eps) ** 2
        rows = directions._normalised(unit, least)
        return None if rows is None else (rows, rows.any(dim=2, keepdim=True))

    monkeypatch.setattr(lazy, "orthonormal_rows", one_pass)
    assert drift_after(6, dtype) > 10 * most


@pytest.mark.parametrize("k", [1, 2])
def test_rounding_that_lies_among_the_known_directions_is_no_new_one(k: int) -> None:
    """However long it is: else a product at N = 10⁶, whose rounding passes for a direction, would never end."""
    q = torch.eye(5, dtype=torch.float64)[None, :3]
    among = torch.tensor([[[0.1, 0.2, 0.0, 0, 0], [0.0, -0.3, 0.1, 0, 0]]], dtype=torch.float64)[:, :k]
    lengths = torch.ones(1, k, dtype=torch.float64)
    assert directions.orthonormal_rows(among, lengths, q) is None
    beyond = torch.zeros_like(among)
    beyond[0, 0] = torch.tensor([0.01, 0, 0, 0.05, 0])
    found = directions.orthonormal_rows(torch.cat([among, beyond]), lengths.expand(2, -1), q.expand(2, -1, -1))
    assert found is not None
    fresh, alive = found
    assert alive.flatten().tolist() == [False, True]
    torch.testing.assert_close(fresh.abs().flatten(1)[:, 3], torch.tensor([0.0, 1.0], dtype=torch.float64))


@pytest.mark.parametrize("size", [1e-30, 1e-18, 1e-3, 1.0, 1e10, 1e25])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lengths_of_rows_of_any_size(size: float, dtype: torch.dtype) -> None:
    rows = torch.randn(3, 2, 5000, dtype=dtype, generator=torch.Generator().manual_seed(1)) * size
    rows[1, 1] = 0.0
    for some in (rows, rows[:1], rows[:, :, :0]):
        torch.testing.assert_close(row_lengths(some), some.double().norm(dim=2), rtol=4e-6, atol=0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_row_that_is_not_finite_has_no_finite_length(value: float) -> None:
    rows = torch.ones(2, 1, 4)
    rows[0, 0, 1] = value
    assert row_lengths(rows).isfinite().flatten().tolist() == [False, True]
