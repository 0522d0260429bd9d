"""Small panels of ratios against width stand in the order of the norms."""

from __future__ import annotations

import re

from mfcheck.reporting.curves.profiles import profiles
from mfcheck.reporting.figures.point_figure import points, points_figure
from mfcheck.reporting.figures.profile_figure import profiles_figure
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair
from mfcheck.tests.support.bound_reports import BOUND, FULL, PAIRS, make_median, make_point
from mfcheck.tests.support.reports import make_claim, read_claim


def test_chevets_constant_leads_where_a_pair_has_two() -> None:
    found = profiles(read_claim(make_claim(make_median("2-inf"), make_median("2-inf", "chevet"), make_median("1-1"))))
    assert [(notation.pair(one.pair), one.constant) for one in found] == [
        ("(1, 1)", "chevet"),  # for which the paper states none
        ("(2, ∞)", "chevet"),
        ("(2, ∞)", "theory"),
    ]


def test_small_panels_stand_in_the_order_of_norms_whatever_the_order_of_findings() -> None:
    figure = profiles_figure(read_claim(make_claim(*FULL, id=BOUND)))
    expected = [f"(p, q) = {notation.pair(NormPair.parse(pair))}" for pair in PAIRS]
    assert re.findall(r"\(p, q\) = \([^)]*\)", re.sub("<!--.*?-->", "", figure)) == expected
    some = profiles_figure(read_claim(make_claim(make_median("4-1.5"), make_median("inf-1"))))
    assert re.findall(r"\(p, q\) = \([^)]*\)", re.sub("<!--.*?-->", "", some)) == [
        "(p, q) = (∞, 1)",
        "(p, q) = (4, 1.5)",
    ]
    assert "over the theory's own β" in figure
    assert "over the theory's own β" not in some


def test_an_attack_over_widths_leaves_networks_at_one_width_out() -> None:
    charts = points(read_claim(make_claim(*FULL)))
    assert [[finding.parameters["depth"] for finding in chart] for chart in charts] == [[3] * 5]
    figure = points_figure(read_claim(make_claim(id=BOUND)), charts[0])
    assert all(text in figure for text in (">dense<", ">lazy<", ">512<", ">4,096<"))
    assert points(read_claim(make_claim(make_point(128.0, statement="attack")))) == []
