"""The figure of a gradient by layer: its projection on W over the theory's, and how far it is parallel to W."""

from __future__ import annotations

from matplotlib.figure import Figure

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.reporting.figures.plots import DASHED, FAINT, MEASURED, PREDICTED, Style, drawing, finite, panel, svg

HEIGHT = 3.3
MOST_TICKS = 12
POINTS: Style = {"color": MEASURED, "linewidth": 1.0, "marker": "o", "markersize": 4.5}


def layers_figure(finding: Finding) -> str:
    """Medians of measured over predicted projection by layer, and the cosine between gradient and W where known."""
    curve = finding.own_curve
    layers, ratio = curve.x, curve.measured
    cosine = curve.series.get(series.COSINE, ())
    below = len(cosine) == len(layers)
    with drawing("layers", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        upper = panel(figure, bottom=1.66 if below else 0.52)
        upper.axhline(1, color=PREDICTED, linewidth=1.0, linestyle=DASHED, label="theory")
        upper.plot(layers, ratio, label=f"measured, median of {curve.draws:,} networks", **POINTS)
        reach = 1.3 * max([0.05, *(abs(value - 1) for value in finite(ratio))])
        upper.set(ylim=(1 - reach, 1 + reach), ylabel="over the theory")
        upper.legend(loc="upper right", ncols=2, fontsize=8.0)
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
        return svg(figure, f"Projection of the gradient by layer in {finding.cell}")


def nearness(finding: Finding) -> float:
    """How near the measured projection comes to the theory's in the layer where it is farthest, as a number ≤ 0."""
    return -max((abs(value - 1) for value in finite(finding.own_curve.measured)), default=0.0)
