"""Maps of trainability: where the boundary is drawn, and what is drawn where cells are missing."""

from __future__ import annotations

import re

import pytest

from mfcheck.reporting.curves.training_map import map_rows, training_maps
from mfcheck.reporting.figures.map_figure import map_figure
from mfcheck.tests.support.reports import make_claim
from mfcheck.tests.support.training_reports import UNTRAINABLE, make_network


@pytest.mark.parametrize(
    ("collapse", "line"),
    [
        ([[0.5, 2.0], [2.0, 4.0]], True),
        ([[0.5, None], [None, None]], True),
        ([[None, None], [None, None]], False),
        ([[0.5, 0.4], [0.2, 0.1]], False),
        ([[0.5, 2.0]], True),
        ([[0.5], [2.0]], True),
        ([[0.5]], False),
        ([[None]], False),
        ([[0.0, 2.0]], True),
    ],
)
def test_the_boundary_is_drawn_where_the_predicted_time_passes_the_training_time(
    collapse: list[list[float | None]], line: bool
) -> None:
    rows, columns = len(collapse), len(collapse[0])
    claim = make_claim(
        *(
            make_network(2**row, 1 + column, 0.5, collapse[row][column])
            for row in range(rows)
            for column in range(columns)
        )
    )
    ((name, found),) = training_maps(claim).items()
    figure = map_figure(claim, name, found)
    assert figure.count("stroke-dasharray") == 1 + line  # one is the key's
    assert figure.count(">0.50<") == rows * columns
    assert sum(one.doomed for one in found.values()) == sum(t is not None and t < 1 for row in collapse for t in row)


def test_the_boundary_lies_where_the_logarithm_of_the_time_is_interpolated_to_0() -> None:
    """Of times 0.5 and 8 the boundary is a quarter of the way from one width, in logarithms, to the next."""
    claim = make_claim(make_network(16, 4, 0.5, 0.5), make_network(256, 4, 0.5, 8.0))
    ((name, found),) = training_maps(claim).items()
    figure = map_figure(claim, name, found)
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', figure)[1])  # type: ignore[index]
    lines = re.findall(r'<path d="M [\d.]+ ([\d.]+) L [\d.]+ ([\d.]+)[^"]*"[^>]*stroke-dasharray', figure)
    cells = 72 * 0.52
    top = 72 * 0.1
    assert height > top + 2 * cells
    assert any(float(y) == pytest.approx(top + 1.5 * cells - 0.25 * cells, abs=0.1) for y, _ in lines)


def test_maps_with_holes_and_unknown_accuracies_are_drawn_and_listed() -> None:
    cells = [make_network(64, 2, None, None), make_network(64, 8, 0.5, 0.5), make_network(128, 2, 1.0, 3.0)]
    claim = make_claim(*cells, id=UNTRAINABLE)
    ((name, found),) = training_maps(claim).items()
    assert "<svg" in map_figure(claim, name, found)
    rows = map_rows(found)
    assert [row[:3] for row in rows] == [("2", "64", "—"), ("2", "128", "1.00"), ("8", "64", "0.50")]
    assert rows[2] == ("8", "64", "0.50", "0.40", "—", "1.2", "0.5", "0.00")
    assert rows[0][6] == "—"


def test_the_mechanism_does_not_draw_the_map_twice_and_settings_are_apart() -> None:
    again = make_network(64, 2, 0.5, 0.5, region=[0.0, 0.9], parameters={"statement": "mechanism"})
    other = make_network(64, 2, 0.5, 0.5, parameters={"eps": 0.1})
    maps = training_maps(make_claim(again, make_network(64, 2, 0.95, 0.5), other))
    assert [[one.accuracy for one in found.values()] for found in maps.values()] == [[0.95], [0.5]]
