"""Audit: the Fisher–Rao capacity of networks of one's own, matrix by matrix, and what L_adv takes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.majority import Majority
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.decisions.over_widths import OverWidths
from mfcheck.ensembles.modules import is_gaussian
from mfcheck.findings.regimes import LATE
from mfcheck.observables import own_capacity
from mfcheck.settings import Level, Settings
from mfcheck.spec import NetworkSpec
from mfcheck.theorems import foreign, own_sizes

FACTOR = 1.25
"""Within which factor of its degree a matrix adds to the capacity."""
SETTLED = 0.25
"""Half the variance of a logarithm, by about which a median lies below a mean: beyond it medians say too little."""
SHARE, LONG = 0.025, 48
"""By what share every step lowers L_adv, and the steps after which about half of it is gone."""


def capacity_cells(settings: Settings) -> Iterator[Cell]:
    """Networks with two matrices that have a degree of their own."""
    for architecture in foreign.foreign(settings):
        spec = own_sizes.limit_spec(architecture, settings)
        yield Cell(spec, "dense", {"dataset": settings.dataset}, inapplicable=unmatched(spec))


def unmatched(spec: NetworkSpec) -> str:
    """Why no two matrices can be compared, and what would let them; empty where they can."""
    path = spec.architecture
    if is_gaussian(path):
        return f"{path} is written on Gaussian matrices, whose capacity other claims follow; name vanilla or residual"
    count = len(own_capacity.matrices(spec))
    if count >= 2:
        return ""
    has = "only one matrix has" if count else "no matrix has"
    return f"{has} a degree of its own in {path}; leave out biases and normalisation behind matrices, and more have"


def per_matrix(cell: Cell, level: Level) -> OverWidths:
    """What matrices add for each degree, over what the last of them does, tends to 1."""
    widths = own_sizes.over(cell.spec, own_sizes.GROWING[level.name])

    def group(spec: NetworkSpec) -> list[MedianGroup]:
        return [MedianGroup(0.0, spec, own_capacity.per_matrix, lambda draws: draws[:, 0])]

    return OverWidths(
        [group(spec) for spec in widths],
        quantity="log of the capacity that a matrix adds for each degree, over the last one's",
        weights=(1.0,),
        target=lambda theory: 0.0,
        delta=math.log(FACTOR),
        origin="a factor 1.25, which tells a degree from the next; finite width falls like 1/N",
        power=1.0,
        settled=SETTLED,
    )


@claim("audit/capacity-per-layer", cells=capacity_cells)
def test_capacity_per_layer(cell: Cell, decide: Decider) -> None:
    """Matrices add to the Fisher–Rao capacity in proportion to their degrees as the width grows, so that capacity is in
    proportion to depth."""
    decide(per_matrix(cell, decide.settings.level))


def falls(draws: Floats) -> Floats:
    """Whether the capacity of a network has fallen."""
    return (draws[:, 0] > 0).astype(float)


def long_cells(settings: Settings) -> Iterator[Cell]:
    """Those that can be trained for long."""
    for cell in capacity_cells(settings):
        yield replace(cell, inapplicable=cell.inapplicable or own_sizes.too_dear(cell.spec, "to train for long"))


@claim("audit/capacity-decay", cells=long_cells)
def test_capacity_decay(cell: Cell, decide: Decider) -> None:
    """When training on L_adv has taken about half of it, the Fisher–Rao capacity has fallen in most networks, also at
    inputs that are not trained on."""
    source = own_capacity.fall(SHARE, LONG)
    decide(Majority(source, property=falls, quantity="a capacity that has fallen", regime=LATE))
