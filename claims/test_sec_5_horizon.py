"""Theorem 5.4: for how long σ_w² falls linearly, t*, over width and depth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from mfcheck import NetworkSpec, claim
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.probes import images
from mfcheck.findings.regimes import EARLY, LINEAR_SHARE
from mfcheck.observables.early_training import Course, Schedule, early
from mfcheck.settings import Level, Settings
from mfcheck.theorems import early as law
from mfcheck.theorems.accuracy_map import stack
from mfcheck.theorems.authors_attack import EPS, INF_INF
from mfcheck.theorems.cells import AttackCell
from mfcheck.training.objectives import Objective

ATTACK_STEPS = 3
TRAINED = {"quick": 128, "standard": 256, "paper": 256}
RESOLUTION, STEPS = 10, {2: 6, 5: 8, 10: 10}
"""Steps to the time that resolves t*, and how many of them are taken, by depth: until it is over in nine networks of
ten (N = 128 and 256, where t* spreads widely; 33 to 132 of each). Of the tenth it is known that it lasts longer."""
WIDE, WIDE_STEPS = 512, 6
"""Wider networks differ less: of 64 of N = 512 one lasted beyond the sixth step."""
WIDTHS = {"quick": (128, 512), "standard": (512, 2048), "paper": (512, 1024, 2048, 4096)}
DEPTHS = (2, 10)
EXPONENT = {"quick": 0.5, "standard": 0.25, "paper": 0.25}
"""How far the exponent of t* may lie from the theory's: at quick, so far that 1 and 0 are told apart."""
FORETOLD = "nearly linear until 0.2/r"
NEARLY = (0.8, 0.95)
NARROW_TIMES = 3
"""Draws of the narrowest networks for each of the widest, which take six to fifteen times as long."""
NOTHING = Allowance(0.0, 0.0, "none: an exponent")


class Over(StrEnum):
    """What t* is followed over."""

    WIDTH = "width"
    DEPTH = "depth"


@dataclass(frozen=True, kw_only=True)
class HorizonCell(AttackCell):
    """A network at the middle of a trend, trained on `trained` of the images."""

    over: Over
    trained: int


def horizon_cells(settings: Settings) -> Iterator[HorizonCell]:
    """The trend over width, and from level standard on that over depth."""
    if "vanilla" in settings.architectures:
        spec = NetworkSpec("vanilla", 784, 10, WIDTHS[settings.level.name][0], 5, 2.0)
        for over in Over if settings.level.name != "quick" else (Over.WIDTH,):
            shown = spec if over is Over.WIDTH else replace(spec, width=256)
            yield HorizonCell(
                shown,
                "dense",
                pair=INF_INF,
                eps=EPS,
                images=TRAINED[settings.level.name],
                trained=TRAINED[settings.level.name],
                dataset=settings.dataset,
                over=over,
            )


def places(cell: HorizonCell, level: Level) -> list[tuple[float, NetworkSpec]]:
    """Logarithms of what t* is followed over, with the network there."""
    if cell.over is Over.WIDTH:
        return [(math.log(n), replace(cell.spec, width=n)) for n in WIDTHS[level.name]]
    return [(math.log(depth), replace(cell.spec, depth=depth)) for depth in DEPTHS]


def schedule(spec: NetworkSpec) -> Schedule:
    """Steps that resolve t*, until nearly every network's is over."""
    steps = STEPS[spec.depth] if spec.width < WIDE else WIDE_STEPS
    return Schedule(law.RESOLVED[spec.depth] / RESOLUTION, steps, ())


def lasting(x: float, spec: NetworkSpec, cell: HorizonCell) -> MedianGroup:
    """t* of L_std + L_adv at one place."""
    steps = schedule(spec)
    source = early(Objective("theory", *cell.attack, ATTACK_STEPS), steps, stack(spec.width), beside=False)

    def horizon(draws: Floats) -> Floats:
        return Course(draws, steps).lasting(LINEAR_SHARE)

    cheap = cell.over is Over.WIDTH and spec == cell.spec
    return MedianGroup(x, spec, source, horizon, times=NARROW_TIMES if cheap else 1)


def as_foretold(spec: NetworkSpec) -> Rival:
    """At one place σ_w² has fallen by the same share of its own linear fall at 0.2/r, r as it is at t = 0."""
    steps = schedule(spec)

    def share(draws: Floats) -> Floats:
        return law.share_of_linear(Course(draws, steps), standard=True)

    return Rival(share, *NEARLY)


def trend(cell: HorizonCell, level: Level) -> MedianSlope:
    """t* has the theory's exponent."""
    found = places(cell, level)
    return MedianSlope(
        [lasting(x, spec, cell) for x, spec in found],
        quantity="t*, until which σ_w² falls linearly to a fifth",
        looks_at=images,
        x_label={Over.WIDTH: "log N", Over.DEPTH: "log L"}[cell.over],
        rises=lambda theory, group: law.linear_time(theory, group.spec, cell.attack),
        allowance=lambda: NOTHING,
        spread=0.3,
        delta=EXPONENT[level.name],
        room=1.0,
        regime=EARLY,
        everywhere={FORETOLD: [as_foretold(spec) for _, spec in found]},
    )


@claim("thm5.4/early-horizon", cells=horizon_cells)
def test_early_horizon(cell: HorizonCell, decide: Decider) -> None:
    """σ_w² falls linearly until a time t* ∝ N, which falls with L as the theory's own σ_w²(t) has it."""
    decide(trend(cell, decide.settings.level))
