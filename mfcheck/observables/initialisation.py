"""How a factory draws its weight matrices: by which known initialisation, and in proportion to which of its sizes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mfcheck.ensembles.construction import draw_modules
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.effective_weights import tensors_of
from mfcheck.spec import ModuleSpec, NetworkSpec

INITIALISATIONS = {2.0: "He initialisation", 1.0: "LeCun initialisation", 1 / 3: "torch's default layers"}
"""Variances times fan-in by which an initialisation is known."""
ROUNDED = 0.1
"""How far a share may lie from that of a known initialisation to be written as that, and from itself at other sizes."""
MODULES = 4


@dataclass(frozen=True)
class Drawn:
    """Some networks' matrices of one name: the variance of their entries, their fan-in and the number of entries."""

    variance: float
    fan_in: int
    entries: int

    @property
    def error(self) -> float:
        """Five standard errors of the variance, relative to it."""
        return 5 * math.sqrt(2 / self.entries)


def drawn_matrices(spec: NetworkSpec) -> dict[str, Drawn]:
    """A few networks' weight matrices by name; none of networks on Gaussian matrices."""
    if is_gaussian(spec.architecture):
        return {}
    tensors = [tensors_of(one) for one in draw_modules(spec, Stream(3), MODULES)]
    found = {}
    for name, one in tensors[0].items():
        if one.ndim >= 2 and one.is_floating_point():
            mean = sum(float(each[name].double().square().mean()) for each in tensors) / MODULES
            found[name] = Drawn(mean, one[0].numel(), MODULES * one.numel())
    return found


def initialisation(matrices: Mapping[str, Drawn]) -> str:
    """The name of an initialisation that all matrices share; empty if it has none."""
    for value, known in INITIALISATIONS.items():
        if matrices and all(
            abs(one.variance * one.fan_in / value - 1) <= 0.01 + one.error for one in matrices.values()
        ):
            return known
    return ""


def written_variances(spec: NetworkSpec, matrices: Mapping[str, Drawn]) -> dict[str, str]:
    """The variance of every matrix as an expression in the spec's sizes, or in numbers where those do not tell it.

    A fan-in at one size may be equal to another by chance: what the variance is in proportion to shows at a second one.
    """
    other, there = _elsewhere(spec)
    return {name: _expression(one, there.get(name, one), spec, other) for name, one in matrices.items()}


def _elsewhere(spec: NetworkSpec) -> tuple[NetworkSpec, dict[str, Drawn]]:
    """Other sizes at which the factory makes networks, with their matrices; the same if it makes none."""
    for width, side in ((2, 2), (2, 1), (1, 2)):
        other = _resized(spec, width, side)
        try:
            return other, drawn_matrices(other)
        except ValueError:
            continue
    return spec, {}


def _resized(spec: NetworkSpec, width: int, side: int) -> NetworkSpec:
    """A network so many times as wide, whose images have sides so many times as long, or as many more numbers."""
    sizes: dict[str, Any] = {"width": width * spec.width, "input_dim": side**2 * spec.input_dim}
    if isinstance(spec, ModuleSpec) and spec.input_shape:
        *others, last = spec.input_shape
        sizes["input_shape"] = (*others[:-1], side * others[-1], side * last) if others else (side**2 * last,)
    return replace(spec, **sizes)


def _expression(here: Drawn, there: Drawn, spec: NetworkSpec, other: NetworkSpec) -> str:
    """A share of one over a size, of those by which it is the same here and there: best the fan-in, or one by which the
    share is a known one."""
    sizes = {
        "spec.input_dim": (spec.input_dim, other.input_dim),
        "spec.width": (spec.width, other.width),
        str(here.fan_in): (here.fan_in, here.fan_in),
    }
    allowed = ROUNDED + here.error + there.error
    steady = [
        (name, here.variance * size, (size, elsewhere) == (here.fan_in, there.fan_in))
        for name, (size, elsewhere) in sizes.items()
        if abs(here.variance * size / (there.variance * elsewhere or math.nan) - 1) <= allowed
    ]
    if not steady:
        return f"{here.variance:.3g}"
    name, share, _ = max(steady, key=lambda one: (one[2], _near(one[1]) is not None))
    known = _near(share) or share
    return f"{'1 / 3' if known == 1 / 3 else f'{known:.3g}'} / {name}"


def _near(share: float) -> float | None:
    """The known initialisation's share that is near."""
    return next((known for known in INITIALISATIONS if abs(share / known - 1) < ROUNDED), None)
