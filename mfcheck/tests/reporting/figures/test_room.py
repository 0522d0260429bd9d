"""No text of a figure lies over its data, over other text or outside, whatever the data are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from mfcheck.reporting.figures.plots import drawing, panel, svg
from mfcheck.reporting.figures.room import legend_above
from mfcheck.tests.support.bound_reports import REPORT
from mfcheck.tests.support.open_reports import make_points
from mfcheck.tests.support.reports import make_claim, make_finding, make_law, make_report, make_trend, render_html
from mfcheck.tests.support.training_reports import make_capacity, make_decay, make_layers

WIDTHS = [math.log(width) for width in (48, 192)]
SCATTERED = [0.31, 0.42, 0.5, 0.634]
OPEN = make_report(
    make_claim(make_points(4, SCATTERED, SCATTERED[::-1], "own L_adv left", other="2-2"), id="open/other-norm")
)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn, as they are when they are written."""
    figures: list[Figure] = []
    save = Figure.savefig

    def keep(figure: Figure, *content: Any, **options: Any) -> None:
        figures.append(figure)
        save(figure, *content, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return figures


def tried(scale: float) -> dict[str, Any]:
    """Trends, laws and trainings of very small or large values, and a trend that leaves its theory upwards."""
    trends = [
        make_trend("log N", x=WIDTHS, predicted=[4 * scale, scale], measured=list(measured), exact=[])
        for measured in ([3.9 * scale, scale], [scale, 90 * scale])
    ]
    width = [make_finding(cell=str(at), curve=make_law(), parameters={"width": at}) for at in (900, 1000, 5000)]
    claims = [make_claim(one, id=f"thm4.1/trend-{place}") for place, one in enumerate(trends)]
    claims.append(make_claim(*width, id="thm4.1/entries-gaussian"))
    claims += [make_claim(make_decay(), make_layers(), id="thm5.4/decay")]
    return make_report(*claims, make_claim(make_capacity(64), make_capacity(256), id="thm5.9/capacity-decay"))


def texts(axes: Axes, which: str = "xy") -> Iterator[Text]:
    """The labels of ticks that are seen, and the names of axes."""
    for axis in (getattr(axes, f"{name}axis") for name in which):
        low, high = sorted(axis.get_view_interval())
        for at, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False):
            if low <= at <= high and label.get_visible() and label.get_text():
                yield label
        if axis.label.get_text():
            yield axis.label


@pytest.mark.parametrize(
    "report", [tried(1e-9), tried(1.0), tried(5e6), REPORT, OPEN], ids=["small", "one", "large", "bound", "open"]
)
def test_no_text_lies_over_data_or_text_or_outside(report: dict[str, Any], kept: list[Figure]) -> None:
    render_html(report)
    assert kept
    for figure in kept:
        panels = [axes for axes in figure.axes if axes.axison]
        renderer = FigureCanvasAgg(figure).get_renderer()  # that of the file has another resolution
        found = [text.get_window_extent(renderer) for axes in panels for text in texts(axes)]
        for box in found:
            assert -0.5 <= box.x0 <= box.x1 <= figure.bbox.x1 + 0.5
        assert not [pair for pair in combinations(found, 2) if pair[0].padded(-2).overlaps(pair[1].padded(-2))]
        for legend in filter(None, (axes.get_legend() for axes in figure.axes)):
            box = legend.get_window_extent(renderer).padded(-1)
            assert box.y1 <= figure.bbox.y1
            assert box.x1 <= figure.bbox.x1
            assert not [axes for axes in panels if axes.bbox.overlaps(box)]


def test_labels_beside_each_other_do_not_meet_and_panels_keep_the_same_ticks() -> None:
    with drawing():
        figure = Figure(figsize=(6.4, 3.0))
        upper, lower = panel(figure, bottom=1.7), panel(figure, top=1.5)
        for axes in (upper, lower):
            axes.set_xlim(-0.11, 0.11)
            axes.tick_params(labelsize=14.0)
        svg(figure, "labels")
    renderer = FigureCanvasAgg(figure).get_renderer()
    across = [text.get_window_extent(renderer) for text in texts(lower, "x")]
    assert len(across) >= 3
    assert all(left.x1 < right.x0 for left, right in pairwise(across))
    assert list(upper.get_xticks()) == list(lower.get_xticks())


def test_a_legend_takes_no_room_from_panels() -> None:
    with drawing():
        figure = Figure(figsize=(6.4, 3.0))
        upper, lower = panel(figure, bottom=1.7), panel(figure, top=1.5)
        heights = [axes.bbox.height for axes in (upper, lower)]
        for place in range(5):
            upper.plot([0, 1], [0, 1], label=f"line {place} of a panel")
        legend_above(upper)
        assert figure.get_figheight() > 3.0
        assert [axes.bbox.height for axes in (upper, lower)] == pytest.approx(heights)
        assert "line 4 of a panel" in svg(figure, "lines")
