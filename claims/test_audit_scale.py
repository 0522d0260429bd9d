"""Audit: the size of a network's Jacobian, by medians, which grant nothing: over depth, and as it is said to be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import Cell, NetworkSpec, PaperTheory, claim
from mfcheck.architectures import declared_scale, declares_omega
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.decisions.over_widths import PILOT, OverWidths
from mfcheck.decisions.probes import image_scaled_and_noise
from mfcheck.ensembles.calls import call_of
from mfcheck.observables import jacobian, own_scale
from mfcheck.settings import Level, Settings
from mfcheck.spec import ModuleSpec
from mfcheck.statistics.slopes import slope_weights
from mfcheck.theorems import foreign, own_sizes

DEPTHS = (2, 6, 10)
BEND = (0.5 / 4, -1 / 4, 0.5 / 4)
"""What makes of three logarithms the slope in a half less the whole's."""
SETTLED = 1.0
"""Half the variance of a logarithm, beyond which a median lies so far beside a mean that it says nothing of it."""
SPREADS = 400
"""Draws of each size that tell the variance of its logarithm to 7 %: half of it is how far medians lie beside means."""
FACTOR = 1.25
"""Within which factor of a scale that is said the median network lies: beyond it a pre-flight measures another."""


class Growth(StrEnum):
    """That the size grows by one factor in every layer, or that this is the declared ω."""

    STEADY = "steady"
    OMEGA = "omega"


@dataclass(frozen=True, kw_only=True)
class GrowthCell(Cell):
    """A network that is followed over depth."""

    statement: Growth


def growth_cells(settings: Settings) -> Iterator[GrowthCell]:
    """Every architecture with a depth, and with the ω that its factory declares, if it does."""
    for architecture in foreign.foreign(settings):
        spec = foreign.spec_of(architecture, settings, DEPTHS[0])
        reason = own_sizes.unvaried(spec, "depth")
        for statement in Growth if declares_omega(architecture) and not reason else (Growth.STEADY,):
            yield GrowthCell(spec, "dense", statement=statement, inapplicable=reason)


def over_depths(cell: GrowthCell, level: Level, depths: Sequence[int]) -> list[list[MedianGroup]]:
    """The sizes' groups over depth: at two widths for a limit, and at the wider one for what holds at every width."""
    widths = own_sizes.GROWING[level.name]
    kept = widths if cell.statement is Growth.OMEGA else widths[1:]
    return [
        [MedianGroup(depth, replace(one, depth=depth), jacobian.entry, lambda draws: draws[:, 1]) for depth in depths]
        for one in own_sizes.over(cell.spec, kept)
    ]


def growth(cell: GrowthCell, level: Level) -> OverWidths:
    """The size's logarithm grows by log ω a layer, or by as much in one half of the layers as in all.

    A slope by least squares over three depths gives the middle one no weight: it is taken between the outer two.
    """
    steady = cell.statement is Growth.STEADY
    depths = DEPTHS if steady else DEPTHS[::2]
    weights = BEND if steady else slope_weights(depths)

    def rise(theory: PaperTheory) -> float:
        sizes = [theory.jacobian_entry_variance(replace(cell.spec, depth=depth)) for depth in depths]
        return math.fsum(w * math.log(size) for w, size in zip(weights, sizes, strict=True))

    return OverWidths(
        over_depths(cell, level, depths),
        quantity="the bend of log J² over depth" if steady else "the growth of log J² per layer",
        weights=weights,
        target=(lambda theory: 0.0) if steady else rise,
        delta=level.slope,
        origin=level.delta_told() + ("" if steady else "; finite width falls like 1/N"),
        power=1.0,
        settled=SETTLED,
        pilot=PILOT if steady or own_sizes.is_dear(cell.spec) else SPREADS,
    )


@claim("audit/growth-per-layer", cells=growth_cells)
def test_growth_per_layer(cell: GrowthCell, decide: Decider) -> None:
    """The median size of J grows by one factor in every layer, which tends to the declared ω as the width grows."""
    decide(growth(cell, decide.settings.level))


def scale_cells(settings: Settings) -> Iterator[Cell]:
    """Networks of fixed sizes, whose scale is declared or measured."""
    for architecture in foreign.foreign(settings):
        spec = foreign.spec_of(architecture, settings)
        yield Cell(spec, "dense", {"dataset": settings.dataset}, inapplicable=no_scale(spec))


def no_scale(spec: NetworkSpec) -> str:
    """Why a network has no scale of its own to be held against; empty where it has."""
    path = spec.architecture
    if not call_of(path).knobs.isdisjoint({"width", "depth"}):
        return f"{path} takes a width or depth, over which audit/growth-per-layer and thm4.1/entries-variance decide it"
    if not isinstance(spec, ModuleSpec) or declared_scale(spec) is None:
        return f"no scale of {path} is known; let its factory declare scale(spec), or let mfcheck audit measure it"
    return ""


@claim("audit/scale", cells=scale_cells)
def test_scale(cell: Cell, decide: Decider) -> None:
    """d·E J² is the scale that is declared, or measured by differences: of the median network, up to a factor 1.25."""
    decide.median_within(
        own_scale.views,
        statistic=lambda draws: draws[:, own_scale.size_at(0)],
        name="median size of J over the scale in use",
        low=1 / FACTOR,
        high=FACTOR,
        origin="the factor beyond which a pre-flight takes another scale",
        looks_at=image_scaled_and_noise,
        first=2,
    )
