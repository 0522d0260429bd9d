"""Factories of networks of one's own: a sound one, and one for each mistake."""

from __future__ import annotations

import torch

from mfcheck.spec import NetworkSpec
from mfcheck.tests.support.places import ROOT

EXAMPLES = ROOT / "docs" / "examples" / "architectures.py"
FACTORIES = """
import mfcheck
import torch
from torch import nn


class Vanilla(nn.Module):
    def __init__(self, spec, g, gain=1.0, fan_out=False):
        super().__init__()
        n, d, k = spec.width, spec.input_dim, spec.output_dim
        def drawn(rows, columns, variance):
            return nn.Parameter(torch.randn(rows, columns, generator=g) * variance**0.5)
        self.first = drawn(n, d, 1 / n if fan_out else 1 / d)
        self.layers = nn.ParameterList([drawn(n, n, gain**2 * spec.weight_variance / n) for _ in range(spec.depth)])
        self.last = drawn(k, n, 1 / k if fan_out else 1 / n)

    @staticmethod
    def omega(spec):
        return spec.weight_variance / 2

    def forward(self, x):
        x = x @ self.first.T
        for weight in self.layers:
            x = torch.relu(x @ weight.T)
        return x @ self.last.T


class Undeclared(mfcheck.Network):
    pass

class Matrices(mfcheck.Network):
    @staticmethod
    def omega(spec):
        return spec.weight_variance / 2

class ScaledMatrices(Matrices):
    scale = 4.0

class HeavyMatrices(Matrices):
    def __init__(self, spec, stream, **options):
        super().__init__(spec, stream, **options)
        for matrix in self.weights:
            matrix.scale(1.1)

class FanOutMatrices(Matrices):
    def __init__(self, spec, stream, **options):
        super().__init__(spec, stream, **options)
        self.input_projection.scale((spec.input_dim / spec.width) ** 0.5)
        self.output_projection.scale((spec.width / spec.output_dim) ** 0.5)

class Heavy(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g, gain=1.1)

class FanOut(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g, fan_out=True)

class Raising(Vanilla):
    def __init__(self, spec, g):
        raise RuntimeError("no such layer")

class Forgetful(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, torch.Generator().manual_seed(torch.Generator().seed()))

class Global(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, None)

class Alike(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, torch.Generator().manual_seed(g.initial_seed()))

class Overwriting(Vanilla):
    def forward(self, x):
        return super().forward(x.mul_(2))

class Batched(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.norm = nn.BatchNorm1d(spec.output_dim)

    def forward(self, x):
        return self.norm(super().forward(x))

class Settled(Batched):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.eval()

class Biased(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.bias = nn.Parameter(torch.randn(spec.width, generator=g))

    def forward(self, x):
        return torch.relu(x @ self.first.T + self.bias) @ self.last.T

class Declared(Biased):
    homogeneous = False

class Square(Vanilla):
    def __init__(self, spec, g):
        if spec.input_dim != 49:
            raise ValueError("this network takes 7x7 images only")
        super().__init__(spec, g)

class Scaled(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            self.last.mul_(2)

class Unscaled(Vanilla):
    # Its output is not divided by the root of the width, so its scale is the width.

    def forward(self, x):
        return super().forward(x) * self.layers[0].shape[0] ** 0.5

class ByWidth(Unscaled):
    # The same, declared.

    @staticmethod
    def scale(spec):
        return float(spec.width)

class OneDeviation(Vanilla):
    # Weights of one deviation at every width: what grows with the width is omega.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            for layer in self.layers:
                layer.mul_(0.05 * spec.width**0.5 / spec.weight_variance**0.5)

class HugeOutput(Vanilla):
    # Output weights of N times their standard deviation, and so N^2 times their variance.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            self.last.mul_(spec.width)

class Bottleneck(Vanilla):
    # Through a layer of four units, all shut in a sixteenth of the networks.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.narrow = nn.Parameter(torch.randn(4, spec.width, generator=g) / spec.width**0.5)
        self.wide = nn.Parameter(torch.randn(spec.width, 4, generator=g) / 2)

    def forward(self, x):
        x = nn.functional.relu(x @ self.first.T)
        for weight in self.layers:
            x = nn.functional.relu(x @ weight.T)
        return nn.functional.relu(x @ self.narrow.T) @ self.wide.T @ self.last.T

class ZeroBiases(Vanilla):
    # Said to have biases, all of which are 0.

    homogeneous = False

class Fixed(nn.Module):
    def __init__(self, num_classes, in_channels=3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 4, 3, bias=False)
        self.head = nn.Linear(4, num_classes, bias=False)

    def forward(self, x):
        return self.head(torch.relu(self.conv(x)).mean((2, 3)))

class Sized(Fixed):
    input_shape, outputs = (1, 5, 5), 3

    def __init__(self):
        super().__init__(3, 1)

def idle(spec, g):
    return nn.Sequential(nn.Linear(spec.input_dim, spec.width), nn.ReLU(), nn.Linear(spec.width, spec.output_dim))

def needs(spec, generator, flavour):
    return Vanilla(spec, generator)

class Constant(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, torch.Generator().manual_seed(0))

class Dropping(Vanilla):
    def forward(self, x):
        return nn.functional.dropout(super().forward(x))

class Double(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.double()

class Wide(Vanilla):
    def forward(self, x):
        return torch.cat([super().forward(x)] * 2, dim=1)

class Infinite(Vanilla):
    def forward(self, x):
        return super().forward(x) / 0

class Dead(Vanilla):
    def forward(self, x):
        return 0 * super().forward(x)

class Smooth(Vanilla):
    def forward(self, x):
        return nn.functional.gelu(super().forward(x))

class Branching(Vanilla):
    def forward(self, x):
        return super().forward(x) if x.detach().sum().item() > -1e9 else 0 * super().forward(x)

class Precise(Vanilla):
    def __init__(self, spec, g):
        super().__init__(spec, g)
        torch.set_float32_matmul_precision("high")

def linear(spec, g):
    return nn.Linear(spec.input_dim, spec.output_dim, bias=False)

class Normed(Vanilla):
    # Layer normalisation behind every layer.

    homogeneous = False

    def forward(self, x):
        x = x @ self.first.T
        for weight in self.layers:
            x = torch.relu(nn.functional.layer_norm(x @ weight.T, (weight.shape[0],)))
        return x @ self.last.T

class OneSigned(Vanilla):
    # Weights that all have one sign in a unit, so that they pull together.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            for weight in self.layers:
                weight.abs_().mul_(torch.randn(len(weight), 1, generator=g).sign())

class Offset(Vanilla):
    # A bias before the first ReLU, of the size of what comes there, and so in every layer's offset.

    homogeneous = False

    def __init__(self, spec, g):
        super().__init__(spec, g)
        self.bias = nn.Parameter(torch.randn(spec.width, generator=g))

    def forward(self, x):
        x = torch.relu(x @ self.first.T)
        x = torch.relu(x @ self.layers[0].T + self.bias)
        for weight in list(self.layers)[1:]:
            x = torch.relu(x @ weight.T)
        return x @ self.last.T

class Hidden(Offset):
    # The same, undeclared.

    homogeneous = True

class Tilted(Vanilla):
    # An offset in proportion to a column of J, and so one that knows all of it.

    homogeneous = False

    def forward(self, x):
        here, axis = super().forward(x), torch.zeros_like(x).scatter(1, x.abs().argmax(1, keepdim=True), 1.0)
        return here + 100 * (super().forward(x + 0.01 * axis) - here).detach()

class Rippled(Vanilla):
    # Outputs that go to and fro within the smallest perturbation that is looked at.

    def forward(self, x):
        return super().forward(1e5 * x).sin()

class Heavier(Vanilla):
    # A variance that is a tenth too large.

    def __init__(self, spec, g):
        super().__init__(spec, g, gain=1.1**0.5)

class Forgotten(Vanilla):
    # One layer as torch draws it by default.

    def __init__(self, spec, g):
        super().__init__(spec, g)
        with torch.no_grad():
            self.layers[0].copy_((2 * torch.rand(self.layers[0].shape, generator=g) - 1) / spec.width**0.5)

class OmegaTenthHigh(Vanilla):
    @staticmethod
    def omega(spec):
        return 1.1 * spec.weight_variance / 2

class OmegaTenthLow(Vanilla):
    @staticmethod
    def omega(spec):
        return 0.9 * spec.weight_variance / 2

class Owned(Vanilla):
    # A variance that is wrong, as its owner declares.

    expected = [
        {"claim": "preflight/weight-variance", "when": {"layers": "weights"}, "reason": "a larger gain is meant"}
    ]

    def __init__(self, spec, g):
        super().__init__(spec, g, gain=1.1)

class Straight(Owned):
    expected = [{"claim": "preflight/alive", "reason": "it is thought to be dead"}]

class Careless(Vanilla):
    expected = [{"claim": "preflight/*"}]

def nothing(spec, g):
    return None

class WrongOmega(Vanilla):
    @staticmethod
    def omega(spec):
        return float("nan")

class RaisingLayers(Vanilla):
    @staticmethod
    def layer_variances(spec):
        raise KeyError("none")

class WrongLayers(Vanilla):
    @staticmethod
    def layer_variances(spec):
        return {"absent": 1.0}
"""


def spec_of(path: str) -> NetworkSpec:
    """A small network by the factory at a path."""
    return NetworkSpec(path, 6, 5, 8, 2, 1.6)


X = torch.linspace(-1, 1, 12).reshape(2, 6)
