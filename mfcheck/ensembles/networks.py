"""Dense random networks: vanilla and residual, one or many at once, and their Jacobians (THEORY §1).

The dense engine is the arbiter: it stores every matrix and assumes nothing of the theory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mfcheck.ensembles.streams import Stream
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.verdict import NotCovered


class DenseNetwork(nn.Module):
    """`replicates` independent networks of one spec, drawn at once and evaluated in batched products.

    x^(0) = P_in x; h = W x + b; x ← φ(h) (vanilla) or φ(h) + P x (residual); f = P_out x^(L). W and b train, the P
    are fixed. Shapes: `input_projection [R, N, d]`, `weights[l] [R, N, N]`, `biases[l] [R, N]`,
    `shortcuts[l] [R, N, N]`, `output_projection [R, K, N]`. Raises NotCovered for other architectures.
    """

    input_projection: Tensor
    output_projection: Tensor

    def __init__(
        self, spec: NetworkSpec, stream: Stream, *, replicates: int = 1, dtype: torch.dtype = torch.float32
    ) -> None:
        if spec.architecture not in ARCHITECTURES:
            raise NotCovered(f"architecture {spec.architecture} is drawn by its own factory, not as a DenseNetwork")
        super().__init__()
        self.spec, self.replicates = spec, replicates
        r, n = replicates, spec.width

        def gaussian(rows: int, columns: int, variance: float) -> Tensor:
            return stream.normal(r, rows, columns, dtype=dtype, scale=math.sqrt(variance))

        self.register_buffer("input_projection", gaussian(n, spec.input_dim, 1 / spec.input_dim))
        weights, biases, shortcuts = [], [], []
        for _ in range(spec.depth):
            weights.append(nn.Parameter(gaussian(n, n, spec.weight_variance / n)))
            if spec.bias_variance:
                biases.append(nn.Parameter(gaussian(n, 1, spec.bias_variance).squeeze(2)))
            if spec.architecture == "residual":
                shortcuts.append(gaussian(n, n, 1 / n))
        self.weights, self.biases = nn.ParameterList(weights), nn.ParameterList(biases)
        for layer, matrix in enumerate(shortcuts):
            self.register_buffer(f"shortcut_{layer}", matrix)
        self.register_buffer("output_projection", gaussian(spec.output_dim, n, 1 / n))

    def forward(self, x: Tensor) -> Tensor:
        """f(x): `[B, d]` → `[R, B, K]`."""
        state = x @ self.input_projection.mT
        for layer in range(self.spec.depth):
            state = self._layer(layer, state, None)
        return state @ self.output_projection.mT

    def gate_slopes(self, x: Tensor) -> list[Tensor]:
        """The slope u or v of every gate at x, one `[R, B, N]` a layer."""
        state, slopes = x @ self.input_projection.mT, []
        for layer in range(self.spec.depth):
            slopes.append(self._slopes(self._preactivation(layer, state)))
            state = self._layer(layer, state, slopes[-1])
        return slopes

    def jacobian(self, x: Tensor, columns: Sequence[int] | None = None) -> Tensor:
        """J at every input, all its columns or those named: `[B, d]` → `[R, B, K, columns]`.

        Pushes the columns forward or pulls the K outputs back, whichever are fewer.
        """
        count = self.spec.input_dim if columns is None else len(columns)
        slopes = self.gate_slopes(x)
        if count < self.spec.output_dim:
            return self.output_projection[:, None] @ self._pushed(slopes, columns)
        rows = self._pulled(slopes)
        return rows @ (self.input_projection if columns is None else self.input_projection[:, :, columns])[:, None]

    def feature_jacobian(self, x: Tensor, columns: Sequence[int]) -> Tensor:
        """The named columns of ∂x^(L)/∂x_in, before P_out: `[B, d]` → `[R, B, N, columns]`."""
        return self._pushed(self.gate_slopes(x), columns)

    def with_gates(self, slopes: list[Tensor], x: Tensor) -> Tensor:
        """The affine map that the network is on the region with these gates, at points `[R, B, d]` → `[R, B, K]`.

        At the origin it is the offset a, made of the biases alone.
        """
        return self.features_with_gates(slopes, x) @ self.output_projection.mT

    def features_with_gates(self, slopes: list[Tensor], x: Tensor) -> Tensor:
        """x^(L) of the same affine map, before P_out: `[R, B, d]` → `[R, B, N]`."""
        state = x @ self.input_projection.mT
        for layer, slope in enumerate(slopes):
            state = self._layer(layer, state, slope)
        return state

    def preactivations(self, slopes: list[Tensor], x: Tensor, *, bias: bool = True) -> list[Tensor]:
        """h^(l) under fixed gates at points `[R, B, d]`, one `[R, B, N]` a layer; without bias, along a direction."""
        state, found = x @ self.input_projection.mT, []
        for layer, slope in enumerate(slopes):
            found.append(self._preactivation(layer, state, bias=bias))
            state = self._combine(layer, found[-1] * slope, state)
        return found

    def _preactivation(self, layer: int, state: Tensor, *, bias: bool = True) -> Tensor:
        h: Tensor = state @ self.weights[layer].mT
        return h + self.biases[layer][:, None] if bias and len(self.biases) else h

    def _layer(self, layer: int, state: Tensor, slope: Tensor | None) -> Tensor:
        h: Tensor = self._preactivation(layer, state)
        return self._combine(layer, h * (self._slopes(h) if slope is None else slope), state)

    def _combine(self, layer: int, activated: Tensor, state: Tensor) -> Tensor:
        if self.spec.architecture == "vanilla":
            return activated
        return activated + state @ self.get_buffer(f"shortcut_{layer}").mT

    def _slopes(self, h: Tensor) -> Tensor:
        act = self.spec.activation
        return torch.where(h >= 0, h.new_tensor(act.u), h.new_tensor(act.v))

    def _pushed(self, slopes: list[Tensor], columns: Sequence[int] | None) -> Tensor:
        """Columns of the layer Jacobian, `[R, B, N, c]`; the products run on `[R, N, B·c]`."""
        start = self.input_projection if columns is None else self.input_projection[:, :, columns]
        batch, c = slopes[0].shape[1], start.shape[2]
        tangent = start[:, :, None, :].expand(-1, -1, batch, -1)
        for layer, slope in enumerate(slopes):
            flat = tangent.reshape(self.replicates, self.spec.width, batch * c)
            pushed = (self.weights[layer] @ flat).view_as(tangent) * slope.mT[..., None]
            if self.spec.architecture == "residual":
                pushed = pushed + (self.get_buffer(f"shortcut_{layer}") @ flat).view_as(tangent)
            tangent = pushed
        return tangent.transpose(1, 2)

    def _pulled(self, slopes: list[Tensor]) -> Tensor:
        """Rows of P_out pulled back to x^(0), `[R, B, K, N]`; the products run on `[R, B·K, N]`."""
        batch, k = slopes[0].shape[1], self.spec.output_dim
        rows = self.output_projection[:, None].expand(-1, batch, -1, -1)
        for layer in reversed(range(self.spec.depth)):
            gated = (rows * slopes[layer][:, :, None]).reshape(self.replicates, batch * k, -1)
            pulled = (gated @ self.weights[layer]).view_as(rows)
            if self.spec.architecture == "residual":
                flat = rows.reshape(self.replicates, batch * k, -1)
                pulled = pulled + (flat @ self.get_buffer(f"shortcut_{layer}")).view_as(rows)
            rows = pulled
        return rows
