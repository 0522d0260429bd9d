"""Short trainings on a device by its name, which may be a pretended GPU."""

from __future__ import annotations

from operator import attrgetter

import numpy as np
import torch

from mfcheck.ensembles.networks import Network
from mfcheck.training.ledger import Step
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD, Flow
from mfcheck.training.steps import train

STANDARD, ATTACKED = Objective("standard"), Objective("attacked", 0.1, steps=5)
THEORY, PULLED = Objective("theory", 0.1, steps=5), Objective("adversarial", 0.1, steps=5)
MEASURED = attrgetter(
    *("time", "change", "paid", "error", "diverged", "slope.loss", "slope.adversarial"),
    *("slope.standard_pull", "slope.projection"),
)
"""What is measured of a step but its gradient's lengths, which are found where they are asked for."""
X, LABELS = np.random.default_rng(0).normal(size=(8, 49)).astype(np.float32), np.arange(8) % 10


def trained(network: Network, objective: Objective, rule: SGD | Flow, steps: int, device: str) -> list[Step]:
    """All steps of training the network in place."""
    x, labels = torch.from_numpy(X).to(device), torch.from_numpy(LABELS).to(device)
    return [*train(network, objective, x, labels, optimiser=rule, steps=steps, generator=torch.Generator(device))]
