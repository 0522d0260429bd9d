"""Short trainings to compare, and the squared norms of what was trained."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.tests.support.objectives import data, written
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

LEAKY = ReLULike(1, 0.3)
VANILLA = NetworkSpec("vanilla", 6, 3, 16, 3, 2.0)
BIASED = NetworkSpec("residual", 6, 3, 12, 2, 1.0, 0.3, LEAKY)
ROUNDING = 1e-10
both = pytest.mark.parametrize("spec", [VANILLA, BIASED], ids=lambda spec: spec.architecture)
seeds = st.integers(0, 2**32)


def trained(
    network: Network, objective: Objective, rule: SGD | Flow, steps: int, *, inputs: int = 5, seed: int = 0
) -> list[Step]:
    """All steps of training the network in place on the data of this seed."""
    x, labels = data(network.spec, seed, inputs)
    generator = torch.Generator().manual_seed(2)
    found = train(network, objective, x.to(network.dtype), labels, optimiser=rule, steps=steps, generator=generator)
    return list(found)


def squares(network: Network) -> Tensor:
    """‖W_l‖² `[R, L]`, from the entries."""
    return torch.stack([written(matrix).square().sum((1, 2)) for matrix in network.weights], dim=1)


def sliced(network: Network, replicate: int) -> Network:
    """One replicate of a stack as a stack of its own."""
    found, here = copy.copy(network), slice(replicate, replicate + 1)

    def of(matrix: Any) -> DenseMatrix:
        return DenseMatrix(matrix.values[here].clone())

    found.replicates = 1
    found.input_projection, found.output_projection = of(network.input_projection), of(network.output_projection)
    found.weights, found.shortcuts = [*map(of, network.weights)], [*map(of, network.shortcuts)]
    found.biases = [bias[here].clone() for bias in network.biases]
    return found
