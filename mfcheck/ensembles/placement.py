"""A user's modules on a device and of a dtype: as copies where those work, so that what a factory keeps is as made."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from mfcheck.ensembles.construction import global_streams_left, shaped
from mfcheck.spec import NetworkSpec


def placed(
    modules: Sequence[nn.Module], spec: NetworkSpec, device: torch.device, dtype: torch.dtype
) -> list[nn.Module]:
    """Modules on a device and of a dtype, moved only where they are of another; no parameter asks for a gradient."""
    found: list[nn.Module] = []
    copied = False
    for module in modules:
        tensors = (*module.parameters(), *module.buffers())
        if any(one.is_floating_point() and one.dtype != dtype for one in tensors):
            moved = copy.deepcopy(module).to(dtype) if copied else in_dtype(module, spec, dtype)
            module, copied = moved, moved is not module  # a copy that works of one does of those like it
        if any(one.device != device for one in (*module.parameters(), *module.buffers())):
            module = module.to(device, dtype)
        for parameter in module.parameters():
            parameter.requires_grad_(False)  # one by one, as scripted modules will have it
        found.append(module)
    return found


def in_dtype(module: nn.Module, spec: NetworkSpec, dtype: torch.dtype) -> nn.Module:
    """A copy of a module in a dtype; or itself, where the copy does not answer in it.

    So a layer that all networks of a factory share is in the dtype that it was made in, and a function that remembers
    the module it was made for remembers one that is.
    """
    with contextlib.suppress(Exception, SystemExit):
        found = copy.deepcopy(module).to(dtype)
        at = next((one.device for one in found.parameters()), torch.device("cpu"))
        x = torch.linspace(-1, 1, spec.input_dim, dtype=dtype, device=at)[None]
        with torch.no_grad(), global_streams_left(), differentiable():
            if found(shaped(spec, x)).dtype == dtype:
                return found
    return module.to(dtype)


@contextlib.contextmanager
def differentiable() -> Iterator[None]:
    """Transformers without the kernel that torch takes where no parameter asks for a gradient, and that has none."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


@contextlib.contextmanager
def without_advice() -> Iterator[None]:
    """Without torch's warnings that a stack of modules is evaluated slowly, which say nothing of a verdict."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")
        yield
