"""Random networks, vanilla and residual, one or many at once, and their Jacobians (docs/theory.md#setting).

Written once, on matrices that only have to multiply. With stored matrices a network assumes nothing of the theory, and
so is what other engines are compared with; with lazily revealed ones it can have any width.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.diagonal import DiagonalMatrix
from mfcheck.ensembles.matrices.lazy import LazyMatrix, Matrix, bytes_of
from mfcheck.ensembles.memory import check_room
from mfcheck.ensembles.ranges import check_range
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.verdict import NotCovered

AnyMatrix = Matrix | DiagonalMatrix
MATRICES: dict[str, type[DenseMatrix] | type[LazyMatrix]] = {"dense": DenseMatrix, "lazy": LazyMatrix}


class Network:
    """`replicates` independent networks of one spec, drawn at once and evaluated in batched products.

    x^(0) = P_in x; h = W x + b; x ← φ(h) (vanilla) or φ(h) + P x (residual); f = P_out x^(L). W and b train, the P
    are fixed. Per replicate: `input_projection` N×d, `weights[l]` and `shortcuts[l]` N×N, `output_projection` K×N, all
    matrices of the `engine` "dense" or "lazy", and `biases[l] [R, N]`. Raises NotCovered for other architectures,
    ValueError when stored matrices would not fit in memory or signals would leave the range of the dtype.
    """

    def __init__(
        self,
        spec: NetworkSpec,
        stream: Stream,
        *,
        engine: str = "dense",
        replicates: int = 1,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        if spec.architecture not in ARCHITECTURES and type(self) is Network:
            raise NotCovered(f"architecture {spec.architecture} is drawn by its own factory, not as a Network")
        self.spec, self.replicates, self.dtype, self.device = spec, replicates, dtype, stream.device
        n, self.engine = spec.width, engine
        check_range(spec, dtype, f"{engine} networks", jacobian=False)
        if engine == "dense":
            stored = dtype.itemsize * replicates * sum(rows * columns for rows, columns in self.shapes)
            check_room(stored, f"{replicates} dense networks {spec}", stream.device)

        def gaussian(rows: int, columns: int, variance: float) -> Matrix:
            return MATRICES[engine].drawn(stream, replicates, rows, columns, variance=variance, dtype=dtype)

        self.input_projection = gaussian(n, spec.input_dim, 1 / spec.input_dim)
        self.weights: list[Matrix] = []
        self.biases: list[Tensor] = []
        self.shortcuts: list[AnyMatrix] = []
        for _ in range(spec.depth):
            self.weights.append(gaussian(n, n, spec.weight_variance / n))
            if spec.bias_variance:
                self.biases.append(stream.normal(replicates, n, dtype=dtype, scale=spec.bias_variance**0.5))
            if (shortcut := self.shortcut(gaussian, stream)) is not None:
                self.shortcuts.append(shortcut)
        self.output_projection = gaussian(spec.output_dim, n, 1 / n)

    def shortcut(self, gaussian: Callable[[int, int, float], Matrix], stream: Stream) -> AnyMatrix | None:
        """One layer's P: `gaussian(rows, columns, variance)` of variance 1/N for residual networks, else none.

        An architecture of one's own overrides this, and so is drawn on stored and on lazy matrices alike.
        """
        n = self.spec.width
        return gaussian(n, n, 1 / n) if self.spec.architecture == "residual" else None

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """Rows and columns of every matrix."""
        n, layers = self.spec.width, self.spec.square_matrices
        return [(n, self.spec.input_dim), *[(n, n)] * layers, (self.spec.output_dim, n)]

    @property
    def matrices(self) -> list[AnyMatrix]:
        return [self.input_projection, *self.weights, *self.shortcuts, self.output_projection]

    @property
    def stored(self) -> list[Tensor]:
        """Every random number kept: the values of stored matrices, and the biases."""
        kept = (matrix for matrix in self.matrices if not isinstance(matrix, LazyMatrix))
        return [*(matrix.values for matrix in kept), *self.biases]

    def reserve(self, columns: int) -> None:
        """Make room for so many more inputs and pulled-back outputs of lazy matrices; nothing for stored ones.

        Raises ValueError, saying how much memory is needed, before anything is drawn.
        """
        lazy = [matrix for matrix in self.matrices if isinstance(matrix, LazyMatrix)]
        if lazy:
            needed = bytes_of(self.shapes, columns, self.replicates, self.dtype)
            what = f"{columns} columns through {self.replicates} lazy networks {self.spec}"
            check_room(needed, what, self.device)
        for matrix in lazy:
            matrix.reserve(columns, columns)

    def erase(self, which: Tensor) -> None:
        """What trains ← 0 in the replicates `which [R]`, whatever it holds: finite networks in place of broken ones.

        Biases are changed where they lie; a `twin` has its own.
        """
        for matrix in self.weights:
            matrix.erase(which)
        for bias in self.biases:
            bias.masked_fill_(which[:, None], 0.0)

    def twin(self) -> Network:
        """The same networks once more, to be trained by themselves: no step changes values that others hold."""
        found = copy.copy(self)
        found.weights = [copy.copy(matrix) for matrix in self.weights]
        found.biases = [bias.clone() for bias in self.biases]
        return found

    def __call__(self, x: Tensor) -> Tensor:
        return self.forward(x)

    def forward(self, x: Tensor) -> Tensor:
        """f(x): `[B, d]` or `[R, B, d]` → `[R, B, K]`; ValueError for inputs of another size."""
        state = self._embedded(x)
        for layer in range(self.spec.depth):
            state = self._layer(layer, state, None)
        return _times(self.output_projection, state)

    def gate_slopes(self, x: Tensor) -> list[Tensor]:
        """The slope u or v of every gate at x, one `[R, B, N]` a layer."""
        state, slopes = self._embedded(x), []
        for layer in range(self.spec.depth):
            h = self._preactivation(layer, state)
            slopes.append(self._slopes(h))
            if layer < self.spec.depth - 1:
                state = self._combine(layer, h * slopes[-1], state)
        return slopes

    def jacobian(self, x: Tensor, columns: Sequence[int] | None = None) -> Tensor:
        """J at every input, all its columns or those named: `[B, d]` → `[R, B, K, columns]`.

        Pushes the columns forward or pulls the K outputs back, whichever are fewer.
        """
        return self.jacobian_with(self.gate_slopes(x), columns)

    def jacobian_with(self, slopes: list[Tensor], columns: Sequence[int] | None = None) -> Tensor:
        """The same on the regions with these gates."""
        chosen = range(self.spec.input_dim) if columns is None else columns
        check_range(self.spec, self.dtype, f"Jacobians of {self.engine} networks")
        if len(chosen) < self.spec.output_dim:
            return _spread(self.output_projection, self._pushed(slopes, chosen))
        rows = self._pulled(slopes)
        if isinstance(self.input_projection, DenseMatrix):
            product = rows.flatten(1, 2) @ self.input_projection.columns(chosen)
            return product.view(*rows.shape[:3], -1)
        whole = _back(self.input_projection, rows)
        return whole if columns is None else whole[..., list(columns)]

    def feature_jacobian(self, x: Tensor, columns: Sequence[int]) -> Tensor:
        """The named columns of ∂x^(L)/∂x_in, before P_out: `[B, d]` → `[R, B, N, columns]`."""
        check_range(self.spec, self.dtype, f"Jacobians of {self.engine} networks")
        return self._pushed(self.gate_slopes(x), columns)

    def output_row(self, index: int) -> Tensor:
        """One row of P_out, `[R, N]`."""
        return self.output_projection.T.columns([index])[:, :, 0]

    def with_gates(self, slopes: list[Tensor], x: Tensor) -> Tensor:
        """The affine map that the network is on the region with these gates, at points `[R, B, d]` → `[R, B, K]`.

        At the origin it is the offset a, made of the biases alone.
        """
        return _times(self.output_projection, self.features_with_gates(slopes, x))

    def features_with_gates(self, slopes: list[Tensor], x: Tensor) -> Tensor:
        """x^(L) of the same affine map, before P_out: `[R, B, d]` → `[R, B, N]`."""
        state = self._embedded(x)
        for layer, slope in enumerate(slopes):
            state = self._layer(layer, state, slope)
        return state

    def preactivations(self, slopes: list[Tensor], x: Tensor, *, bias: bool = True) -> list[Tensor]:
        """h^(l) under fixed gates at points `[R, B, d]`, one `[R, B, N]` a layer; without bias, along a direction."""
        state, found = self._embedded(x), []
        for layer, slope in enumerate(slopes):
            found.append(self._preactivation(layer, state, bias=bias))
            state = self._combine(layer, found[-1] * slope, state)
        return found

    def _embedded(self, x: Tensor) -> Tensor:
        if x.ndim < 2 or x.shape[-1] != self.spec.input_dim:
            raise ValueError(f"inputs must have shape [B, input_dim={self.spec.input_dim}], got {tuple(x.shape)}")
        return _times(self.input_projection, x.expand(self.replicates, -1, -1))

    def _preactivation(self, layer: int, state: Tensor, *, bias: bool = True) -> Tensor:
        h = _times(self.weights[layer], state)
        return h + self.biases[layer][:, None] if bias and self.biases else h

    def _layer(self, layer: int, state: Tensor, slope: Tensor | None) -> Tensor:
        h = self._preactivation(layer, state)
        return self._combine(layer, self._activated(h) if slope is None else h * slope, state)

    def _combine(self, layer: int, activated: Tensor, state: Tensor) -> Tensor:
        return activated + _times(self.shortcuts[layer], state) if self.shortcuts else activated

    def _activated(self, h: Tensor) -> Tensor:
        act = self.spec.activation
        return h.relu() if (act.u, act.v) == (1, 0) else h * self._slopes(h)

    def _slopes(self, h: Tensor) -> Tensor:
        act = self.spec.activation
        if (act.u, act.v) == (1, 0):
            return (h >= 0).to(h.dtype)  # twice as fast as torch.where
        return torch.where(h >= 0, h.new_full((), act.u), h.new_full((), act.v))

    def _pushed(self, slopes: list[Tensor], columns: Sequence[int]) -> Tensor:
        """Columns of the layer Jacobian, `[R, B, N, c]`."""
        tangent = self.input_projection.columns(columns)[:, None].expand(-1, slopes[0].shape[1], -1, -1)
        for layer, slope in enumerate(slopes):
            pushed = _spread(self.weights[layer], tangent) * slope[..., None]
            tangent = pushed + _spread(self.shortcuts[layer], tangent) if self.shortcuts else pushed
        return tangent

    def _pulled(self, slopes: list[Tensor]) -> Tensor:
        """Rows of P_out pulled back to x^(0), `[R, B, K, N]`."""
        outputs = self.output_projection.T.columns(range(self.spec.output_dim)).mT
        rows = outputs[:, None].expand(-1, slopes[0].shape[1], -1, -1)
        for layer in reversed(range(self.spec.depth)):
            rows = self._one_back(layer, rows * slopes[layer][:, :, None], rows)
        return rows

    def _one_back(self, layer: int, signals: Tensor, rows: Tensor) -> Tensor:
        """Rows at one x^(l), `[R, B, c, N]`, pulled back to x^(l−1); gated they are the signals at h^(l)."""
        pulled = _back(self.weights[layer], signals)
        return pulled + _back(self.shortcuts[layer], rows) if self.shortcuts else pulled

    def passed(self, x: Tensor) -> Pass:
        """All that a forward pass meets at inputs `[B, d]` or `[R, B, d]`."""
        states, products, slopes = [self._embedded(x)], [], []
        for layer in range(self.spec.depth):
            products.append(_times(self.weights[layer], states[-1]))
            h = products[-1] + self.biases[layer][:, None] if self.biases else products[-1]
            slopes.append(self._slopes(h))
            states.append(self._combine(layer, h * slopes[-1], states[-1]))
        return Pass(states, products, slopes, _times(self.output_projection, states[-1]))

    def signals(self, passed: Pass, cotangents: Tensor) -> list[Tensor]:
        """∂⟨cotangents, f⟩/∂h^(l) for every layer, `[R, B, N, c]`, of cotangents `[R, B, K, c]` at a pass's inputs."""
        return self.cotangents(passed, cotangents)[0]

    def cotangents(self, passed: Pass, cotangents: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The same, and beside it ∂⟨cotangents, f⟩/∂x^(l) for l = 1…L."""
        rows = _spread(self.output_projection.T, cotangents).mT.contiguous()
        signals, states = [], [rows]
        for layer in reversed(range(self.spec.depth)):
            signals.append(rows * passed.slopes[layer][:, :, None])
            if layer:
                rows = self._one_back(layer, signals[-1], rows)
                states.append(rows)
        return [one.mT for one in signals[::-1]], [one.mT for one in states[::-1]]


@dataclass(frozen=True, eq=False)
class Pass:
    """A forward pass, layer by layer: x^(0…L) and W^(l) x^(l−1) and the gates' slopes `[R, B, N]`, f(x) `[R, B, K]`."""

    states: list[Tensor]
    products: list[Tensor]
    slopes: list[Tensor]
    output: Tensor


def _times(matrix: AnyMatrix, rows: Tensor) -> Tensor:
    """W applied to rows `[R, B, n]` → `[R, B, m]`."""
    return (matrix @ rows.mT).mT


def _back(matrix: AnyMatrix, rows: Tensor) -> Tensor:
    """Wᵀ applied to rows `[R, B, c, n]` → `[R, B, c, m]`, as one product on `[R, B·c, n]`."""
    return _times(matrix.T, rows.flatten(1, 2)).reshape(*rows.shape[:3], -1)


def _spread(matrix: AnyMatrix, columns: Tensor) -> Tensor:
    """W applied to columns `[R, B, n, c]` → `[R, B, m, c]`, as one product on `[R, n, B·c]`."""
    replicates, batch, n, c = columns.shape
    product = matrix @ columns.transpose(1, 2).reshape(replicates, n, batch * c)
    return product.view(replicates, -1, batch, c).transpose(1, 2)
