"""Networks of other kinds, each as one would write it: plain constructors that are told their sizes by name.

cd docs/examples && mfcheck audit zoo:Mixer --preflight
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn


class Layers(nn.Module):
    """Linear layers without biases in He's initialisation, `depth` of them square, with a ReLU behind each of those."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [input_dim, *[width] * (depth + 1), output_dim]
        self.layers = nn.ModuleList([nn.Linear(m, n, bias=False) for m, n in itertools.pairwise(sizes)])
        for layer in self.layers:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def between(self, x: Tensor, place: int) -> Tensor:
        """What follows a square layer."""
        return torch.relu(x)

    def forward(self, x: Tensor) -> Tensor:
        first, *square, last = self.layers
        x = first(x)
        for place, layer in enumerate(square):
            x = self.between(layer(x), place)
        return last(x)


class BatchNorm(Layers):
    """Batch normalisation behind every square layer; an audit calls .eval(), where it is a fixed scale."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        self.norms = nn.ModuleList([nn.BatchNorm1d(width) for _ in range(depth)])

    def between(self, x: Tensor, place: int) -> Tensor:
        return torch.relu(self.norms[place](x))


class LayerNorm(Layers):
    """Layer normalisation behind every square layer."""

    homogeneous = False

    def between(self, x: Tensor, place: int) -> Tensor:
        return torch.relu(nn.functional.layer_norm(x, x.shape[-1:]))


class RMSNorm(Layers):
    """Division by the root mean square behind every square layer."""

    homogeneous = False

    def between(self, x: Tensor, place: int) -> Tensor:
        return torch.relu(nn.functional.rms_norm(x, x.shape[-1:]))


class MaxPool(Layers):
    """The larger of each pair of units, twice."""

    def between(self, x: Tensor, place: int) -> Tensor:
        pooled = nn.functional.max_pool1d(x[:, None], 2)[:, 0]
        return torch.cat([pooled, pooled], dim=1)


class Maxout(Layers):
    """The larger of two layers in place of a ReLU."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        self.others = nn.ModuleList([nn.Linear(width, width, bias=False) for _ in range(depth)])
        for layer in self.others:
            nn.init.normal_(layer.weight, std=width**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        first, *square, last = self.layers
        x = first(x)
        for one, other in zip(square, self.others, strict=True):
            x = torch.maximum(one(x), other(x))
        return last(x)


class PReLU(Layers):
    """Parametric ReLUs, which begin with a slope of a quarter."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        self.gates = nn.ModuleList([nn.PReLU() for _ in range(depth)])

    def between(self, x: Tensor, place: int) -> Tensor:
        return self.gates[place](x)


class Tied(Layers):
    """One square matrix in all layers."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, 1)
        self.depth = depth

    def forward(self, x: Tensor) -> Tensor:
        x = self.layers[0](x)
        for _ in range(self.depth):
            x = torch.relu(self.layers[1](x))
        return self.layers[-1](x)


class LowRank(Layers):
    """Square matrices of rank 2, drawn as products."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        with torch.no_grad():
            for layer in self.layers[1:-1]:
                layer.weight.copy_(torch.randn(width, 2) @ torch.randn(2, width) / width**0.5)


class Sparse(Layers):
    """Four fifths of the weights of every square matrix are 0, and the others as much larger."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        with torch.no_grad():
            for layer in self.layers[1:-1]:
                layer.weight.mul_(torch.bernoulli(torch.full_like(layer.weight, 0.2)) / 0.2**0.5)


class Orthogonal(Layers):
    """Orthogonal square matrices of gain √2."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        for layer in self.layers[1:-1]:
            nn.init.orthogonal_(layer.weight, gain=2**0.5)


class Dense(nn.Module):
    """Every layer adds a quarter of the width, and sees all that came before it."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__()
        growth = width // 4
        sizes = [width + place * growth for place in range(depth)]
        self.first = nn.Linear(input_dim, width, bias=False)
        self.layers = nn.ModuleList([nn.Linear(size, growth, bias=False) for size in sizes])
        self.last = nn.Linear(width + depth * growth, output_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        for layer in self.layers:
            x = torch.cat([x, torch.relu(layer(x))], dim=1)
        return self.last(x)


class Mixer(nn.Module):
    """An MLP-Mixer of two blocks on sixteen patches of 8×8 pixels."""

    input_shape, outputs, homogeneous = (3, 32, 32), 10, False

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 48, 8, stride=8)
        self.norms = nn.ModuleList([nn.LayerNorm(48) for _ in range(5)])
        self.tokens = nn.ModuleList([self.mlp(16, 32) for _ in range(2)])
        self.channels = nn.ModuleList([self.mlp(48, 96) for _ in range(2)])
        self.head = nn.Linear(48, 10)

    @staticmethod
    def mlp(size: int, hidden: int) -> nn.Module:
        return nn.Sequential(nn.Linear(size, hidden), nn.GELU(), nn.Linear(hidden, size))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        for place, (tokens, channels) in enumerate(zip(self.tokens, self.channels, strict=True)):
            x = x + tokens(self.norms[2 * place](x).transpose(1, 2)).transpose(1, 2)
            x = x + channels(self.norms[2 * place + 1](x))
        return self.head(self.norms[-1](x).mean(dim=1))


def compiled(input_dim: int, output_dim: int, width: int, depth: int) -> nn.Module:
    """The plain layers behind torch.compile."""
    return torch.compile(Layers(input_dim, output_dim, width, depth))


def scripted(input_dim: int, output_dim: int, width: int, depth: int) -> nn.Module:
    """The same sizes in a container that torch.jit scripts."""
    plain = Layers(input_dim, output_dim, width, depth)
    first, *square, last = plain.layers
    parts = [part for layer in square for part in (layer, nn.ReLU())]
    return torch.jit.script(nn.Sequential(first, *parts, last))
