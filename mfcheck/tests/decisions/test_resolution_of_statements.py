"""Every statement's resolution is an error that its own draws refute, and of a break a departure that shows as one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from scipy import stats

from mfcheck import PaperTheory, Tail, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.laws import Law
from mfcheck.decisions.majority import Majority
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.slopes import Group, Slope, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.findings.finding import Finding
from mfcheck.tests.support.bounded_draws import ANYWHERE, AROUND, NONE, SPEC, SPREAD, bound, decider, first, source

TAIL = Tail(1.2, 3.0)
BOUND = bound(PaperTheory())
Maker = Callable[[float], Statement[Any]]

ABOUT_0 = source("about 0", lambda z: z / BOUND)
GAUSSIAN = source("gaussian", lambda z: z / BOUND)


@pytest.fixture(autouse=True)
def no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mfcheck.decisions.judgement.twins", lambda theory: ())


def decided(statement: Statement[Any]) -> Finding:
    return decider(looks=1)(replace(statement, probe=ANYWHERE) if hasattr(statement, "probe") else statement)


def groups(tilt: float) -> list[Group]:
    return [Group(x, SPEC, lambda draws, x=x: first(draws) * math.exp(tilt * x), BOUND, TAIL) for x in (1, 2, 3)]  # type: ignore[misc]


WRONG: dict[str, Maker] = {
    "law": lambda r: Law(
        GAUSSIAN, component=0, reference=lambda theory: stats.norm(scale=math.sqrt(1 + r)), finite_width=lambda: 0.01
    ),
    "mean": lambda r: MeanRatio(
        AROUND, statistic=first, reference=lambda theory: (1 + r) * math.exp(SPREAD**2 / 2) * BOUND, tail=lambda: TAIL
    ),
    "mean to a limit": lambda r: MeanRatio(
        AROUND,
        statistic=first,
        reference=lambda theory: (1 + r) * BOUND,
        tail=lambda: TAIL,
        finite_width=lambda: math.exp(SPREAD**2 / 2) - 1,
    ),
    "median": lambda r: MedianRatio(
        AROUND,
        statistic=first,
        reference=lambda theory: (1 + r) * BOUND,
        allowance=lambda: NONE,
        spread=SPREAD,
        delta=0.05,
    ),
    "bound": lambda r: MedianRatio(
        AROUND,
        statistic=first,
        reference=lambda theory: 1.1 / (1 + r) * BOUND,
        allowance=lambda: NONE,
        spread=SPREAD,
        delta=0.05,
        upper_only=True,
    ),
    "share": lambda r: Share(
        AROUND, statistic=first, reference=lambda theory: 3 / (1 + r) * BOUND, allowance=lambda: NONE
    ),
    "threshold": lambda r: MedianBeyond(
        AROUND,
        statistic=first,
        reference=lambda theory: 1.1 / (1 + r) * BOUND,
        threshold=BOUND / 2,
        beside="half of it",
        origin="one",
    ),
    "slope": lambda r: Slope(AROUND, groups(0.2), x_label="x", curve=tilted(0.2 + r), exact=True),
}


def tilted(slope: float) -> Callable[..., float]:
    calls = iter([1.0, 2.0, 3.0] * 1000)
    return lambda theory, spec: math.exp(slope * next(calls))


@pytest.mark.parametrize("kind", WRONG)
def test_a_theory_as_wrong_as_the_resolution_is_refuted_by_the_same_draws(kind: str) -> None:
    right = decided(WRONG[kind](0.0))
    assert right.verdict is Verdict.SUPPORTED
    assert right.resolution is not None
    assert right.absolute == (kind == "slope")
    draws = right.draws
    wrong = decided(WRONG[kind](1.02 * right.resolution))
    assert (wrong.verdict, wrong.draws) == (Verdict.REFUTED, draws)
    assert decided(WRONG[kind](0.5 * right.resolution)).verdict is not Verdict.REFUTED


MOVED: dict[str, Callable[[float], Statement[Any]]] = {
    "negligible": lambda away: Negligible(
        ABOUT_0, statistic=lambda draws: first(draws) + away, scale=lambda theory: 1.0, tail=lambda: Tail(1.1, 4.0)
    ),
    "within": lambda away: MedianWithin(
        ABOUT_0,
        statistic=lambda draws: first(draws) + away,
        name="a median",
        low=-0.5,
        high=0.5,
        origin="one",
        first=20,
    ),
}


@pytest.mark.parametrize("kind", MOVED)
def test_what_has_no_formula_is_resolved_in_its_own_units(kind: str) -> None:
    right = decided(MOVED[kind](0.0))
    assert (right.verdict, right.absolute) == (Verdict.SUPPORTED, True)
    assert right.resolution is not None

    def refuted(share: float) -> list[bool]:
        away = share * right.resolution  # type: ignore[operator]
        return [decided(MOVED[kind](one)).verdict is Verdict.REFUTED for one in (away, -away)]

    assert all(refuted(1.02))
    assert not all(refuted(0.98))
    assert not any(refuted(0.5))


BREAKS: dict[str, Callable[[float], Statement[Any]]] = {
    "mean above": lambda theta: MeanRatio(
        AROUND, statistic=times(theta), reference=lambda theory: BOUND, tail=lambda: TAIL, breaks="above"
    ),
    "median above": lambda theta: broken_median(theta, "above"),
    "median below": lambda theta: broken_median(theta, "below"),
}


def times(theta: float) -> Callable[[Floats], Floats]:
    return lambda draws: theta * first(draws)


def broken_median(theta: float, side: Any) -> MedianRatio:
    return MedianRatio(
        AROUND,
        statistic=times(theta),
        reference=lambda theory: BOUND,
        allowance=lambda: NONE,
        spread=SPREAD,
        delta=0.05,
        breaks=side,
    )


@pytest.mark.parametrize("kind", BREAKS)
def test_the_smallest_departure_that_a_break_resolves_shows_as_one(kind: str) -> None:
    side = -1 if "below" in kind else 1
    far = decided(BREAKS[kind](1 + 0.6 * side))
    assert (far.verdict, far.breaks, far.absolute) == (Verdict.SUPPORTED, True, False)
    assert far.resolution is not None
    assert 0.02 < far.resolution < 0.3
    off = far.estimate / (1 + 0.6 * side)  # what is measured of a law that holds
    # A mean is truncated at a place of its own, so that its interval scales with it only nearly.
    near = 0.3 if "mean" in kind else 0.02
    shown = [decided(BREAKS[kind]((1 + side * share * far.resolution) / off)).verdict for share in (1 + near, 1 - near)]
    assert shown[0] is Verdict.SUPPORTED
    assert shown[1] is not Verdict.SUPPORTED


def test_a_law_that_breaks_is_resolved_in_sup_distance() -> None:
    law = Law(
        GAUSSIAN, component=0, reference=lambda theory: stats.norm(scale=2), finite_width=lambda: 0.01, breaks=True
    )
    found = decided(law)
    band = found.estimate - found.interval[0]
    assert (found.verdict, found.absolute) == (Verdict.SUPPORTED, True)
    assert found.resolution == pytest.approx(0.03 + band)


def test_shares_of_networks_are_resolved_by_the_failures_that_refute_them() -> None:
    always = source("always", lambda z: torch.ones_like(z) / BOUND)
    most = decided(Majority(always, property=first))
    assert (most.verdict, most.absolute) == (Verdict.SUPPORTED, False)
    assert most.resolution is not None
    assert 0.5 < most.resolution <= 1
    rate = decided(Rate(always, component=0))
    never = decided(replace(Rate(always, component=0), source=source("never", torch.zeros_like), breaks=True))
    assert rate.resolution == never.resolution
    assert (rate.verdict, never.verdict) == (Verdict.SUPPORTED, Verdict.SUPPORTED)


def test_what_is_steady_is_resolved_to_its_margin_and_interval() -> None:
    steady = decided(Steady(AROUND, groups(0.1), x_label="x", unit="u"))
    assert steady.absolute
    assert steady.resolution == pytest.approx(0.05 + max(abs(end) for end in steady.interval))
