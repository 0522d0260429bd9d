"""The Wishart chains and dense networks draw one law: jointly, at small width, bias and rank deficiency included.

Two samples agree when sup|F̂₁ − F̂₂| stays under the two-sample DKW bound for every functional (Wei and Dudley 2012:
Massart's constant holds for equal sizes from 458 on; ties only make it conservative). Each comparison errs with
probability at most 1e-6, and each kind must reject chains that are wrong on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import one_thread
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.statistics.intervals import clopper_pearson, dkw_half_width, two_sample_distance

ALPHA = 1e-6
DRAWS = 2**14
BATCH = 2**11
# In float64 an exact zero comes out near 1e-16 of the norm; a Gaussian minor is this small once in 1e10 draws.
ZERO = 1e-10

LEAKY, ABS = ReLULike(1, 0.2), ReLULike(1, -1)
Functionals = dict[str, NDArray[np.float64]]
Sampler = Callable[[NetworkSpec, int], Functionals]

SPECS = {
    spec.label: spec
    for spec in (
        NetworkSpec("vanilla", 5, 3, 20, 8, 2.0),
        NetworkSpec("vanilla", 4, 4, 24, 4, 1.5, 0.5),
        NetworkSpec("vanilla", 8, 2, 24, 3, 2.0, 0.0, LEAKY),
        NetworkSpec("vanilla", 2, 3, 20, 5, 1.7, 0.8, LEAKY),
        NetworkSpec("vanilla", 6, 3, 20, 4, 1.2, 0.0, ABS),
        NetworkSpec("vanilla", 3, 1, 40, 2, 0.8, 0.3, ABS),
        NetworkSpec("residual", 5, 3, 20, 8, 0.9),
        NetworkSpec("residual", 4, 4, 24, 4, 1.5, 0.6),
        NetworkSpec("residual", 2, 3, 20, 3, 2.0, 0.0, LEAKY),
        NetworkSpec("residual", 6, 2, 32, 2, 1.0, 1.0, LEAKY),
        NetworkSpec("residual", 12, 4, 20, 2, 0.7, 0.0, ABS),
        NetworkSpec("residual", 3, 2, 60, 2, 0.5, 0.4, ABS),
    )
}
NARROW = {
    spec.label: spec
    for spec in (
        NetworkSpec("vanilla", 6, 5, 2, 2, 2.0),
        NetworkSpec("vanilla", 3, 5, 3, 3, 2.0, 0.7),
        NetworkSpec("vanilla", 6, 4, 4, 2, 1.0, 0.0, LEAKY),
        NetworkSpec("residual", 6, 4, 2, 2, 1.0, 0.5),
        NetworkSpec("residual", 5, 5, 3, 3, 0.6, 0.0, ABS),
        NetworkSpec("residual", 4, 6, 4, 2, 1.5, 0.3, LEAKY),
    )
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """On matrices this small more threads only wait for each other."""
    with one_thread():
        yield


def point(spec: NetworkSpec) -> Tensor:
    """An input that is neither of length √d nor along an axis."""
    return torch.linspace(-0.4, 1.3, spec.input_dim, dtype=torch.float64)


@cache
def dense_draws(spec: NetworkSpec) -> tuple[Tensor, Tensor]:
    """J(x) `[n, K, d]` and f(x) `[n, K]` of dense networks; doubles where ranks are told apart."""
    dtype = torch.float64 if spec.width < 10 else torch.float32
    stream, x = Stream(101), point(spec)[None].to(dtype)
    jacobians, outputs = [], []
    with torch.no_grad():
        for _ in range(DRAWS // BATCH):
            network = Network(spec, stream, replicates=BATCH, dtype=dtype)
            jacobians.append(network.jacobian(x)[:, 0])
            outputs.append(network(x)[:, 0])
    return torch.cat(jacobians).double(), torch.cat(outputs).double()


def singular_values(matrices: Tensor) -> Tensor:
    values = torch.linalg.svdvals(matrices)
    return torch.where(values > ZERO * values[:, :1], values, 0.0)


def of_matrix(j: Tensor) -> Functionals:
    """Functionals of matrices `[n, K, c]`, most of them of several entries at once."""
    rows, columns = j.shape[1:]
    values = singular_values(j)
    found = {
        "entry": j[:, 0, 0],
        "row norm": j[:, 0].square().sum(1),
        "column norm": j[:, :, 0].square().sum(1),
        "Frobenius norm": j.square().sum((1, 2)),
        "largest singular value": values[:, 0],
        "least singular value": values[:, -1],
        "volume": values.prod(1),
        "rank": (values > 0).sum(1),
    }
    if columns > 1:
        first, second = j[:, :, 0], j[:, :, 1]
        inner = (first * second).sum(1)
        found |= {
            "product in a row": j[:, 0, 0] * j[:, 0, 1],
            "product of squares in a row": (j[:, 0, 0] * j[:, 0, 1]).square(),
            "inner product of columns": inner,
            "product of column norms": first.norm(dim=1) * second.norm(dim=1),
            "ratio of column norms": first.norm(dim=1) / (first.norm(dim=1) + second.norm(dim=1) + (inner == 0)),
        }
        if rows > 1:
            scale = first.norm(dim=1) * second.norm(dim=1)
            minor = singular_values(j[:, :2, :2])
            found |= {
                "cosine of columns": inner / torch.where(scale > 0, scale, 1.0),
                "product across": j[:, 0, 0] * j[:, 1, 1],
                "product of four": j[:, 0, 0] * j[:, 1, 1] * j[:, 0, 1] * j[:, 1, 0],
                "2×2 determinant": minor.prod(1),
                "2×2 condition": minor[:, 1] / torch.where(minor[:, 0] > 0, minor[:, 0], 1.0),
            }
    return {name: np.sort(value.double().numpy()) for name, value in found.items()}


def of_affine(f: Tensor, jx: Tensor, first: Tensor, second: Tensor) -> Functionals:
    """Functionals of f(x), J x and two columns of J, each `[n, K]`, jointly."""
    offset, both = f - jx, (first + second).square().sum(1)
    rounding = offset.norm(dim=1) <= ZERO * f.norm(dim=1)  # where every gate is shut the offset is 0
    offset = torch.where(rounding[:, None], 0.0, offset)
    found = {
        "f": f[:, 0],
        "|f|": f.square().sum(1),
        "|offset|": offset.square().sum(1),
        "f · column": (f * first).sum(1),
        "f · J x": (f * jx).sum(1),
        "offset · f": (offset * f).sum(1),
        "offset · column": (offset * first).sum(1),
        "(offset · column)²": (offset * first).sum(1).square(),
        "|offset| |columns|": offset.square().sum(1) * both,
        "|offset| / |f|": offset.square().sum(1) / (offset.square().sum(1) + f.square().sum(1) + (f[:, 0] == 0)),
        "|f| |columns|": f.square().sum(1) * both,
        "|offset| / |column|": offset.norm(dim=1) / (offset.norm(dim=1) + first.norm(dim=1) + (offset[:, 0] == 0)),
    }
    return {name: np.sort(value.numpy()) for name, value in found.items()}


@cache
def of_dense(spec: NetworkSpec) -> Functionals:
    return of_matrix(dense_draws(spec)[0])


def disagreements(first: Functionals, second: Functionals) -> dict[str, float]:
    """The functionals whose laws differ, with their distance."""
    assert first.keys() == second.keys()
    # Two samples of n are as good as one of n/2 against its law.
    bound = dkw_half_width(DRAWS // 2, ALPHA)
    distances = {name: two_sample_distance(first[name], second[name]) for name in first}
    return {name: distance for name, distance in distances.items() if distance > bound}


def mirrored_draws(spec: NetworkSpec, seed: int) -> Tensor:
    """The whole J through the mirrored factor, in doubles whatever the shape."""
    stream = Stream(seed)
    factor = wishart.mirrored_factor(spec, DRAWS, stream)
    return factor.mT @ stream.normal(DRAWS, spec.output_dim, spec.input_dim, scale=spec.input_dim**-0.5)


def forward_draws(spec: NetworkSpec, seed: int, columns: int | None = None) -> Tensor:
    directions = torch.eye(spec.input_dim, columns or spec.input_dim, dtype=torch.float64)
    return wishart.forward_columns(spec, directions, DRAWS, Stream(seed))


def affine_draws(spec: NetworkSpec, seed: int, marks: tuple[float, ...] = (1, 0, 0, 0)) -> tuple[Tensor, ...]:
    """f(x), J x and two columns of J: x stands once as the point itself and once as a direction."""
    x, axes = point(spec), torch.eye(spec.input_dim, dtype=torch.float64)
    directions = torch.stack([x, x, axes[0], axes[1]], dim=1)
    columns = wishart.forward_columns(spec, directions, DRAWS, Stream(seed), affine=torch.tensor(marks))
    return columns.unbind(2)


def dense_affine(spec: NetworkSpec) -> tuple[Tensor, ...]:
    j, f = dense_draws(spec)
    return f, j @ point(spec), j[:, :, 0], j[:, :, 1]


def of_entry(spec: NetworkSpec, seed: int) -> Functionals:
    stream = Stream(seed)
    entry = wishart.entry_scales(spec, DRAWS, stream).sqrt() * stream.normal(DRAWS)
    return {"entry": np.sort(entry.numpy())}


def of_dense_entries(spec: NetworkSpec) -> Functionals:
    return {"entry": np.sort(dense_draws(spec)[0][:, -1, -1].numpy())}


def whole(spec: NetworkSpec, seed: int) -> Functionals:
    return of_matrix(mirrored_draws(spec, seed))


def forward(spec: NetworkSpec, seed: int) -> Functionals:
    return of_matrix(forward_draws(spec, seed))


def affine(spec: NetworkSpec, seed: int) -> Functionals:
    return of_affine(*affine_draws(spec, seed))


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_every_chain_has_the_law_of_dense_networks(spec: NetworkSpec) -> None:
    dense = of_dense(spec)
    assert not disagreements(dense, whole(spec, 1))
    assert not disagreements(dense, forward(spec, 2))
    assert not disagreements(of_dense_entries(spec), of_entry(spec, 3))
    if spec.bias_variance:
        assert not disagreements(of_affine(*dense_affine(spec)), affine(spec, 4))


@pytest.mark.parametrize("spec", NARROW.values(), ids=NARROW.keys())
def test_rank_deficient_networks_agree(spec: NetworkSpec) -> None:
    """With fewer units than rows or columns the rank itself is random, and 0 and small must not be confused."""
    dense = of_dense(spec)
    for drawn in (mirrored_draws(spec, 11), forward_draws(spec, 12)):
        found = of_matrix(drawn)
        assert found["rank"].max() <= min(spec.width, spec.output_dim, spec.input_dim)
        assert not disagreements(dense, found)
    assert not disagreements(of_dense_entries(spec), of_entry(spec, 13))
    if spec.bias_variance:
        assert not disagreements(of_affine(*dense_affine(spec)), affine(spec, 14))


def test_the_door_draws_the_same_law_over_either_side() -> None:
    """`jacobian` runs forward for fewer columns than outputs and mirrored otherwise; the columns are the same."""
    for spec in (SPECS["vanilla-N24-L4-d4-K4-w1.5-b0.5-relu"], SPECS["residual-N20-L2-d12-K4-w0.7-abs"]):
        dense = of_matrix(dense_draws(spec)[0][:, :, :3])
        few = wishart.jacobian(spec, DRAWS, 3, Stream(21))
        many = wishart.jacobian(spec, DRAWS, 4, Stream(22))
        assert few.shape == (DRAWS, 4, 3)
        assert many.shape == (DRAWS, 4, 4)
        assert few.dtype == many.dtype == torch.float32
        assert not disagreements(dense, of_matrix(few.double()))
        assert not disagreements(dense, of_matrix(many[:, :, :3].double()))
        assert disagreements(dense, of_matrix(many[:, :, :3].double() * 1.05))


@pytest.mark.parametrize("shape", [(2, 2, 5), (3, 6, 2), (4, 5, 5), (30, 2, 4)], ids=str)
@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_mirrored_and_forward_chains_agree(architecture: str, shape: tuple[int, int, int]) -> None:
    width, outputs, inputs = shape
    spec = NetworkSpec(architecture, inputs, outputs, width, 3, 1.4, 0.2, LEAKY)
    mirrored = whole(spec, 31)
    assert not disagreements(mirrored, forward(spec, 32))
    assert disagreements(mirrored, forward(replace(spec, weight_variance=1.6), 32))


def same_gain(spec: NetworkSpec, **changes: object) -> NetworkSpec:
    """Another network with the same ω^L, so that no second moment of J can tell them apart."""

    def mean_gain(one: NetworkSpec) -> float:
        return (one.architecture == "residual") + one.activation.alpha * one.weight_variance

    other = replace(spec, **changes)  # type: ignore[arg-type]
    gain = mean_gain(spec) ** (spec.depth / other.depth) - (other.architecture == "residual")
    return replace(other, weight_variance=gain / other.activation.alpha)


WRONG_SPECS: dict[str, tuple[str, Callable[[NetworkSpec], NetworkSpec]]] = {
    "weights 3 %, depth 8": (
        "vanilla-N20-L8-d5-K3-w2-relu",
        lambda spec: replace(spec, weight_variance=1.03 * spec.weight_variance),
    ),
    "weights 5 %, residual": (
        "residual-N20-L8-d5-K3-w0.9-relu",
        lambda spec: replace(spec, weight_variance=1.05 * spec.weight_variance),
    ),
    "weights 10 %, shallow": (
        "residual-N20-L2-d12-K4-w0.7-abs",
        lambda spec: replace(spec, weight_variance=1.1 * spec.weight_variance),
    ),
    "slope v": ("vanilla-N24-L3-d8-K2-w2-u1v0.2", lambda spec: replace(spec, activation=ReLULike(1, 0.35))),
    "slope v in the residual": (
        "residual-N20-L3-d2-K3-w2-u1v0.2",
        lambda spec: replace(spec, activation=ReLULike(1, 0.35)),
    ),
    "gates left out": (
        "vanilla-N20-L8-d5-K3-w2-relu",
        lambda spec: same_gain(spec, activation=ReLULike(1, 1)),
    ),
    "gates put in": ("vanilla-N20-L4-d6-K3-w1.2-abs", lambda spec: same_gain(spec, activation=ReLULike(1, 0))),
    "shortcut folded into the weights": (
        "residual-N24-L4-d4-K4-w1.5-b0.6-relu",
        lambda spec: same_gain(spec, architecture="vanilla"),
    ),
    "shortcut dropped": (
        "residual-N20-L3-d2-K3-w2-u1v0.2",
        lambda spec: replace(spec, architecture="vanilla"),
    ),
    "a layer short": ("vanilla-N24-L4-d4-K4-w1.5-b0.5-relu", lambda spec: same_gain(spec, depth=3)),
    "twice the width": ("residual-N20-L8-d5-K3-w0.9-relu", lambda spec: replace(spec, width=2 * spec.width)),
}


@pytest.mark.parametrize(("label", "wrong"), WRONG_SPECS.values(), ids=WRONG_SPECS.keys())
def test_a_chain_of_another_network_is_told_apart(label: str, wrong: Callable[[NetworkSpec], NetworkSpec]) -> None:
    spec = SPECS[label]
    dense = of_dense(spec)
    assert disagreements(dense, whole(wrong(spec), 1))
    assert disagreements(dense, forward(wrong(spec), 2))


@pytest.mark.parametrize("label", ["vanilla-N20-L8-d5-K3-w2-relu", "residual-N24-L4-d4-K4-w1.5-b0.6-relu"])
def test_unfair_gates_are_told_apart(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPECS[label]

    def unfair(stream: Stream, trials: int, draws: int) -> Tensor:
        assert stream.numpy is not None
        return torch.from_numpy(stream.numpy.binomial(trials, 0.47, draws).astype(np.float64))

    monkeypatch.setattr(Stream, "fair_binomial", unfair)
    dense = of_dense(spec)
    assert disagreements(dense, whole(spec, 1))
    assert disagreements(dense, forward(spec, 2))
    if spec.architecture == "vanilla":  # a single entry of the residual network hardly feels it
        assert disagreements(of_dense_entries(spec), of_entry(spec, 3))


def test_a_fixed_number_of_open_gates_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean gain is right; only the spread of the gain, of order 1/N, is not."""
    spec = SPECS["vanilla-N20-L8-d5-K3-w2-relu"]
    monkeypatch.setattr(
        Stream, "fair_binomial", lambda _, trials, draws: torch.full((draws,), trials / 2, dtype=torch.float64)
    )
    assert disagreements(of_dense(spec), whole(spec, 1))
    assert disagreements(of_dense(spec), forward(spec, 2))


