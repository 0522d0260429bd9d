"""Rivals of a theory: other laws that the same draws may support in its place, at their own error rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import NetworkSpec, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.statistics import medians
from mfcheck.statistics.sequential import spent
from mfcheck.tests.support.bounded_draws import taken
from mfcheck.tests.support.rate_draws import (
    ALPHA,
    ANYWHERE,
    EPS,
    QUICK,
    REFUTED,
    SPEC,
    SUPPORTED,
    UNDECIDED,
    Faster,
    around,
    decider,
    first,
    in_units,
    median,
    rate,
    within,
)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.9, 1.1, SUPPORTED),
        (1.1, 1.3, REFUTED),
        (0.7, 0.9, REFUTED),
        (1.0, 1.2, UNDECIDED),
    ],
)
def test_a_rival_is_judged_by_where_its_own_statistics_median_lies(low: float, high: float, verdict: Verdict) -> None:
    draws = np.random.default_rng(1).normal([5.0, 1.0], 0.1, (400, 2))
    assert Rival(lambda values: values[:, 1], low, high).judge(draws, 1e-3) is verdict


@given(st.floats(0.5, 1.5), st.floats(0.01, 0.5), st.integers(1, 60))
def test_a_rival_is_supported_only_by_an_interval_within_and_refuted_only_by_one_without(
    low: float, width: float, count: int
) -> None:
    draws, high = np.random.default_rng(count).normal(1, 0.2, (count, 1)), low * (1 + width)
    interval = medians.estimate_median(draws[:, 0], 0.01)
    verdict = Rival(first, low, high).judge(draws, 0.01)
    told = interval.high < 1.25 * low and interval.low > high / 1.25
    assert (verdict is SUPPORTED) == (low <= interval.low and interval.high <= high and told)
    assert (verdict is REFUTED) == (interval.high < low or interval.low > high)


@pytest.mark.parametrize(
    ("low", "high"),
    [(1.0, math.inf), (0.0, 1.0), (-math.inf, 1.1), (-1.0, 1.0), (1.0, 1.0), (1.0, 1.5625), (0.1, 10.0)],
)
def test_a_rival_that_cannot_fail_on_both_sides_is_refused(low: float, high: float) -> None:
    """One region that is bounded on one side alone, or that holds whatever is 1.25 times as large as itself."""
    with pytest.raises(ValueError, match="a rival must be able to fail on both sides"):
        Rival(first, low, high)


@pytest.mark.parametrize(("spread", "verdict"), [(0.001, SUPPORTED), (0.1, UNDECIDED)])
def test_a_rival_holds_only_where_the_draws_refute_its_twins(spread: float, verdict: Verdict) -> None:
    """[0.85, 1.15] lies within 1.25 times itself up to 1.0625: an interval that reaches so far tells them not apart."""
    rival = Rival(first, 0.85, 1.15)
    for centre in (1.0, 0.95, 1.05):
        draws = np.random.default_rng(1).normal(centre, spread, (40, 1))
        assert rival.judge(draws, 1e-6) is verdict
    for centre in (0.9, 1.1):  # within, and within a twin
        assert rival.judge(np.full((40, 1), centre), 1e-6) is UNDECIDED
    assert rival.judge(np.full((40, 1), 1.2), 1e-6) is REFUTED


@given(st.floats(0.4, 2.5), st.floats(1.01, 1.5))
def test_the_twins_of_a_rival_are_a_quarter_more_and_as_much_less(place: float, wide: float) -> None:
    judged = {factor: Rival(first, factor, factor * wide) for factor in (0.8, 1.0, 1.25)}
    draws = np.full((40, 1), place)
    held = {factor: one.low <= place <= one.high for factor, one in judged.items()}
    alone = held[1.0] and not held[0.8] and not held[1.25]
    assert (judged[1.0].judge(draws, 1e-6) is SUPPORTED) == alone


def test_too_few_draws_say_nothing_of_a_rival() -> None:
    draws = np.ones((5, 1))
    assert Rival(first, 0.9, 1.1).judge(draws, 1e-6) is UNDECIDED
    assert Rival(first, 0.9, 1.1).judge(np.ones((30, 1)), 1e-6) is SUPPORTED


HALF = {
    "half": Rival(in_units, 0.45, 0.55),
    "near half": Rival(in_units, 0.44, 0.56),
    "all": Rival(in_units, 0.95, 1.1),
}


def test_rivals_that_the_draws_support_hold_instead_and_each_costs_its_own_error_rate() -> None:
    finding = median(decider(), around(0.5), HALF)
    assert finding.verdict is REFUTED
    assert finding.holds_instead == ("half", "near half")
    assert finding.alpha == pytest.approx(ALPHA * 4)
    assert median(decider(), around(0.5)).alpha == ALPHA
    # They are no part of the theory's own verdict.
    stands = median(decider(), around(1.0), HALF)
    assert stands.verdict is SUPPORTED
    assert stands.holds_instead == ("all",)


def test_a_rival_is_judged_on_all_draws_at_the_error_rate_of_the_last_look() -> None:
    seen: list[tuple[int, float]] = []

    class Watched(Rival):
        def judge(self, draws: Floats, alpha: float) -> Verdict:
            seen.append((len(draws), alpha))
            return super().judge(draws, alpha)

    watched = {"watched": Watched(in_units, 0.9, 1.1)}
    for finding in (median(decider(), around(1.048), watched), within(decider(), around(1.0), 0.97, rivals=watched)):
        assert finding.looks > 1
        assert seen.pop(0) == (finding.draws, spent(ALPHA, finding.looks))
    assert not seen


def test_rivals_and_other_values_are_named_together() -> None:
    decide = decider()
    finding = decide.median_ratio(
        around(0.5),
        statistic=first,
        probe=ANYWHERE,
        reference=rate,
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.2,
        delta=0.05,
        rivals=HALF,
        instead={"half the rate": lambda theory: rate(theory) / 2, "twice it": lambda theory: 2 * rate(theory)},
    )
    assert finding.holds_instead == ("half the rate", "half", "near half")


# Twins ---------------------------------------------------------------------------------------------------------


def test_draws_that_refute_the_theory_kill_none_of_its_twins() -> None:
    """Or a theory that is wrong by far would have all of its twins killed for nothing."""
    stands, falls = median(decider(), around(1.0)), median(decider(), around(0.5))
    assert "variance_rate: × 1.25" in stands.twins_refuted
    assert (falls.verdict, falls.twins_seen, falls.twins_refuted) == (REFUTED, (), ())
    other = median(decider(Faster()), around(1.0))
    assert (other.verdict, other.twins_seen, other.twins_refuted) == (REFUTED, (), ())
    # What is not decided still sees them.
    edge = median(decider(looks=1), around(1.05))
    assert edge.verdict is UNDECIDED
    assert "variance_rate: × 1.25" in edge.twins_refuted


# A slope of medians --------------------------------------------------------------------------------------------


def slope(decide: Decider, power: float, rivals: Mapping[str, tuple[float, float]]) -> Finding:
    """Of medians width^power beside a theory's −1."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return spec.width**power * torch.exp(0.1 * stream.normal(n, 1))

    source = Source(f"width to the {power}", {"wishart": draw}, {"wishart": False}, most=1024)
    groups = [
        MedianGroup(math.log(width), replace(SPEC, width=width), source, lambda values: values[:, 0])
        for width in (20, 80, 320)
    ]
    return decide.median_slope(
        groups,
        probe=lambda spec: ANYWHERE,
        x_label="log N",
        rises=lambda theory, group: -theory.variance_rate(group.spec, EPS, 2, 2),
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.1,
        rivals=rivals,
    )


