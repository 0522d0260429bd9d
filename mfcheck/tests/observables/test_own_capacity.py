"""The Fisher–Rao capacity of networks of one's own: exact where all can be written out, and falling with L_adv."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables.own_capacity import fall, matrices, of_matrices, per_matrix
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

PROBE = Probe(np.linspace(-1, 1, 6)[None] + 0.1)


def small(path: str, **sizes: int) -> NetworkSpec:
    return replace(NetworkSpec(path, 6, 4, 16, 3, 1.6), **sizes)


def test_a_last_layer_adds_its_squares_times_those_of_its_inputs(factory_paths: Callable[[str], str]) -> None:
    spec, x = small(factory_paths("Vanilla")), torch.as_tensor(PROBE.x, dtype=torch.float32)
    with torch.no_grad():
        network = ModuleStack(spec, Stream(1))
        module = network.modules[0]
        found = of_matrices(network, x[None], ["last", "first"])
        inside = x @ module.first.T
        slopes = torch.eye(16)
        for weight in module.layers:
            gates = ((inside @ weight.T) > 0).float()[0]
            inside, slopes = torch.relu(inside @ weight.T), gates[:, None] * weight @ slopes
        back = module.last @ slopes
        last = (module.last.square() @ inside[0].square()).sum()
        first = (back.square() @ (module.first.square() @ x[0].square())).sum()
    assert found == pytest.approx([float(last), float(first)], rel=1e-4)


@pytest.mark.parametrize(("factory", "count"), [("Vanilla", 5), ("Tied", 3), ("Normed", 1), ("Smooth", 0)])
def test_matrices_that_have_a_degree(factory_paths: Callable[[str], str], factory: str, count: int) -> None:
    assert len(matrices(small(factory_paths(factory)))) == count


@pytest.mark.parametrize("factory", ["Vanilla", "He", "MuP", "Tied", "Orthogonal"])
def test_every_matrix_adds_its_degree_in_the_limit(factory_paths: Callable[[str], str], factory: str) -> None:
    with one_thread():
        drawn = per_matrix.engines["dense"](small(factory_paths(factory), width=96, depth=2), PROBE, Stream(3), 40)
    assert drawn.median() == pytest.approx(1, abs=0.2)


def test_layers_whose_weights_have_one_sign_add_what_they_like(factory_paths: Callable[[str], str]) -> None:
    with one_thread():
        drawn = per_matrix.engines["dense"](small(factory_paths("OneSigned"), width=64), PROBE, Stream(3), 20)
    assert drawn.median() > 2


def test_capacity_falls_as_l_adv_does(factory_paths: Callable[[str], str]) -> None:
    with one_thread():
        drawn = fall(0.05, 20).engines["dense"](small(factory_paths("MuP")), PROBE, Stream(2), 8)
    assert drawn.median() > 0.02


def test_a_network_without_two_matrices_of_a_degree_is_not_covered(factory_paths: Callable[[str], str]) -> None:
    with pytest.raises(NotCovered, match="fewer than two matrices"):
        per_matrix.engines["dense"](small(factory_paths("Normed")), PROBE, Stream(2), 1)