def test_the_entry_law_at_infinite_width_is_told_apart() -> None:
    spec = SPECS["vanilla-N20-L8-d5-K3-w2-relu"]
    limit = {"entry": np.sort(Stream(3).normal(DRAWS, scale=spec.input_dim**-0.5).numpy())}
    assert disagreements(of_dense_entries(spec), limit)
    slower = replace(spec, weight_variance=1.05 * spec.weight_variance)
    assert disagreements(of_dense_entries(spec), of_entry(slower, 3))


@pytest.mark.parametrize("label", ["vanilla-N24-L3-d8-K2-w2-u1v0.2", "residual-N24-L4-d4-K4-w1.5-b0.6-relu"])
def test_columns_with_gates_of_their_own_are_told_apart(label: str) -> None:
    """Each column alone then has the right law: only joint functionals can object."""
    j = forward_draws(SPECS[label], 2)
    apart = torch.stack([j[:, :, c].roll(c, dims=0) for c in range(j.shape[2])], dim=2)
    found = disagreements(of_dense(SPECS[label]), of_matrix(apart))
    assert found
    assert not found.keys() & {"entry", "column norm"}


BIASED = [
    "vanilla-N24-L4-d4-K4-w1.5-b0.5-relu",
    "vanilla-N20-L5-d2-K3-w1.7-b0.8-u1v0.2",
    "residual-N24-L4-d4-K4-w1.5-b0.6-relu",
]
WRONG_OFFSETS: dict[str, Callable[[NetworkSpec], tuple[Tensor, ...]]] = {
    "no bias": lambda spec: affine_draws(replace(spec, bias_variance=0.0), 4),
    "a third more bias": lambda spec: affine_draws(replace(spec, bias_variance=4 / 3 * spec.bias_variance), 4),
    "bias in every column": lambda spec: affine_draws(spec, 4, (1, 1, 1, 1)),
    "offset of another network": lambda spec: apart(affine_draws(spec, 4)),
}


def apart(columns: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """J and the offset each have their law but not together: their squares are not independent at finite width."""
    f, jx, first, second = columns
    offset = (f - jx).roll(1, dims=0)
    return jx + offset, jx, first, second


@pytest.mark.parametrize("wrong", WRONG_OFFSETS.values(), ids=WRONG_OFFSETS.keys())
@pytest.mark.parametrize("label", BIASED)
def test_wrong_offsets_are_told_apart(label: str, wrong: Callable[[NetworkSpec], tuple[Tensor, ...]]) -> None:
    spec = SPECS[label]
    assert disagreements(of_affine(*dense_affine(spec)), of_affine(*wrong(spec)))


def test_without_bias_marking_the_point_changes_nothing() -> None:
    spec = SPECS["residual-N20-L3-d2-K3-w2-u1v0.2"]
    directions = torch.stack([point(spec), torch.tensor([1.0, 0.0])], dim=1)
    marked = wishart.forward_columns(spec, directions, 50, Stream(1), affine=torch.tensor([1.0, 0.0]))
    assert torch.equal(marked, wishart.forward_columns(spec, directions, 50, Stream(1)))


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
