"""How a factory or constructor of networks is called: with a spec and a generator, or with the sizes that it names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from mfcheck.ensembles.facts import kept
from mfcheck.ensembles.networks import Network
from mfcheck.imports import load_factory
from mfcheck.spec import ModuleSpec, NetworkSpec

WIDTH, DEPTH, VARIANCE = "width", "depth", "weight_variance"
KNOBS = (WIDTH, DEPTH, VARIANCE)
"""What an audit varies besides the numbers of inputs and outputs."""
INPUTS = ("input_dim", "in_features", "in_dim", "input_size")
OUTPUTS = ("output_dim", "num_classes", "n_classes", "num_labels", "out_features", "out_dim", "output_size")
SHAPED = ("input_shape", "in_channels", "in_chans", "image_size", "img_size")
GIVEN = ("spec", "generator")
NAMES = (*INPUTS, *OUTPUTS, *SHAPED, *KNOBS, *GIVEN)
"""The names of arguments that an audit knows what to give for."""


@dataclass(frozen=True)
class Call:
    """How one factory is called: with `(spec, generator)`, or with the arguments `names` that it must or may take.

    `missing` are arguments that it must be given and that mean nothing to an audit; `open_ended` that it takes others
    too, such as torchvision's num_classes.
    """

    by_spec: bool
    names: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    open_ended: bool = False

    @property
    def knobs(self) -> frozenset[str]:
        """Those of `KNOBS` that it must be given, and so that an audit may vary."""
        return frozenset(KNOBS) if self.by_spec or "spec" in self.required else frozenset(KNOBS) & self.required

    @property
    def needs_sizes(self) -> bool:
        """Whether its numbers of inputs and outputs are its own, so that they have to be declared."""
        if self.by_spec or "spec" in self.required:
            return False
        return not (self.required & {*INPUTS, "input_shape"} and self.required & set(OUTPUTS))

    def arguments(self, spec: NetworkSpec, generator: torch.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What it is called with; ValueError for a shape that a square image was asked of and that is none."""
        if self.by_spec:
            return (spec, generator), {}
        shape = spec.input_shape if isinstance(spec, ModuleSpec) else ()
        return (), {name: _value(name, spec, shape, generator) for name in self._named(bool(shape))}

    def _named(self, shaped: bool) -> list[str]:
        """Of what it may be given, the sizes that are declared; of knobs only those that it must be."""
        sizes = {*INPUTS, *OUTPUTS, *(SHAPED if shaped else ()), *GIVEN}
        return [name for name in self.names if name in self.required or name in sizes]


def _value(name: str, spec: NetworkSpec, shape: tuple[int, ...], generator: torch.Generator) -> Any:
    if name in INPUTS:
        return spec.input_dim
    if name in OUTPUTS:
        return spec.output_dim
    if name in SHAPED:
        whole = shape or (spec.input_dim,)
        return whole if name == "input_shape" else whole[-1] if name in ("image_size", "img_size") else whole[0]
    return {"spec": spec, "generator": generator}[name] if name in GIVEN else getattr(spec, name)


@kept(256)
def call_of(architecture: str) -> Call:
    """How the factory at package.module:factory is called, by its signature."""
    factory = load_factory(architecture)
    if isinstance(factory, type) and issubclass(factory, Network):
        return Call(by_spec=True)
    return _read(factory)


def _read(factory: Callable[..., object]) -> Call:
    try:
        parameters: Mapping[str, inspect.Parameter] = inspect.signature(factory).parameters
    except (TypeError, ValueError):  # written in C, say
        return Call(by_spec=True)
    kinds = [one.kind for one in parameters.values()]
    named = [one for one in parameters.values() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
    required = [one.name for one in named if one.default is one.empty]
    unknown = tuple(name for name in required if name not in NAMES)
    takes_two = len(required) == 2 and all(one.kind is not one.KEYWORD_ONLY for one in named[:2])
    of_sizes = not set(required).isdisjoint(set(NAMES) - set(GIVEN))
    takes_any = not required and inspect.Parameter.VAR_POSITIONAL in kinds
    if takes_any or (takes_two and not of_sizes and (unknown or "spec" in required)):
        return Call(by_spec=True)
    names = tuple(one.name for one in named if one.name in NAMES)
    return Call(False, names, frozenset(required), unknown, inspect.Parameter.VAR_KEYWORD in kinds)
