"""Bars take the colour of their verdict, and those far outside are drawn too."""

from __future__ import annotations

from mfcheck.reporting.figures.interval_figure import interval_figure
from mfcheck.tests.support.reports import NOT_APPLICABLE, REFUTED, UNDECIDED, make_claim, make_finding


def test_bars_take_the_colour_of_their_verdict() -> None:
    for finding in (make_finding(), REFUTED, UNDECIDED):
        figure = interval_figure(make_claim(finding))
        others = {"supported", "refuted", "undecided", "expected"} - {finding["verdict"]}
        assert f"var(--{finding['verdict']}," in figure
        assert not [other for other in others if f"var(--{other}," in figure]


def test_bars_far_outside_and_margins_of_zero_are_drawn() -> None:
    exact = {"finite_width": 0.0, "discrepancy": 0.0, "origin": "identity"}
    for finding in (REFUTED | {"interval": [5.0, 900.0], "estimate": 70.0}, make_finding(margin=exact)):
        assert "<svg" in interval_figure(make_claim(finding))
    same = make_finding(margin=exact, estimate=0.0, interval=[0.0, 0.0])
    assert "<svg" in interval_figure(make_claim(same))


def test_a_claim_with_nothing_decided_has_no_bars() -> None:
    assert interval_figure(make_claim(NOT_APPLICABLE)) == ""
