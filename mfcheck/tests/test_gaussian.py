"""A lazily revealed matrix is one fixed matrix, whatever it is asked, and its entries are independent N(0, variance).

Rounding: a product of m terms is off by at most about m·eps times the lengths of its factors (Higham, §3.1), and a
matrix may drop what of an input is shorter than DEPENDENT roundings of it, for every column that it was asked.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles.matrices import directions, lazy
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.directions import DEPENDENT
from mfcheck.ensembles.matrices.lazy import LazyMatrix, Matrix, Overflow
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import one_thread
from mfcheck.ensembles.streams import Stream
from mfcheck.statistics.intervals import dkw_half_width, sup_distance, two_sample_distance
from mfcheck.verdict import NotANumber

ALPHA = 1e-6
DRAWS = 2**13
REPLICATES = 2

KINDS = (
    "fresh",
    "zero",
    "repeated",
    "proportional",
    "long",
    "short",
    "close",
    "closer",
    "the other side's answer",
    "zero in one replicate",
    "several",
)

sides = st.booleans()
sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32)
dtypes = st.sampled_from([torch.float32, torch.float64])
products = st.lists(st.tuples(sides, st.sampled_from(KINDS)), min_size=1, max_size=12)
both_dtypes = pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On matrices this small more threads only wait for each other."""
    with one_thread():
        yield


class Questions:
    """A lazy rows × columns matrix, with every product asked of it and the answer that came."""

    def __init__(self, rows: int, columns: int, seed: int, dtype: torch.dtype = torch.float64) -> None:
        self.rows, self.columns, self.dtype = rows, columns, dtype
        self.matrix = LazyMatrix.drawn(Stream(seed), REPLICATES, rows, columns, variance=1 / columns, dtype=dtype)
        self.asked: dict[bool, list[tuple[Tensor, Tensor]]] = {False: [], True: []}
        self._inputs = Stream(seed + 1)

    def ask_again(self) -> None:
        for transposed, asked in self.asked.items():
            matrix = self.matrix.T if transposed else self.matrix
            self.asked[transposed] = [(x, matrix @ x) for x, _ in asked]

    def normal(self, transposed: bool, count: int = 1) -> Tensor:
        return self._inputs.normal(REPLICATES, self.rows if transposed else self.columns, count, dtype=self.dtype)

    def ask(self, transposed: bool, x: Tensor) -> Tensor:
        answer = (self.matrix.T if transposed else self.matrix) @ x
        self.asked[transposed].append((x, answer))
        return answer

    def ask_kind(self, transposed: bool, kind: str) -> Tensor:
        return self.ask(transposed, self.input(transposed, kind))

    def input(self, transposed: bool, kind: str) -> Tensor:
        fresh = self.normal(transposed)
        earlier = self.asked[transposed][-1][0][:, :, :1] if self.asked[transposed] else self.normal(transposed)
        if kind == "several":
            return torch.cat([1e-5 * fresh, 0 * fresh, earlier, fresh + 1e-4 * self.normal(transposed)], dim=2)
        if kind == "the other side's answer":
            return self.asked[not transposed][-1][1].relu() if self.asked[not transposed] else fresh
        if kind == "zero in one replicate":
            fresh[0] = 0
        length = torch.linalg.vector_norm(earlier, dim=1, keepdim=True)
        return {
            "zero": 0 * fresh,
            "repeated": earlier,
            "proportional": -3 * earlier,
            "long": 1e10 * fresh,
            "short": 1e-10 * fresh,
            "close": earlier + 1e-4 * length * fresh,
            "closer": earlier + 1e-9 * length * fresh,
        }.get(kind, fresh)

    def entries(self) -> Tensor:
        """All of the matrix, which reveals what was not known: `[R, rows, columns]`."""
        return self.matrix.columns(range(self.columns))

    def error(self, entries: Tensor) -> float:
        """The largest gap between an answer and that of a stored matrix, in units of what rounding allows."""
        eps = torch.finfo(self.dtype).eps
        count = 1 + sum(x.shape[2] for asked in self.asked.values() for x, _ in asked)
        allowed = 2 * (DEPENDENT * count + self.rows + self.columns) * eps * torch.linalg.matrix_norm(entries).double()
        worst = 0.0
        for transposed, asked in self.asked.items():
            for x, answer in asked:
                gap = torch.linalg.vector_norm(answer - (entries.mT if transposed else entries) @ x, dim=1).double()
                limit = allowed[:, None] * torch.linalg.vector_norm(x, dim=1).double()
                assert not (gap[limit == 0] > 0).any()
                worst = max(worst, float((gap / torch.where(limit > 0, limit, 1.0)).max()))
        return worst


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


def test_equal_columns_of_one_input_have_equal_answers() -> None:
    asked = Questions(20, 30, 4, torch.float32)
    x = asked.normal(False)
    one, two, half = asked.ask(False, torch.cat([x, x, x / 2], dim=2)).unbind(2)
    assert asked.matrix.known == (1, 0)
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
def test_directions_stay_orthonormal(dtype: torch.dtype, most: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found after 300 products: 0.6 roundings in float32, whose Gram matrices are float64, and 10 in float64."""
    assert drift_after(150, dtype) <= most

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


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("transposed", [False, True])
def test_what_is_not_finite_is_refused(wrong: float, transposed: bool) -> None:
    asked = Questions(4, 4, 15, torch.float32)
    asked.ask_kind(transposed, "fresh")
    x = asked.normal(transposed, 2)
    x[1, 2, 1] = wrong
    known = asked.matrix.known
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


def test_networks_that_cannot_fit_are_refused_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = NetworkSpec("residual", 10, 10, 10**6, 3, 1.0)

    def refused(*_: object, **__: object) -> Tensor:
        raise AssertionError("drew random numbers")

    monkeypatch.setattr(Stream, "normal", refused)
    with pytest.raises(
        ValueError, match=r"2 dense networks residual\(.* need [\d.]+ GiB of memory, [\d.]+ GiB are free"
    ):
        Network(spec, Stream(17), replicates=2)
    network = Network(spec, Stream(17), engine="lazy")
    with pytest.raises(ValueError, match=r"1000000 columns through 1 lazy networks residual\(.* need [\d.]+ GiB"):
        network.reserve(10**6)
    assert network.weights[0].known == (0, 0)  # type: ignore[union-attr]


def test_room_is_asked_for_in_the_bytes_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four arrays a matrix: inputs and answers, on either side."""
    spec, needed = NetworkSpec("vanilla", 3, 2, 11, 2, 1.0), []
    monkeypatch.setattr("mfcheck.ensembles.networks.check_room", lambda size, *_: needed.append(size))
    network = Network(spec, Stream(18), engine="lazy", replicates=5)
    network.reserve(7)
    buffers = [
        rows._buffer
        for matrix in network.matrices
        if isinstance(matrix, LazyMatrix)
        for side in (matrix._asked, matrix._mirror)
        for rows in (side.inputs, side.answers)
    ]
    assert needed == [sum(buffer.numel() * buffer.element_size() for buffer in buffers)]
    Network(spec, Stream(18)).reserve(10**9)
    assert len(needed) == 2
