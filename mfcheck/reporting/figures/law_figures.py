"""The figures of one law: its distribution function, and its quantiles, against the theory's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings.finding import Curve, Finding
from mfcheck.reporting.figures.plots import BOTTOM, DASHED, LIMIT, MEASURED, PREDICTED, Style, drawing, panel, svg
from mfcheck.reporting.figures.room import legend_above
from mfcheck.reporting.words import phrases
from mfcheck.statistics.intervals import dkw_half_width

HEIGHT = 4.3
BAND: Style = {"color": MEASURED, "alpha": 0.16, "linewidth": 0}


def law_figure(finding: Finding) -> str:
    """The measured CDF of a finding with a curve against the predicted law, and their difference below."""
    curve, margin = finding.own_curve, phrases.allowed_region(finding)[1] - finding.reference
    band = dkw_half_width(curve.draws, finding.alpha)
    difference = [m - p for m, p in zip(curve.measured, curve.predicted, strict=True)]
    with drawing("law", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        law, rest = panel(figure, bottom=1.75), panel(figure, top=HEIGHT - 1.6)

        _band(law, curve.x, curve.measured, band)
        law.plot(curve.x, curve.measured, color=MEASURED, linewidth=1.6, label="measured")
        law.plot(curve.x, curve.predicted, color=PREDICTED, linewidth=1.3, linestyle=DASHED, label="theory")
        law.set_ylabel("P[X ≤ x]")
        law.set_ylim(-0.03, 1.03)
        law.tick_params(labelbottom=False)

        _band(rest, curve.x, difference, band)
        rest.axhline(0, color=PREDICTED, linewidth=0.9, linestyle=DASHED)
        rest.plot(curve.x, difference, color=MEASURED, linewidth=1.1)
        name = "what the law must leave" if finding.breaks else "margin"
        for side in (-margin, margin):
            limit = rest.axhline(side, color=LIMIT, linewidth=1.0, linestyle="--", label=name)
        reach = 1.05 * max(margin, band + max(map(abs, difference)))
        rest.set_ylim(-reach, reach)
        rest.set_ylabel("measured − theory")
        rest.set_xlabel("x")
        law.set_xlim(rest.get_xlim())
        legend_above(law, [*law.get_legend_handles_labels()[0], limit])
        return svg(figure, f"Measured law against theory in {finding.cell}")


def qq_figure(finding: Finding) -> str:
    """Measured quantiles against the theory's, and where the DKW band lets them lie if the theory is right."""
    curve = finding.own_curve
    theory, measured = np.asarray(curve.exact, dtype=float), np.asarray(curve.x, dtype=float)
    level = np.asarray(curve.measured, dtype=float) - 0.5 / curve.draws
    band = dkw_half_width(curve.draws, finding.alpha)
    low, high = float(min(theory.min(), measured.min())), float(max(theory.max(), measured.max()))
    pad = 0.04 * (high - low)
    ends = (low - pad, high + pad)
    with drawing("quantiles", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        axes = panel(figure, bottom=BOTTOM)
        # Beyond the first and last level the band is open: a law says nothing there that so many draws could see.
        lower, upper = (np.interp(level + shift, level, theory, *ends) for shift in (-band, band))
        axes.fill_between(theory, lower, upper, **BAND, label="DKW band around the theory")
        axes.plot(ends, ends, color=PREDICTED, linewidth=1.2, linestyle=DASHED, label="theory")
        axes.plot(theory, measured, color=MEASURED, marker="o", markersize=2.2, linewidth=0, label="measured")
        axes.set(xlim=ends, ylim=ends, xlabel="quantile of the theory", ylabel="measured quantile")
        legend_above(axes)
        return svg(figure, f"Measured quantiles against the theory's in {finding.cell}")


def has_quantiles(curve: Curve) -> bool:
    """Whether a law's curve brought the theory's quantiles along, all of them finite."""
    return len(curve.exact) == len(curve.x) > 1 and all(map(math.isfinite, curve.exact))


def _band(axes: Axes, x: Sequence[float], centre: Sequence[float], half: float) -> None:
    low, high = [value - half for value in centre], [value + half for value in centre]
    axes.fill_between(x, low, high, **BAND, label="DKW band")
