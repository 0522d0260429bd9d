"""Trends show measured, theoretical and exact slopes, on the scale of the sizes that they run over."""

from __future__ import annotations

import math

import pytest

from mfcheck.reporting.figures.trend_figures import trend_figure
from mfcheck.tests.support.reports import PAGES, Page, make_claim, make_report, make_trend, read_finding, render_html


@pytest.mark.parametrize(("x_label", "shown"), [("log N", "width N"), ("depth", "depth")])
def test_trends_show_measured_theory_and_exact_slopes(x_label: str, shown: str) -> None:
    figure = trend_figure(read_finding(make_trend(x_label)))
    for text in (f">{shown}<", "theory, slope −1.000", "exact at finite width, slope −1.000", "measured, slope −1.002"):
        assert text in figure
    finding = make_trend(x_label) | {"figure": "the trend"}
    assert "the trend" in PAGES["html"](make_report(make_claim(finding)))


def test_trends_with_unknown_or_equal_exact_values_show_no_exact_curve() -> None:
    equal = make_trend("depth")["curve"]["predicted"]
    for exact in ([], [None, None, None], equal):
        assert "exact at finite width" not in trend_figure(read_finding(make_trend("depth", exact=exact)))
    assert "<svg" in trend_figure(read_finding(make_trend("depth", measured=[0.0, None, 0.1])))


@pytest.mark.parametrize(
    ("x_label", "shown"),
    [("log d", "input_dim d"), ("log K", "output_dim K"), ("log N", "width N"), ("log L", "depth L"), ("log M", "M")],
)
def test_trends_over_sizes_name_them_on_their_own_scale(x_label: str, shown: str) -> None:
    x = [math.log(size) for size in (49, 196, 784)]
    finding = make_trend(x_label, x=x, exact=[None] * 3) | {"statistic": "slope of the logarithm of medians"}
    figure = trend_figure(read_finding(finding))
    for text in (f">{shown}<", ">49<", ">196<", ">784<", ">median of the statistic<"):
        assert text in figure
    assert "exact at finite width" not in figure
    assert "allowed [−1.100, −0.900]" in figure
    page = Page(render_html(make_report(make_claim(finding))))
    assert "medians of 2,000 draws" in " ".join(page.text.split())


def test_trends_over_budgets_name_them_and_not_their_logarithms() -> None:
    x = [math.log(budget) for budget in (1e-5, 0.003, 0.3)]
    figure = trend_figure(read_finding(make_trend("log ε", x=x, exact=[None] * 3)))
    for text in (">budget ε<", ">10⁻⁵<", ">0.003<", ">0.3<"):
        assert text in figure
