"""What a factory keeps stays in the dtype that it was made in, whatever stacks and checks are made of its networks."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import torch

from mfcheck.datasets.inputs import inputs
from mfcheck.ensembles.construction import draw_modules
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.placement import in_dtype
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.degrees import groups
from mfcheck.observables.measured_scale import degree
from mfcheck.observables.preflight import first_problem
from mfcheck.tests.support.factories import X, spec_of


def test_a_layer_that_networks_share_is_left_as_it_was(factory_paths: Callable[[str], str]) -> None:
    path = factory_paths("Backboned")
    spec = spec_of(path)
    assert first_problem(spec, X, 1) is None
    (kept,) = sys.modules[path.split(":")[0]].KEPT.values()
    before = kept.weight.clone()
    for replicates in (1, 3):
        stack = ModuleStack(spec, Stream(2), replicates=replicates, dtype=torch.float64)
        assert stack(X.double()).dtype == torch.float64
    groups(spec)
    degree(spec, Probe(inputs("noise", spec.input_dim, 1, 3)[0]))
    assert kept.weight.dtype == torch.float32
    assert torch.equal(kept.weight, before)
    assert first_problem(spec, X, 1) is None


@pytest.mark.parametrize("factory", ["Patched", "Hooked"])
def test_a_module_that_a_function_of_its_own_remembers_is_moved_itself(
    factory_paths: Callable[[str], str], factory: str
) -> None:
    spec = spec_of(factory_paths(factory))
    for module in draw_modules(spec, Stream(2), 2):
        expected = module(X).double()
        found = in_dtype(module, spec, torch.float64)
        assert found is module
        torch.testing.assert_close(found(X.double()), expected, rtol=1e-5, atol=1e-5)
    stack = ModuleStack(spec, Stream(2), replicates=3, dtype=torch.float64)
    assert stack(X.double()).dtype == torch.float64


def test_other_modules_are_copied(factory_paths: Callable[[str], str]) -> None:
    spec = spec_of(factory_paths("Vanilla"))
    (module,) = draw_modules(spec, Stream(2), 1)
    found = in_dtype(module, spec, torch.float64)
    assert found is not module
    assert next(module.parameters()).dtype == torch.float32
    torch.testing.assert_close(found(X.double()), module(X).double(), rtol=1e-5, atol=1e-5)
