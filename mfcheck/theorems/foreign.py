"""Cells for users' own architectures: networks small enough to draw thousands of modules, and what is granted them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mfcheck.decisions.suite import ClaimTest
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.sections import section_of
from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width

WIDTHS = {"quick": 64, "standard": 128, "paper": 256}
INPUTS, OUTPUTS, DEPTH, VARIANCE = 49, 32, 3, 1.6
"""Sizes that differ from each other and from every width, so that a matrix's shape tells what it is."""
COARSER = 2
"""How many times a level's δ for laws where modules are drawn one by one, of which δ itself takes 300,000 at quick."""
GRANTED = "granted: as of a vanilla network of this width"


def cells_of(claim: Claim, settings: Settings) -> list[Cell]:
    """The cells of a claim in a run, by id, with one that says why for each architecture that it says nothing of."""
    cells = list(claim.cells(settings))
    if reason := section_of(claim.id).elsewhere:
        tried = {cell.spec.architecture for cell in cells}
        missing = [name for name in foreign(settings) if name not in tried]
        cells += [Cell(spec_of(name, settings), "dense", inapplicable=reason) for name in missing]
    return sorted(cells, key=lambda cell: cell.id)


def each_cell(tests: Iterable[tuple[Claim, ClaimTest]], settings: Settings) -> Iterator[tuple[Claim, ClaimTest, Cell]]:
    """Every claim with its test in every of its cells in a run, claim by claim."""
    for claim, test in tests:
        for cell in cells_of(claim, settings):
            yield claim, test, cell


def foreign(settings: Settings) -> tuple[str, ...]:
    """The run's architectures that are neither vanilla nor residual."""
    return tuple(name for name in settings.architectures if name not in ARCHITECTURES)


def spec_of(architecture: str, settings: Settings, depth: int = DEPTH) -> NetworkSpec:
    """The network at which an architecture's Jacobian, and its declarations, are looked at."""
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
