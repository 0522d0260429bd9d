"""The figure of training accuracy over width and depth, with the boundary of predicted collapse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mfcheck.reporting.curves.training_map import Trained, TrainingMap
from mfcheck.reporting.figures.plots import DASHED, EDGE, FAINT, INK, MEASURED, PREDICTED, drawing, svg
from mfcheck.reporting.words import notation

WIDE, LEFT, BOTTOM, KEY = 6.4, 0.86, 0.5, 0.66
"""Inches: the figure, what is left of and below the cells, and the room for the key below that."""
LARGEST = (1.2, 0.52)
"""Inches of a cell at most."""
FARTHEST = math.log(1e3)
"""Where no collapse is predicted, the boundary is interpolated as if T were this far, in logarithms, from the end."""
STRONGEST = 0.5
"""Opacity of the shade of accuracy 1, over which text stays readable."""
UNDERLINE: dict[str, Any] = {"color": PREDICTED, "linewidth": 1.0, "solid_capstyle": "butt"}
STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def map_figure(claim: dict[str, Any], name: str, found: TrainingMap) -> str:
    """A cell for each network with its accuracy, and a line where the predicted T is the training time."""
    widths, depths = (sorted({key[place] for key in found}) for place in (0, 1))
    wide = min(LARGEST[0], (WIDE - LEFT - EDGE) / len(depths))
    high = min(LARGEST[1], max(0.3, 0.62 * wide))
    height = EDGE + high * len(widths) + BOTTOM + KEY
    with drawing("map", claim["id"], name, [vars(one) for one in found.values()]):
        figure = Figure(figsize=(WIDE, height))
        corner = (LEFT / WIDE, (BOTTOM + KEY) / height)
        axes = figure.add_axes((*corner, wide * len(depths) / WIDE, high * len(widths) / height))
        for (width, depth), one in found.items():
            _cell(axes, depths.index(depth), widths.index(width), one, small=wide < 0.6)
        _boundary(axes, _logarithms(found, widths, depths))
        axes.set(xlim=(-0.5, len(depths) - 0.5), ylim=(-0.5, len(widths) - 0.5))
        axes.set_xticks(range(len(depths)), [str(depth) for depth in depths])
        axes.set_yticks(range(len(widths)), [notation.whole(width) for width in widths])
        axes.set(xlabel="depth L", ylabel="width N")
        axes.yaxis.set_label_coords(-0.62 / (wide * len(depths)), 0.5)
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        _key(figure, height)
        return svg(figure, f"Training accuracy over width and depth, {claim['id']}, {name}")


def _cell(axes: Axes, x: int, y: int, one: Trained, *, small: bool) -> None:
    known = math.isfinite(one.accuracy)
    style: dict[str, Any] = {"facecolor": MEASURED, "alpha": _strength(one.accuracy), "linewidth": 0}
    if not known:
        style = {"facecolor": "none", "edgecolor": FAINT, "linewidth": 0.6}
    axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, **style))
    text: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8.0 if small else 10.0}
    axes.text(x, y, f"{one.accuracy:.2f}" if known else "—", **text)
    if one.doomed:
        axes.plot([x - 0.16, x + 0.16], [y - 0.34, y - 0.34], **UNDERLINE)


def _strength(accuracy: float) -> float:
    return 0.04 + (STRONGEST - 0.04) * min(max(accuracy, 0.0), 1.0)


def _logarithms(found: TrainingMap, widths: list[int], depths: list[int]) -> Any:
    """log(T / training time) by row and column, NaN where there is no network, repeated once beyond every edge."""
    grid = np.full((len(widths), len(depths)), math.nan)
    for (width, depth), one in found.items():
        ratio = math.log(one.collapse) if one.collapse > 0 else -math.inf
        grid[widths.index(width), depths.index(depth)] = min(max(ratio, -FARTHEST), FARTHEST)
    return np.pad(grid, 1, mode="edge")


def _boundary(axes: Axes, logarithms: Any) -> None:
    """The line of T = training time. Cells stand at equal steps, between which log N and L are linear."""
    known = logarithms[np.isfinite(logarithms)]
    if known.size == 0 or not known.min() < 0 < known.max():
        return
    rows, columns = logarithms.shape
    # The repeated cells lie on the edges of the map, so that the line ends there and not half a cell before.
    x, y = ([-0.5, *range(count - 2), count - 2.5] for count in (columns, rows))
    lines: dict[str, Any] = {"colors": PREDICTED, "linewidths": 1.5, "linestyles": [DASHED]}
    axes.contour(x, y, np.ma.masked_invalid(logarithms), levels=[0.0], **lines)


def _key(figure: Figure, height: float) -> None:
    axes = figure.add_axes((0, 0, 1, KEY / height))
    axes.set(xlim=(0, WIDE), ylim=(0, KEY))
    axes.set_axis_off()
    for place, step in enumerate(STEPS):
        x = LEFT + 0.4 * place
        axes.add_patch(Rectangle((x, 0.4), 0.38, 0.16, facecolor=MEASURED, alpha=_strength(step), linewidth=0))
        axes.text(x + 0.19, 0.28, f"{step:.1f}", ha="center", va="center", fontsize=8.0)
    small: dict[str, Any] = {"va": "center", "fontsize": 8.0, "color": INK}
    axes.text(LEFT, 0.11, "training accuracy", **small)
    x = LEFT + 0.4 * len(STEPS) + 0.16
    axes.plot([x, x + 0.3], [0.48, 0.48], color=PREDICTED, linewidth=1.5, linestyle=DASHED)
    axes.text(x + 0.4, 0.48, "predicted T = training time", **small)
    axes.plot([x + 0.06, x + 0.24], [0.24, 0.24], **UNDERLINE)
    axes.text(x + 0.4, 0.27, "predicted T before its end", **small)
