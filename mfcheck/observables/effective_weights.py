"""Weights as a network uses them, parametrised ones too: what a forgotten layer or a wrong initialisation shows in."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mfcheck.architectures import layer_variances
from mfcheck.ensembles.construction import draw_modules, trainable
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.modules import draw_stack, is_gaussian
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

INTERNAL = frozenset(vars(nn.Module()))
"""Attributes by which torch itself keeps what a module holds."""


def tensors_of(module: nn.Module) -> dict[str, Tensor]:
    """A module's parameters and buffers by name; where it is parametrised, the weight that comes of them instead."""
    found = dict(module.named_parameters()) | dict(module.named_buffers())
    for name, part in module.named_modules():
        for tensor in getattr(part, "parametrizations", {}):
            prefix = f"{name}." if name else ""
            hidden = f"{prefix}parametrizations.{tensor}."
            found = {key: one for key, one in found.items() if not key.startswith(hidden)}
            with _at_rest(part.parametrizations[tensor]):
                found[f"{prefix}{tensor}"] = getattr(part, tensor)
    return {name: one.detach() for name, one in found.items()}


def unseen(module: nn.Module) -> Iterator[str]:
    """Where a module keeps layers or tensors that torch does not see: plain tensors, and lists, tuples and dicts."""
    seen = {id(one) for one in (*module.modules(), *module.parameters(), *module.buffers())}
    for name, part in module.named_modules():
        for attribute, value in vars(part).items():
            if attribute not in INTERNAL and _holds_others(value, set(seen)):
                yield f"{name}.{attribute} (a {type(value).__name__})".lstrip(".")


def _holds_others(value: object, seen: set[int]) -> bool:
    """Whether a value is or holds a layer or a tensor that is none of those `seen`, or of what holds itself."""
    if id(value) in seen:
        return False
    seen.add(id(value))
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return isinstance(value, nn.Module | Tensor) or any(_holds_others(one, seen) for one in inside)


@contextlib.contextmanager
def _at_rest(parametrization: nn.Module) -> Iterator[None]:
    """Out of training, in which to read a weight may change what it is: by a step of the spectral norm's iteration."""
    modes = [(one, one.training) for one in parametrization.modules()]
    parametrization.eval()
    try:
        yield
    finally:
        for one, training in modes:
            one.training = training


def _weight_of(parameter: str) -> str:
    """The tensor that a parameter is, or makes where that is parametrised, as `tensors_of` names it.

    >>> _weight_of("layers.0.parametrizations.weight.original0"), _weight_of("layers.0.weight")
    ('layers.0.weight', 'layers.0.weight')
    """
    return re.sub(r"(^|\.)parametrizations\.([^.]+)\..*$", r"\1\2", parameter)


def expected_variances(spec: NetworkSpec) -> dict[str, float]:
    """The variance of the entries of each group of Gaussian parameters: declared by name, else by shape.

    By shape: N×N that train are the weights, σ_w²/N; N×d the input's, 1/d; K×N the output's, 1/N. Or transposed, or
    all layers' in one tensor.
    """
    declared = dict(layer_variances(spec))
    by_shape = {"weights": spec.weight_variance / spec.width, "input": 1 / spec.input_dim, "output": 1 / spec.width}
    return declared or by_shape


def _mean_squares(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
    drawn = _groups(spec, stream, draws)
    squares = [
        [torch.stack([one.double().square().mean() for one in group]).mean() for group in each] for each in drawn
    ]
    variances = torch.tensor(list(expected_variances(spec).values()), dtype=torch.float64, device=stream.device)
    return torch.stack([torch.stack(each) for each in squares]) / variances


mean_squares = Source("mean squares of parameters", {"dense": _mean_squares}, {"dense": False}, most=256)
"""`[n, G]`: the mean square of the entries of every group of parameters over its declared variance."""


def entries(spec: NetworkSpec, group: str) -> int:
    """How many Gaussian entries a group of parameters has."""
    index = list(expected_variances(spec)).index(group)
    return sum(one.numel() for one in _groups(spec, Stream(0), 1)[0][index])


def _groups(spec: NetworkSpec, stream: Stream, draws: int) -> list[list[list[Tensor]]]:
    """The tensors of every group of parameters in each of so many networks; NotCovered where one has none."""
    if is_gaussian(spec.architecture):
        stack = draw_stack(spec, stream, replicates=draws)
        assert isinstance(stack, Network)
        groups = [stack.weights, [stack.input_projection], [stack.output_projection]]
        values = [[one.values for one in group if isinstance(one, DenseMatrix)] for group in groups]
        return [[[one[index] for one in group] for group in values] for index in range(draws)]
    return [groups_of(module, spec) for module in draw_modules(spec, stream, draws)]


def groups_of(module: nn.Module, spec: NetworkSpec) -> list[list[Tensor]]:
    """The tensors of every group of parameters in a network; NotCovered where there are none of one."""
    tensors = tensors_of(module)
    if declared := layer_variances(spec):
        if missing := sorted(set(declared) - set(tensors)):
            there = ", ".join(tensors)
            raise NotCovered(f"layer_variances of {spec.architecture} names {missing[0]!r}; there are {there}")
        return [[tensors[name]] for name in declared]
    n, trains = spec.width, {_weight_of(name) for name in trainable(module)}
    shapes = {"weights": (n, n), "input": (n, spec.input_dim), "output": (spec.output_dim, n)}
    return [
        _of_shape([one for name, one in tensors.items() if group != "weights" or name in trains], shape, spec)
        for group, shape in shapes.items()
    ]


def _of_shape(tensors: list[Tensor], shape: tuple[int, int], spec: NetworkSpec) -> list[Tensor]:
    """The tensors that are such a matrix, or all layers' in one; else those that are its transpose."""
    for rows, columns in (shape, shape[::-1]):
        if right := [one for one in tensors if one.shape in ((rows, columns), (spec.depth, rows, columns))]:
            return right
    raise NotCovered(
        f"{spec.architecture} has no parameter of shape {shape}; let its factory declare layer_variances(spec)"
    )
