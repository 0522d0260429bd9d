"""Functions for users: draw Jacobians (`sample_jacobian`) and networks (`draw_network`) of a spec."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from mfcheck.ensembles import wishart
from mfcheck.ensembles.construction import draw_modules
from mfcheck.ensembles.modules import draw_stack, is_gaussian
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.seeds import derive_seed
from mfcheck.ensembles.streams import Stream
from mfcheck.given import integer
from mfcheck.numerics import full_precision, one_thread, threads_for
from mfcheck.spec import ARCHITECTURES, NetworkSpec, positive_integer
from mfcheck.verdict import NotANumber

BATCH_FLOATS = 2**24


def sample_jacobian(
    spec: NetworkSpec,
    draws: int,
    columns: int = 1,
    engine: str = "auto",
    seed: int = 0,
    x: Tensor | None = None,
) -> Tensor:
    """The first `columns` columns of J(x) for independent networks: `[draws, output_dim, columns]`, float32.

    Engine "wishart" draws from the exact law, which no input changes; "dense" draws the matrices and differentiates
    at `x` `[input_dim]` (all ones if not given). "auto" is wishart, or dense of architectures of one's own. Raises
    ValueError for an engine, a number of draws or columns, a seed or an input that cannot be, and for a spec whose
    Jacobian float32 does not hold; NotANumber where a draw of it is infinite all the same.
    """
    if engine not in ("auto", "wishart", "dense"):
        raise ValueError(f"engine {engine!r} is unknown; allowed are auto, wishart, dense")
    draws, columns = positive_integer("draws", draws), positive_integer("columns", columns)
    seed = integer("seed", seed)
    if columns > spec.input_dim:
        raise ValueError(f"columns must lie in 1…input_dim={spec.input_dim}, got {columns!r}")
    with one_thread():
        given = torch.ones(spec.input_dim) if x is None else torch.as_tensor(x)
        point = given.detach().to("cpu", torch.float32)
    if point.shape != (spec.input_dim,) or not bool(torch.isfinite(point).all()):
        raise ValueError(f"x must be finite of shape ({spec.input_dim},), got shape {tuple(point.shape)}")
    dense = engine == "dense" or (engine == "auto" and spec.architecture not in ARCHITECTURES)
    per_draw = spec.output_dim * (columns + 4 * spec.output_dim)
    if dense:
        per_draw += spec.width * (spec.input_dim + spec.output_dim + 2 * spec.depth * spec.width)
    batch = max(1, BATCH_FLOATS // per_draw)
    found = []
    with one_thread(), torch.no_grad():
        for start in range(0, draws, batch):
            stream = Stream(derive_seed(seed, "sample_jacobian", "dense" if dense else "wishart", spec, start))
            count = min(batch, draws - start)
            if dense:
                network = draw_stack(spec, stream, replicates=count)
                found.append(network.jacobian(point[None], range(columns))[:, 0])
            else:
                found.append(wishart.jacobian(spec, count, columns, stream))
        jacobians = torch.cat(found)
    if bad := int((~jacobians.isfinite()).sum()):
        drawn = f"{'dense' if dense else 'wishart'} engine, {spec}, seed {seed}"
        raise NotANumber(f"{bad} of {jacobians.numel()} entries of Jacobians are NaN or infinite in float32 ({drawn})")
    return jacobians


DENSE_WIDTH = 2048
"""Width up to which engine "auto" stores the matrices: there a product is as quick as revealing it."""


@dataclass(frozen=True, eq=False)
class DrawnNetwork:
    """One network as a differentiable f: `[B, input_dim]` → `[B, output_dim]`, with its gates and Jacobian."""

    network: Network

    @full_precision()
    def __call__(self, x: Tensor) -> Tensor:
        with threads_for(self.operations(x.shape[:1].numel())):
            return self.network(x)[0]

    @full_precision()
    def gate_slopes(self, x: Tensor) -> list[Tensor]:
        """The slope u or v of every gate at x `[B, input_dim]`, one `[B, N]` a layer."""
        with threads_for(self.operations(x.shape[:1].numel())):
            return [slopes[0] for slopes in self.network.gate_slopes(x)]

    @full_precision()
    def jacobian(self, x: Tensor) -> Tensor:
        """J at every input `[B, input_dim]`: `[B, output_dim, input_dim]`."""
        with threads_for(self.operations(x.shape[:1].numel() * self.network.spec.output_dim)):
            return self.network.jacobian(x)[0]

    def operations(self, columns: int) -> float:
        """About how many operations the largest product takes with so many columns."""
        spec = self.network.spec
        known = spec.width if self.network.engine == "dense" else columns
        return 2.0 * max(spec.width, spec.input_dim) * known * columns

    def reserve(self, columns: int) -> None:
        """Make room for so many more inputs and gradients; ValueError, before any work, if memory is too small."""
        self.network.reserve(columns)


def draw_network(spec: NetworkSpec, engine: str = "auto", seed: int = 0) -> Callable[[Tensor], Tensor]:
    """One differentiable network f: `[B, input_dim]` → `[B, output_dim]`.

    Engine "dense" stores the matrices; "lazy" reveals them as f is asked, at any width, and never forgets, so that
    each new input and gradient takes memory in proportion to the width; "auto" is dense up to width 2048. Raises
    ValueError for an engine or a seed that cannot be, and for a spec whose signals float32 does not hold.

    >>> import torch
    >>> f = draw_network(NetworkSpec("residual", 5, 2, width=30, depth=3, weight_variance=0.5))
    >>> tuple(f(torch.ones(4, 5)).shape)
    (4, 2)
    """
    if engine not in ("auto", "dense", "lazy"):
        raise ValueError(f"engine {engine!r} cannot draw a network; allowed are auto, dense, lazy")
    stream = Stream(derive_seed(integer("seed", seed), "draw_network", spec))
    if not is_gaussian(spec.architecture):
        if engine == "lazy":
            raise ValueError(f"engine lazy knows no architecture {spec.architecture}; allowed are auto, dense")
        with one_thread():
            return draw_modules(spec, stream, 1)[0]
    chosen = engine if engine != "auto" else "dense" if spec.width <= DENSE_WIDTH else "lazy"
    with one_thread():
        return DrawnNetwork(cast(Network, draw_stack(spec, stream, engine=chosen)))
