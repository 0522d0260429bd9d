"""Single widths of several networks share a chart by pair of norms."""

from __future__ import annotations

from mfcheck.reporting.figures.point_figure import points, points_figure
from mfcheck.tests.support.bound_reports import make_point
from mfcheck.tests.support.reports import Page, make_claim, make_report, read_claim, render_html


def test_single_widths_of_several_networks_share_a_chart_by_pair() -> None:
    narrow = [
        *(
            make_point(width, "wishart", architecture=name)
            for name in ("vanilla", "residual")
            for width in (100.0, 300.0)
        ),
        make_point(128.0, "dense", depth=3, exact=[None]),
    ]
    claim = make_claim(*narrow, id="break/narrow-width-2-2")
    (chart,) = points(read_claim(claim))
    figure = points_figure(read_claim(claim), chart)
    assert len(chart) == 5
    for text in ("vanilla, L = 5, wishart", "residual, L = 5, wishart", "vanilla, L = 3, dense", ">100<", ">300<"):
        assert text in figure
    assert "Measured over the bound, from N = 100 to 300" in Page(render_html(make_report(claim))).text
