"""The clause of a theorem follows from its findings: where it holds, how far off, and what holds instead."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings import series
from mfcheck.findings.reading import report_of
from mfcheck.findings.regimes import LINEAR
from mfcheck.reporting.clauses import clause
from mfcheck.tests.support.reports import make_finding, make_report
from mfcheck.tests.support.whole_reports import refuted, whole_claim, whole_finding, whole_theorem

BOUND, DRIFT, SLOPE = "thm5.1/bound-satisfied", "thm5.3/standard-drift", "thm5.9/width-preserves"


def told(theorem: str, *claims: dict[str, Any]) -> str:
    """The clause of a section with these claims."""
    report = make_report() | {"theorems": [whole_theorem(theorem, *claims)]}
    return clause(report_of(report).theorems[0])


def others(claim: str, many: int = 8) -> list[dict[str, Any]]:
    return [whole_finding(claim, number) for number in range(3, 3 + many)]


def test_a_constant_that_is_too_low_is_named_with_its_pairs_and_what_holds_instead() -> None:
    found = [refuted(BOUND, 0, "2-inf"), refuted(BOUND, 1, "inf-inf"), *others(BOUND)]
    assert told("thm5.1", whole_claim(BOUND, *found)) == (
        "bound-satisfied: the β that the paper states is 4.2 to 4.4 % too low (2 of 10 findings; (p, q) = (2, ∞) and "
        "(∞, ∞), N = 100 and 200); instead holds: Chevet's constant"
    )


def test_a_constant_that_the_paper_does_not_state_is_not_called_the_papers() -> None:
    changed = refuted(BOUND, 0, "2-inf") | {"changes_seen": ["beta"]}
    assert "the theory's β is 4.2 % too low" in told("thm5.1", whole_claim(BOUND, changed, *others(BOUND)))
    chevets = refuted(BOUND, 0, "1-1")
    assert "Chevet's β is 4.2 % too low" in told("thm5.1", whole_claim(BOUND, chevets, *others(BOUND)))


def test_its_numbers_are_those_of_the_findings() -> None:
    """Other estimates, pairs and laws are told as they are, for another theory on trial say."""
    low = refuted(BOUND, 0, "1-2") | {"estimate": 0.8, "interval": [0.7, 0.85], "region": [0.95, 1.05]}
    low = low | {"instead": "another law", "holds_instead": ["another law"], "expected": ""}
    said = told("thm5.1", whole_claim(BOUND, low, *others(BOUND)))
    assert said.startswith("bound-satisfied: 20 % below the theory (1 of 9 findings; ")
    assert "(p, q) = (1, 2)" in said
    assert said.endswith("instead holds: another law")


def test_a_run_of_one_claim_says_nothing_of_others() -> None:
    assert told("thm5.1", whole_claim(BOUND, whole_finding(BOUND, 4))) == (
        "holds in 1 finding (N = 500, L = 5); an error of 7 % would have been refuted (bound-satisfied)"
    )


def test_distances_from_zero_slopes_and_limits_are_told_as_such() -> None:
    zero = {"verdict": "refuted", "reference": 0.0, "region": [-0.05, 0.05]}
    drift = whole_finding(DRIFT, 1, estimate=0.36, interval=[0.35, 0.37], **zero)
    assert "standard-drift: 0.36 where the theory has 0" in told("thm5.3", whole_claim(DRIFT, drift))
    slope = {"statistic": "slope of the logarithm", "reference": -1.0, "region": [-1.1, -0.9], "verdict": "refuted"}
    flat = whole_finding(SLOPE, 1, estimate=-0.03, interval=[-0.3, 0.28], **slope)
    assert "slope −0.03 where the theory has −1" in told("thm5.9", whole_claim(SLOPE, flat))


def declared(low: float, high: float, origin: str = "no law: declared", **changes: Any) -> dict[str, Any]:
    """A refuted finding held against declared bounds, whose middle stands for what the theory has."""
    margin = {"finite_width": 0.0, "discrepancy": (high - low) / 2, "origin": origin}
    bounds = {"reference": (low + high) / 2, "region": [low, high], "verdict": "refuted", "margin": margin}
    return whole_finding(SLOPE, 1, interval=[changes["estimate"]] * 2, **bounds | changes)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (declared(0.0, 0.1, estimate=0.955), "0.955 where at most 0.1 is allowed"),
        (declared(0.8, 1.2, estimate=0.698), "0.698 where 0.8 to 1.2 is allowed"),
        (
            declared(0.5, 1.0, estimate=0.0, statistic="share of networks", reference=1.0, origin="none"),
            "share 0 where at least 0.5 is allowed",
        ),
    ],
)
def test_what_no_law_gives_is_held_against_the_bounds_that_were_declared(finding: dict[str, Any], said: str) -> None:
    assert f"width-preserves: {said}" in told("thm5.9", whole_claim(SLOPE, finding))


def test_several_statistics_of_one_claim_have_no_range_together() -> None:
    ratio = declared(0.95, 1.05, estimate=120.0, statistic="median ratio to the theory", origin="none")
    slope = declared(0.9, 1.1, estimate=1.54, statistic="slope of the logarithm of medians", origin="none")
    said = told("thm5.9", whole_claim(SLOPE, ratio, slope))
    assert "width-preserves: 120 times the theory, slope 1.54 where the theory has 1" in said


def test_a_share_of_networks_knows_of_no_error_of_a_law() -> None:
    claim = "thm4.1/piecewise-linear"
    counted = whole_finding(claim, 1, statistic="share of networks", reference=1.0, region=[0.9, 1.0], resolution=0.026)
    assert "would have been refuted" not in told("thm4.1", whole_claim(claim, counted))
    law = whole_finding("thm4.1/offset", 2, resolution=0.03)
    said = told("thm4.1", whole_claim(claim, counted), whole_claim("thm4.1/offset", law))
    assert said.endswith("; an error of 3 % would have been refuted (offset)")


def test_regimes_that_hold_come_first_and_those_that_do_not_say_how_far_off_they_are() -> None:
    claim = "thm5.4/vanilla-variance-decay"
    start = whole_finding(claim, 1, regime="at the start")
    late = whole_finding(claim, 2, regime="late", verdict="refuted", estimate=1.3, interval=[1.25, 1.4])
    said = told("thm5.4", whole_claim(claim, start, late))
    assert said.startswith("holds: at the start. vanilla-variance-decay, late: 30 % above the theory (")
    assert "N = 300" in said


def test_claims_that_hold_where_others_do_not_are_named() -> None:
    """The formula that a theorem displays may hold at the start where its rate does not."""
    law, limited, rate = "thm5.9/initial-capacity", "thm5.9/in-a-limit", "thm5.9/capacity-decay"
    start = {"regime": "at the start"}
    held = [whole_finding(law, number, **start) for number in (1, 2)]
    few = whole_finding(limited, 3, **start, caveat="few images")
    wrong = whole_finding(rate, 4, **start, verdict="refuted", estimate=1.3, interval=[1.25, 1.4])
    said = told("thm5.9", whole_claim(law, *held), whole_claim(limited, few), whole_claim(rate, wrong))
    assert said.startswith(
        "holds: at the start initial-capacity (all of 2 findings). capacity-decay, at the start: 30 %"
    )


def test_the_end_of_the_linear_fall_is_told_of_the_regime_that_it_is_of() -> None:
    claim, start = "thmG.9/early-decay", "at the start"
    lines = {"x": [0.1, 0.2, 0.3], "measured": [0.85, 0.8, 0.6], "predicted": [1.0] * 3, "draws": 22}
    curve = {"kind": series.FALL, "x_label": series.OVER_TIME, "series": {series.OWN: [0.9] * 3}} | lines
    linear = whole_finding(claim, 1, regime=LINEAR.name, curve=curve)
    holds, late = whole_finding(claim, 2, regime=start), whole_finding(claim, 3, regime="late", verdict="refuted")
    said = told("thmG.9", whole_claim(claim, linear, holds, late))
    assert said.startswith(f"holds: {start} and {LINEAR.name} (σ_w² falls linearly until t = 0.")
    fails = told("thmG.9", whole_claim(claim, linear | {"verdict": "refuted"}, holds))
    assert fails.startswith(f"holds: {start}. early-decay")


def test_what_is_open_or_broken_is_told() -> None:
    unsure = whole_finding(BOUND, 1, verdict="undecided", estimate=1.04, interval=[1.0, 1.1])
    said = told("thm5.1", whole_claim(BOUND, unsure, *others(BOUND)))
    assert said == "open in 1 of 9 findings: bound-satisfied is at [1, 1.10], allowed [0, 1.05]"
    failed = whole_claim(BOUND, *others(BOUND, 1), errors=[{"cell": "c", "message": "m"}])
    assert told("thm5.1", failed).endswith("1 cell ended in an error")
    assert told("thm5.1", whole_claim(BOUND)) == "nothing was decided"
    nothing = make_finding(verdict="not applicable", estimate=None, interval=[None, None], reason="no such law.")
    assert told("thm5.1", whole_claim(BOUND, nothing)) == "does not apply: no such law"


@pytest.mark.parametrize(
    ("verdict", "word"), [("supported", "as put"), ("refuted", "not as put"), ("undecided", "open")]
)
def test_open_questions_are_answered_and_never_judged(verdict: str, word: str) -> None:
    claim = whole_claim("open/attack-difficulty", whole_finding("open/attack-difficulty", 1, verdict=verdict))
    assert told("open", claim) == f"1 finding on 1 question; {word}: attack-difficulty"


def test_a_law_that_must_break_and_does_is_told_as_that() -> None:
    claim = "break/large-budget"
    broken = whole_finding(claim, 1, breaks=True, estimate=1.3, interval=[1.25, 1.35])
    assert told("break", whole_claim(claim, broken)).startswith("the law fails as it must in 1 finding")
    assert told("break", whole_claim(claim, broken)).endswith(
        "; a departure of 7 % would have been shown (large-budget)"
    )
    kept = whole_finding(claim, 1, breaks=True, verdict="refuted")
    assert "the law still holds" in told("break", whole_claim(claim, kept))


def test_a_law_in_the_place_of_one_that_breaks_is_none_that_fails() -> None:
    claim = "break/full-fisher"
    broken = [whole_finding(claim, number, breaks=True, resolution=0.07) for number in (1, 2, 3)]
    held = whole_finding(claim, 4, resolution=0.027)
    assert told("break", whole_claim(claim, *broken, held)) == (
        "the law fails as it must in all 3 findings (N = 200 to 400, L = 5); a departure of 7 % would have been shown "
        "(full-fisher), of 7 % in half of them. the law in its place holds in 1 finding; an error of 2.7 % would have "
        "been refuted (full-fisher)"
    )


def test_support_on_a_grant_is_not_counted_among_what_holds() -> None:
    granted = whole_finding(BOUND, 1, caveat="granted: a tail, which nobody derived")
    proven = whole_finding(BOUND, 2)
    assert told("thm5.1", whole_claim(BOUND, granted, proven)).startswith(
        "holds in 1 finding, and in 1 more by what is granted ("
    )
    assert told("thm5.1", whole_claim(BOUND, granted)).startswith("supported in 1 finding")


def test_open_questions_that_do_not_apply_say_why() -> None:
    claim = "open/attack-difficulty"
    nothing = whole_finding(claim, 1, verdict="not applicable", reason="no such network.")
    assert told("open", whole_claim(claim, nothing)) == "does not apply: no such network"
