"""Sizes of users' own architectures, small enough to draw thousands of modules, and what is granted them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields

from mfcheck.architectures import declared_sizes
from mfcheck.ensembles.calls import call_of
from mfcheck.findings.cell import Cell
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES, ModuleSpec, NetworkSpec
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width

WIDTHS = {"quick": 64, "standard": 128, "paper": 256}
INPUTS, OUTPUTS, DEPTH, VARIANCE = 49, 32, 3, 1.6
"""Sizes that differ from each other and from every width, so that a matrix's shape tells what it is."""
COARSER = 2
"""How many times a level's δ for laws and slopes where modules are drawn one by one.

Of which δ itself takes 300,000 at quick for a law."""
GRANTED = "granted: as of a vanilla network of this width"


def fitted(spec: NetworkSpec, settings: Settings) -> NetworkSpec:
    """A network of one's own with the sizes that the run or its factory declares, and with its measured scale."""
    path = spec.architecture
    shape, outputs = declared_sizes(path)
    shape, outputs = settings.input_shape or shape, settings.outputs or outputs
    call, scale = call_of(path), dict(settings.scales).get(path)
    if call.needs_sizes and not (shape and outputs):
        raise ValueError(
            f"architecture {path} takes no spec, so its sizes must be declared: with --mf-input, such as 3x32x32, and "
            "--mf-outputs, such as 10, or as its attributes input_shape and outputs"
        )
    fixed = "depth" not in call.knobs
    if not shape and outputs is None and scale is None and not fixed:
        return spec
    kept = {field.name: getattr(spec, field.name) for field in fields(NetworkSpec)}
    kept |= {"input_dim": math.prod(shape) or spec.input_dim} if shape else {}
    kept |= {"output_dim": outputs} if outputs else {}
    return ModuleSpec(**kept, input_shape=shape if len(shape) > 1 else (), scale=scale, depth_is_fixed=fixed)


def foreign(settings: Settings) -> tuple[str, ...]:
    """The run's architectures that are neither vanilla nor residual."""
    return tuple(name for name in settings.architectures if name not in ARCHITECTURES)


def spec_of(architecture: str, settings: Settings, depth: int = DEPTH) -> NetworkSpec:
    """The network at which an architecture's Jacobian, and its declarations, are looked at."""
    return fitted(usual(architecture, settings, depth), settings)


def usual(architecture: str, settings: Settings, depth: int = DEPTH) -> NetworkSpec:
    """A network of one's own at the sizes at which its Jacobian is looked at where it declares none."""
    return NetworkSpec(architecture, INPUTS, OUTPUTS, WIDTHS[settings.level.name], depth, VARIANCE)


def jacobian_cells(settings: Settings, **details: str) -> Iterator[Cell]:
    """One dense cell for each, on the run's data set."""
    for architecture in foreign(settings):
        yield Cell(spec_of(architecture, settings), "dense", {"dataset": settings.dataset, **details})


def entry_tail(spec: NetworkSpec) -> Tail:
    """The moments of a squared Jacobian entry's conditional mean: exact, or those granted to other architectures.

    These are a vanilla network's scale times χ²_K/K, as of the mean of K squared entries of a column.
    """
    known = finite_width.stand_in(spec)
    second, fourth = finite_width.scale_moment(known, 2), finite_width.scale_moment(known, 4)
    if known is spec:
        return Tail(second, fourth)
    k = spec.output_dim
    return Tail(second * (1 + 2 / k), fourth * (1 + 2 / k) * (1 + 4 / k) * (1 + 6 / k))


def distance_to_gaussian(spec: NetworkSpec) -> float:
    """The distance of an entry's law to the Gaussian at this width: exact, or that granted to other architectures."""
    return entry_law(finite_width.stand_in(spec)).distance_to_gaussian()
