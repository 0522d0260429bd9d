"""Layers show the ratio beside what is allowed, and the cosine where it is known."""

from __future__ import annotations

from mfcheck.reporting.figures.layers_figure import layers_figure
from mfcheck.tests.support.reports import read_finding
from mfcheck.tests.support.training_reports import make_layers


def test_layers_show_the_ratio_and_the_cosine_where_it_is_known() -> None:
    figure = layers_figure(read_finding(make_layers()))
    for text in ("over the formula", "cosine with W", "layer l"):
        assert text in figure
    assert "cosine" not in layers_figure(read_finding(make_layers(series={})))
    assert "<svg" in layers_figure(read_finding(make_layers(measured=[None] * 5)))


def test_the_region_of_the_decision_is_drawn_and_the_lines_are_told_apart() -> None:
    """A ratio of 1 may be refuted: the decision is on 1.18, where finite sizes put the theory's value."""
    figure = layers_figure(read_finding(make_layers() | {"reference": 1.18, "region": [1.11, 1.27]}))
    for text in (
        ">allowed, all layers together<",
        ">theory's formula (wide networks)<",
        ">theory at these finite sizes<",
    ):
        assert text in figure
    assert ">1.2<" in figure  # the region is inside
    assert "finite sizes" not in layers_figure(read_finding(make_layers()))
    breaks = layers_figure(read_finding(make_layers() | {"breaks": True, "region": [None, 1.1]}))
    assert ">region that the law must leave, all layers together<" in breaks
