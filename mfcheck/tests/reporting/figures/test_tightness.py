"""How tight a bound is: Chevet's constant and its limits first, and no panel without two pairs."""

from __future__ import annotations

import math

from mfcheck.findings.reading import report_of
from mfcheck.reporting.figures.tightness import tightness, tightness_figure
from mfcheck.spec import NormPair
from mfcheck.tests.support.bound_reports import BOUND, FULL, PAIRS, REPORT, make_median
from mfcheck.tests.support.reports import make_claim, make_report, read_claim


def test_tightness_takes_chevets_constant_and_its_limits_first() -> None:
    found = tightness(read_claim(make_claim(*FULL, id=BOUND)), report_of(REPORT))
    assert set(found) == {NormPair.parse(pair) for pair in PAIRS}
    both = found[NormPair(2, math.inf)]
    assert (both.shown, both.own, both.limits) == (0.95, 0.97, {"many-inputs": 0.994})
    plain = found[NormPair(2, 2)]
    assert (plain.shown, plain.own, plain.limits) == (0.97, None, {"many-inputs": 0.996, "square": 0.992})


def test_the_panel_of_tightness_needs_two_pairs_and_no_limits() -> None:
    one, other = make_median("2-2"), make_median("inf-1", estimate=1.08)
    assert tightness_figure(read_claim(make_claim(one)), report_of(make_report())) == ""
    figure = tightness_figure(read_claim(make_claim(one, other)), report_of(make_report()))
    assert ">0.970<" in figure
    assert ">1.080<" in figure
    assert "var(--refuted," in figure
    assert "d ≫ K" not in figure
