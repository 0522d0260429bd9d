"""Any constructor can be drawn: called by the names that it takes, global generators seeded, sizes measured."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.construction import draw_modules, on_cpu, size_of
from mfcheck.ensembles.memory import stack_floats
from mfcheck.ensembles.modules import ModuleStack
from mfcheck.ensembles.samples import chunk_draws
from mfcheck.ensembles.streams import Stream
from mfcheck.imports import load_factory
from mfcheck.spec import ModuleSpec, NetworkSpec
from mfcheck.tests.support.factories import X, spec_of


def test_layers_drawn_from_the_global_generator_are_drawn_from_the_streams(factory_paths: Callable[[str], str]) -> None:
    spec = spec_of(factory_paths("idle"))
    before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    first, again, other = (draw_modules(spec, Stream(seed), 2) for seed in (1, 1, 2))
    assert torch.equal(first[1](X), again[1](X))
    assert not torch.equal(first[0](X), first[1](X))
    assert not torch.equal(first[0](X), other[0](X))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (np.random.get_state()[1].tolist(), random.getstate())


def test_weights_are_drawn_on_the_cpu_whatever_the_stream_is_on() -> None:
    class Elsewhere(Stream):
        def __init__(self) -> None:
            super().__init__(3)
            self.device = torch.device("meta")

    assert on_cpu(Stream(3)).initial_seed() == 3
    with pytest.raises(RuntimeError):  # nothing can be drawn there: the seed would come from that device
        on_cpu(Elsewhere())


def test_a_constructor_is_called_by_the_names_it_takes(factory_paths: Callable[[str], str]) -> None:
    fixed, sized = factory_paths("Fixed"), factory_paths("Sized")
    assert (call_of(fixed).knobs, call_of(fixed).needs_sizes) == (frozenset(), True)
    assert not call_of("torch.nn:Linear").needs_sizes
    assert call_of(factory_paths("Vanilla")).knobs == {"width", "depth", "weight_variance"}
    spec = ModuleSpec(fixed, 48, 7, 8, 2, 1.0, input_shape=(3, 4, 4), scale=4.0)
    stack = ModuleStack(spec, Stream(1), replicates=3)
    x = torch.randn(2, 48, generator=torch.Generator().manual_seed(0))
    alone = draw_modules(spec, Stream(1), 3)[2](x.reshape(2, 3, 4, 4))
    torch.testing.assert_close(stack(x)[2], alone / 2)
    assert stack.jacobian(x).shape == (3, 2, 7, 48)
    assert ModuleStack(ModuleSpec(sized, 25, 3, 8, 2, 1.0, input_shape=(1, 5, 5)), Stream(1))(
        torch.ones(2, 25)
    ).shape == (1, 2, 3)


def test_chunks_go_by_measured_sizes(factory_paths: Callable[[str], str]) -> None:
    spec = spec_of(factory_paths("Vanilla"))
    held = 8 * 6 + 2 * 64 + 5 * 8
    assert size_of(spec).parameters == held
    assert 0 < size_of(spec).activations < 100
    assert chunk_draws(spec, "dense") == 4096
    wide = NetworkSpec(spec.architecture, 6, 5, 4096, 2, 1.6)
    assert chunk_draws(wide, "dense") == 1


def test_too_large_for_half_of_the_memory_goes_one_by_one_or_is_refused(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(factory_paths("Vanilla"))
    whole = ModuleStack(spec, Stream(1), replicates=4)(X)
    held = 4 * 4 * size_of(spec).parameters
    monkeypatch.setattr("mfcheck.ensembles.modules.free_bytes", lambda device: 2 * held)
    torch.testing.assert_close(ModuleStack(spec, Stream(1), replicates=4)(X), whole)
    monkeypatch.setattr("mfcheck.ensembles.modules.STACKS_AT_ONCE", held / 4 / stack_floats("cpu") / 2)
    stack = ModuleStack(spec, Stream(1), replicates=4)
    assert not stack.at_once
    torch.testing.assert_close(stack(X), whole)
    monkeypatch.setattr("mfcheck.ensembles.modules.free_bytes", lambda device: held)
    with pytest.raises(ValueError, match="half of what is free"):
        ModuleStack(spec, Stream(1), replicates=4)


def test_how_many_go_together_knows_nothing_of_what_is_free(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_of(factory_paths("Vanilla"))
    monkeypatch.setattr("mfcheck.ensembles.modules.STACKS_AT_ONCE", 2 * size_of(spec).activations / stack_floats("cpu"))
    for free in (2**20, 2**40):
        monkeypatch.setattr("mfcheck.ensembles.modules.free_bytes", lambda device, free=free: free)
        stack = ModuleStack(spec, Stream(1), replicates=4)
        assert stack._at_a_time(1) == 2
        assert stack._at_a_time(4) == 1


def test_a_stack_for_which_memory_does_not_suffice_is_not_taken_apart(
    factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(function: object, **options: object) -> object:
        raise RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")

    stack = ModuleStack(spec_of(factory_paths("Vanilla")), Stream(1), replicates=2)
    monkeypatch.setattr("mfcheck.ensembles.modules.func.vmap", full)
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        stack(X)
    assert stack.at_once


# torch itself deprecates what its compiler imports.
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_a_compiled_module_is_what_it_was(factory_paths: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    path = factory_paths("Vanilla")
    plain = draw_modules(spec_of(path), Stream(1), 1)[0]
    module = sys.modules[path.split(":")[0]]
    made = module.Vanilla
    monkeypatch.setattr(module, "Vanilla", lambda spec, g: torch.compile(nn.Sequential(torch.compile(made(spec, g)))))
    found = draw_modules(spec_of(path), Stream(1), 1)[0]
    assert type(found) is nn.Sequential
    assert torch.equal(found(X), plain(X))


def test_a_constructor_s_modules_are_out_of_training_and_a_factory_s_are_as_it_left_them(
    factory_paths: Callable[[str], str],
) -> None:
    fixed = ModuleSpec(factory_paths("Fixed"), 48, 7, 1, 1, 1.0, input_shape=(3, 4, 4))
    assert not draw_modules(fixed, Stream(1), 1)[0].training
    made = NetworkSpec(factory_paths("Vanilla"), 6, 5, 8, 2, 1.6)
    assert draw_modules(made, Stream(1), 1)[0].training


def test_models_of_torchvision_are_had_beside_a_torch_without_cuda() -> None:
    assert callable(load_factory("torchvision.models:resnet18"))
