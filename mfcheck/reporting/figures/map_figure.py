"""The figure of what pairs of trainings come to over width and depth, with the boundary of predicted collapse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mfcheck.findings import series
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.training_map import Trained, TrainingMap
from mfcheck.reporting.figures.plots import DASHED, EDGE, FAINT, INK, LIMIT, MEASURED, PREDICTED, Style, drawing, svg
from mfcheck.reporting.words import notation

WIDE, LEFT, BOTTOM, KEY = 6.4, 0.86, 0.5, 0.66
"""Inches: the figure, what is left of and below the cells, and the room for the key below that."""
LARGEST = (1.2, 0.52)
"""Inches of a cell at most."""
FARTHEST = math.log(1e3)
"""Where no collapse is predicted, the boundary is interpolated as if T were this far, in logarithms, from the end."""
SHADES: dict[str, Style] = {
    series.NOTHING_FITS: {"facecolor": FAINT, "alpha": 0.35, "linewidth": 0},
    series.CONTROL_FITS: {"facecolor": LIMIT, "alpha": 0.5, "linewidth": 0},
    series.BOTH_FIT: {"facecolor": MEASURED, "alpha": 0.3, "linewidth": 0},
}
"""How pairs are shaded by what they came to, so that text over them stays readable; undecided ones are left blank."""
UNDERLINE: Style = {"color": PREDICTED, "linewidth": 1.0, "solid_capstyle": "butt"}


def map_figure(claim: ClaimRecord, name: str, found: TrainingMap) -> str:
    """A cell for each network, shaded by shares of pairs, with both accuracies, and a line where T = training time."""
    widths, depths = (sorted({key[place] for key in found}) for place in (0, 1))
    wide = min(LARGEST[0], (WIDE - LEFT - EDGE) / len(depths))
    high = min(LARGEST[1], max(0.3, 0.62 * wide))
    height = EDGE + high * len(widths) + BOTTOM + KEY
    with drawing("map", claim.id, name, [repr(one) for one in found.values()]):
        figure = Figure(figsize=(WIDE, height))
        corner = (LEFT / WIDE, (BOTTOM + KEY) / height)
        axes = figure.add_axes((*corner, wide * len(depths) / WIDE, high * len(widths) / height))
        for (width, depth), one in found.items():
            _cell(axes, depths.index(depth), widths.index(width), one, small=wide < 0.6)
        _boundary(axes, found, widths, depths)
        axes.set(xlim=(-0.5, len(depths) - 0.5), ylim=(-0.5, len(widths) - 0.5))
        axes.set_xticks(range(len(depths)), [str(depth) for depth in depths])
        axes.set_yticks(range(len(widths)), [notation.whole(width) for width in widths])
        axes.set(xlabel="depth L", ylabel="width N")
        axes.yaxis.set_label_coords(-0.62 / (wide * len(depths)), 0.5)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        _key(figure, height, found)
        return svg(figure, f"What training comes to over width and depth, {claim.id}, {name}")


def _cell(axes: Axes, x: int, y: int, one: Trained, *, small: bool) -> None:
    left, wide = x - 0.48, 0.96
    axes.add_patch(Rectangle((left, y - 0.46), wide, 0.92, facecolor="none", edgecolor=FAINT, linewidth=0.6))
    for outcome, shade in SHADES.items():
        share = one.shares[outcome].least if outcome in one.shares else math.nan
        if share > 0:
            axes.add_patch(Rectangle((left, y - 0.46), wide * share, 0.92, **shade))
            left += wide * share
    text: Style = {"ha": "center", "va": "center", "fontsize": 7.0 if small else 9.0}
    axes.text(x, y, f"{_accuracy(one.accuracy)} | {_accuracy(one.of(series.CONTROL))}", **text)
    if one.doomed:
        axes.plot([x - 0.16, x + 0.16], [y - 0.34, y - 0.34], **UNDERLINE)


def _accuracy(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "—"


def _logarithms(found: TrainingMap, widths: list[int], depths: list[int]) -> Any:
    """log(T / training time) by row and column, NaN where there is no network, repeated once beyond every edge."""
    grid = np.full((len(widths), len(depths)), math.nan)
    for (width, depth), one in found.items():
        ratio = math.log(one.collapse) if one.collapse > 0 else -math.inf
        grid[widths.index(width), depths.index(depth)] = min(max(ratio, -FARTHEST), FARTHEST)
    return np.pad(grid, 1, mode="edge")


def has_boundary(found: TrainingMap) -> bool:
    """Whether the predicted time passes the training time between networks of a map."""
    return any(one.collapse < 1 for one in found.values()) and any(one.collapse > 1 for one in found.values())


def _boundary(axes: Axes, found: TrainingMap, widths: list[int], depths: list[int]) -> None:
    """The line of T = training time. Cells stand at equal steps, between which log N and L are linear."""
    if not has_boundary(found):
        return
    logarithms = _logarithms(found, widths, depths)
    rows, columns = logarithms.shape
    # The repeated cells lie on the edges of the map, so that the line ends there and not half a cell before.
    x, y = ([-0.5, *range(count - 2), count - 2.5] for count in (columns, rows))
    lines: Style = {"colors": PREDICTED, "linewidths": 1.5, "linestyles": [DASHED]}
    axes.contour(x, y, np.ma.masked_invalid(logarithms), levels=[0.0], **lines)


def _key(figure: Figure, height: float, found: TrainingMap) -> None:
    """What shades, texts and lines stand for; of lines those that this map has."""
    axes = figure.add_axes((0, 0, 1, KEY / height))
    axes.set(xlim=(0, WIDE), ylim=(0, KEY))
    axes.set_axis_off()
    small: Style = {"va": "center", "fontsize": 8.0, "color": INK}
    for place, (outcome, shade) in enumerate(SHADES.items()):
        y = 0.52 - 0.2 * place
        axes.add_patch(Rectangle((LEFT, y - 0.07), 0.3, 0.14, **shade))
        axes.text(LEFT + 0.4, y, outcome, **small)
    x = LEFT + 1.9
    axes.text(x + 0.02, 0.12, "0.26 | 1.00: clean training accuracy after attacks, and control", **small)
    if has_boundary(found):
        axes.plot([x, x + 0.3], [0.52, 0.52], color=PREDICTED, linewidth=1.5, linestyle=DASHED)
        axes.text(x + 0.4, 0.52, "predicted T = training time", **small)
    if any(one.doomed for one in found.values()):
        axes.plot([x + 0.06, x + 0.24], [0.3, 0.3], **UNDERLINE)
        axes.text(x + 0.4, 0.32, "predicted T before its end", **small)
