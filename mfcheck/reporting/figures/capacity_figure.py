"""The figure of the capacity that training leaves at several widths: a panel for each regime."""

from __future__ import annotations

from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings.report import ClaimRecord
from mfcheck.findings.series import FACTOR_1
from mfcheck.reporting.curves.setting import setting
from mfcheck.reporting.curves.trajectories import CAPACITY, REGIMES, Trajectory, trajectory
from mfcheck.reporting.figures.plots import (
    DASHED,
    EDGE,
    EXACT,
    FAINT,
    INK,
    LIMIT,
    MEASURED,
    PREDICTED,
    drawing,
    panel,
    svg,
)
from mfcheck.reporting.figures.room import legend_above
from mfcheck.reporting.figures.trajectory_axes import over_start, time_scale
from mfcheck.reporting.figures.trajectory_figure import DOTTED
from mfcheck.reporting.words import notation

PANEL, ABOVE, BELOW = 2.2, 0.34, 0.52
"""Inches: height of a panel, and what is left above each and below it."""
SERIES = ((MEASURED, "o"), (PREDICTED, "s"), (EXACT, "D"), (LIMIT, "^"), (INK, "v"), (FAINT, "x"))
"""Colour and marker by width; of more widths than these, some share them."""


def capacity_charts(claim: ClaimRecord) -> dict[str, list[Trajectory]]:
    """The capacity trajectories of a claim by the setting they share, where that has at least two widths."""
    found: dict[str, list[Trajectory]] = {}
    for finding in claim.findings:
        one = trajectory(finding)
        if one is not None and one.width > 0 and one.quantity == CAPACITY:
            found.setdefault(setting(finding), []).append(one)
    return {name: group for name, group in found.items() if len({one.width for one in group}) > 1}


def capacity_figure(claim: ClaimRecord, name: str, group: list[Trajectory]) -> str:
    """Relative capacity against time at every width, with the predicted laws, in a panel for each regime."""
    places = {regime: place for place, regime in enumerate(REGIMES)}
    ordered = sorted(group, key=lambda one: (places.get(one.regime, len(places)), one.regime, one.width))
    panels = [(regime, list(ones)) for regime, ones in groupby(ordered, key=lambda one: one.regime)]
    styles = {width: SERIES[place % len(SERIES)] for place, width in enumerate(sorted({one.width for one in group}))}
    each = PANEL + ABOVE + BELOW
    with drawing("capacity", claim.id, name, [vars(one) for one in ordered]):
        figure = Figure(figsize=(6.4, each * len(panels)))
        for place, (regime, ones) in enumerate(panels):
            axes = panel(figure, bottom=BELOW + (len(panels) - 1 - place) * each, top=ABOVE + place * each)
            _panel(axes, ones, styles)
            axes.set_title(REGIMES.get(regime, regime), fontsize=9.0, loc="left")
        _keys(figure.axes[0], styles, rival=any(FACTOR_1 in one.series for one in ordered))
        return svg(figure, f"Capacity over training time at several widths, {claim.id}")


def _panel(axes: Axes, ones: list[Trajectory], styles: dict[int, tuple[str, str]]) -> None:
    values = [value for one in ones for value in (*one.measured, *one.predicted, *one.series.get(FACTOR_1, ()))]
    scale, time = over_start(CAPACITY[1], values), time_scale([at for one in ones for at in one.times])
    for one in ones:
        colour, marker = styles[one.width]
        x = time.placed(one.times)
        axes.plot(x, scale.placed(one.predicted), color=colour, linewidth=1.0, linestyle=DASHED)
        if FACTOR_1 in one.series:
            axes.plot(x, scale.placed(one.series[FACTOR_1]), color=colour, linewidth=0.9, linestyle=DOTTED)
        axes.plot(x, scale.placed(one.measured), color=colour, linewidth=1.3, marker=marker, markersize=3.2)
    scale.apply(axes)
    axes.set(xlim=(time.low, time.high), xlabel=time.label)


def _keys(axes: Axes, styles: dict[int, tuple[str, str]], *, rival: bool) -> None:
    for width, (colour, marker) in styles.items():
        label = f"N = {notation.whole(width)}"
        axes.plot([], [], color=colour, linewidth=1.3, marker=marker, markersize=3.2, label=label)
    axes.plot([], [], color=INK, linewidth=1.0, linestyle=DASHED, label="theory, by colour")
    if rival:
        axes.plot([], [], color=INK, linewidth=0.9, linestyle=DOTTED, label="at half the rate")
    legend_above(axes, over=ABOVE - EDGE)
