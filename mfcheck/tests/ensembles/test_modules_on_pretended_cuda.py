"""Modules of one's own draw on a GPU as they do on the CPU: parameters, inputs and gradients go there together."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.ensembles import construction
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.imports import load_factory
from mfcheck.observables import jacobian, losses, nearby
from mfcheck.tests.support.factories import EXAMPLES
from mfcheck.tests.support.pretend_cuda import pretend_cuda

PROBE = Probe(np.random.default_rng(0).normal(size=(3, 9)), 1, np.arange(3))
OWN = ("SignedShortcuts", "CircularConvolution")
SOURCES = [
    losses.operator_norms(math.inf, 1.0),
    losses.attacked(math.inf, 1.0, (0.1,), 2),
    losses.attacked(2.0, 2.0, (0.1,), 2),
    jacobian.entry,
    jacobian.entry_at_inputs,
    nearby.nearby,
]


@pytest.fixture(autouse=True)
def imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES.parent)
    for name in OWN:
        load_factory(f"architectures:{name}")
    # Which weights a factory draws depends on the device's own random numbers: here they are to be the same.
    monkeypatch.setattr(construction, "on_cpu", lambda stream: torch.Generator().manual_seed(1))


def drawn(source: Source, name: str, device: str) -> Floats:
    spec = NetworkSpec(f"architectures:{name}", 9, 3, 12, 2, 1.0)
    return Order(source, spec, "dense", PROBE, 1, device, 0, 3).draw()


@pytest.mark.parametrize("together", [True, False], ids=["one stack", "one by one"])
@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.name[:30])
def test_modules_draw_on_a_gpu_what_they_draw_on_the_cpu(
    source: Source, name: str, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not together:
        monkeypatch.setattr(ModuleStack, "_stacked", lambda stack: False)
    with pretend_cuda() as gpu:
        there = drawn(source, name, "cuda:0")
    assert gpu.kernels > 0
    np.testing.assert_allclose(there, drawn(source, name, "cpu"), rtol=1e-4, atol=1e-6)


def test_a_module_is_moved_and_the_one_that_was_made_stays() -> None:
    made = torch.nn.Linear(2, 3)
    with pretend_cuda() as gpu:
        weight = made.weight
        moved = made.to("cuda:0", torch.float32)
        assert moved.weight.is_cuda
        assert not weight.is_cuda
        assert moved(torch.ones(1, 2, device="cuda:0")).is_cuda
        assert gpu.waits == 2
