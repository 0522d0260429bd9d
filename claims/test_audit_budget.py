"""Audit: how L_adv of networks of one's own grows with the budget, for all nine pairs of norms."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mfcheck import claim
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.medians import MedianWithin
from mfcheck.findings.regimes import GROWTH
from mfcheck.observables import own_scale
from mfcheck.settings import Level, Settings
from mfcheck.statistics.slopes import slope_weights
from mfcheck.theorems import foreign
from mfcheck.theorems.cells import PairCell

REACHES = (0.0003, 0.001, 0.003)
"""Longest perturbations, in units of the input's length: so few gates turn that the network is a linear map there."""
STEPS = 2
"""Steps of attacks that begin at the linear map's own maximiser."""


def budget_cells(settings: Settings) -> Iterator[PairCell]:
    """All nine pairs, of the network at which an architecture's Jacobian is looked at."""
    for architecture in foreign.foreign(settings):
        spec = foreign.spec_of(architecture, settings)
        for pair in own_scale.NINE:
            yield PairCell(spec, "dense", pair=pair, dataset=settings.dataset)


def slope_in_budget(cell: PairCell, level: Level) -> MedianWithin:
    """The slope of log L_adv against log ε of one pair is 1."""
    place = own_scale.NINE.index(cell.pair) * len(REACHES)
    weights = np.asarray(slope_weights([math.log(reach) for reach in REACHES]))

    def slopes(draws: Floats) -> Floats:
        found: Floats = np.log(draws[:, place : place + len(REACHES)]) @ weights
        return found

    return MedianWithin(
        own_scale.over_budgets(REACHES, STEPS),
        statistic=slopes,
        name="slope of log L_adv against log ε",
        low=1 - level.slope,
        high=1 + level.slope,
        origin=f"δ of level {level.name}; exact inside one region",
        regime=GROWTH,
    )


@claim("audit/linear-in-budget", cells=budget_cells)
def test_linear_in_budget(cell: PairCell, decide: Decider) -> None:
    """L_adv is proportional to ε for every pair of norms, while few activations flip."""
    decide(slope_in_budget(cell, decide.settings.level))
