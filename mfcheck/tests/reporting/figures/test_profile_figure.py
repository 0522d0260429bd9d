"""Small panels of ratios against width stand in the order of the norms."""

from __future__ import annotations

import re

from mfcheck.reporting.curves.profiles import profiles
from mfcheck.reporting.figures.point_figure import points, points_figure
from mfcheck.reporting.figures.profile_figure import profiles_figure
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair
from mfcheck.tests.support.bound_reports import BOUND, FULL, PAIRS, make_median, make_point, make_profile
from mfcheck.tests.support.reports import Page, make_claim, read_claim


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


def coloured(figure: str, name: str) -> int:
    """How many lines and markers of a colour there are."""
    return figure.count(f"var(--{name},")


def test_a_second_network_is_told_by_its_sizes_and_has_its_own_excess() -> None:
    """It is over the same constant as the first, and its own finite width adds to its own bound."""
    small = {"input_dim": 20, "output_dim": 80, "depth": 2}
    one, two = make_median("2-2", **small), make_median("2-2")
    figure = profiles_figure(read_claim(make_claim(one, two)))
    assert {">L = 2, d = 20, K = 80<", ">L = 5, d = 784, K = 10<"} <= set(re.findall(">L = [^<]*<", figure))
    assert "theory's own β" not in figure
    alone = profiles_figure(read_claim(make_claim(one)))
    without = make_profile("2-2", [1.5, 1.1, 1.01, 0.97], exact=[None] * 4, statement="median", constant="theory")
    assert coloured(alone, "limit") == 0
    no_excess = profiles_figure(read_claim(make_claim(one, without)))
    assert coloured(figure, "limit") > coloured(no_excess, "limit") > 0


def test_networks_of_the_same_sizes_are_told_by_all_there_is() -> None:
    both = [make_median("2-2", architecture=name) for name in ("vanilla", "residual")]
    figure = Page(profiles_figure(read_claim(make_claim(*both)))).text
    assert "vanilla, L = 5, d = 784, K = 10, σw² = 2" in figure
    assert "residual, L = 5, d = 784, K = 10, σw² = 2" in figure


def test_an_excess_that_is_not_known_is_not_in_the_legend() -> None:
    unknown = make_profile("2-2", [1.5, 1.1, 1.01, 0.97], exact=[None] * 4, statement="median")
    assert "excess" not in profiles_figure(read_claim(make_claim(unknown)))
    single = [make_point(width, statement="attack", exact=[None]) for width in (128.0, 512.0)]
    (chart,) = points(read_claim(make_claim(*single)))
    assert "excess" not in points_figure(read_claim(make_claim(id=BOUND)), chart)


def test_an_attack_over_widths_leaves_networks_at_one_width_out() -> None:
    charts = points(read_claim(make_claim(*FULL)))
    assert [[finding.parameters["depth"] for finding in chart] for chart in charts] == [[3] * 5]
    figure = points_figure(read_claim(make_claim(id=BOUND)), charts[0])
    assert all(text in figure for text in (">dense<", ">lazy<", ">512<", ">4,096<"))
    assert points(read_claim(make_claim(make_point(128.0, statement="attack")))) == []
