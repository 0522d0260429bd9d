"""Cells for users' own architectures: networks small enough to draw thousands of modules, and what is granted them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import fields, replace

from mfcheck.architectures import declared_sizes
from mfcheck.decisions import glance
from mfcheck.decisions.suite import ClaimTest
from mfcheck.ensembles.calls import call_of
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.sections import section_of
from mfcheck.imports import load_factory
from mfcheck.observables.measured_scale import idle_knobs
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES, ModuleSpec, NetworkSpec
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width
from mfcheck.theory.loading import load_theory

WIDTHS = {"quick": 64, "standard": 128, "paper": 256}
INPUTS, OUTPUTS, DEPTH, VARIANCE = 49, 32, 3, 1.6
"""Sizes that differ from each other and from every width, so that a matrix's shape tells what it is."""
COARSER = 2
"""How many times a level's δ for laws and slopes where modules are drawn one by one.

Of which δ itself takes 300,000 at quick for a law."""
GRANTED = "granted: as of a vanilla network of this width"


OMEGA_BY_DEPTH = ("thm4.1/phase-boundary", "thm5.1/exponential-in-depth")
"""Claims that vary the depth."""
OF_SCALE = "thm4.1/entries-variance"
"""The claim that a measured scale makes true by itself."""


def cells_of(claim: Claim, settings: Settings) -> list[Cell]:
    """The cells of a claim in a run, by id, with one that says why for each architecture that it says nothing of.

    Those of architectures of one's own are at the sizes that are declared. ValueError where one must declare its sizes.
    """
    own = foreign(settings)
    every = claim.cells(settings)
    cells = [fitted_cell(cell, claim, settings) if cell.spec.architecture in own else cell for cell in every]
    if reason := section_of(claim.id).elsewhere:
        tried = {cell.spec.architecture for cell in cells}
        why = f"{reason}; name one of these with --mf-architecture to have it decided"
        cells += [Cell(_usual(name, settings), "dense", inapplicable=why) for name in own if name not in tried]
    return sorted(cells, key=lambda cell: cell.id)


def fitted_cell(cell: Cell, claim: Claim, settings: Settings) -> Cell:
    """A cell at the sizes that its architecture declares, or one that says what would make the claim apply."""
    spec = fitted(cell.spec, settings)
    return replace(cell, spec=spec, inapplicable=cell.inapplicable or unmet(claim.id, spec))


def unmet(claim: str, spec: NetworkSpec) -> str:
    """What an architecture lacks for a claim, and what to do about it; empty if nothing."""
    path = spec.architecture
    if claim in OMEGA_BY_DEPTH:
        if "depth" not in call_of(path).knobs:
            return f"depth is no argument of {path}; let its constructor take depth, and growth over depth is decided"
        if "depth" in idle_knobs(spec):
            return f"depth changes nothing in {path}; let its factory build spec.depth layers"
    measured = isinstance(spec, ModuleSpec) and spec.scale is not None
    if claim == OF_SCALE and measured and not hasattr(load_factory(path), "scale"):
        return f"the scale of {path} is measured, which decides nothing; let its factory declare scale(spec)"
    return ""


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


def each_cell(tests: Iterable[tuple[Claim, ClaimTest]], settings: Settings) -> Iterator[tuple[Claim, ClaimTest, Cell]]:
    """Every claim with its test in every of its cells in a run, claim by claim; of a glance, those that it looks at."""
    every = ((claim, test, cell) for claim, test in tests for cell in cells_of(claim, settings))
    if not settings.level.glance:
        yield from every
        return
    cells = list(every)
    kept = glance.chosen(cells, settings, load_theory(settings.theory))
    yield from ((claim, test, cell) for claim, test, cell in cells if (claim.id, cell.id) in kept)


def foreign(settings: Settings) -> tuple[str, ...]:
    """The run's architectures that are neither vanilla nor residual."""
    return tuple(name for name in settings.architectures if name not in ARCHITECTURES)


def spec_of(architecture: str, settings: Settings, depth: int = DEPTH) -> NetworkSpec:
    """The network at which an architecture's Jacobian, and its declarations, are looked at."""
    return fitted(_usual(architecture, settings, depth), settings)


def _usual(architecture: str, settings: Settings, depth: int = DEPTH) -> NetworkSpec:
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
