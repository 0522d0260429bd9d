"""The figure of single networks as points, one number against another, coloured by depth."""

from __future__ import annotations

from matplotlib.figure import Figure

from mfcheck.reporting.curves.scatters import MEANINGS, Points
from mfcheck.reporting.figures.plots import EXACT, FAINT, INK, LIMIT, MEASURED, PREDICTED, drawing, panel, svg
from mfcheck.reporting.figures.room import legend_above

HEIGHT = 3.4
STYLES = ((MEASURED, "o"), (PREDICTED, "s"), (EXACT, "D"), (LIMIT, "^"), (INK, "v"), (FAINT, "x"))


def scatter_figure(claim: str, x_label: str, architecture: str, groups: list[Points]) -> str:
    """Every network of some findings as a point, those of one size alike."""
    sizes = sorted({(one.depth, one.width) for one in groups})
    across, up = MEANINGS[x_label]
    with drawing("scatter", claim, architecture, [vars(one) for one in groups]):
        figure = Figure(figsize=(6.4, HEIGHT))
        axes = panel(figure)
        for place, (depth, width) in enumerate(sizes):
            colour, marker = STYLES[place % len(STYLES)]
            same = [one for one in groups if (one.depth, one.width) == (depth, width)]
            x = [value for one in same for value in one.x]
            y = [value for one in same for value in one.y]
            axes.plot(x, y, marker, color=colour, markersize=4, alpha=0.8, label=f"L = {depth}, N = {width}")
        axes.set(xlabel=across, ylabel=up)
        legend_above(axes)
        return svg(figure, f"{up} against {across}, {architecture} networks, {claim}")
