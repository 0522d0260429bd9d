"""Networks as people write them, ready to be audited: a residual network, a vision transformer, μP, and an expectation.

cd docs/examples && mfcheck audit networks:Standard
cd docs/examples && mfcheck audit networks:resnet --preflight
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn

import mfcheck


def resnet(num_classes: int) -> nn.Module:
    """torchvision's resnet18 for images of 3×32×32, to which digits are interpolated."""
    from torchvision.models import resnet18

    return resnet18(num_classes=num_classes)


resnet.input_shape = (3, 32, 32)
resnet.outputs = 10
resnet.homogeneous = False  # its last layer has a bias
resnet.expected = [
    {
        "claim": "audit/norm-bound",
        "when": {"pair": "2-inf"},
        "reason": "its outputs share most of their features: by a tenth to a sixth, by the digit",
        "strict": False,
    },
    {
        "claim": "audit/norm-bound",
        "when": {"pair": "[12]-*"},
        "reason": "its outputs share most of their features, and pixels at the border pass fewer kernels",
    },
    {
        "claim": "audit/attack-bound",
        "when": {"pair": "1-[12]"},
        "reason": "the same, of which attacks find three quarters: by as much as may be allowed, or more, by the digit",
        "strict": False,
    },
    {
        "claim": "thm4.1/input-independent",
        "reason": "patches of a digit are mostly empty and alike, those of noise are not",
    },
]


class VisionTransformer(nn.Module):
    """Patches of 8×8, two layers of attention behind layer normalisation, and a linear head on their mean."""

    input_shape, outputs, homogeneous = (3, 32, 32), 10, False

    def __init__(self, width: int = 64, heads: int = 4, layers: int = 2) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 8, stride=8)
        self.places = nn.Parameter(torch.randn(1, 16, width) * 0.02)
        one = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(one, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patches(x).flatten(2).transpose(1, 2) + self.places
        return self.head(self.layers(tokens).mean(dim=1))


class Standard(nn.Module):
    """A ReLU network in He's initialisation: its scale is 4, for its first and last layers are drawn by it too."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [input_dim, *[width] * (depth + 1)]
        self.layers = nn.ModuleList([nn.Linear(m, n, bias=False) for m, n in itertools.pairwise(sizes)])
        self.last = nn.Linear(width, output_dim, bias=False)
        for layer in (*self.layers, self.last):
            nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)

    @staticmethod
    def omega(spec: mfcheck.NetworkSpec) -> float:
        return 1.0

    def forward(self, x: Tensor) -> Tensor:
        first, *others = self.layers
        x = first(x)
        for layer in others:
            x = torch.relu(layer(x))
        return self.last(x)


class MuP(Standard):
    """The same in the maximal update parametrisation: the last layer's entries have variance 1/N², not 1/N."""

    def __init__(self, input_dim: int, output_dim: int, width: int, depth: int) -> None:
        super().__init__(input_dim, output_dim, width, depth)
        nn.init.normal_(self.last.weight, std=1 / width)
