"""The figure of a gradient by layer: its projection on W over the theory's, and how far it is parallel to W."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
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
from mfcheck.reporting.words import phrases

HEIGHT = 3.3
MOST_TICKS = 12
FORMULA, AT_THESE_SIZES = "theory's formula (wide networks)", "theory at these finite sizes"
"""What the two lines are called: the law that values are taken over, and what finite sizes make of it."""
POINTS: Style = {"color": MEASURED, "linewidth": 1.0, "marker": "o", "markersize": 4.5}


def layers_figure(finding: Finding) -> str:
    """Medians of measured over predicted projection by layer, with what the decision on all of them together allows,
    and the cosine between gradient and W where known."""
    curve = finding.own_curve
    layers, cosine = curve.x, curve.series.get(series.COSINE, ())
    below = len(cosine) == len(layers)
    with drawing("layers", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        upper = panel(figure, bottom=1.66 if below else 0.52)
        _ratios(upper, finding)
        lower = panel(figure, top=HEIGHT - 1.5) if below else upper
        if below:
            lower.axhline(0, color=FAINT, linewidth=0.7)
            lower.plot(layers, cosine, **POINTS)
            known = [0.0, *finite(cosine)]
            pad = 0.15 * (max(known) - min(known)) or 0.1
            lower.set(ylim=(min(known) - pad, max(known) + pad), ylabel="cosine with W")
        lower.set_xlabel("layer l")
        for axes in (upper, lower):
            axes.set_xlim(min(layers) - 0.5, max(layers) + 0.5)
            axes.set_xticks(layers[:: 1 + len(layers) // MOST_TICKS])
            axes.tick_params(labelbottom=axes is lower)
        legend_above(upper)
        return svg(figure, f"Projection of the gradient by layer in {finding.cell}")


def _ratios(axes: Axes, finding: Finding) -> None:
    """What was measured over the theory's formula, with the theory's value at these sizes and the region around it."""
    curve, region = finding.own_curve, phrases.allowed_region(finding)
    known = [1.0, *finite([*curve.measured, finding.reference, *region])]
    pad = max(0.05, 0.12 * (max(known) - min(known)))
    ends = (min(known) - pad, max(known) + pad)
    low, high = (min(max(end, ends[0]), ends[1]) for end in region)
    said = "region that the law must leave" if finding.breaks else "allowed"
    axes.axhspan(low, high, color=LIMIT, alpha=0.13, linewidth=0, label=f"{said}, all layers together")
    axes.axhline(1, color=PREDICTED, linewidth=1.0, linestyle=DASHED, label=FORMULA)
    if math.isfinite(finding.reference) and finding.reference != 1:
        axes.axhline(finding.reference, color=EXACT, linewidth=1.0, label=AT_THESE_SIZES)
    axes.plot(curve.x, curve.measured, label=f"measured, median of {curve.draws:,} networks", **POINTS)
    axes.set(ylim=ends, ylabel="over the formula")


def nearness(finding: Finding) -> float:
    """How near the measured projection comes to the theory's in the layer where it is farthest, as a number ≤ 0."""
    return -max((abs(value - 1) for value in finite(finding.own_curve.measured)), default=0.0)
