"""Allowed regions and numbers in words: each kind of statistic has its own, and what differs is printed differently."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from mfcheck.reporting.figures.interval_bar import interval_bar
from mfcheck.reporting.figures.law_figures import law_figure
from mfcheck.reporting.words import phrases
from mfcheck.tests.support.reports import (
    REFUTED,
    flat,
    make_claim,
    make_finding,
    make_law,
    make_report,
    page,
    read_finding,
)
from mfcheck.verdict import Verdict


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reference": 0.0}, (0.0, 0.0208)),
        ({"reference": 1.0, "statistic": "ratio", "interval": [0.9, 1.1]}, (0.9792, 1.0208)),
        ({"reference": 1.0, "statistic": "share of networks", "interval": [0.9, 1.0]}, (0.9792, 1.0)),
    ],
)
def test_allowed_region_follows_the_kind_of_statistic(changes: dict[str, Any], expected: tuple[float, float]) -> None:
    assert phrases.allowed_region(read_finding(make_finding(**changes))) == pytest.approx(expected)


def test_numbers_that_differ_are_printed_differently() -> None:
    close = REFUTED | {"interval": [0.020803, 0.0406], "estimate": 0.03, "region": [0.0, 0.0208]}
    shown = phrases.evidence(read_finding(close))
    assert (shown.interval, shown.allowed) == ("[0.020803, 0.040600]", "[0, 0.020800]")
    exact = {"finite_width": 2e-12, "discrepancy": 0.0, "origin": "rounding"}
    tiny = make_finding(reference=1.0, statistic="ratio", estimate=1 + 4e-13, interval=[1.0, 1 + 8e-13], margin=exact)
    assert phrases.evidence(read_finding(tiny)).allowed == "[1 − 2 × 10⁻¹², 1 + 2 × 10⁻¹²]"


def test_a_statement_that_allows_no_margin_says_so() -> None:
    nothing = {"finite_width": 0.0, "discrepancy": 0.0, "origin": "none: more than half of the networks"}
    assert phrases.margin(read_finding(make_finding(margin=nothing))) == "none"
    assert phrases.margin(read_finding(make_finding(margin=nothing | {"finite_width": 0.01}))) == "0.01 + 0"


@page
def test_a_law_that_is_to_break_must_leave_its_region(show: Any) -> None:
    holds = REFUTED | {"breaks": True, "estimate": 0.01, "interval": [0.0, 0.02]}
    text = flat(show(make_report(make_claim(holds, verdict="refuted"), verdict="refuted")))
    assert "the law, which is to break, must leave [0, 0.0208]: it still holds here" in text


def test_a_broken_law_is_worded_and_drawn_as_such() -> None:
    broken = REFUTED | {"breaks": True, "verdict": "supported", "curve": make_law(0.3)}
    assert phrases.evidence(read_finding(broken)).allowed == "must leave [0, 0.021]"
    assert "all of that lies outside" in phrases.sentence(read_finding(broken))
    assert 'class="r m"' in interval_bar(read_finding(broken))
    assert 'class="r m"' not in interval_bar(read_finding(make_finding()))
    assert "what the law must leave" in law_figure(read_finding(broken))


@pytest.mark.parametrize("end", [1.7e308, math.inf, None])
def test_an_end_without_bound_takes_few_characters(end: float | None) -> None:
    finding = read_finding(make_finding(reference=1.0, estimate=1.0, interval=[0.9, 1.1], region=[0.5, end]))
    shown = phrases.evidence(finding)
    assert shown.interval == "[0.90, 1.10]"
    assert shown.allowed in ("[0.50, ∞]", "[0.50, 1.7 × 10³⁰⁸]")
    huge = phrases.evidence(read_finding(make_finding(reference=1.0, estimate=2.0, interval=[0.9, 1.7e308])))
    assert len(huge.interval) < 30


@pytest.mark.parametrize(
    ("value", "said"), [(None, "—"), (0.0, "—"), (1.04e15, "none"), (9.0, "900 %"), (0.0421, "4.2 %"), (math.inf, "—")]
)
def test_a_finding_that_would_pass_almost_anything_has_no_resolution(value: float | None, said: str) -> None:
    assert phrases.resolution(read_finding(make_finding(resolution=value))) == said
    assert phrases.resolution(read_finding(make_finding(resolution=0.05, absolute=True))) == "± 0.05"
    counted = make_finding(resolution=0.026, statistic="share of networks", reference=1.0)
    assert phrases.resolution(read_finding(counted)) == "± 0.026"


@pytest.mark.parametrize(
    ("region", "said"), [([0.0, 0.1], "at most 0.1"), ([0.5, 2.0], "0.5 to 2"), ([-0.1, 0.1], "−0.1 to 0.1")]
)
def test_bounds_that_no_law_gives_stand_in_place_of_the_theorys_value(region: list[float], said: str) -> None:
    """Nothing states their middle, and no mark of the theory is drawn at it."""
    margin = {"finite_width": 0.0, "discrepancy": (region[1] - region[0]) / 2, "origin": "no law: declared"}
    value = {"region": region, "reference": sum(region) / 2, "estimate": 0.07, "interval": [0.06, 0.08]}
    finding = read_finding(make_finding(statistic="median", margin=margin, **value))
    assert phrases.evidence(finding).theory == said
    assert "but the claim allows [" in phrases.sentence(replace(finding, verdict=Verdict.REFUTED))
    assert 'class="t"' not in interval_bar(finding)
    assert 'class="t"' in interval_bar(read_finding(make_finding()))
