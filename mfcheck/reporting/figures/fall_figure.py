"""The figure of a decrease of σ_w² in training, over what the theory's law has it be."""

from __future__ import annotations

from matplotlib.figure import Figure

from mfcheck.findings import series
from mfcheck.reporting.curves.falls import Fall
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
from mfcheck.reporting.figures.trajectory_axes import time_scale

LINES: dict[str, Style] = {
    series.OWN: {"color": EXACT, "linewidth": 1.0, "label": "own slope at t = 0"},
    series.ALONG_START: {"color": LIMIT, "linewidth": 1.0, "label": "along W(0) alone"},
}


def fall_figure(fall: Fall) -> str:
    """Medians with quartiles, beside both rate factors, the networks' own slopes and the decrease along W(0)."""
    with drawing("fall", fall.name, fall.times, list(fall.lines.items())):
        figure = Figure(figsize=(6.4, 3.2))
        axes, scale = panel(figure), time_scale(fall.times)
        times = scale.placed(fall.times)
        axes.axhline(1, color=PREDICTED, linewidth=1.0, linestyle=DASHED, label="the law, factor 2")
        axes.axhline(0.5, color=FAINT, linewidth=1.0, linestyle=DASHED, label="factor 1")
        if min(fall.lines[""]) < 0:
            axes.axhline(0, color=FAINT, linewidth=0.7)
        low, high = fall.lines.get(series.LOWER_QUARTILE), fall.lines.get(series.UPPER_QUARTILE)
        if low is not None and high is not None:
            axes.fill_between(times, low, high, color=MEASURED, alpha=0.2, linewidth=0)
        label = f"measured, median of {fall.draws:,} networks"
        axes.plot(times, fall.lines[""], color=MEASURED, linewidth=1.4, label=label)
        for name, style in LINES.items():
            if name in fall.lines:
                axes.plot(times, fall.lines[name], **style)
        known = finite([1.0, 0.0, *(value for name in ("", *LINES) for value in fall.lines.get(name, ()))])
        pad = 0.08 * (max(known) - min(known))
        axes.set(xlabel=scale.label, ylabel="decrease of σ_w² / law", ylim=(min(known) - pad, max(known) + pad))
        legend_above(axes)
        return svg(figure, f"Decrease of weight variance in training: {fall.name}")
