"""Four architectures to audit: fixed random signs and the identity as shortcuts, a circular convolution, and GELU."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

import mfcheck
from mfcheck.ensembles.matrices.diagonal import DiagonalMatrix
from mfcheck.ensembles.streams import Stream


def gaussian(*shape: int, variance: float, generator: Generator) -> nn.Parameter:
    return nn.Parameter(torch.randn(*shape, generator=generator, device=generator.device) * variance**0.5)


class SignedShortcuts(nn.Module):
    """x ← φ(W x) + s ∘ x with fixed random signs s: they undo what ReLU's mean would accumulate."""

    def __init__(self, spec: mfcheck.NetworkSpec, generator: Generator) -> None:
        super().__init__()
        n, variance = spec.width, spec.weight_variance / spec.width
        self.first = gaussian(n, spec.input_dim, variance=1 / spec.input_dim, generator=generator)
        self.layers = nn.ParameterList(
            [gaussian(n, n, variance=variance, generator=generator) for _ in range(spec.depth)]
        )
        self.register_buffer("signs", torch.randn(spec.depth, n, generator=generator, device=generator.device).sign())
        self.last = gaussian(spec.output_dim, n, variance=1 / n, generator=generator)

    @staticmethod
    def omega(spec: mfcheck.NetworkSpec) -> float:
        return 1 + spec.weight_variance / 2

    def forward(self, x: Tensor) -> Tensor:
        x = x @ self.first.T
        for weight, signs in zip(self.layers, self.signs, strict=True):
            x = functional.relu(x @ weight.T) + signs * x
        return x @ self.last.T


class IdentityShortcuts(mfcheck.Network):
    """x ← φ(W x) + x, written on Gaussian matrices, so that it is drawn lazily at any width too."""

    @staticmethod
    def omega(spec: mfcheck.NetworkSpec) -> float:
        return 1 + spec.activation.alpha * spec.weight_variance

    def shortcut(self, gaussian: object, stream: Stream) -> DiagonalMatrix:
        return DiagonalMatrix(torch.ones(self.replicates, self.spec.width, dtype=self.dtype, device=stream.device))


class CircularConvolution(nn.Module):
    """x ← φ(w * x) on a circle of four sites, three wide, with as many channels as the width allows."""

    SITES = 4

    def __init__(self, spec: mfcheck.NetworkSpec, generator: Generator) -> None:
        super().__init__()
        n, channels = spec.width, spec.width // self.SITES
        self.first = gaussian(n, spec.input_dim, variance=1 / spec.input_dim, generator=generator)
        variance = spec.weight_variance / (3 * channels)
        kernels = [gaussian(channels, channels, 3, variance=variance, generator=generator) for _ in range(spec.depth)]
        self.kernels = nn.ParameterList(kernels)
        self.last = gaussian(spec.output_dim, n, variance=1 / n, generator=generator)

    @staticmethod
    def omega(spec: mfcheck.NetworkSpec) -> float:
        return spec.weight_variance / 2

    @classmethod
    def layer_variances(cls, spec: mfcheck.NetworkSpec) -> dict[str, float]:
        kernel = spec.weight_variance / (3 * (spec.width // cls.SITES))
        kernels = {f"kernels.{layer}": kernel for layer in range(spec.depth)}
        return {"first": 1 / spec.input_dim, **kernels, "last": 1 / spec.width}

    def forward(self, x: Tensor) -> Tensor:
        x = (x @ self.first.T).unflatten(1, (-1, self.SITES))
        for kernel in self.kernels:
            around = torch.cat([x[..., -1:], x, x[..., :1]], dim=-1)
            x = functional.relu(functional.conv1d(around, kernel))
        return x.flatten(1) @ self.last.T


class Smooth(SignedShortcuts):
    """GELU in place of ReLU: no region in which the network is linear."""

    def forward(self, x: Tensor) -> Tensor:
        x = x @ self.first.T
        for weight, signs in zip(self.layers, self.signs, strict=True):
            x = functional.gelu(x @ weight.T) + signs * x
        return x @ self.last.T
