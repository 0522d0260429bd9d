"""The figure of a loss against the budget: loss, share of flipped activations, and loss over the bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

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
    log_range,
    log_ticks,
    logarithms,
    panel,
    svg,
)
from mfcheck.reporting.figures.room import legend_above

HEIGHT = 5.0
INSIDE = 0.01
"""Share of flipped activations below which a perturbation counts as inside the linear region."""
LEAST = 1e-4
"""Smallest share of flips that the figure tells from none."""
POINTS: Style = {"color": MEASURED, "linewidth": 0, "marker": "o", "markersize": 4.5}


def budget_figure(finding: Finding) -> str:
    """Median losses against ε beside the bound and the linear map's, with the share of flips where it is known."""
    curve = finding.own_curve
    x, measured, bound, linear = map(logarithms, (curve.x, curve.measured, curve.predicted, curve.exact))
    over = [10 ** (a - b) for a, b in zip(measured, bound, strict=True)]
    linear_over = [10 ** (a - b) for a, b in zip(linear, bound, strict=True)]
    heights, flips = finite([*measured, *bound, *linear]), curve.flips
    with drawing("budget", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        below = 0.98 if len(flips) == len(x) else 0.0
        loss = panel(figure, bottom=1.66 + below)
        ratio = panel(figure, top=HEIGHT - 1.56)
        loss.plot(x, bound, color=PREDICTED, linewidth=1.3, linestyle=DASHED, label="bound ε β ω^{L/2}")
        loss.plot(x, linear, color=EXACT, linewidth=1.1, label="linear map ε‖J(x)‖")
        loss.plot(x, measured, label=f"measured, median of {curve.draws:,} networks", **POINTS)
        bottom, top = log_range([10**value for value in heights])
        loss.set(ylim=(bottom, top), ylabel="median loss")
        loss.set_yticks(*log_ticks(bottom, top))

        ratio.axhline(1, color=PREDICTED, linewidth=0.9, linestyle=DASHED)
        ratio.plot(x, linear_over, color=EXACT, linewidth=1.1)
        ratio.plot(x, over, **POINTS)
        reach = 1.15 * max(0.05, *(abs(value - 1) for value in finite([*over, *linear_over])), 0)
        ratio.set(ylim=(max(0.0, 1 - reach), 1 + reach), ylabel="over the bound", xlabel="ε")

        all_axes = [loss, ratio]
        left, right = log_range(list(curve.x))
        if len(flips) == len(x):
            thin = panel(figure, bottom=1.7, top=HEIGHT - 2.5)
            _flips(thin, x, flips)
            all_axes.insert(1, thin)
            edge = _edge(x, flips)
            for axes in all_axes:
                axes.axvspan(left, min(max(edge, left), right), color=FAINT, alpha=0.1, linewidth=0)
        for axes in all_axes:
            axes.set_xlim(left, right)
            axes.set_xticks(*log_ticks(left, right))
            axes.tick_params(labelbottom=axes is ratio)
        legend_above(loss)
        return svg(figure, f"Loss against budget in {finding.cell}")


def is_drawable(finding: Finding) -> bool:
    """Whether there is any loss that a logarithmic axis can show."""
    return bool(finite(logarithms(finding.own_curve.measured)))


def bend(finding: Finding) -> float:
    """The loss over the linear map's at the largest ε; infinite where either is not known."""
    curve = finding.own_curve
    _, loss, linear = max(zip(curve.x, curve.measured, curve.exact, strict=True), key=lambda point: point[0])
    return float(loss / linear) if loss and linear else math.inf


def _flips(axes: Axes, x: list[float], flips: Sequence[float]) -> None:
    """Shares of flipped activations as bars, with their numbers above, and the share that bounds the linear region."""
    floor, top = math.log10(LEAST), 1.25
    width = 0.35 * min((b - a for a, b in pairwise(x)), default=0.2)
    for at, share in zip(x, flips, strict=True):
        if math.isnan(share):
            continue
        axes.bar(at, max(0.0, math.log10(max(share, LEAST)) - floor), width, bottom=floor, color=MEASURED, alpha=0.55)
        axes.text(at, top, _percent(share), ha="center", va="top", fontsize=8.0)
    axes.axhline(math.log10(INSIDE), color=LIMIT, linewidth=0.9, linestyle="--")
    axes.set(ylim=(floor, top), ylabel="flipped")
    axes.set_yticks([math.log10(INSIDE), 0.0], ["1 %", "100 %"])


def _edge(x: list[float], flips: Sequence[float]) -> float:
    """Where the share of flips passes that of the linear region, interpolated in logarithms; ±∞ if it does not."""
    shares = [(at, math.log(max(share, LEAST))) for at, share in zip(x, flips, strict=True) if not math.isnan(share)]
    limit = math.log(INSIDE)
    outside = [place for place, (_, share) in enumerate(shares) if share >= limit]
    if not outside:
        return math.inf if shares else -math.inf
    if outside[0] == 0:
        return -math.inf
    (near, low), (far, high) = shares[outside[0] - 1 : outside[0] + 1]
    return near + (far - near) * (limit - low) / (high - low)


def _percent(share: float) -> str:
    return "0" if share == 0 else f"{100 * share:.2g} %"
