"""Modules of one's own are differentiated as they are, and unusable ones are named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mfcheck import NetworkSpec, draw_network
from mfcheck.ensembles.modules import ModuleStack, draw_modules, load_factory
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.factories import X, spec_of
from mfcheck.tests.support.foreign_modules import FOREIGN, autograd_jacobian


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], NetworkSpec]:
    """Specs of the factories above, in a module that only this test can import."""
    name = "foreign_networks_" + "".join(filter(str.isalnum, tmp_path.name))
    (tmp_path / f"{name}.py").write_text(FOREIGN)
    monkeypatch.syspath_prepend(tmp_path)
    return lambda factory: NetworkSpec(f"{name}:{factory}", 4, 3, 6, 1, 1.0)


# torch itself compiles its rules for jvp under vmap with the torch.jit.script that it deprecates.
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_foreign_modules_are_differentiated_like_autograd(foreign: Callable[[str], NetworkSpec]) -> None:
    spec = foreign("Squares")
    x = Stream(1).normal(5, 4, dtype=torch.float32)
    modules = draw_modules(spec, Stream(7), 6)
    for column in range(spec.input_dim):
        found = ModuleStack(spec, Stream(7), replicates=6).column(x, column)
        assert found.shape == (6, 5, 3)
        for index, module in enumerate(modules):
            expected = torch.stack([autograd_jacobian(module, one)[0, :, column] for one in x])
            # The same products in float32, on shapes that round in another order: torch's own rtol for float32.
            torch.testing.assert_close(found[index], expected)
    assert not torch.equal(modules[0].first, modules[1].first)


def test_a_foreign_module_can_be_drawn_once(foreign: Callable[[str], NetworkSpec]) -> None:
    f, x = draw_network(foreign("Squares"), seed=1), torch.ones(2, 4, requires_grad=True)
    f(x).sum().backward()
    assert f(x).shape == (2, 3)
    assert x.grad is not None
    assert torch.equal(draw_network(foreign("Squares"), seed=1)(x), f(x))


# torch itself compiles its rules for jvp under vmap with the torch.jit.script that it deprecates.
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_unusable_foreign_modules_are_named(foreign: Callable[[str], NetworkSpec]) -> None:
    x = torch.ones(2, 4)
    with pytest.raises(ValueError, match=r"function must return a torch\.nn\.Module"):
        ModuleStack(foreign("function"), Stream(0), replicates=2).column(x, 0)
    with pytest.raises(ValueError, match=r"Wide maps \(2, 4\) to \(2, 6\), expected \(2, 3\)"):
        ModuleStack(foreign("Wide"), Stream(0), replicates=2).column(x, 0)
    with pytest.raises(ValueError, match=r"Flat maps \(2, 4\) to \(2,\), expected \(2, 3\)"):
        ModuleStack(foreign("Flat"), Stream(0), replicates=2).column(x, 0)
    with pytest.raises(ValueError, match="constant' is not callable"):
        load_factory(foreign("constant").architecture)
    with pytest.raises(ValueError, match="absent"):
        load_factory(foreign("absent").architecture)


def test_modules_that_branch_are_evaluated_one_by_one(factory_paths: Callable[[str], str]) -> None:
    whole, branching = (
        ModuleStack(spec_of(factory_paths(name)), Stream(3), replicates=4) for name in ("Vanilla", "Branching")
    )
    torch.testing.assert_close(branching(X), whole(X))
    torch.testing.assert_close(branching.column(X, 2), whole.column(X, 2))
    torch.testing.assert_close(branching.jacobian(X), whole.jacobian(X))


@pytest.mark.parametrize("factory", ["Patched", "Gaining", "Shuffling", "Unregistered", "Hooked"])
def test_modules_that_differ_in_more_than_their_parameters_are_evaluated_one_by_one(
    factory_paths: Callable[[str], str], factory: str
) -> None:
    stack = ModuleStack(spec_of(factory_paths(factory)), Stream(3), replicates=70)
    assert not stack.at_once
    alone = torch.stack([module(X) for module in stack.modules])
    torch.testing.assert_close(stack(X), alone)
    assert len({float(one) for one in alone[:, 0, 0]}) > 60


@pytest.mark.parametrize("factory", ["Vanilla", "Biased"])
def test_to_look_at_modules_leaves_them_and_their_random_numbers_as_they_were(
    factory_paths: Callable[[str], str], factory: str
) -> None:
    stack = ModuleStack(spec_of(factory_paths(factory)), stream := Stream(3), replicates=3)
    assert stack.at_once
    state = stream.torch.get_state()
    drawn = draw_modules(spec_of(factory_paths(factory)), other := Stream(3), 3)
    assert torch.equal(other.torch.get_state(), state)
    for one, module in zip(drawn, stack.modules, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), module.parameters(), strict=True))
