"""A known distance of finite sizes becomes the reference, measured by draws that know nothing of the decision's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import PaperTheory, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.calibration import Calibration
from mfcheck.decisions.means import MeanRatio
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.statement import Plan
from mfcheck.settings import LEVELS
from mfcheck.statistics import medians
from mfcheck.tests.support.bounded_draws import (
    ALPHA,
    ANYWHERE,
    AROUND,
    SPEC,
    SPREAD,
    bound,
    decider,
    first,
    median,
    slope,
    source,
    taken,
    times,
)

BOUND = bound(PaperTheory())
LOW = source("0.8 of the bound", lambda z: 0.8 * torch.exp(SPREAD * z))
KNOWN = Allowance(0.01, 0.01, "known", shift=-0.2, spread=SPREAD, alpha=1e-3)


def test_a_median_is_held_against_where_it_is_known_to_lie() -> None:
    found = median(decider(), LOW, KNOWN, delta=0.05)
    assert (found.verdict, found.looks, found.reference) == (Verdict.SUPPORTED, 1, pytest.approx(0.8))
    assert found.region == pytest.approx((0.8 * 0.94, 0.8 * 1.06))
    assert found.margin.total == pytest.approx(0.06)
    assert "lies between 1 − 0.248 and 1 − 0.152" in found.decides
    assert found.resolution is not None
    assert found.resolution < 0.12
    assert median(decider(), AROUND, KNOWN, delta=0.05).verdict is Verdict.REFUTED


@pytest.mark.parametrize("factor", [1.25, 1 / 1.5])
def test_a_theory_that_is_off_is_off_its_known_place_too(factor: float) -> None:
    assert median(decider(times(factor)), LOW, KNOWN, delta=0.05).verdict is Verdict.REFUTED
    assert median(decider(times(1.02)), LOW, KNOWN, delta=0.05).verdict is Verdict.SUPPORTED


def test_what_was_measured_is_charged_and_its_spread_plans_the_draws() -> None:
    found = median(decider(), LOW, KNOWN, delta=0.05, spread=99.0)
    assert found.alpha == pytest.approx(ALPHA + 1e-3)
    plan = {"spread": SPREAD, "alpha": ALPHA / 2, "beta": 1e-3}
    assert found.draws == taken(medians.draws_needed_median(0.06, distance=0.005, **plan))


def test_a_bound_that_finite_sizes_leave_room_below_is_not_broken_within_that_room() -> None:
    keeps = median(decider(), LOW, KNOWN, delta=0.05, upper_only=True)
    assert (keeps.verdict, keeps.region) == (Verdict.SUPPORTED, (0.0, pytest.approx(1.05)))
    assert median(decider(), AROUND, KNOWN, delta=0.05, upper_only=True).verdict is Verdict.SUPPORTED


def test_a_slope_is_held_against_its_known_shift() -> None:
    shifted = Allowance(0.0, 0.0, "known", shift=0.1, alpha=1e-3)
    still = slope(decider(), allowed=Allowance(0.0, 0.0, "none"))
    moved = slope(decider(), allowed=shifted)
    assert (still.verdict, moved.verdict) == (Verdict.SUPPORTED, Verdict.REFUTED)
    assert moved.reference == pytest.approx(still.reference + 0.1)
    assert "moved by 0.1" in moved.decides
    assert moved.alpha > still.alpha


def mean(off: float, theirs: float = 1.0, **more: Any) -> MeanRatio:
    return MeanRatio(
        AROUND,
        statistic=first,
        reference=lambda theory: theirs * math.exp(SPREAD**2 / 2) * BOUND / (1 + off),
        tail=lambda: Tail(1.2, 3.0),
        finite_width=lambda: off,
        probe=ANYWHERE,
        **more,
    )


def test_a_mean_is_held_against_where_its_width_puts_it() -> None:
    found = decider()(mean(-0.3))
    assert (found.verdict, found.reference) == (Verdict.SUPPORTED, pytest.approx(0.7))
    assert found.region == pytest.approx((0.7 * 0.95, 0.7 * 1.05))
    assert found.estimate == pytest.approx(0.7, rel=0.02)
    assert "is 0.7 ± 0.035" in found.decides
    assert decider()(mean(-0.3, theirs=1 / 0.7)).verdict is Verdict.REFUTED  # as it is in the limit
    assert decider()(mean(-0.3, theirs=1.25)).verdict is Verdict.REFUTED


def test_a_calibration_is_as_fine_as_it_is_to_be_and_has_draws_of_its_own() -> None:
    at = decider()
    found = at.calibrate(AROUND, first, SPEC)
    assert found.low < BOUND < found.high
    assert found.spread == pytest.approx(SPREAD, rel=0.2)
    reach = max(1 - found.low / found.value, found.high / found.value - 1)
    assert reach == pytest.approx(0.4 * LEVELS["quick"].ratio, rel=0.5)
    mine = at.on_chain(AROUND, first, SPEC)(100)
    decided_on = at.trial.sampling.draws(AROUND, ANYWHERE, first)(100)
    assert abs(np.corrcoef(mine, decided_on)[0, 1]) < 0.4
    assert (at.on_chain(AROUND, first, SPEC)(100) == mine).all()


def test_a_calibration_is_over_a_value_or_under_one() -> None:
    found = Calibration(2.0, 1.9, 2.2, 0.1, 1e-6)
    over, under = found.over(4.0, "o"), found.over(4.0, "u").inverse
    assert (over.centre, over.below, over.above) == pytest.approx((0.5, 0.05, 0.1))
    assert (under.centre, under.below, under.above) == pytest.approx((2.0, 1 - 2 / 2.2, 2 / 1.9 - 1))
    assert (over.spread, over.alpha, over.origin) == (0.1, 1e-6, "o")


def test_a_calibration_takes_no_more_than_the_level_allows() -> None:
    asked: list[int] = []

    def draw(n: int) -> Any:
        asked.append(n)
        return np.exp(3 * np.random.default_rng(n).standard_normal(n))

    Calibration.by(draw, draw, LEVELS["quick"], 1e-6)
    assert asked == [128, 4096]


# Pilots --------------------------------------------------------------------------------------------------------


def test_a_pilot_tells_the_spread_and_of_a_break_how_far_it_is() -> None:
    guessed = median(decider(), AROUND, delta=0.05, spread=2.0)
    piloted = median(decider(), AROUND, delta=0.05, spread=2.0, pilot=32)
    assert piloted.draws < guessed.draws / 10
    assert (piloted.verdict, piloted.looks) == (Verdict.SUPPORTED, 1)
    breaks = median(decider(), LOW, delta=0.05, pilot=32, breaks="below")
    assert (breaks.verdict, breaks.looks) == (Verdict.SUPPORTED, 1)
    assert breaks.draws < piloted.draws


@pytest.mark.parametrize("away", [0.02, 0.03, 0.045])
def test_a_break_nearer_to_its_edge_than_its_margin_is_seen_at_the_first_look(away: float) -> None:
    near = source(f"{away} beyond the edge", lambda z: (0.95 - away) * torch.exp(SPREAD * z))
    found = median(decider(), near, delta=0.05, pilot=128, breaks="below")
    assert (found.verdict, found.looks) == (Verdict.SUPPORTED, 1)


def test_a_pilot_is_no_longer_than_a_rough_plan_allows() -> None:
    drawn: list[int] = []

    def counted(z: Tensor) -> Tensor:
        drawn.append(len(z))
        return torch.exp(SPREAD * z)

    def plan(name: str, pilots: int | None) -> Plan:
        at = decider()
        return at.trial.plan(
            MedianRatio(
                source(name, counted),
                statistic=first,
                probe=ANYWHERE,
                reference=bound,
                allowance=lambda: Allowance(0.0, 0.0, "none"),
                delta=0.05,
                spread=9.0,
                pilot=64,
            ),
            pilots=pilots,
        )

    whole = plan("a whole pilot", None)
    assert drawn == [64]
    drawn.clear()
    rough = plan("a short pilot", 8)
    assert drawn == [8]
    assert rough.first < 4 * whole.first
