"""The networks at which architectures of one's own are audited: small enough to draw thousands of modules."""

from __future__ import annotations

from collections.abc import Iterator

from mfcheck.settings import Settings
from mfcheck.spec import ARCHITECTURES, NetworkSpec
from mfcheck.statistics.decision import Tail
from mfcheck.theory import entry_law, finite_width
from mfcheck.verdict import Cell

WIDTHS = {"quick": 64, "standard": 128, "paper": 256}
INPUTS, OUTPUTS, DEPTH, VARIANCE = 49, 32, 3, 1.6
"""Sizes that differ from each other and from every width, so that a matrix's shape tells what it is."""
COARSER = 2
"""How many times a level's δ for laws where modules are drawn one by one, of which δ itself takes 300,000 at quick."""
SKETCHED = 256
"""Draws that tell the rough scale of a mean, which truncation is planned with."""
GRANTED = "granted: as of a vanilla network of this width"


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
    """The moments granted to the mean of K squared entries of a column: a vanilla network's scale times χ²_K/K."""
    k, known = spec.output_dim, finite_width.stand_in(spec)
    second, fourth = finite_width.scale_moment(known, 2), finite_width.scale_moment(known, 4)
    return Tail(second * (1 + 2 / k), fourth * (1 + 2 / k) * (1 + 4 / k) * (1 + 6 / k))


def distance_to_gaussian(spec: NetworkSpec) -> float:
    """The distance of an entry's law to the Gaussian that is granted at this width."""
    return entry_law(finite_width.stand_in(spec)).distance_to_gaussian()
