"""How tight a bound is: Chevet's constant and its limits first, and no panel without two pairs."""

from __future__ import annotations

import math

from mfcheck.findings.reading import report_of
from mfcheck.reporting.figures.tightness import tightness, tightness_figure
from mfcheck.spec import NormPair
from mfcheck.tests.support.bound_reports import BOUND, FULL, PAIRS, REPORT, make_median
from mfcheck.tests.support.reports import Page, make_claim, make_report, read_claim, render_html


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


def test_sizes_are_noted_wherever_they_are_not_those_of_most_pairs() -> None:
    """Also where the theory's own constant stands beside Chevet's, and beside pairs outside the panel."""
    small = {"input_dim": 20, "output_dim": 80}
    most = [make_median(pair, **small) for pair in ("1-1", "1-2", "2-2", "2-3")]
    both = [make_median("2-inf", constant, estimate=ratio) for constant, ratio in (("chevet", 0.95), ("theory", 0.99))]
    claim = make_claim(*most, *both, id=BOUND)
    figure = tightness_figure(read_claim(claim), report_of(make_report(claim)))
    for text in (">theory's own β: 0.990<", ">d = 784, K = 10<"):
        assert figure.count(text) == 1
    page = Page(render_html(make_report(claim))).text
    assert "d = 20, K = 80 unless noted" in page
    assert "(p, q) = (2, 3) at d = 20, K = 80: 0.970" in page
    assert "the limit N → ∞" not in page  # of which none was found


def test_ratios_of_networks_of_other_sizes_do_not_stand_beside_each_other() -> None:
    small = make_median("2-inf", "chevet", input_dim=20, output_dim=80)
    found = tightness(read_claim(make_claim(small, make_median("2-inf"))), report_of(make_report()))
    assert found[NormPair(2, math.inf)].own is None
