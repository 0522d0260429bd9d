"""Room around panels: legends stand above them, where no data can lie, and tick labels stay inside the figure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import AutoLocator

ROW, LETTER, HANDLE, SIZE = 0.165, 0.058, 0.55, 8.0
"""Inches: height of an entry of a legend, width of a letter in it and of its mark; and the points of its letters."""
MOST_COLUMNS, FEWEST = 3, 3
"""Columns of a legend, and ticks that stay whatever their labels are."""
GAP, RIM = 0.05, 0.02
"""Inches: between tick labels and the name of their axis, and between any text and the edge of the figure."""


def legend_above(axes: Axes, handles: Sequence[Any] | None = None, *, over: float = 0.0) -> None:
    """A legend on top of a panel, so many inches `over` it, for which the figure grows: no data can lie there.

    The panel is the topmost of its figure, whose panels all stand already: they keep their sizes.
    """
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    shown = list(axes.get_legend_handles_labels()[0] if handles is None else handles)
    names = [str(handle.get_label()) for handle in shown]
    columns = _columns(names, axes.get_position().width * figure.get_figwidth())
    _grow(figure, ROW * len(_split(names, columns)[0]) + 0.1)
    corner = (0, 1 + (over + 0.08) / (axes.get_position().height * figure.get_figheight()))
    style = {"labelspacing": 0.35, "columnspacing": 1.4, "borderaxespad": 0, "borderpad": 0}
    axes.legend(handles=shown, loc="lower left", bbox_to_anchor=corner, ncols=columns, fontsize=SIZE, **style)


def _columns(names: list[str], width: float) -> int:
    """As many columns as have room beside each other."""
    for columns in range(min(MOST_COLUMNS, len(names)), 1, -1):
        widths = [HANDLE + LETTER * max(map(len, column)) for column in _split(names, columns)]
        if sum(widths) <= width:
            return columns
    return 1


def _split(names: list[str], columns: int) -> list[list[str]]:
    """The entries by column, of which the first are the longer ones, as matplotlib has them."""
    short, longer = divmod(len(names), columns)
    starts = [place * short + min(place, longer) for place in range(columns + 1)]
    return [names[start:end] for start, end in pairwise(starts)]


def _grow(figure: Figure, inches: float) -> None:
    """Make a figure higher, with all that is in it at its distance from the lower edge."""
    height = figure.get_figheight()
    for axes in figure.axes:
        x, y, wide, high = axes.get_position().bounds
        axes.set_position((x, y * height / (height + inches), wide, high * height / (height + inches)))
    figure.set_figheight(height + inches)


def fit(figure: Figure) -> None:
    """Let no tick label leave the figure or meet the name of its axis or the label beside it; panels stay aligned."""
    # Measuring the tick labels takes a tenth of the time that fitting a whole layout does.
    FigureCanvasAgg(figure)
    left = max((_lacking_left(axes) for axes in figure.axes), default=0.0)
    _narrow(figure, left, 0.0)
    right = max((_lacking_right(axes) for axes in figure.axes), default=0.0)
    _narrow(figure, 0.0, right)
    for axes in figure.axes:
        _spread(figure, axes)


def _spread(figure: Figure, axes: Axes) -> None:
    """Fewer ticks on a linear axis whose labels meet, and as few on the panels that share its range."""
    while _is_automatic(axes) and len(labels := _labels(axes.xaxis)) > FEWEST:
        if all(left[1] + GAP <= right[0] for left, right in pairwise(map(_inches, labels))):
            return
        for other in figure.axes:
            if _is_automatic(other) and other.get_xlim() == axes.get_xlim():
                other.locator_params(axis="x", nbins=len(labels) - 2)


def _is_automatic(axes: Axes) -> bool:
    return isinstance(axes.xaxis.get_major_locator(), AutoLocator)


def _lacking_left(axes: Axes) -> float:
    """Inches by which a panel has to move right, once the name of its vertical axis has made way for tick labels."""
    starts = [_inches(label)[0] for label in _labels(axes.yaxis)]
    name = axes.yaxis.label
    if not starts or not axes.axison:
        return 0.0
    if not name.get_text():
        return max(0.0, RIM - min(starts))
    start, end = _inches(name)
    away = max(0.0, end + GAP - min(starts))
    if away > 0:
        axes.yaxis.set_label_coords(name.get_position()[0] - away / _width(axes), 0.5)
    return max(0.0, RIM - (start - away))


def _lacking_right(axes: Axes) -> float:
    """Inches by which the tick labels of a panel reach beyond the figure."""
    ends = [_inches(label)[1] for label in _labels(axes.xaxis)] if axes.axison else []
    figure = axes.get_figure()
    assert figure is not None
    return max([0.0, *(end + RIM - figure.bbox.width / figure.dpi for end in ends)])


def _narrow(figure: Figure, left: float, right: float) -> None:
    """Take so many inches from all panels on either side; names of axes keep their distance."""
    if left <= 0 and right <= 0:
        return
    whole = figure.get_figwidth()
    for axes in figure.axes:
        x, y, wide, high = axes.get_position().bounds
        narrow = wide - (left + right) / whole
        axes.set_position((x + left / whole, y, narrow, high))
        at = axes.yaxis.label.get_position()[0]
        if axes.yaxis.label.get_transform() == axes.transAxes:
            axes.yaxis.set_label_coords(at * wide / narrow, 0.5)


def _labels(axis: Axis) -> list[Text]:
    """The tick labels that are drawn."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    shown = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
    return [
        label for at, label in shown if label.get_text() and label.get_visible() and low - slack <= at <= high + slack
    ]


def _inches(text: Text) -> tuple[float, float]:
    """Where a text begins and ends."""
    figure = text.get_figure()
    assert figure is not None
    box = text.get_window_extent()
    return box.x0 / figure.dpi, box.x1 / figure.dpi


def _width(axes: Axes) -> float:
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    return float(axes.get_position().width * figure.get_figwidth())
