"""Architectures of one's own: how they are named, and what a factory may say of itself.

A factory is package.module:factory, called with a NetworkSpec and a torch generator for an nn.Module, or a subclass of
`mfcheck.Network`, which is written on Gaussian matrices and so is drawn lazily too; or any constructor, called with
what it takes by name (`mfcheck.ensembles.calls`), its sizes declared. As attributes it may have `omega(spec)`, its ω,
`scale(spec)`, by which d·E J² is more than ω^L, `layer_variances(spec)`, the variance of the entries of its Gaussian
parameters by name, `input_shape` and `outputs`, its sizes, and `homogeneous = False` where it has biases.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import math
from collections.abc import Iterable, Mapping

from mfcheck.given import meant, whole
from mfcheck.imports import foreign_code, load_factory
from mfcheck.spec import ARCHITECTURES, ModuleSpec, NetworkSpec, positive_integer
from mfcheck.verdict import NotCovered

GROUP = "mfcheck.architectures"
"""The entry points by which a package offers architectures under short names."""
OR_ELSE = "; where that is something else in its class, audit a function that makes the network"
"""What to do where an attribute that an audit asks for has another meaning."""


def resolve(names: Iterable[str]) -> tuple[str, ...]:
    """Names as vanilla, residual or package.module:factory, looking up those that packages offer.

    Raises ValueError for a name that is none of them, that two packages offer, or that is given twice.
    """
    found = [name if name in ARCHITECTURES or ":" in name else _offered(name) for name in names]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        raise ValueError(f"architecture {twice[0]!r} is named twice; name every architecture once")
    if len({name.replace(":", ".") for name in found}) < len(found):
        raise ValueError(f"two architectures have one name in the report among {', '.join(found)}; rename one")
    return tuple(found)


def _offered(name: str) -> str:
    points = importlib.metadata.entry_points(group=GROUP)
    paths = sorted({point.value for point in points if point.name == name})
    if len(paths) > 1:
        raise ValueError(f"architecture {name!r} is offered twice, as {' and '.join(paths)}; name one of them")
    if not paths:
        known = [*ARCHITECTURES, *sorted({point.name for point in points})]
        near, allowed = meant(name, known), ", ".join(known)
        raise ValueError(f"architecture {name!r} is unknown{near}; allowed are {allowed} or package.module:factory")
    return paths[0]


def declares_omega(architecture: str) -> bool:
    """Whether a theory knows an ω for this architecture: one of its own, or the one its factory declares."""
    return architecture in ARCHITECTURES or hasattr(load_factory(architecture), "omega")


def declared_omega(spec: NetworkSpec) -> float:
    """The ω that the spec's factory declares; NotCovered, with the reason, where it declares none that can be."""
    try:
        factory = load_factory(spec.architecture)
    except ValueError as error:
        raise NotCovered(f"the theory gives no ω for architecture {spec.architecture}: {error}") from error
    if not hasattr(factory, "omega"):
        if isinstance(spec, ModuleSpec) and spec.depth_is_fixed and spec.scale is not None:
            return 1.0  # what all its layers do together is in the measured scale
        raise NotCovered(
            f"the theory gives no ω for architecture {spec.architecture}, and its factory declares none; "
            "give the factory an attribute omega(spec), for which mfcheck audit --preflight prints a line to paste"
        )
    with _asked("omega", spec.architecture):
        omega = float(factory.omega(spec))
    if not 0 < omega < math.inf:
        raise NotCovered(f"the ω of {spec.architecture} must be positive and finite, got {omega!r} for {spec}")
    return omega


def declared_scale(spec: NetworkSpec) -> float | None:
    """By what factor d·E J² is more than ω^L: as the spec's factory declares, or as it was measured; None for neither.

    NotCovered, with the reason, for a declaration that cannot be.
    """
    measured = spec.scale if isinstance(spec, ModuleSpec) else None
    if spec.architecture in ARCHITECTURES or not hasattr(factory := load_factory(spec.architecture), "scale"):
        return measured
    with _asked("scale", spec.architecture):
        scale = float(factory.scale(spec))
    if not 0 < scale < math.inf:
        raise NotCovered(f"the scale of {spec.architecture} must be positive and finite, got {scale!r} for {spec}")
    return scale


def _asked(name: str, architecture: str) -> contextlib.AbstractContextManager[None]:
    """Around the call of an attribute of a factory's, which somebody may have named so for something else."""
    return foreign_code(lambda why: NotCovered(f"{name}(spec) of {architecture} raised {why}{OR_ELSE}"))


def declared_sizes(architecture: str) -> tuple[tuple[int, ...], int | None]:
    """The input's shape and the number of outputs that a factory declares as attributes; () and None where it does not.

    ValueError for what is no shape or number.
    """
    factory = load_factory(architecture)
    shape, outputs = getattr(factory, "input_shape", None), getattr(factory, "outputs", None)
    shape = () if shape is None else shape
    sizes = (shape,) if whole(shape) is not None else tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    try:
        found = tuple(positive_integer("input_shape", one) for one in sizes)
        return found, None if outputs is None else positive_integer("outputs", outputs)
    except ValueError as error:
        said = f"architecture {architecture} declares sizes that cannot be: {error}{OR_ELSE}"
        raise ValueError(said) from None


def declares_biases(architecture: str) -> bool:
    """Whether a factory says that its networks are not homogeneous, f(2x) ≠ 2f(x)."""
    return getattr(load_factory(architecture), "homogeneous", True) is False


def layer_variances(spec: NetworkSpec) -> Mapping[str, float]:
    """The variances that the spec's factory declares for its Gaussian parameters, by name; empty if it declares none.

    Raises NotCovered, with the reason, for anything but names with positive finite numbers.
    """
    factory = load_factory(spec.architecture)
    if not hasattr(factory, "layer_variances"):
        return {}
    with _asked("layer_variances", spec.architecture):
        declared = {str(name): float(variance) for name, variance in dict(factory.layer_variances(spec)).items()}
    if bad := [name for name, variance in declared.items() if not 0 < variance < math.inf]:
        wrong = f"{bad[0]} has {declared[bad[0]]!r}"
        raise NotCovered(f"the layer_variances of {spec.architecture} must be positive and finite: {wrong}")
    return declared
