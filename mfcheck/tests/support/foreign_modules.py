"""The Jacobian of a network by back-propagation, and modules of other people's."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def autograd_jacobian(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """∂ network(x[None]) / ∂x by back-propagation, of shape output × `[d]`."""
    found: Tensor = torch.autograd.functional.jacobian(lambda one: network(one[None]), x)
    return found


FOREIGN = """
import torch
from torch import nn

class Squares(nn.Module):
    def __init__(self, spec, generator):
        super().__init__()
        self.first = nn.Parameter(torch.randn(spec.width, spec.input_dim, generator=generator))
        self.second = nn.Parameter(torch.randn(spec.output_dim, spec.width, generator=generator))
        self.register_buffer("shift", torch.randn(spec.width, generator=generator))

    def forward(self, x):
        return torch.tanh(x @ self.first.T + self.shift).square() @ self.second.T

class Wide(Squares):
    def forward(self, x):
        return torch.cat([super().forward(x)] * 2, dim=1)

class Flat(Squares):
    def forward(self, x):
        return super().forward(x)[:, 0]

def function(spec, generator):
    return lambda x: x

constant = 3
"""
