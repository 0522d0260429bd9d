"""Medians without a formula lie within their bounds or not, and have rivals and curves too."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mfcheck import Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import Rival
from mfcheck.statistics import medians
from mfcheck.statistics.sequential import spent
from mfcheck.tests.support.bounded_draws import few, taken
from mfcheck.tests.support.rate_draws import ALPHA, REFUTED, SUPPORTED, UNDECIDED, around, decider, in_units, within

HALF = {"half": Rival(in_units, 0.45, 0.55), "near half": Rival(in_units, 0.42, 0.6), "all": Rival(in_units, 0.95, 1.1)}


@pytest.mark.parametrize(
    ("centre", "low", "high", "verdict"),
    [
        (1.0, 0.5, 2.0, SUPPORTED),
        (1.0, 0.5, math.inf, SUPPORTED),
        (1.0, 2.0, 3.0, REFUTED),
        (1.0, 2.0, math.inf, REFUTED),
        (1.0, 0.1, 0.5, REFUTED),
        (1.0, 1.0, 2.0, UNDECIDED),
        (1.0, 1.0, math.inf, UNDECIDED),
    ],
)
def test_a_median_lies_within_its_bounds_or_not(centre: float, low: float, high: float, verdict: Verdict) -> None:
    finding = within(decider(looks=2), around(centre), low, high)
    assert finding.verdict is verdict
    assert finding.region == (low, high)
    assert finding.statistic == "what is left"
    assert finding.margin.origin == "no law: a share that was declared"
    assert finding.estimate == pytest.approx(centre, rel=0.3)
    assert finding.interval[0] <= finding.estimate <= finding.interval[1]
    ends = [finding.interval[1] - low, *([high - finding.interval[0]] if math.isfinite(high) else [])]
    assert (finding.twins_seen, finding.breaks) == ((), False)
    assert (finding.resolution, finding.absolute) == (None if verdict is REFUTED else pytest.approx(max(ends)), True)
    if verdict is UNDECIDED:
        assert finding.looks == 2


def test_a_median_without_a_formula_begins_with_the_fewest_draws_that_say_anything() -> None:
    finding = within(decider(), around(1.0))
    assert finding.draws == taken(medians.least_draws(spent(ALPHA, 1))) * 2 ** (finding.looks - 1)
    assert math.isfinite(finding.interval[0])
    assert finding.alpha == ALPHA


def test_a_median_without_a_formula_has_rivals_and_a_curve_too() -> None:
    seen: list[int] = []

    def curve(draws: Floats) -> Any:
        seen.append(len(draws))

    finding = within(decider(), few(around(0.5)), rivals=HALF, curve=curve)
    assert finding.verdict is REFUTED
    assert finding.holds_instead == ()  # so few draws do not tell a rival from its twins
    assert finding.alpha == pytest.approx(4 * ALPHA)
    assert seen == [finding.draws]