LESS = {"slower than 1/N": (-0.9, -0.1, 0.8), "like 1/√N": (-0.55, -0.45), "like 1/N": (-1.05, -0.95)}


@pytest.mark.parametrize(
    ("power", "verdict", "holds"),
    [
        (-1.0, SUPPORTED, ("like 1/N",)),
        (-0.5, REFUTED, ("slower than 1/N", "like 1/√N")),
        (0.0, REFUTED, ()),
        (-2.0, REFUTED, ()),
    ],
)
def test_a_slope_may_lie_in_other_regions_at_no_cost(power: float, verdict: Verdict, holds: tuple[str, ...]) -> None:
    finding = slope(decider(), power, LESS)
    assert finding.verdict is verdict
    assert finding.holds_instead == holds
    assert finding.estimate == pytest.approx(power, abs=0.05)
    assert finding.alpha == ALPHA  # the same interval judges them all


@pytest.mark.parametrize(
    ("region", "holds"),
    [
        ((-0.6, -0.4), True),
        ((-0.55, -0.3), True),
        ((-0.52, -0.12), False),  # a quarter less holds it too
        ((-0.9, -0.42), False),  # a quarter more does
        ((-0.9, -0.42, 0.5), True),  # with twins farther off it can be told from them
        ((-0.49, -0.4), False),
    ],
)
def test_a_slopes_rival_holds_only_where_its_twins_are_refuted(region: tuple[float, ...], holds: bool) -> None:
    finding = slope(decider(), -0.5, {"like 1/√N": region})
    assert finding.interval[1] - finding.interval[0] < 0.1
    assert (finding.holds_instead == ("like 1/√N",)) is holds


@pytest.mark.parametrize("region", [(-0.9, math.inf), (-math.inf, 0.0), (0.0, 0.5), (0.0, 0.0), (0.0, 1.0, 0.5)])
def test_a_region_of_slopes_that_cannot_fail_on_both_sides_is_refused(region: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rival 'flat' must be able to fail on both sides"):
        slope(decider(), -0.5, {"flat": region})


def test_a_region_that_the_interval_only_touches_does_not_hold() -> None:
    assert slope(decider(), -0.5, {"above its median": (-0.5, -0.1), "below it": (-0.9, -0.5)}).holds_instead == ()


# Open questions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "gates"), [("open/validity-horizon", False), ("thm5.4/open", True), ("break/large-step", True)]
)
def test_open_questions_alone_do_not_gate(id: str, gates: bool) -> None:
    assert Claim(id, "A statement.", lambda settings: []).gates is gates


def test_an_open_question_gets_a_single_look() -> None:
    asked, explored = (within(decider(claim=claim), around(1.0), 1.0) for claim in ("thm5.4/a", "open/a"))
    assert asked.looks == QUICK.looks
    assert explored.looks == 1
    assert explored.draws == taken(medians.least_draws(spent(ALPHA, 1)))
