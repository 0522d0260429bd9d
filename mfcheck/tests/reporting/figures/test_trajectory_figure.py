"""Trajectories show the laws, the band and the loss that are known, on axes that suit them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mfcheck.reporting.curves.trajectories import trajectory
from mfcheck.reporting.figures.trajectory_axes import over_start, time_scale
from mfcheck.reporting.figures.trajectory_figure import trajectory_figure
from mfcheck.tests.support.reports import Page, labels_of, make_claim, make_report, read_finding, render_html
from mfcheck.tests.support.training_reports import BOUND, make_capacity, make_decay


def test_a_trajectory_shows_the_laws_the_band_and_the_loss_that_are_known() -> None:
    whole = Page(trajectory_figure(read_finding(make_decay()))).text
    shown = {
        "rate factor 1": "rate factor 1",
        "envelope": "started at the measured Ladv(0)",
        "lower quartile": "half of all networks",
        "discretisation": "error of the steps, at most 10⁻⁴",
        BOUND: "Ladv / bound",
    }
    for text in (*shown.values(), "rate factor 2", "median of 48 networks", "σw²(t) / σw²(0)"):
        assert text in whole
    for name, text in shown.items():
        series = {key: values for key, values in make_decay()["curve"]["series"].items() if key != name}
        assert text not in Page(trajectory_figure(read_finding(make_decay(series=series)))).text
    assert "‖w‖FR(t)" in Page(trajectory_figure(read_finding(make_capacity(64)))).text


@pytest.mark.parametrize("gap", [None, [None] * 31, [1.0, None, *[0.9] * 29], []])
@pytest.mark.parametrize("line", ["predicted", "rate factor 1", BOUND, "discretisation", "upper quartile"])
def test_trajectories_with_gaps_are_drawn(gap: Any, line: str) -> None:
    finding = make_decay()
    curve = finding["curve"]
    lines = curve if line == "predicted" else curve["series"]
    lines[line] = [None] * 31 if gap is None else gap
    assert "median of 48 networks" in trajectory_figure(read_finding(finding))


def test_a_trajectory_without_anything_measured_has_no_figure() -> None:
    nothing = make_decay()
    nothing["curve"]["measured"] = [None] * 31
    assert trajectory(read_finding(nothing)) is None
    assert labels_of(render_html(make_report(make_claim(nothing)))) == []


def test_axes_of_trajectories_suit_values_that_stand_still_or_run_away() -> None:
    still = over_start("σ_w²", [1.0, 1 - 3e-6])
    assert still.label == "change of σ_w², in 10⁻⁶"
    assert still.placed([1.0, 1 - 3e-6]) == pytest.approx([0.0, -3.0])
    usual = over_start("σ_w²", [1.0, math.nan, 0.4])
    assert (usual.label, usual.placed([0.4])) == ("σ_w²(t) / σ_w²(0)", [0.4])
    away = over_start("σ_w²", [1.0, 1000.0, 0.0])
    assert away.logarithmic
    assert away.placed([100.0]) == [2.0]
    assert over_start("σ_w²", []).low < 1 < over_start("σ_w²", []).high
    for times, label in (([0.0, 3e-5], "time t, in 10⁻⁵"), ([0.0, 300.0], "time t"), ([0.0], "time t")):
        assert time_scale(times).label == label
        assert time_scale(times).low < time_scale(times).high
