"""Factors of Gram matrices as the Wishart chains draw them: their roots, their atom at zero, Bartlett's law."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.intervals import clopper_pearson
from mfcheck.tests.support.wishart_draws import (
    ALPHA,
    DRAWS,
    NARROW,
    Functionals,
    dense_draws,
    disagreements,
    of_dense,
    of_matrix,
    singular_values,
)

pytestmark = pytest.mark.usefixtures("one_thread_each")


def test_the_root_of_a_gram_matrix_is_told_apart() -> None:
    """It has the right Gram to rounding, but the root turns rounding into singular values of 1e-8."""
    spec = NARROW["vanilla-N2-L2-d6-K5-w2-relu"]
    stream = Stream(11)
    factor = wishart.mirrored_factor(spec, DRAWS, stream)
    values, vectors = torch.linalg.eigh(factor.mT @ factor)
    root = vectors @ (values.clamp_min(0).sqrt()[:, :, None] * vectors.mT)
    found = of_matrix(root @ stream.normal(DRAWS, spec.output_dim, spec.input_dim, scale=spec.input_dim**-0.5))
    assert "rank" in disagreements(of_dense(spec), found)


@pytest.mark.parametrize("width", [2, 3, 4])
def test_the_atom_at_zero_has_its_probability(width: int) -> None:
    """Vanilla ReLU: J = 0 when some layer is closed altogether, with probability 1 − (1 − 2^−N)^L."""
    spec = NetworkSpec("vanilla", 3, 2, width, 3, 2.0, 0.1)
    exact = 1 - (1 - 2.0**-width) ** spec.depth
    found = {
        "dense": (dense_draws(spec)[0] == 0).all(dim=(1, 2)),
        "mirrored": (wishart.jacobian(spec, DRAWS, 3, Stream(41)) == 0).all(dim=(1, 2)),
        "forward": (wishart.jacobian(spec, DRAWS, 1, Stream(42)) == 0).all(dim=(1, 2)),
        "entry": wishart.entry_scales(spec, DRAWS, Stream(43)) == 0,
    }
    for engine, zero in found.items():
        low, high = clopper_pearson(int(zero.sum()), DRAWS, ALPHA)
        assert low <= exact <= high, engine
        # The interval tells one layer more or less apart.
        assert not low <= 1 - (1 - 2.0**-width) ** (spec.depth + 1) <= high, engine


def explicit_factor(rows: int, size: int, seed: int) -> Tensor:
    """R `[n, size, size]` of Gaussian rows by QR, its diagonal made positive and missing rows zero."""
    upper = torch.linalg.qr(Stream(seed).normal(DRAWS, rows, size), mode="r").R
    signs = upper.diagonal(dim1=1, dim2=2).sign()
    full = torch.zeros(DRAWS, size, size, dtype=torch.float64)
    full[:, : upper.shape[1]] = signs[:, :, None] * upper
    return full


def of_factor(factor: Tensor) -> Functionals:
    """Entries, products of entries and singular values of factors `[n, r, r]`, and of their Gram matrices."""
    size = factor.shape[1]
    gram, values = factor.mT @ factor, singular_values(factor)
    found = {f"entry {i} {j}": factor[:, i, j] for i in range(size) for j in range(i, size)}
    found |= {f"singular value {i}": values[:, i] for i in range(size)}
    found |= {
        "rank": (values > 0).sum(1).double(),
        "trace": factor.square().sum((1, 2)),
        "quadratic form": gram.sum((1, 2)),
        "row sums": factor.sum(2).prod(1),
        "diagonal": factor.diagonal(dim1=1, dim2=2).sum(1),
    }
    if size > 1:
        found |= {
            "Gram 0 1": gram[:, 0, 1],
            "Gram products": gram[:, 0, 0] * gram[:, 1, 1],
            "products": factor[:, 0, 0] * factor[:, 0, 1] * factor[:, -1, -1],
        }
    return {name: np.sort(value.numpy()) for name, value in found.items()}


@pytest.mark.parametrize(("rows", "size"), [(1, 1), (1, 3), (2, 4), (3, 3), (3, 4), (6, 3)])
def test_bartlett_is_the_factor_of_gaussian_rows(rows: int, size: int) -> None:
    def drawn(freedom: int) -> Tensor:
        return wishart.bartlett(torch.full((DRAWS,), float(freedom), dtype=torch.float64), size, Stream(52))

    expected, factor = of_factor(explicit_factor(rows, size, 51)), drawn(rows)
    found = of_factor(factor)
    assert not disagreements(expected, found)
    assert not factor[:, rows:].any()
    assert set(found["rank"]) == {min(rows, size)}
    assert torch.equal(factor, factor.triu())
    assert disagreements(expected, of_factor(drawn(rows + 1)))
    # As many degrees of freedom in every row: right for one column only.
    same = drawn(rows)
    if min(rows, size) > 1:
        flat = Stream(53).chi_square(torch.full((DRAWS, min(rows, size)), float(rows), dtype=torch.float64)).sqrt()
        same.diagonal(dim1=1, dim2=2)[:, : min(rows, size)] = flat
        assert disagreements(expected, of_factor(same))


def test_bartlett_takes_each_draw_its_own_freedom() -> None:
    freedom = torch.arange(DRAWS, dtype=torch.float64) % 5
    factor = wishart.bartlett(freedom, 3, Stream(54))
    assert torch.equal(torch.linalg.matrix_rank(factor).double(), freedom.clamp_max(3))
    assert not factor[freedom == 0].any()


def dependent(kind: str, rows: int, columns: int) -> Tensor:
    """Stacks of Gaussian rows `[n, rows, columns]` whose last columns depend on the first."""
    stack = Stream(61).normal(300, rows, columns)
    if kind == "zero":
        stack[:, :, 0] = 0
    elif kind == "all zero":
        stack.zero_()
    elif kind == "duplicate":
        stack[:, :, -1] = stack[:, :, 0]
    elif kind == "nearly dependent":
        stack[:, :, -1] = 2 * stack[:, :, 0] + 1e-9 * stack[:, :, -1]
    elif kind == "sizes apart":
        stack *= torch.tensor([1e-6, 1.0, 1e6], dtype=torch.float64)[:columns]
    return stack


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["independent", "zero", "all zero", "duplicate", "nearly dependent", "sizes apart"])
def test_the_triangular_factor_has_the_gram_matrix(kind: str, columns: int) -> None:
    if kind == "sizes apart" and columns == 4:
        pytest.skip("three sizes for three columns")
    for rows in (columns + 1, 2 * columns, 4 * columns):
        stack = dependent(kind, rows, columns)
        factor = wishart._triangular(stack)
        assert factor.shape == (300, columns, columns)
        assert bool(torch.isfinite(factor).all())
        assert torch.equal(factor, factor.triu())
        # Relative to the columns' lengths: an entry of the Gram matrix is no larger than their product.
        length = torch.linalg.vector_norm(stack, dim=1)
        size = length[:, :, None] * length[:, None, :]
        assert bool(((factor.mT @ factor - stack.mT @ stack).abs() <= 1e-12 * size).all())


def test_a_square_stack_is_its_own_factor() -> None:
    stack = Stream(62).normal(5, 3, 3)
    assert torch.equal(wishart._triangular(stack), stack)
