"""The fall of capacity at the start of training, beside each network's own slope."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from mfcheck import NetworkSpec
from mfcheck.datasets.inputs import batch
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.early_capacity import FAILED, LEFT, SPEED, capacity, falls, speed, speeds, split
from mfcheck.training.objectives import Objective
from mfcheck.training.rules import SGD

STANDARD = Objective("standard")
FOUND = batch("digits", 49, 12, 0)
PROBE = Probe(FOUND.x, 0, FOUND.labels, 8)


def network_of(architecture: str, replicates: int = 3) -> Network:
    spec = NetworkSpec(architecture, 49, 10, 24, 3, 2.0 if architecture == "vanilla" else 0.4)
    return Network(spec, Stream(4), replicates=replicates, dtype=torch.float64)


def taught() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    (x, labels), seen = split(PROBE, Stream(0))
    return x.double(), labels, seen.double()


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_the_speed_is_the_difference_of_capacities_along_the_gradient_that_autograd_takes(architecture: str) -> None:
    network, (x, labels, seen), step = network_of(architecture), taught(), 1e-3
    begun = [m.values for m in network.weights if isinstance(m, DenseMatrix)]
    found = speed(network, STANDARD, x, labels, seen, torch.Generator(), step)
    assert all(m.values is before for m, before in zip(network.weights, begun, strict=True))  # type: ignore[union-attr]
    with torch.enable_grad():
        leaves = [values.clone().requires_grad_() for values in begun]
        network.weights = [DenseMatrix(leaf) for leaf in leaves]
        each = [functional.cross_entropy(one, labels) for one in network(x)]
        slopes = torch.autograd.grad(torch.stack(each).sum(), leaves)
    logs = []
    for sign in (1, -1):
        network.weights = [DenseMatrix(w + sign * step * g) for w, g in zip(begun, slopes, strict=True)]
        logs.append(capacity(network, seen).log())
    assert found.tolist() == pytest.approx(((logs[0] - logs[1]) / (2 * step)).tolist(), rel=1e-6)


def test_capacity_falls_by_its_own_slope_times_t_where_t_is_small() -> None:
    spec = NetworkSpec("vanilla", 49, 10, 48, 3, 2.0)
    rule, steps = SGD(2e-4), 3
    draws = falls(Objective("theory", 0.3, steps=2), rule, steps).engines["dense"](spec, PROBE, Stream(1), 16).numpy()
    assert draws.shape == (16, LEFT + 1 + steps)
    assert (draws[:, LEFT] == 1).all()
    assert (draws[:, FAILED] == 0).all()
    lost, own = 1 - draws[:, LEFT:], draws[:, SPEED]
    assert np.median(lost[:, -1] / (own * rule.lr * steps)) == pytest.approx(1, abs=0.1)
    assert np.median(lost[:, 2] / lost[:, 1]) == pytest.approx(2, abs=0.2)


def test_both_sources_take_the_same_slope_from_the_same_stream() -> None:
    spec = NetworkSpec("vanilla", 49, 10, 24, 3, 2.0)
    alone = speeds(STANDARD, 3e-3).engines["dense"](spec, PROBE, Stream(1), 4)
    beside = falls(STANDARD, SGD(1e-3), 3).engines["dense"](spec, PROBE, Stream(1), 4)
    assert alone[:, 0].tolist() == beside[:, SPEED].tolist()


def test_networks_that_diverge_are_told() -> None:
    spec = NetworkSpec("vanilla", 49, 10, 24, 3, 2.0)
    draws = falls(Objective("adversarial", 3.0, steps=1), SGD(1e4), 4).engines["dense"](spec, PROBE, Stream(1), 4)
    assert (draws[:, FAILED] == 1).all()


@pytest.mark.parametrize("train", [None, 0, 12])
def test_images_must_be_left_to_measure_at(train: int | None) -> None:
    with pytest.raises(ValueError, match=f"some of 12 images must be trained on and some not, got {train} trained"):
        split(Probe(FOUND.x, 0, FOUND.labels, train), Stream(0))
    assert not math.isnan(float(split(PROBE, Stream(0))[1].sum()))
