"""What every kind of statement plans, decides and says, value by value, on draws whose law is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from mfcheck import PaperTheory, Tail, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.facts import Fact
from mfcheck.decisions.laws import CURVE_DRAWS, CURVE_POINTS, Law, SameLaw
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.slopes import SKETCHED, Group, Slope, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.findings.finding import Margin
from mfcheck.statistics import laws, means, medians, rates, signed_means, slopes
from mfcheck.statistics.sequential import spent
from mfcheck.tests.support.bounded_draws import ALPHA, ANYWHERE, QUICK, SPEC, bound, decider, first, source, taken

FIRST = spent(ALPHA, 1)
ATTACKED = source("a tenth about the bound", lambda z: torch.exp(0.1 * z))
BOUND = bound(PaperTheory())
GAUSSIAN = source("gaussian in units of the bound", lambda z: z)
TAIL = Tail(1.2, 3.0)
LOOK: dict[str, Any] = {"probe": ANYWHERE}
MEANS = {2: BOUND, 5: 0.9 * BOUND, 8: 0.81 * BOUND}
"""Of groups of a trend, by depth: they fall by a tenth in three layers."""


def gaussian(theory: PaperTheory) -> Any:
    return stats.norm(scale=bound(theory))


def law(**more: Any) -> Law:
    return Law(GAUSSIAN, component=0, reference=gaussian, finite_width=lambda: 0.03, **LOOK, **more)


def mean(**more: Any) -> MeanRatio:
    return MeanRatio(ATTACKED, statistic=first, reference=bound, tail=lambda: TAIL, **LOOK, **more)


def negligible(**more: Any) -> Negligible:
    return Negligible(GAUSSIAN, statistic=first, scale=bound, tail=lambda: TAIL, **LOOK, **more)


def median(**more: Any) -> MedianRatio:
    given: dict[str, Any] = {"spread": 0.1, "delta": 0.02, "allowance": lambda: Allowance(0.03, 0.1, "why")}
    return MedianRatio(ATTACKED, statistic=first, reference=bound, **LOOK, **given | more)


def within(**more: Any) -> MedianWithin:
    bounds = {"low": 0.5 * BOUND, "high": 3.5 * BOUND}
    return MedianWithin(ATTACKED, statistic=first, name="middle", origin="declared", **LOOK, **bounds, **more)


def share(**more: Any) -> Share:
    return Share(ATTACKED, statistic=first, reference=bound, allowance=lambda: Allowance(0, 1.5, "why"), **LOOK, **more)


def at(depth: int) -> Any:
    return replace(SPEC, depth=depth)


def slope(kind: type = Slope, **more: Any) -> Any:
    groups = [Group(x, at(x), lambda draws: np.abs(first(draws)), mean, TAIL) for x, mean in MEANS.items()]
    own = {"unit": "u"} if kind is Steady else {"curve": lambda theory, spec: bound(theory, spec)}
    return kind(ATTACKED, groups, x_label="depth", **own, **LOOK, **more)


def median_slope(**more: Any) -> MedianSlope:
    return MedianSlope(
        [MedianGroup(depth, at(depth), ATTACKED, first) for depth in (2, 5, 8)],
        probe=lambda spec: ANYWHERE,
        x_label="depth",
        rises=lambda theory, group: bound(theory, group.spec),
        allowance=lambda: Allowance(0.01, 0.02, "why"),
        spread=0.1,
        **more,
    )


def said(statement: Statement[Any]) -> str:
    return statement.says(decider().trial.plan(statement))


# What it says --------------------------------------------------------------------------------------------------

RISE = math.log(PaperTheory().omega(SPEC)) / 2
FALL = math.log(0.9) / 3
SAYINGS = {
    "law": (law(), "the law of gaussian in units of the bound is the theory's up to a sup-distance of 0.05"),
    "no law": (law(breaks=True, quantity="J"), "the law of J is farther than 0.05 from the theory's, in sup-distance"),
    "same law": (
        SameLaw(GAUSSIAN, quantity="J", times=2, **LOOK),
        "the laws of J at all 1 inputs are one up to a sup-distance of 0.04",
    ),
    "other laws": (
        SameLaw(GAUSSIAN, quantity="J", breaks=True, **LOOK),
        "the laws of J at all 1 inputs differ somewhere by more than a sup-distance of 0.02",
    ),
    "rate": (Rate(GAUSSIAN, component=0, quantity="A", **LOOK), "A holds in at least 0.99 of networks"),
    "low rate": (
        Rate(GAUSSIAN, component=0, quantity="A", breaks=True, **LOOK),
        "A holds in fewer than 0.99 of networks",
    ),
    "share": (share(quantity="L"), "L over the bound is at most 1 + 1.5 in at least 0.99 of networks"),
    "small share": (
        share(quantity="L", breaks=True),
        "L over the bound is at most 1 + 1.5 in fewer than 0.99 of networks",
    ),
    "mean": (mean(quantity="X"), "the mean of X over the theory's value is 1 ± 0.02"),
    "mean above": (mean(quantity="X", breaks="above"), "the mean of X over the theory's value lies above 1 + 0.02"),
    "mean below": (mean(quantity="X", breaks="below"), "the mean of X over the theory's value lies below 1 − 0.02"),
    "nothing": (negligible(quantity="X"), "the mean of X, in units of the theory's scale, is 0 ± 0.05"),
    "something": (
        negligible(quantity="X", breaks="above"),
        "the mean of X, in units of the theory's scale, lies above 0.05",
    ),
    "less": (
        negligible(quantity="X", breaks="below"),
        "the mean of X, in units of the theory's scale, lies below −0.05",
    ),
    "median": (
        median(quantity="X"),
        "the median of X over the theory's value lies between 1 − 0.05 and 1 + 0.12",
    ),
    "median below": (median(quantity="X", breaks="below"), "the median of X over the theory's value is below 1 − 0.05"),
    "bound": (median(quantity="X", upper_only=True), "the median of X over the bound is at most 1 + 0.12"),
    "bound passed": (
        median(quantity="X", upper_only=True, breaks=True),
        "the median of X over the bound is above 1 + 0.12",
    ),
    "within": (replace(within(), low=0.5, high=3.5), "the middle lies between 0.5 and 3.5"),
    "below": (replace(within(), low=0.5, high=3.5, breaks="below"), "the middle is below 0.5"),
    "beyond": (replace(within(), low=0.5, high=3.5, breaks="above", quantity="it"), "it is above 3.5"),
    "slope": (
        slope(quantity="X"),
        f"the slope of log E[X] against depth is the theory's {RISE:.4g} ± {abs(FALL - RISE) + 0.05:.4g}",
    ),
    "steady": (slope(Steady, quantity="X"), "the slope of log E[X] against depth in each half is the whole's ± 0.05"),
    "bent": (
        slope(Steady, quantity="X", breaks="above"),
        "the slope of log E[X] against depth in each half is another than the whole's ± 0.05",
    ),
    "median slope": (
        median_slope(quantity="X"),
        f"the slope of the log median of X against depth is the theory's {RISE:.4g} ± 0.07",
    ),
    "steeper": (
        median_slope(quantity="X", breaks="above"),
        f"the slope of the log median of X against depth lies above the theory's {RISE:.4g} by more than 0.07",
    ),
    "fact": (Fact("", name="checks passed"), "all is as declared (checks passed)"),
    "no fact": (Fact("", name="checks", breaks=True), "something is not as declared (checks)"),
}


@pytest.mark.parametrize("kind", SAYINGS)
def test_a_statement_says_what_it_decides(kind: str) -> None:
    statement, words = SAYINGS[kind]
    assert said(statement) == words


# What it plans -------------------------------------------------------------------------------------------------

ORIGIN = "exact at every width"


def test_plans_have_the_margins_targets_and_first_looks_of_their_rules() -> None:
    plan = decider().trial.plan
    found = plan(law())
    assert found.margin == Margin(0.03, 0.02, "exact distance of the finite-width law to its limit; δ of level quick")
    needed = laws.draws_needed_law(found.margin.total, alpha=FIRST, beta=QUICK.beta, distance=0.03)
    assert (found.first, found.target.std()) == (needed, pytest.approx(BOUND))
    assert plan(law(origin="why")).margin.origin == "why; δ of level quick"

    found = plan(SameLaw(GAUSSIAN, times=2, **LOOK))
    assert found.margin == Margin(0.0, 0.04, f"{ORIGIN}; 2 times δ of level quick")
    assert found.first == laws.draws_needed_same_law(0.04, arms=1, alpha=FIRST, beta=QUICK.beta)
    assert plan(SameLaw(GAUSSIAN, **LOOK)).margin == Margin(0.0, 0.02, f"{ORIGIN}; δ of level quick")

    found = plan(Rate(GAUSSIAN, component=0, **LOOK))
    assert found.margin == Margin(0.0, pytest.approx(0.01), f"{ORIGIN}; least rate of level quick")
    assert found.first == rates.draws_needed_rate(0.99, alpha=FIRST) == plan(share()).first
    assert plan(share()).margin == Margin(0.0, pytest.approx(0.01), "least rate of level quick; slack 1.5: why")


@pytest.mark.parametrize(
    ("more", "margin", "kind"),
    [
        ({}, (0.0, 0.02), ORIGIN),
        ({"finite_width": lambda: 0.0}, (0.0, 0.05), ORIGIN),
        ({"finite_width": lambda: -0.1}, (0.0, 0.05), "exact at this width, 0.9 of the limit"),
        ({"delta": 0.3}, (0.0, 0.3), ORIGIN),
        ({"finite_width": lambda: 0.1, "delta": 0.3}, (0.0, 0.3), "exact at this width, 1.1 of the limit"),
    ],
)
def test_a_means_margin_is_its_distance_and_delta(more: Any, margin: tuple[float, float], kind: str) -> None:
    found = decider().trial.plan(mean(**more))
    assert found.margin == Margin(*margin, f"{kind}; δ of level quick; granted E X⁴/(E X)⁴ ≤ 3")
    assert found.first == means.draws_needed_mean_ratio(found.margin.total, tail=TAIL, alpha=FIRST, beta=QUICK.beta)
    assert found.centre == (1.0 if "finite_width" not in more else 1 + more["finite_width"]())
    assert found.granted == TAIL


def test_a_signed_mean_is_planned_by_its_own_rule_with_a_tail_in_units_of_its_reference() -> None:
    class Half(PaperTheory):
        def omega(self, spec: Any) -> float:
            return super().omega(spec) / 2 ** (2 / spec.depth)

    plan = decider(Half()).trial.plan(mean(signed=True, finite_width=lambda: 0.1))
    true = 2
    assert plan.granted.second == pytest.approx(1.2 * true**2)
    assert plan.granted.fourth == pytest.approx(3.0 * true**4)
    assert plan.first == signed_means.draws_needed_mean_ratio(
        plan.margin.total, tail=plan.granted, alpha=FIRST, beta=QUICK.beta
    )
    found = decider().trial.plan(negligible())
    assert found.margin == Margin(0.0, 0.05, "none: stated as 0; δ of level quick; granted E X⁴ ≤ 3 units")
    assert found.first == signed_means.draws_needed_mean_ratio(0.05, tail=TAIL, alpha=FIRST, beta=QUICK.beta)


def test_a_first_look_takes_as_many_times_its_draws_as_is_asked_for() -> None:
    plan = decider().trial.plan
    assert plan(mean(first=3)).first == 3 * plan(mean()).first
    assert plan(mean(first=3)).margin == plan(mean()).margin
    once, thrice = plan(median(room=0.5)), plan(median(room=0.5, first=3))
    assert thrice.region == once.region
    assert thrice.first == taken(3 * medians.draws_needed_median(0.5, spread=0.1, alpha=FIRST, beta=QUICK.beta))


def test_what_breaks_by_so_much_is_planned_to_be_seen_to_and_no_finer() -> None:
    plan, chances = decider().trial.plan, {"alpha": FIRST, "beta": QUICK.beta}
    apart = plan(law(breaks=True, room=0.05))
    assert apart.first == laws.draws_to_leave_law(0.05, **chances) < plan(law(breaks=True)).first
    assert apart.margin == plan(law(breaks=True)).margin
    for side in ("above", "below"):
        broken = plan(median(room=0.05, breaks=side))
        assert broken.first == taken(medians.draws_to_leave(0.05, spread=0.1, **chances))
        assert broken.first < plan(median(room=0.05)).first


def test_trends_are_planned_by_the_groups_weights() -> None:
    plan = decider().trial.plan
    found = plan(slope())
    weights = slopes.slope_weights([2, 5, 8])
    assert found.shape == slopes.Trend(weights, True, (TAIL,) * 3, tuple(MEANS.values()))
    assert found.margin == Margin(
        pytest.approx(abs(FALL - RISE)), 0.05, "slope of the exact finite-width law; δ of level quick"
    )
    assert found.target == pytest.approx(RISE)
    assert plan(slope(exact=True)).margin == Margin(0.0, 0.05, f"{ORIGIN}; δ of level quick")
    assert found.first == slopes.draws_needed_trend(
        found.shape, found.margin.total, alpha=FIRST, beta=QUICK.beta, distance=abs(FALL - RISE)
    )
    bent = plan(slope(Steady))
    assert bent.shape.weights == pytest.approx((1 / 6, -1 / 3, 1 / 6))
    assert bent.margin == Margin(0.0, 0.05, "the same in every layer; δ of level quick")
    for draw, scale in zip(bent.draws_of, bent.shape.scales, strict=True):  # by draws apart from those it cuts
        assert float(draw(2**14).mean()) == pytest.approx(scale, rel=0.1)
        assert float(draw(SKETCHED).mean()) != scale
    assert bent.first == slopes.draws_needed_trend(bent.shape, 0.05, alpha=FIRST, beta=QUICK.beta)
    assert plan(within()).first == taken(medians.least_draws(FIRST))


# What it decides -----------------------------------------------------------------------------------------------


def test_a_law_keeps_the_curve_of_its_first_draws() -> None:
    at = decider()
    finding = at(law())
    curve, shown = finding.curve, min(CURVE_DRAWS, finding.draws)
    assert curve is not None
    draws = np.sort(at.trial.sampling.draws(GAUSSIAN, ANYWHERE, first)(shown))
    rank = np.unique(np.linspace(0, shown - 1, CURVE_POINTS).round().astype(int))
    assert curve.x == pytest.approx(draws[rank])
    assert curve.measured == pytest.approx((rank + 1) / shown)
    assert curve.predicted == pytest.approx(stats.norm.cdf(draws[rank], scale=BOUND))
    assert curve.exact == pytest.approx(stats.norm.ppf((rank + 0.5) / shown, scale=BOUND))
    assert (curve.kind, curve.x_label, curve.draws) == ("law", "x", shown)
    assert (finding.statistic, finding.reference, finding.region) == ("sup-distance of laws", 0.0, (0.0, 0.05))


def test_a_median_within_bounds_is_told_beside_their_middle() -> None:
    finding = decider()(within())
    assert (finding.verdict, finding.statistic) == (Verdict.SUPPORTED, "middle")
    assert finding.reference == pytest.approx(2 * BOUND)
    assert finding.region == (0.5 * BOUND, 3.5 * BOUND)
    assert finding.margin == Margin(0.0, 1.5 * BOUND, "no law: declared")
    assert (finding.resolution, finding.absolute) == (pytest.approx(3.5 * BOUND - finding.interval[0]), True)
    assert finding.estimate == pytest.approx(BOUND, rel=0.1)


def test_a_trend_that_bends_is_refuted_and_a_straight_one_told_with_its_growth() -> None:
    finding = decider()(slope(Steady))
    assert (finding.verdict, finding.reference, finding.absolute) == (Verdict.SUPPORTED, 0.0, True)
    assert finding.resolution == pytest.approx(0.05 + max(abs(end) for end in finding.interval))
    assert finding.statistic == "slope of the logarithm in a half less the whole's"
    words = finding.reason.removeprefix("u estimated as ").replace(", interval [", " ").replace(",", "").rstrip("]")
    value, low, high = map(float, words.split())
    assert low < value < high
    assert low < math.exp(RISE) < high
    curve = finding.curve
    assert curve is not None
    assert (curve.kind, curve.x, curve.draws) == ("trend", (2, 5, 8), finding.draws)
    assert curve.predicted == curve.exact
    assert curve.measured == pytest.approx(curve.exact)

    def bends(draws: Floats) -> Floats:
        return np.abs(first(draws)) * 2

    bent = slope(Steady)
    groups = [bent.groups[0], replace(bent.groups[1], statistic=bends), bent.groups[2]]
    assert decider()(replace(bent, groups=groups)).verdict is Verdict.REFUTED


@pytest.mark.parametrize(("problem", "value"), [("", 1.0), ("it is not", 0.0)])
def test_a_fact_is_as_it_was_looked_up(problem: str, value: float) -> None:
    finding = decider()(Fact(problem, name="checks"))
    assert finding.verdict is (Verdict.REFUTED if problem else Verdict.SUPPORTED)
    assert (finding.estimate, finding.interval, finding.region) == (value, (value, value), (1.0, 1.0))
    assert (finding.draws, finding.looks, finding.alpha, finding.reference) == (1, 1, 0.0, 1.0)
    assert (finding.statistic, finding.reason, finding.margin) == (
        "checks",
        problem,
        Margin(0.0, 0.0, "looked up, not sampled"),
    )


def test_a_bound_that_breaks_does_so_on_its_only_side() -> None:
    over = replace(median(upper_only=True, breaks=True), allowance=lambda: Allowance(0.0, 0.0, "none"))
    above = replace(over, source=source("twice the bound", lambda z: 2 * torch.exp(0.1 * z)))
    finding = decider()(above)
    assert (finding.verdict, finding.breaks, finding.side, finding.reason) == (Verdict.SUPPORTED, True, "", "")
    assert decider()(over).verdict is not Verdict.SUPPORTED
    sided = decider()(replace(median(breaks="above"), source=above.source))
    assert (sided.verdict, sided.side) == (Verdict.SUPPORTED, "above")
    assert sided.resolution == pytest.approx(sided.region[1] * sided.estimate / sided.interval[0] - 1)
    wrong = decider()(replace(median(breaks="below"), source=above.source))
    assert wrong.verdict is Verdict.REFUTED
    assert wrong.reason == "it fails, but above its region, where the theory has it fail below"


def test_an_interval_without_a_finite_positive_end_resolves_nothing() -> None:
    def unknown_above(draws: Floats) -> Floats:
        return np.stack([first(draws), np.full(len(draws), np.inf)], axis=1)

    above = decider(looks=1)(replace(median(), statistic=unknown_above))
    assert (above.verdict, above.resolution) == (Verdict.UNDECIDED, None)
    bounded = decider(looks=1)(replace(median(upper_only=True), statistic=unknown_above))
    assert bounded.verdict is Verdict.UNDECIDED
    assert bounded.resolution == pytest.approx(1.12 / bounded.interval[0] - 1)
    below = decider()(replace(median(upper_only=True), source=source("about nothing", lambda z: z)))
    assert below.interval[0] < 0
    assert below.resolution is None
    known = decider()(median(upper_only=True))
    assert known.resolution == pytest.approx(max(0.0, 1.12 / known.interval[0] - 1))
    both = decider()(median())
    assert both.resolution == pytest.approx(max(1.12 / both.interval[0], both.interval[1] / 0.95) - 1)
