"""Modules of one's own as their factories make them: every random number from one generator, global ones included."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mfcheck.ensembles.calls import OUTPUTS, call_of
from mfcheck.ensembles.facts import kept
from mfcheck.ensembles.streams import Stream
from mfcheck.imports import foreign_code, load_factory, with_torchvision
from mfcheck.numerics import default_device
from mfcheck.spec import ModuleSpec, NetworkSpec

Factory = Callable[..., object]
TRAINS = "_mfcheck_trains"
"""The attribute by which a parameter tells whether it asked for a gradient as it was made."""


class NoNumbers(ValueError):
    """A tensor that does not hold its numbers in memory, one after the other; the message says which."""


def draw_modules(spec: NetworkSpec, stream: Stream, count: int) -> list[nn.Module]:
    """`count` independent modules of the spec's own factory, on the CPU; ValueError when it raises, or makes another.

    They come one after another from one generator of the CPU, as which weights must be drawn wherever they are used.
    """
    factory, generator = load_factory(spec.architecture), on_cpu(stream)
    with global_streams_left():
        return [_drawn(factory, spec, generator) for _ in range(count)]


def on_cpu(stream: Stream) -> torch.Generator:
    """A stream's own generator, or on another device one of the CPU that it seeds."""
    if stream.device.type == "cpu":
        return stream.torch
    seed = torch.randint(2**62, (), device=stream.device, generator=stream.torch)
    return torch.Generator().manual_seed(int(seed))


def _drawn(factory: Factory, spec: NetworkSpec, generator: torch.Generator) -> nn.Module:
    seed_globally(generator)
    with _defaults_left(), foreign_code(lambda why: ValueError(f"{_made(spec)} raised {why}")):
        state = generator.get_state()

        def made() -> object:
            generator.set_state(state)  # were it begun again, the draw would be the same
            return _called(factory, spec, generator)

        module = with_torchvision(made)
    if not isinstance(module, nn.Module):
        raise ValueError(f"factory {spec.architecture} must return a torch.nn.Module, got {module!r}")
    if not call_of(spec.architecture).by_spec:  # torch leaves nobody but its caller to say that it is not in training
        module.eval()
    module = _uncompiled(_settled(module, spec))
    for name, one in (*module.named_parameters(), *module.named_buffers()):
        if one.is_meta or one.layout is not torch.strided:
            kind = "is on torch's meta device" if one.is_meta else f"has the layout {one.layout}"
            raise NoNumbers(f"{name} of {spec.architecture} {kind}")
    for parameter in module.parameters():
        if not hasattr(parameter, TRAINS):  # networks that share one are asked once, before it is frozen here
            setattr(parameter, TRAINS, parameter.requires_grad)
    return module


def _settled(module: nn.Module, spec: NetworkSpec) -> nn.Module:
    """A module whose lazy layers have taken their sizes, and drawn their weights, from a first input."""
    if any(isinstance(one, nn.parameter.UninitializedParameter) for one in module.parameters()):
        with torch.no_grad(), foreign_code(lambda why: ValueError(f"a module of {spec.architecture} raised {why}")):
            module(shaped(spec, torch.ones(2, spec.input_dim)))
    return module


def _made(spec: NetworkSpec) -> str:
    sizes = f"input_dim={spec.input_dim}, output_dim={spec.output_dim}, width={spec.width}, depth={spec.depth}"
    return f"factory {spec.architecture} at {sizes}"


def _called(factory: Factory, spec: NetworkSpec, generator: torch.Generator) -> object:
    call = call_of(spec.architecture)
    if call.missing:
        lacking = ", ".join(call.missing)
        raise TypeError(f"it must be given {lacking}, of which an audit knows nothing; give a default")
    positional, named = call.arguments(spec, generator)
    if call.open_ended and not call.by_spec and not set(OUTPUTS) & set(call.names):
        with contextlib.suppress(TypeError):
            return factory(*positional, **named, num_classes=spec.output_dim)
    return factory(*positional, **named)


@contextlib.contextmanager
def global_streams_left() -> Iterator[None]:
    """Leave what torch, numpy and Python draw from by default as it was before."""
    of_numpy, of_python = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            np.random.set_state(of_numpy)
            random.setstate(of_python)


@contextlib.contextmanager
def _defaults_left() -> Iterator[None]:
    """Leave of what dtype and on which device torch makes tensors by default as it was before."""
    dtype, device = torch.get_default_dtype(), default_device()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        if default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)


def seed_globally(generator: torch.Generator) -> None:
    """Seed what layers are drawn from by default, torch's, numpy's and Python's own, from a generator."""
    seed = int(torch.randint(2**62, (), generator=generator))
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _uncompiled(module: nn.Module) -> nn.Module:
    """A module as it was before torch.compile, which changes its speed and not what it computes."""
    for name, child in list(module.named_children()):
        if (plain := _uncompiled(child)) is not child:
            setattr(module, name, plain)
    original = getattr(module, "_orig_mod", None)
    if isinstance(original, nn.Module):
        return _uncompiled(original)
    if getattr(module, "_compiled_call_impl", None) is not None:
        module._compiled_call_impl = None
    return module


def trainable(module: nn.Module) -> tuple[str, ...]:
    """The names of the parameters that train: those that ask for a gradient, or all of them where none does.

    A module whose parameters are all frozen was made to be looked at, and says nothing of how it trains.
    """
    return unfrozen(module) or tuple(name for name, _ in module.named_parameters())


def unfrozen(module: nn.Module) -> tuple[str, ...]:
    """The names of the parameters that asked for a gradient as they were made."""
    return tuple(name for name, one in module.named_parameters() if getattr(one, TRAINS, one.requires_grad))


def shaped(spec: NetworkSpec, x: Tensor) -> Tensor:
    """Inputs `[B, d]` as the module takes them, `[B, *input_shape]`."""
    shape = spec.input_shape if isinstance(spec, ModuleSpec) else ()
    return x.reshape(*x.shape[:-1], *shape) if shape else x


@dataclass(frozen=True)
class Size:
    """Numbers that a module holds, and that it keeps of one input in order to be differentiated."""

    parameters: int
    activations: int


@kept(512)
def size_of(spec: NetworkSpec) -> Size:
    """The measured size of a module of the spec's own factory; ValueError if there is none."""
    module = draw_modules(spec, Stream(0), 1)[0]
    own = {one.data_ptr() for one in (*module.parameters(), *module.buffers())}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = max(kept.get(tensor.data_ptr(), 0), tensor.numel())
        return tensor

    with contextlib.suppress(Exception, SystemExit), torch.enable_grad():  # what is wrong with it is said elsewhere
        x = torch.ones(2, spec.input_dim).requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            module(shaped(spec, x))
    held = sum(one.numel() for one in (*module.parameters(), *module.buffers()))
    return Size(held, -(-sum(kept.values()) // 2))
