"""Theorem 5.9: the wider the network, the less of its capacity it loses."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from mfcheck import NetworkSpec, claim
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope, RivalSlope
from mfcheck.decisions.probes import images
from mfcheck.decisions.trial import Ask
from mfcheck.findings import regimes
from mfcheck.settings import Level, Settings
from mfcheck.theorems.authors_attack import INF_INF
from mfcheck.theorems.capacity import mean_decay
from mfcheck.theorems.early_capacity import (
    SCALES,
    DecayCell,
    Regime,
    at_start,
    early_slope,
    projected_cell,
    trained_cell,
)
from mfcheck.theorems.pull import BY_PROJECTION, CHAIN_EPS, one_output_pull, one_output_spread

CHAIN_WIDTHS, DENSE_WIDTHS = (300, 3000, 30_000), (48, 192)
WIDTHS = {"quick": (128, 512), "standard": (256, 1000), "paper": (500, 2000)}
FREE = {"free of the width": RivalSlope(-0.5, 0.5, 1.0)}


def width_cells(settings: Settings) -> Iterator[DecayCell]:
    """The projected flow over widths on the chain and on stored networks, and training at its start."""
    if "vanilla" in settings.architectures:
        yield projected_cell(NetworkSpec("vanilla", 784, 1, CHAIN_WIDTHS[0], 4, 2.0), "wishart", INF_INF, CHAIN_EPS)
        yield trained_cell(settings, "vanilla", WIDTHS[settings.level.name][0], 5, Regime.START)
    if "residual" in settings.architectures:
        yield projected_cell(NetworkSpec("residual", 49, 1, DENSE_WIDTHS[0], 2, 0.6), "dense", INF_INF)
        if settings.level.name != "quick":
            yield trained_cell(settings, "residual", WIDTHS[settings.level.name][0], 5, Regime.START)


def early_over_widths(cell: DecayCell, level: Level) -> MedianSlope:
    """Under the pull on W alone the relative decay falls with the width as the theory's does."""
    attack, widths = cell.attack, CHAIN_WIDTHS if cell.chain else DENSE_WIDTHS
    specs = [replace(cell.spec, width=width) for width in widths]

    def apart() -> Allowance:
        far = max(one_output_pull(one, cell.pair).above for one in specs) / math.log(widths[-1] / widths[0])
        return Allowance(far, far, "K = 1: exact mean at each width, median within the variance to leading order")

    return MedianSlope(
        [MedianGroup(math.log(one.width), one, cell.source, early_slope) for one in specs],
        quantity="−d log‖w‖_FR/dt at the start",
        looks_at=images,
        x_label="log N",
        rises=lambda theory, group: mean_decay(theory, group.spec, attack, SCALES[-1]),
        allowance=apart,
        spread=max(one_output_spread(one, cell.pair) for one in specs) / (1 if cell.chain else 3),
        delta=level.exact if cell.chain else 2 * level.slope,
        regime=regimes.PULL,
        by_calculus=BY_PROJECTION if cell.chain else (),
    )


def over_widths(cell: DecayCell, level: Level) -> MedianSlope:
    """The relative decay at the start of training is in proportion to 1/N."""
    widths = WIDTHS[level.name]
    return at_start(cell, level, [(width, replace(cell.spec, width=width)) for width in widths], "log N", FREE)


OVER_WIDTHS: dict[Regime, Callable[[DecayCell, Level], Ask]] = {
    Regime.PROJECTED: early_over_widths,
    Regime.START: over_widths,
}


@claim("thm5.9/width-preserves", cells=width_cells)
def test_width_preserves(cell: DecayCell, decide: Decider) -> None:
    """Doubling the width halves the relative decay of capacity."""
    decide(OVER_WIDTHS[cell.regime](cell, decide.settings.level))
