"""Where a verdict turns, what an error rate adds up, and what a twin is held against."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mfcheck import NotANumber, NotCovered, PaperTheory, Probe, Tail, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.facts import Fact
from mfcheck.decisions.laws import SameLaw
from mfcheck.decisions.means import judge_place, judge_ratio
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.slopes import Group, Steady
from mfcheck.statistics import slopes
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.tests.support.bounded_draws import (
    ALPHA,
    ANYWHERE,
    AROUND,
    SPEC,
    SPREAD,
    Steeper,
    bound,
    decider,
    first,
    source,
)

BOUND = bound(PaperTheory())
TAIL = Tail(1.2, 3.0)
DECIDED = Decision(Verdict.SUPPORTED, Estimate(1.0, 0.9, 1.1), Region(0.8, 1.2, 0.4), 100, 1, ALPHA)
RATIO: dict[str, Any] = {"statistic": first, "reference": bound, "probe": ANYWHERE}


def median(**more: Any) -> MedianRatio:
    given: dict[str, Any] = {"allowance": lambda: Allowance(0.0, 0.0, "none"), "spread": SPREAD, "delta": 0.05}
    return MedianRatio(AROUND, **RATIO, **given | more)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (2.0, "supported"),
        (2.2, "supported"),  # [0.818, 1]
        (2.3, "undecided"),  # [0.783, 0.957]
        (1.8, "undecided"),  # [1, 1.222]
        (2.8, "refuted"),  # [0.643, 0.786]
        (1.4, "refuted"),  # [1.286, 1.571]
        (0.0, "refuted"),
        (-1.0, "refuted"),
    ],
)
def test_both_ends_of_an_interval_count_where_another_reference_is_judged(other: float, verdict: str) -> None:
    assert judge_ratio(DECIDED, 2.0, other).value == verdict


@pytest.mark.parametrize(
    ("other", "verdict"),
    [
        (1.0, "supported"),
        (1.25, "supported"),
        (1.35, "undecided"),
        (0.65, "undecided"),
        (0.45, "refuted"),
        (1.6, "refuted"),
    ],
)
def test_another_place_is_judged_to_the_same_margin(other: float, verdict: str) -> None:
    assert judge_place(DECIDED, other).value == verdict


def test_a_network_that_just_keeps_to_the_bound_keeps_to_it() -> None:
    at_the_bound = source("at the bound", lambda z: torch.ones_like(z))
    share = Share(at_the_bound, allowance=lambda: Allowance(0.0, 0.0, "none"), **RATIO)
    finding = decider()(share)
    assert (finding.verdict, finding.estimate, finding.reference) == (Verdict.SUPPORTED, 1.0, 1.0)


def test_shares_and_laws_are_told_beside_their_references() -> None:
    certain = source("certain", lambda z: torch.ones_like(z) / BOUND)
    finding = decider()(Rate(certain, component=0, probe=ANYWHERE))
    assert (finding.statistic, finding.reference, finding.estimate) == ("share of networks", 1.0, 1.0)
    assert finding.region == pytest.approx((0.99, 1.0))
    same = decider()(SameLaw(AROUND, probe=Probe(np.ones((2, SPEC.input_dim)))))
    assert (same.statistic, same.reference) == ("largest sup-distance between inputs", 0.0)


def test_a_bound_has_the_allowance_above_it_and_a_law_the_larger_of_both() -> None:
    plan, wide = decider().trial.plan, {"allowance": lambda: Allowance(0.3, 0.1, "why")}
    assert plan(median(**wide, upper_only=True)).margin.finite_width == 0.1
    assert plan(median(**wide)).margin.finite_width == 0.3
    fact = plan(Fact("", name="checks"))
    assert (fact.first, fact.chunk, fact.draws_of) == (1, 1, ())


def test_a_steady_trend_is_of_logarithms() -> None:
    groups = [Group(x, SPEC, first, 1.0, TAIL) for x in (1, 2, 3)]
    found = decider().trial.plan(Steady(AROUND, groups, x_label="x", unit="u", probe=ANYWHERE))
    assert found.shape == slopes.Trend((0.5, -1.0, 0.5), True, (TAIL,) * 3, found.shape.scales)


@pytest.mark.parametrize(("pilots", "told"), [(None, 256), (24, 24)])
def test_of_what_does_not_grow_it_is_told_in_how_many_networks(pilots: int | None, told: int) -> None:
    still = source("never above 0", lambda z: torch.zeros_like(z))
    groups = [Group(x, SPEC, first, 1.0, TAIL) for x in (1, 2, 3)]
    with pytest.raises(NotCovered, match=f"is 0 in all of {told} networks"):
        decider().trial.plan(Steady(still, groups, x_label="x", unit="u", probe=ANYWHERE), pilots=pilots)


def test_a_theory_on_trial_and_the_papers_are_both_charged_with_their_rivals() -> None:
    rivals = {"above": Rival(first, 2 * BOUND, 3 * BOUND), "about it": Rival(first, 0.9 * BOUND, 1.1 * BOUND)}
    assert decider()(median(rivals=rivals)).alpha == pytest.approx(3 * ALPHA)
    assert decider(Steeper())(median(rivals=rivals)).alpha == pytest.approx(6 * ALPHA)
    assert decider(Steeper())(median()).alpha == pytest.approx(2 * ALPHA)


def test_twins_of_a_theory_are_held_against_that_theory_and_not_against_the_papers() -> None:
    gain = PaperTheory().omega(SPEC)
    larger = source("a tenth above omega", lambda z: 1.1 * gain / BOUND * torch.exp(0.05 * z))
    statement = replace(median(spread=0.05), source=larger, reference=lambda theory: theory.omega(SPEC))
    finding = decider(Steeper())(statement)
    assert finding.verdict is Verdict.SUPPORTED
    assert "omega: × 1.25" in finding.twins_refuted
    assert not [name for name in finding.twins_seen if not name.startswith("omega")]


def test_a_statistic_that_is_no_number_is_named_with_its_source_and_draws() -> None:
    def broken(draws: Floats) -> Floats:
        return np.where(np.arange(len(draws)) == 1, np.nan, first(draws))

    at = decider()
    draw = at.trial.sampling.draws(AROUND, ANYWHERE, broken)
    assert len(draw(1)) == 1
    with pytest.raises(NotANumber) as raised:
        draw(5)
    assert str(raised.value) == f"the statistic of {at.claim.id} is NaN in 1 of 5 draws of {AROUND.name}"


def test_a_statement_is_planned_under_the_theory_on_trial_or_any_other() -> None:
    trial = decider(Steeper()).trial
    assert trial.plan(median()).target == bound(Steeper())
    assert trial.plan(median(), PaperTheory()).target == BOUND
