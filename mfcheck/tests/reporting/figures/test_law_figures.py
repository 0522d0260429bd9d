"""Experiments show their law, its quantiles and the study of widths."""

from __future__ import annotations

from mfcheck.reporting.figures.law_figures import qq_figure
from mfcheck.reporting.figures.trend_figures import distance_figure
from mfcheck.tests.support.reports import (
    NOT_APPLICABLE,
    Page,
    labels_of,
    make_claim,
    make_finding,
    make_law,
    make_report,
    read_claim,
    read_finding,
    render_html,
)


def test_experiments_show_their_law_and_quantiles_and_the_width_study() -> None:
    cells = [
        make_finding(cell=f"N{width}", figure=f"N = {width}", curve=make_law(), parameters={"width": width})
        for width in (5000, 500)
    ]
    source = render_html(make_report(make_claim(*cells, id="thm4.1/entries-gaussian")))
    labels = labels_of(source)
    assert labels[0] == "Distance to the limit law against width, thm4.1/entries-gaussian"
    assert [label.rsplit(" ", 1)[1] for label in labels[1:]] == ["N500", "N500", "N5000", "N5000"]
    assert sum("quantiles" in label for label in labels) == 2
    assert "The width study" in Page(source).text


def test_a_width_study_needs_two_widths_of_laws_that_hold() -> None:
    one, other = (make_finding(cell=str(width), curve=make_law(), parameters={"width": width}) for width in (500, 1000))
    assert distance_figure(read_claim(make_claim(one, other))).startswith("<svg")
    assert distance_figure(read_claim(make_claim(one))) == ""
    assert distance_figure(read_claim(make_claim(one, other | {"breaks": True}, NOT_APPLICABLE))) == ""


def test_quantiles_of_another_scale_leave_the_band() -> None:
    assert qq_figure(read_finding(make_finding(curve=make_law(0.5)))) != qq_figure(
        read_finding(make_finding(curve=make_law()))
    )
