"""What can decide nothing is refused where it is made, in one sentence with the value and what is allowed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mfcheck.decisions.statement import Plan
from mfcheck.findings.finding import Margin, nothing_allowed
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Estimate, Region, decide
from mfcheck.verdict import Verdict

RIGHT: dict[str, Any] = {"margin": Margin(0.0, 0.05, "none"), "first": 100, "draws_of": (), "chunk": 10}


@pytest.mark.parametrize(
    ("finite_width", "discrepancy"),
    [(0.0, math.inf), (math.inf, 0.1), (0.0, math.nan), (math.nan, 0.0), (0.0, -0.05), (math.inf, -math.inf)],
)
def test_a_margin_without_an_end_or_below_0_is_refused(finite_width: float, discrepancy: float) -> None:
    with pytest.raises(ValueError, match="the margin of a plan must be finite and not negative in all, got") as caught:
        Plan(**RIGHT | {"margin": Margin(finite_width, discrepancy, "mine")})
    assert f"got {finite_width!r} for finite width and a discrepancy of {discrepancy!r}" in str(caught.value)


@pytest.mark.parametrize("target", [math.inf, -math.inf, math.nan, np.float32("nan"), np.float64("inf")])
def test_a_target_that_is_no_number_is_refused(target: float) -> None:
    with pytest.raises(ValueError, match="the target of a plan must be a finite number, or a law, got") as caught:
        Plan(**RIGHT, target=target)
    assert str(caught.value).endswith(repr(target))


@pytest.mark.parametrize("count", [0, -3, 1500.5, 100.0, math.nan, None, True, "100"])
@pytest.mark.parametrize(("name", "says"), [("first", "first look"), ("chunk", "chunk")])
def test_a_number_of_draws_is_a_whole_one(name: str, says: str, count: Any) -> None:
    with pytest.raises(ValueError, match=f"the {says} of a plan must be a whole number of draws from 1 on, got"):
        Plan(**RIGHT | {name: count})


def test_what_is_possible_is_taken_as_it_is() -> None:
    for more in ({}, {"target": 0}, {"target": stats.norm()}, {"target": None}, {"target": np.float32(1)}):
        assert Plan(**RIGHT, **more).margin.total == 0.05
    assert Plan(**RIGHT | {"margin": nothing_allowed("why"), "first": np.int64(1)}).first == 1


@pytest.mark.parametrize(
    ("second", "fourth", "said"),
    [
        (3, 1, "a fourth moment of at least the square of the second, 9, got 1"),
        (2.0, 3.99, "a fourth moment of at least the square of the second, 4, got 3.99"),
        (1.2, math.nan, "two positive finite numbers, got 1.2 and nan"),
        (1.2, math.inf, "two positive finite numbers, got 1.2 and inf"),
        (math.inf, math.inf, "two positive finite numbers, got inf and inf"),
        (math.nan, 3.0, "two positive finite numbers, got nan and 3.0"),
        (0.0, 1.0, "two positive finite numbers, got 0.0 and 1.0"),
        (-1.0, 1.0, "two positive finite numbers, got -1.0 and 1.0"),
    ],
)
def test_a_tail_that_no_law_has_is_refused(second: float, fourth: float, said: str) -> None:
    with pytest.raises(ValueError, match="a tail must") as caught:
        Tail(second, fourth)
    assert said in str(caught.value)


def test_a_tail_may_be_that_of_a_constant_in_any_units() -> None:
    for unit in (1.0, 0.3, 1.1, 1e-3):
        assert Tail(unit**2, unit**4).second == unit**2


def test_a_second_moment_that_only_plans_need_not_fit_the_fourth() -> None:
    assert Tail(3.0, 1.0, guessed=True).cap(0.05) == Tail(1.0, 1.0).cap(0.05)


@pytest.mark.parametrize(
    "region",
    [
        Region(-math.inf, math.inf, math.inf),
        Region(0.0, 1.0, math.inf),
        Region(0.0, 1.0, math.nan),
        Region(math.nan, 1.0, 1.0),
        Region(1.0, 0.0, 1.0),
    ],
)
def test_a_region_in_which_everything_or_nothing_lies_is_refused(region: Region) -> None:
    with pytest.raises(
        ValueError, match="a region must have an end, and a finite margin where it has two, got one from"
    ):
        decide(lambda draws, alpha: Estimate(0.5, 0.4, 0.6), region, alpha=0.1, first=10, looks=1)


@pytest.mark.parametrize("region", [Region(0.0, math.inf, math.inf), Region(-math.inf, 1.0, math.inf)])
def test_a_bound_from_one_side_alone_has_no_margin(region: Region) -> None:
    found = decide(lambda draws, alpha: Estimate(0.5, 0.4, 0.6), region, alpha=0.1, first=10, looks=1)
    assert found.verdict is Verdict.SUPPORTED
