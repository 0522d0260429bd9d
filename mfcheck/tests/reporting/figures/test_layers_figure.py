"""Layers show the ratio, and the cosine where it is known."""

from __future__ import annotations

from mfcheck.reporting.figures.layers_figure import layers_figure
from mfcheck.tests.support.reports import read_finding
from mfcheck.tests.support.training_reports import make_layers


def test_layers_show_the_ratio_and_the_cosine_where_it_is_known() -> None:
    figure = layers_figure(read_finding(make_layers()))
    for text in ("over the theory", "cosine with W", "layer l"):
        assert text in figure
    assert "cosine" not in layers_figure(read_finding(make_layers(series={})))
    assert "<svg" in layers_figure(read_finding(make_layers(measured=[None] * 5)))
