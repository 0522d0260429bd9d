"""Networks, inputs and squared norms for paths of training recorded step by step."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.tests.support.objectives import written

VANILLA = NetworkSpec("vanilla", 9, 3, 24, 3, 2.0)
BIASED = NetworkSpec("residual", 9, 3, 16, 2, 0.8, 0.3, ReLULike(1, 0.2))


def probe(count: int = 4, train: int | None = None, dimension: int = 9, outputs: int = 3) -> Probe:
    """Inputs and labels to train on, and some that are held out."""
    rng = np.random.default_rng(count)
    x = rng.standard_normal((count, dimension))
    x *= math.sqrt(dimension) / np.linalg.norm(x, axis=1, keepdims=True)
    return Probe(x, 0, rng.integers(0, outputs, count), train)


def squares(network: Network) -> Tensor:
    """‖W‖² of every layer, `[R, L]`."""
    return torch.stack([written(matrix).double().square().sum((1, 2)) for matrix in network.weights], dim=1)
