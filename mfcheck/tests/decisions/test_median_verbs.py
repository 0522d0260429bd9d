"""From draws to findings, by medians and shares: under the theory, its twins, and others; on laws made up here."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from scipy import stats
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider, asked
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.finding import Curve, Finding
from mfcheck.statistics import medians, rates
from mfcheck.statistics.sequential import spent
from mfcheck.statistics.slopes import slope_weights
from mfcheck.tests.support.bounded_draws import (
    ALPHA,
    QUICK,
    SPEC,
    SPREAD,
    Steeper,
    bound,
    decider,
    median,
    share,
    slope,
    source,
    taken,
)
from mfcheck.verdict import NotANumber, NotCovered

UNDER = source("0.9 of the bound at most", lambda z: 0.9 * torch.special.ndtr(z))
STATEMENTS: dict[str, Callable[[Decider], Finding]] = {
    "median": median,
    "median at most": lambda decide: median(decide, upper_only=True),
    "share": lambda decide: share(decide, UNDER),
    "slope": lambda decide: slope(decide, delta=0.01),
}


class Flatter(PaperTheory):
    """Bounds that are too low, by a fifth at depth 5 and the more so the deeper the network."""

    def omega(self, spec: NetworkSpec) -> float:
        return 0.9 * super().omega(spec)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_right_theory_is_supported_and_a_wrong_one_refuted(statement: str) -> None:
    right = STATEMENTS[statement](decider())
    assert right.verdict is Verdict.SUPPORTED
    wrong = STATEMENTS[statement](decider(Flatter()))
    assert wrong.verdict is Verdict.REFUTED
    assert right.draws >= 2
    assert right.looks >= 1
    # A share is judged anew for every twin that puts the bound elsewhere, each at the stated error rate; and for every
    # bound that was tried to find the least wrong factor that is refuted.
    apart = len(right.twins_seen) if statement == "share" else 0
    assert right.alpha >= ALPHA * (1 + apart)
    assert right.alpha == pytest.approx(ALPHA) or statement == "share"
    assert right.interval[0] <= right.estimate <= right.interval[1]
    assert right.region[0] <= right.interval[0] <= right.interval[1] <= right.region[1]
    assert right.breaks is wrong.breaks is False


def test_what_only_bounds_from_above_is_not_refuted_by_a_theory_that_bounds_more_loosely() -> None:
    assert median(decider(Steeper())).verdict is Verdict.REFUTED
    assert slope(decider(Steeper()), delta=0.01).verdict is Verdict.REFUTED
    assert median(decider(Steeper()), upper_only=True).verdict is Verdict.SUPPORTED
    assert share(decider(Steeper()), UNDER).verdict is Verdict.SUPPORTED


# Wrong twins ---------------------------------------------------------------------------------------------------


def test_twins_are_refuted_by_name() -> None:
    both = median(decider())
    for change in (
        "adversarial_bound: × 1.05",
        "adversarial_bound: eps squared",
        "adversarial_bound: eps left out",
        "adversarial_bound: p and q swapped",
        "adversarial_bound: math.sqrt(self.omega(spec)) ** spec.depth, exponent + 1",
        "beta: × 1.05",
        "omega: × 1.05",
    ):
        assert change in both.twins_refuted
    assert set(both.twins_refuted) <= set(both.twins_seen)
    assert not any(name.startswith(("offset", "fisher_rao", "chevet_beta")) for name in both.twins_seen)


def test_a_bound_from_above_refutes_the_twins_that_put_it_too_low_alone() -> None:
    for finding in (median(decider(), upper_only=True), share(decider(), UNDER)):
        assert "adversarial_bound: eps squared" in finding.twins_refuted  # 0.3 of the bound
        assert {"adversarial_bound: × 1.25", "adversarial_bound: eps left out"} <= set(finding.twins_seen)
        assert not {"adversarial_bound: × 1.25", "adversarial_bound: eps left out"} & set(finding.twins_refuted)


def test_a_slope_sees_what_moves_the_rise_and_not_what_scales_all_groups() -> None:
    finding = slope(decider(), delta=0.01)
    assert {"omega: × 1.05", "adversarial_bound: math.sqrt(self.omega(spec)) without the root"} <= set(
        finding.twins_refuted
    )
    assert not {"adversarial_bound: × 1.25", "adversarial_bound: eps squared", "beta: × 1.25"} & set(finding.twins_seen)


# What is to break, and what is to hold instead -----------------------------------------------------------------


def test_a_law_that_is_to_break_is_supported_when_it_does() -> None:
    for side in ("above", "below"):
        assert median(decider(), breaks=side).verdict is Verdict.REFUTED
    broken = median(decider(Steeper()), breaks="below")
    assert broken.verdict is Verdict.SUPPORTED
    assert median(decider(Steeper()), breaks="above").verdict is Verdict.REFUTED
    assert broken.breaks
    assert broken.twins_seen == ()


def test_other_values_that_the_same_draws_support_are_named() -> None:
    instead = {"the paper's": lambda theory: bound(PaperTheory()), "half": lambda theory: bound(theory) / 2}
    assert median(decider(Steeper()), instead=instead).holds_instead == ("the paper's",)
    assert median(decider(Flatter()), upper_only=True, instead=instead).holds_instead == ("the paper's",)
    assert share(decider(Flatter()), UNDER, instead=instead).holds_instead == ("the paper's",)
    # All the draws of the verdict judge: nothing is supported by a bound that holds for nobody.
    assert share(decider(), UNDER, instead={"none": lambda theory: -1.0}).holds_instead == ()


@pytest.mark.parametrize("other", [0.0, -1.0, math.nan])
def test_a_value_that_no_positive_statistic_has_is_not_held_instead(other: float) -> None:
    assert median(decider(), instead={"none": lambda theory: other}).holds_instead == ()
    assert share(decider(), UNDER, instead={"none": lambda theory: other}).holds_instead == ()


# Out of budget, not covered, not a number ----------------------------------------------------------------------


def at_rate(rate: float) -> Source:
    """At most the bound in this share of networks."""
    edge = float(stats.norm.ppf(rate))
    return source(f"below the bound at rate {rate}", lambda z: torch.exp(z - edge))


def test_what_lies_at_the_edge_is_undecided_when_the_budget_is_out() -> None:
    above = source("at the upper edge", lambda z: 1.02 * torch.exp(SPREAD * z))
    for finding in (
        median(decider(looks=2), above),
        median(decider(looks=2), above, upper_only=True),
        share(decider(looks=2), at_rate(QUICK.rate)),
        slope(decider(), delta=1e-3, spread=1e-3),
    ):
        assert finding.verdict is Verdict.UNDECIDED, finding
    assert finding.looks == QUICK.looks


@pytest.mark.parametrize(("rate", "verdict"), [(0.999, "supported"), (0.95, "refuted"), (0.5, "refuted")])
def test_a_share_is_held_against_the_levels_rate(rate: float, verdict: str) -> None:
    finding = share(decider(), at_rate(rate))
    assert finding.verdict.value == verdict
    assert finding.estimate == pytest.approx(rate, abs=0.03)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_bound_that_no_theory_gives_is_not_applicable_with_the_reason(statement: str) -> None:
    class Silent(PaperTheory):
        def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            raise NotCovered("nobody knows")

    finding = STATEMENTS[statement](decider(Silent()))
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.reason == "nobody knows"
    assert math.isnan(finding.estimate)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_measurement_that_is_no_number_raises_whatever_the_verb(bad: float) -> None:
    broken = source(f"{bad} now and then", lambda z: torch.where(z > 3, bad, torch.exp(SPREAD * z)))
    for ask in (median, share, slope):
        with pytest.raises(NotANumber, match=rf"{broken.name}.*chunk 0"):
            ask(decider(), broken)


# What is recorded ----------------------------------------------------------------------------------------------


ALLOWED = Allowance(0.03, 0.1, "a reason")


def test_the_margin_of_a_median_is_the_allowance_and_delta_on_either_side() -> None:
    finding = median(decider(), allowed=ALLOWED)
    assert finding.region == pytest.approx((1 - 0.03 - 0.02, 1 + 0.1 + 0.02))
    assert (finding.margin.finite_width, finding.margin.discrepancy) == (0.1, 0.02)
    assert finding.margin.origin == "a reason; δ of level quick"
    assert finding.reference == 1
    assert finding.statistic == "median ratio to the theory"
    assert finding.curve is None
    needed = medians.draws_needed_median(0.02, spread=SPREAD, alpha=spent(ALPHA, 1), beta=QUICK.beta)
    assert finding.draws == taken(needed) * 2 ** (finding.looks - 1)
    one_sided = median(decider(), allowed=ALLOWED, upper_only=True)
    assert one_sided.region == pytest.approx((0.0, 1 + 0.1 + 0.02))
    assert one_sided.margin.finite_width == 0.1


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.965, "supported"), (0.93, "refuted"), (1.08, "supported"), (1.15, "refuted")]
)
def test_an_allowance_moves_each_edge_by_its_own(ratio: float, verdict: str) -> None:
    drawn = source(f"{ratio} of the bound", lambda z: ratio * torch.exp(SPREAD * z))
    assert median(decider(), drawn, ALLOWED).verdict.value == verdict


def test_a_share_counts_up_to_the_allowance_above_the_bound() -> None:
    over = source("1.05 of the bound at most", lambda z: 1.05 * torch.special.ndtr(z / 9))
    assert share(decider(), over).verdict is Verdict.SUPPORTED
    high = source("1.05 of the bound", lambda z: 1.05 * torch.ones_like(z))
    finding = share(decider(), high, ALLOWED)
    assert finding.verdict is Verdict.SUPPORTED
    assert finding.estimate == 1
    assert share(decider(), high, Allowance(0, 0.04, "")).verdict is Verdict.REFUTED
    assert finding.region == (QUICK.rate, 1.0)
    assert finding.margin.finite_width == 0
    assert finding.margin.discrepancy == pytest.approx(1 - QUICK.rate)
    assert finding.margin.origin == "least rate of level quick; slack 0.1: a reason"
    assert finding.draws == rates.draws_needed_rate(QUICK.rate, alpha=spent(ALPHA, 1))


def test_a_slope_has_its_levels_delta_unless_it_is_given_one() -> None:
    target = math.log(PaperTheory().omega(SPEC)) / 2
    finding = slope(decider(), allowed=Allowance(0.01, 0.02, "a reason"))
    assert finding.reference == pytest.approx(target)
    assert finding.margin.total == pytest.approx(0.02 + QUICK.slope)
    assert finding.margin.origin == "a reason; δ of level quick"
    assert finding.region == pytest.approx((target - finding.margin.total, target + finding.margin.total))
    assert slope(decider(), delta=0.03).margin.discrepancy == 0.03
    curve = finding.curve
    assert curve is not None
    assert (curve.kind, curve.x_label, curve.x, curve.exact) == ("trend", "depth", (2, 5, 8), (2.0, 5.0, 8.0))
    assert curve.predicted == tuple(bound(PaperTheory(), replace(SPEC, depth=depth)) for depth in (2, 5, 8))
    assert curve.measured == pytest.approx(curve.predicted, rel=0.05)
    assert curve.draws == finding.draws


def test_a_medians_curve_is_made_from_all_its_draws() -> None:
    seen: list[Floats] = []

    def curve(values: Floats) -> Curve:
        seen.append(values)
        return Curve("trend", "x", (1.0,), (float(values.mean()),), (1.0,), (1.0,), len(values))

    finding = median(decider(), curve=curve)
    assert finding.curve is not None
    assert finding.curve.draws == finding.draws
    assert [values.shape for values in seen] == [(finding.draws, 2)]  # the source's values, not the statistic


def test_a_plan_says_the_draws_of_a_first_look_and_where_they_come_from_and_draws_nothing() -> None:
    def refuse(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        raise AssertionError("drawn")

    drawn = Source("nothing", {"wishart": refuse}, {"wishart": False})
    at = decider()

    def asking(cell: Cell, decide: Decider) -> None:
        for ask in (median, share, slope):
            ask(decide, drawn)

    asks, trial = asked(asking, at.claim, at.cell, at.settings, at.theory, at.store)
    plans = [trial.plan(ask) for ask in asks]
    assert [len(plan.draws_of) for plan in plans] == [1, 1, 3]
    assert [plan.margin.total for plan in plans] == pytest.approx([0.02, 0.01, 0.05])
    assert [plan.first for plan in plans] == [
        taken(medians.draws_needed_median(0.02, spread=SPREAD, alpha=spent(ALPHA, 1), beta=QUICK.beta)),
        rates.draws_needed_rate(QUICK.rate, alpha=spent(ALPHA, 1)),
        medians.draws_needed_median_slope(
            0.05, slope_weights([2, 5, 8]), spread=SPREAD, alpha=spent(ALPHA, 1), beta=QUICK.beta
        ),
    ]
