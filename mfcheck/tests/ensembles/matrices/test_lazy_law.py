"""Entries of a lazily revealed matrix are independent N(0, variance), and so says its squared norm."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from scipy import stats
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import LazyMatrix, Matrix
from mfcheck.ensembles.streams import Stream
from mfcheck.statistics.intervals import dkw_half_width, sup_distance, two_sample_distance
from mfcheck.tests.support.lazy_questions import REPLICATES, Questions, products, seeds, sizes

pytestmark = pytest.mark.usefixtures("one_thread_each")

ALPHA = 1e-6
DRAWS = 2**13


class Spoilt(LazyMatrix):
    """A matrix whose answers to new directions are changed, for the tests of the law to object."""

    @property
    def T(self) -> LazyMatrix:
        return type(self)(self._stream, self._scale, self._mirror, self._asked, self._update.swapped)

    def change(self, directions: Tensor, answers: Tensor) -> Tensor:
        raise NotImplementedError

    def reveal(self, x: Tensor) -> Tensor:
        before, asked = self._asked.inputs.count, self._asked
        super().reveal(x)
        fresh = asked.answers.rows[:, before:]
        fresh += self.change(asked.inputs.rows[:, before:], fresh)
        return (x @ asked.inputs.rows.mT) @ asked.answers.rows


class NoProjection(Spoilt):
    """W q = U(Cᵀ q) + g."""

    def change(self, directions: Tensor, answers: Tensor) -> Tensor:
        left = self._mirror.inputs.rows
        return (self._stream.normal(*answers.shape, scale=self._scale) @ left.mT) @ left


class NoTie(Spoilt):
    """W q = (I − U Uᵀ) g."""

    def change(self, directions: Tensor, answers: Tensor) -> Tensor:
        return -(directions @ self._mirror.answers.rows.mT) @ self._mirror.inputs.rows


VARIANCE = 0.7
ROWS, COLUMNS = 3, 4


def entries_after(
    rounds: int, *, dead: bool, matrix: type[LazyMatrix] = LazyMatrix, variance: float = VARIANCE
) -> Tensor:
    """Entries over √VARIANCE, `[n, 3, 4]`, after products of which each depends on the answers before.

    `dead` lets whole inputs be zero, as where every gate of a layer is shut, in some replicates.
    """
    drawn = matrix.drawn(Stream(7), DRAWS, ROWS, COLUMNS, variance=variance, dtype=torch.float64)
    x = torch.tensor([1.0, -0.5, 0.2, 2.0], dtype=torch.float64).expand(DRAWS, COLUMNS)[:, :, None]
    for _ in range(rounds):
        answer = drawn @ x
        back = drawn.T @ (answer.relu() if dead else answer.relu() - 0.3)
        x = back.relu() if dead else x + 2 * back.sign() * answer.square().sum(1, keepdim=True)
    return drawn.columns(range(COLUMNS)) / math.sqrt(VARIANCE)


def objections(entries: Tensor) -> list[str]:
    """What of independent N(0, 1) entries `[n, 3, 4]` does not hold; each item errs with probability ≤ ALPHA."""
    flat = entries.flatten(1)
    count, size = flat.shape
    found = []
    low, high = (float(end) for end in stats.chi2.interval(1 - ALPHA, count * size))
    if not low <= float(flat.square().sum()) <= high:
        found.append("variance")
    laws = {f"entry {index}": (flat[:, index], stats.norm().cdf) for index in range(size)}
    laws |= {
        "squared norm": (flat.square().sum(1), stats.chi2(size).cdf),
        # In three dimensions the cosine of a uniform direction is uniform (Archimedes).
        "cosine of columns": (torch.cosine_similarity(entries[:, :, 0], entries[:, :, 3]), stats.uniform(-1, 2).cdf),
    }
    for name, (values, cdf) in laws.items():
        if sup_distance(values.sort().values.numpy(), cdf) > dkw_half_width(count, ALPHA / len(laws)):
            found.append(name)
    pairs = list(itertools.combinations(range(size), 2))
    for one, two in pairs:
        if stats.pearsonr(flat[:, one].numpy(), flat[:, two].numpy()).pvalue <= ALPHA / len(pairs):
            found.append(f"correlation of {one} and {two}")
    return found


@pytest.mark.parametrize("dead", [False, True], ids=["alive", "dead"])
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_entries_are_independent_and_gaussian_after_adaptive_products(rounds: int, dead: bool) -> None:
    assert objections(entries_after(rounds, dead=dead)) == []


@pytest.mark.parametrize("wrong", [NoProjection, NoTie])
def test_a_matrix_that_forgets_the_other_side_is_told_apart(wrong: type[LazyMatrix]) -> None:
    for rounds in (1, 2, 3):
        assert "squared norm" in objections(entries_after(rounds, dead=False, matrix=wrong))


def test_a_variance_off_by_4_percent_and_correlated_entries_are_told_apart() -> None:
    assert "variance" in objections(entries_after(2, dead=False, variance=1.04 * VARIANCE))
    entries = entries_after(2, dead=False)
    mixed = entries.clone()
    mixed[:, 0, 0] = math.sqrt(0.99) * entries[:, 0, 0] + 0.1 * entries[:, 2, 3]
    assert objections(mixed) == ["correlation of 0 and 11"]


def questioned(matrix: Matrix, kinds: str) -> list[Tensor]:
    """Answers `[n]` of a 3×4 matrix to dependent, repeated and transposed questions, and to what was answered."""
    x = torch.tensor([1.0, -0.5, 0.2, 2.0], dtype=torch.float64).expand(DRAWS, 4)[:, :, None]
    seen = []
    for kind in kinds:
        answer = matrix @ x
        back = matrix.T @ (answer.relu() - 0.3)
        seen += [answer[:, 0, 0], back[:, 1, 0]]
        match kind:
            case "a":  # adaptive
                x = back.relu() + 0.1 * x
            case "r":  # repeated, and the zero direction
                matrix @ torch.cat([x, -2 * x, 0 * x], dim=2)
            case "d":  # a direction of every replicate of its own, zero in most of them
                x = back * (back[:, :1] > 0.5)
            case "s":
                matrix.scale(0.5)
    return seen


def norms_after(
    kinds: str, engine: type[DenseMatrix] | type[LazyMatrix], seed: int, variance: float = 0.3
) -> dict[str, Tensor]:
    """‖W‖² of matrices asked so much, alone and jointly with the answers, in units of no change."""
    matrix: Matrix = engine.drawn(Stream(seed), DRAWS, 3, 4, variance=variance, dtype=torch.float64)
    seen = questioned(matrix, kinds)
    found = matrix.squared_norm()
    assert found.dtype == torch.float64
    joint = {f"with answer {place}": found * answer for place, answer in enumerate(seen[:4])}
    beyond = found - sum(answer.square() for answer in seen[:2])
    return {"squared norm": found, "beyond": beyond, **joint}


def unlike(first: dict[str, Tensor], second: dict[str, Tensor]) -> list[str]:
    """Names of two samples whose laws differ; errs with probability ≤ ALPHA for all together (Wei and Dudley)."""
    bound = dkw_half_width(DRAWS // 2, ALPHA / len(first))
    return [
        name
        for name in first
        if two_sample_distance(first[name].sort().values.numpy(), second[name].sort().values.numpy()) > bound
    ]


@pytest.mark.parametrize("kinds", ["", "a", "r", "d", "aa", "ad", "ras", "s", "aaaaaa", "rdadrad"])
def test_the_squared_norm_has_the_law_of_a_stored_matrix(kinds: str) -> None:
    """Jointly with what was asked: nothing, part, dependent directions, or all there is to ask."""
    stored = norms_after(kinds, DenseMatrix, 25)
    assert unlike(stored, norms_after(kinds, LazyMatrix, 26)) == []
    assert "squared norm" in unlike(stored, norms_after(kinds, LazyMatrix, 26, 0.34))


@given(sizes, sizes, seeds, products)
def test_known_through_and_through_the_squared_norm_is_that_of_the_entries(
    rows: int, columns: int, seed: int, sequence: list[tuple[bool, str]]
) -> None:
    """Known from either side, whatever was asked before; what was added does not count, and W.T is no other matrix."""
    for whole in (False, True):
        asked = Questions(rows, columns, seed)
        for step in sequence:
            asked.ask_kind(*step)
        entries = (asked.matrix.T.columns(range(rows)).mT if whole else asked.entries()).clone()
        asked.matrix.add(asked.normal(True), asked.normal(False))
        for matrix in (asked.matrix, asked.matrix.T):
            torch.testing.assert_close(matrix.squared_norm(), entries.square().sum((1, 2)), rtol=1e-9, atol=1e-12)


def test_the_squared_norm_is_no_less_than_what_is_known_of_it() -> None:
    asked = Questions(20, 30, 27)
    axes = torch.eye(30, dtype=torch.float64).expand(REPLICATES, -1, -1)
    known = sum(asked.ask(False, axes[:, :, [at]]).square().sum((1, 2)) for at in range(10))
    one, other = asked.matrix.squared_norm(), asked.matrix.squared_norm()
    for found in (one, other):
        assert bool((found > known).all())
    assert not torch.equal(one, other)  # drawn anew: it is asked once, and last
    low, high = (float(end) for end in stats.chi2.interval(1 - ALPHA, 20 * 20))
    assert bool((((one - known) * 30 > low) & ((one - known) * 30 < high)).all())
