"""A chart of capacity needs two widths of one setting."""

from __future__ import annotations

from mfcheck.findings.reading import report_of
from mfcheck.reporting.figures.capacity_figure import capacity_charts
from mfcheck.reporting.studies import studies
from mfcheck.tests.support.reports import make_claim, make_report, read_claim
from mfcheck.tests.support.training_reports import CAPACITY_DECAY, make_capacity


def test_capacity_needs_two_widths_of_one_setting() -> None:
    two = [make_capacity(width, regime) for regime in ("flow", "projected") for width in (64, 128)]
    charts = capacity_charts(read_claim(make_claim(*two, make_capacity(256, eps=0.1))))
    assert [[one.width for one in group] for group in charts.values()] == [[64, 128, 64, 128]]
    claim = make_claim(*two, id=CAPACITY_DECAY)
    (study,) = studies(read_claim(claim), report_of(make_report(claim)), draw=True)
    for text in ("N = 64", "N = 128", "at half the rate", "under gradient flow", "only the part of the gradient"):
        assert text in study.figure
    assert studies(read_claim(make_claim(two[0], id=CAPACITY_DECAY)), report_of(make_report()), draw=True) == []
