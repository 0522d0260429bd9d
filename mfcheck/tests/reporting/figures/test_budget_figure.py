"""Losses against the budget: the bound, the linear map, and how many activations flip."""

from __future__ import annotations

import pytest

from mfcheck.reporting.figures.budget_figure import budget_figure
from mfcheck.tests.support.bound_reports import make_loss
from mfcheck.tests.support.reports import Page, labels_of, make_claim, make_report, read_finding, render_html


def test_losses_show_the_bound_the_linear_map_and_how_many_activations_flip() -> None:
    figure = budget_figure(read_finding(make_loss("a")))
    for text in ("linear map", "median of 44 networks", "0.4 %", "5 %", "30 %", ">1 %<", ">0<"):
        assert text in figure
    assert "bound ε β ωL/2" in Page(figure).text
    assert "flipped" not in budget_figure(read_finding(make_loss("b", flips=[])))


@pytest.mark.parametrize("name", ["measured", "predicted", "exact", "flips"])
def test_losses_with_gaps_are_drawn(name: str) -> None:
    whole = make_loss("gap")["curve"][name]
    assert "<svg" in budget_figure(read_finding(make_loss("gap", **{name: [None, *whole[1:]]})))
    nothing = make_report(make_claim(make_loss("gap", **{name: [None] * 4})))
    assert (labels_of(render_html(nothing)) == ["Loss against budget in gap"]) == (name != "measured")


def test_shading_follows_the_share_of_flips() -> None:
    shades = [
        budget_figure(read_finding(make_loss("a", flips=flips)))
        for flips in ([0.0] * 4, [0.5] * 4, [0.0, 0.0, 0.2, 0.3])
    ]
    assert len(set(shades)) == 3


def test_the_loss_that_bends_most_is_drawn_first_and_once() -> None:
    findings = [make_loss("straight", 0.99), make_loss("bent", 0.5), make_loss("slightly", 0.9)]
    source = render_html(make_report(make_claim(*findings, id="thm5.1/linear-in-budget")))
    labels = [label for label in labels_of(source) if label.startswith("Loss")]
    assert labels == [f"Loss against budget in {cell}" for cell in ("bent", "straight")]
