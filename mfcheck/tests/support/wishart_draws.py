"""Draws of Wishart chains and of dense networks as functionals by name, and where two samples disagree."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.statistics.intervals import dkw_half_width, two_sample_distance

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
    """Singular values `[n, …]`, those of rounding zero."""
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
    """Functionals of J by dense networks."""
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
    """Columns of J by the forward chain."""
    directions = torch.eye(spec.input_dim, columns or spec.input_dim, dtype=torch.float64)
    return wishart.forward_columns(spec, directions, DRAWS, Stream(seed))


def affine_draws(spec: NetworkSpec, seed: int, marks: tuple[float, ...] = (1, 0, 0, 0)) -> tuple[Tensor, ...]:
    """f(x), J x and two columns of J: x stands once as the point itself and once as a direction."""
    x, axes = point(spec), torch.eye(spec.input_dim, dtype=torch.float64)
    directions = torch.stack([x, x, axes[0], axes[1]], dim=1)
    columns = wishart.forward_columns(spec, directions, DRAWS, Stream(seed), affine=torch.tensor(marks))
    return columns.unbind(2)


def dense_affine(spec: NetworkSpec) -> tuple[Tensor, ...]:
    """f(x), J x and two columns of J by dense networks."""
    j, f = dense_draws(spec)
    return f, j @ point(spec), j[:, :, 0], j[:, :, 1]


def of_entry(spec: NetworkSpec, seed: int) -> Functionals:
    """An entry of J by the chain of its scale."""
    stream = Stream(seed)
    entry = wishart.entry_scales(spec, DRAWS, stream).sqrt() * stream.normal(DRAWS)
    return {"entry": np.sort(entry.numpy())}


def of_dense_entries(spec: NetworkSpec) -> Functionals:
    """An entry of J by dense networks."""
    return {"entry": np.sort(dense_draws(spec)[0][:, -1, -1].numpy())}


def whole(spec: NetworkSpec, seed: int) -> Functionals:
    """Functionals of J by the mirrored chain."""
    return of_matrix(mirrored_draws(spec, seed))


def forward(spec: NetworkSpec, seed: int) -> Functionals:
    """Functionals of J by the forward chain."""
    return of_matrix(forward_draws(spec, seed))


def affine(spec: NetworkSpec, seed: int) -> Functionals:
    """Functionals of f(x), J x and columns by the forward chain."""
    return of_affine(*affine_draws(spec, seed))
