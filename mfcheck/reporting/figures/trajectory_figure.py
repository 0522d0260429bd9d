"""The figure of one trajectory: what training moves beside the predicted laws, and the loss that drives it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings.finding import Finding
from mfcheck.findings.series import DISCRETISATION, ENVELOPE, FACTOR_1, LOSS, LOWER_QUARTILE, UPPER_QUARTILE
from mfcheck.reporting.curves.trajectories import Trajectory, trajectory
from mfcheck.reporting.figures.plots import (
    DASHED,
    EXACT,
    FAINT,
    LIMIT,
    MEASURED,
    PREDICTED,
    Style,
    drawing,
    finite,
    panel,
    svg,
)
from mfcheck.reporting.figures.room import legend_above
from mfcheck.reporting.figures.trajectory_axes import Scale, over_start, time_scale
from mfcheck.reporting.words import numbers

TALL, SHORT = 4.5, 3.3
"""Inches of the figure with the loss below, and without it."""
DOTTED: Any = (0, (1, 1.5))
LINES: dict[str, tuple[str, Style]] = {
    FACTOR_1: ("law at half the rate (rate factor 1)", {"color": LIMIT, "linestyle": DASHED}),
    ENVELOPE: ("law started at the measured L_adv(0)", {"color": EXACT}),
}
"""The series that are drawn as lines, what the legend calls them, and their style."""
QUARTILES = (LOWER_QUARTILE, UPPER_QUARTILE)


def trajectory_figure(finding: Finding) -> str:
    """What was measured over its start against time, with the laws predicted, and L_adv over its bound below."""
    one = trajectory(finding)
    assert one is not None
    loss = one.series.get(LOSS)
    height = TALL if loss else SHORT
    with drawing("trajectory", finding):
        figure = Figure(figsize=(6.4, height))
        upper = panel(figure, bottom=1.66 if loss else 0.52)
        scale, time = over_start(one.quantity[1], _heights(one)), time_scale(one.times)
        _laws(upper, one, scale, time.placed(one.times))
        scale.apply(upper)
        lower = _loss(panel(figure, top=height - 1.5), loss, time.placed(one.times)) if loss else upper
        lower.set_xlabel(time.label)
        for axes in (upper, lower):
            axes.set_xlim(time.low, time.high)
            axes.tick_params(labelbottom=axes is lower)
        legend_above(upper)
        return svg(figure, f"{one.quantity[0].capitalize()} over training time in {finding.cell}")


def _heights(one: Trajectory) -> list[float]:
    """All values that the upper panel has to show."""
    shown = (one.series.get(name, ()) for name in (*LINES, *QUARTILES))
    return [*one.measured, *one.predicted, *(value for values in shown for value in values)]


def _laws(axes: Axes, one: Trajectory, scale: Scale, x: list[float]) -> None:
    if all(name in one.series for name in QUARTILES):
        low, high = (scale.placed(one.series[name]) for name in QUARTILES)
        axes.fill_between(x, low, high, color=MEASURED, alpha=0.16, linewidth=0, label="half of all networks")
    axes.axhline(scale.place(1.0), color=FAINT, linewidth=0.6)
    if finite(one.predicted):
        law = {"color": PREDICTED, "linestyle": DASHED, "label": "theory's law (rate factor 2)"}
        axes.plot(x, scale.placed(one.predicted), linewidth=1.3, **law)
    for name, (label, style) in LINES.items():
        if name in one.series:
            axes.plot(x, scale.placed(one.series[name]), linewidth=1.2, label=label, **style)
    label = f"measured, median of {one.draws:,} networks"
    axes.plot(x, scale.placed(one.measured), color=MEASURED, linewidth=1.5, marker="o", markersize=2.8, label=label)
    if DISCRETISATION in one.series:
        _discretisation(axes, one, scale, x)


def _discretisation(axes: Axes, one: Trajectory, scale: Scale, x: list[float]) -> None:
    """How far the steps of the integration may have put the measured values off."""
    errors = one.series[DISCRETISATION]
    label = f"error of the steps, at most {numbers.scientific(max(map(abs, finite(errors))))}"
    style: Style = {"color": MEASURED, "linewidth": 0.8, "linestyle": DOTTED}
    for sign, name in ((-1, label), (1, None)):
        moved = [value + sign * error for value, error in zip(one.measured, errors, strict=True)]
        axes.plot(x, scale.placed(moved), label=name, **style)


def _loss(axes: Axes, loss: Sequence[float], x: list[float]) -> Axes:
    axes.axhline(1, color=PREDICTED, linewidth=0.9, linestyle=DASHED)
    axes.plot(x, loss, color=MEASURED, linewidth=1.3, marker="o", markersize=2.8)
    axes.set(ylim=(0, 1.12 * max(1.0, *finite(loss))), ylabel="L_adv / bound")
    return axes
