"""What weights carry of signals that are free of them, and of those that are not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.datasets.inputs import batch
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.independence import BACKWARD, DISTANCE, FAILED, FORWARD, carried, gains
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

FOUND = batch("digits", 49, 16, 0)
X, LABELS = torch.as_tensor(FOUND.x).float(), torch.as_tensor(FOUND.labels)
THEORY = Objective("theory", 0.3, steps=2)


def network_of(architecture: str = "vanilla", width: int = 64, replicates: int = 16) -> Network:
    spec = NetworkSpec(architecture, 49, 10, width, 3, 2.0 if architecture == "vanilla" else 0.1)
    return Network(spec, Stream(4), replicates=replicates)


def starts(network: Network) -> list[torch.Tensor]:
    return [matrix.values for matrix in network.weights if isinstance(matrix, DenseMatrix)]


def test_an_isometry_carries_everything_with_the_gain_of_what_is_free_of_it() -> None:
    network, eta = network_of(replicates=2), 0.1 * torch.randn(2, 16, 49, generator=torch.Generator().manual_seed(0))
    turned = [torch.linalg.qr(values)[0] * 1.5 for values in starts(network)]
    network.weights = [DenseMatrix(values) for values in turned]
    found = gains(network, X, LABELS, eta, [values / 1.1 for values in turned])
    assert found[:, BACKWARD].tolist() == pytest.approx([1, 1], rel=1e-4)
    assert found[:, FORWARD].tolist() == pytest.approx([1, 1], rel=1e-4)
    assert found[:, DISTANCE].tolist() == pytest.approx([0.1, 0.1], rel=1e-3)


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_noise_passes_as_if_free_of_the_weights_and_an_attack_does_not(architecture: str) -> None:
    network = network_of(architecture)
    noise = 0.3 * torch.randn(16, 16, 49, generator=torch.Generator().manual_seed(0)).sign()
    free = gains(network, X, LABELS, noise, starts(network)).median(dim=0).values
    assert free[FORWARD] == pytest.approx(1, abs=0.08)
    assert free[BACKWARD] == pytest.approx(1, abs=0.08)
    spec, probe = network.spec, Probe(FOUND.x, 0, FOUND.labels, 8)
    draws = carried(THEORY, SGD(1e-3, batch=4), (2e-3,)).engines["dense"](spec, probe, Stream(4), 16).numpy()
    assert np.median(draws[:, 0, FORWARD]) > 1.1


def test_paths_have_a_row_for_the_start_and_one_for_every_time() -> None:
    spec, probe = NetworkSpec("vanilla", 49, 10, 32, 3, 2.0), Probe(FOUND.x, 0, FOUND.labels, 8)
    draws = carried(THEORY, SGD(1e-3, batch=4), (2e-3, 4e-3)).engines["dense"](spec, probe, Stream(4), 5)
    assert draws.shape == (5, 3, 4)
    assert (draws[:, 0, DISTANCE] == 0).all()
    assert (draws[:, 2, DISTANCE] > draws[:, 1, DISTANCE]).all()
    assert (draws[:, :, FAILED] == 0).all()
    wild = carried(THEORY, SGD(1e4, batch=4), (2e4,)).engines["dense"](spec, probe, Stream(4), 5)
    assert (wild[:, 1, FAILED] == 1).all()
    assert wild.isfinite().all()
