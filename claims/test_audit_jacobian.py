"""Audit: what Theorems 4.1 and 5.1 say of networks of one's own, at the scale of each network itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck import Cell, NetworkSpec, claim
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.over_widths import OverWidths
from mfcheck.decisions.probes import image_scaled_and_noise
from mfcheck.ensembles.samples import Source
from mfcheck.observables import own_scale
from mfcheck.settings import Level, Settings
from mfcheck.theorems import foreign, own_sizes
from mfcheck.theorems.bound import FOUND, STEPS
from mfcheck.theorems.cells import PairCell

REACH = 0.1
"""Longest perturbation of attacks, in units of the input's length."""
FEW_STEPS = 2
"""Steps of attacks on networks that are dear: they begin at the maximiser of the linear map, and find most at once."""
NEARLY = "refuted beyond it, and held of a dear network up to twice as much, so that hundreds decide"
OWN_SCALE = "of one network over its own √(d·mean J²)"


def norm_cells(settings: Settings) -> Iterator[PairCell]:
    """All nine pairs, of the wider networks of the level, or of those that there are."""
    for architecture in foreign.foreign(settings):
        spec = own_sizes.limit_spec(architecture, settings)
        for pair in own_scale.NINE:
            yield PairCell(spec, "dense", pair=pair, dataset=settings.dataset)


def at_most_beta(cell: PairCell, source: Source, column: int, delta: float, level: Level) -> OverWidths:
    """What is found of a norm over the network's own scale is at most Chevet's constant, as the width grows."""
    wide, origin = cell.spec.width, f"Chevet's constant bounds the mean of the limit; δ of level {level.name}"
    leeway = delta if own_sizes.is_dear(cell.spec) else 0.0
    specs = own_sizes.over(cell.spec, (wide // own_sizes.STEP, wide))

    def groups(spec: NetworkSpec) -> list[MedianGroup]:
        return [MedianGroup(0.0, spec, source, lambda draws: draws[:, column])]

    return OverWidths(
        [groups(spec) for spec in specs],
        quantity=f"log of what moves the output most, {OWN_SCALE}",
        weights=(1.0,),
        target=lambda theory: math.log(theory.chevet_beta(*cell.pair, cell.spec.input_dim, cell.spec.output_dim)),
        delta=math.log1p(delta),
        origin=origin + (f"; {NEARLY}" if leeway else ""),
        upper_only=True,
        leeway=math.log1p(delta + leeway) - math.log1p(delta),
        looks_at=image_scaled_and_noise,
    )


@claim("audit/norm-bound", cells=norm_cells)
def test_norm_bound(cell: PairCell, decide: Decider) -> None:
    """‖J(x)‖_{p,q} is at most β_{p,q} times the network's own scale as the width grows; where width is no argument, in
    the networks that there are."""
    level = decide.settings.level
    decide(at_most_beta(cell, own_scale.views, own_scale.norm_of(cell.pair), level.ratio, level))


@claim("audit/attack-bound", cells=norm_cells)
def test_attack_bound(cell: PairCell, decide: Decider) -> None:
    """L_adv at a finite ε is at most ε β_{p,q} times the network's own scale, as the width grows or as it is."""
    level = decide.settings.level
    source = own_scale.attacks(REACH, FEW_STEPS if own_sizes.is_dear(cell.spec) else STEPS[level.name])
    decide(at_most_beta(cell, source, own_scale.NINE.index(cell.pair), FOUND, level))


def width_cells(settings: Settings) -> Iterator[Cell]:
    """Networks with so many outputs that the size of a column fluctuates by their width alone."""
    for architecture in foreign.foreign(settings):
        narrow = own_sizes.GROWING[settings.level.name][0] // 2
        many = NetworkSpec(architecture, 4, 784, narrow, own_sizes.LIMIT_DEPTH, foreign.VARIANCE)
        spec = foreign.fitted(many, settings)
        reason = own_sizes.unvaried(spec, "width")
        yield Cell(spec, "dense", {"dataset": settings.dataset}, inapplicable=reason)


def settles(spec: NetworkSpec) -> MedianSlope:
    """How far the scales of two networks are apart falls with the width."""
    groups = [replace(spec, width=factor * spec.width) for factor in (1, 4, 16)]
    return MedianSlope(
        [MedianGroup(math.log(one.width), one, own_scale.size_pairs, lambda draws: draws[:, 0]) for one in groups],
        quantity="the squared difference of log sizes of two networks",
        x_label="log N",
        rises=lambda theory, group: 1 / group.spec.width,
        allowance=lambda: Allowance(0.0, 0.0, "half a power of N, which tells falling from staying"),
        spread=1.9,
        delta=0.5,
        room=1.0,
    )


@claim("audit/settles-with-width", cells=width_cells)
def test_settles_with_width(cell: Cell, decide: Decider) -> None:
    """Networks come to have one scale as the width grows: their sizes d·mean J² differ by a variance ∝ 1/N."""
    decide(settles(cell.spec))
