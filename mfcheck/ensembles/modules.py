"""Networks of one's own: factories named package.module:factory, drawn many at a time."""

from __future__ import annotations

import copy
import warnings
from typing import cast

import torch
from torch import Tensor, func, nn

from mfcheck.ensembles.streams import Stream
from mfcheck.imports import load_factory
from mfcheck.spec import NetworkSpec


def draw_modules(spec: NetworkSpec, stream: Stream, count: int) -> list[nn.Module]:
    """`count` independent modules of the spec's own factory; ValueError when it returns something else."""
    factory = load_factory(spec.architecture)
    drawn = []
    for _ in range(count):
        module = factory(spec, stream.torch)
        if not isinstance(module, nn.Module):
            raise ValueError(f"factory {spec.architecture} must return a torch.nn.Module, got {module!r}")
        drawn.append(module)
    return drawn


def jacobian_column(spec: NetworkSpec, x: Tensor, column: int, stream: Stream, draws: int) -> Tensor:
    """One column of J at every input for each drawn module: `[B, d]` → `[draws, B, K]`, by forward differentiation."""
    drawn = draw_modules(spec, stream, draws)
    parameters, buffers = func.stack_module_state(drawn)
    skeleton = copy.deepcopy(drawn[0])
    tangent = torch.zeros_like(x)
    tangent[:, column] = 1

    def at(one_parameters: dict[str, Tensor], one_buffers: dict[str, Tensor]) -> Tensor:
        def network(inputs: Tensor) -> Tensor:
            return cast(Tensor, func.functional_call(skeleton, (one_parameters, one_buffers), (inputs,)))

        return cast(Tensor, func.jvp(network, (x,), (tangent,))[1])

    with warnings.catch_warnings():  # torch's own deprecations on first use of forward differentiation
        warnings.simplefilter("ignore", DeprecationWarning)
        result = func.vmap(at)(parameters, buffers)
    expected = (draws, x.shape[0], spec.output_dim)
    if result.shape != expected:
        raise ValueError(
            f"a module of {spec.architecture} maps {tuple(x.shape)} to {tuple(result.shape[1:])}, "
            f"expected {expected[1:]} (inputs by output_dim)"
        )
    return result
