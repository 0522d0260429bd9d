"""Maps of trainability: where the boundary is drawn, and what is drawn where cells are missing."""

from __future__ import annotations

import re

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.reporting.curves.training_map import COLUMNS, map_rows, training_maps
from mfcheck.reporting.figures.map_figure import map_figure
from mfcheck.reporting.studies import studies
from mfcheck.tests.support.reports import make_claim, make_report, read_claim
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
    ((name, found),) = training_maps(read_claim(claim)).items()
    figure = map_figure(read_claim(claim), name, found)
    assert figure.count("stroke-dasharray") == 2 * line  # one is the key's
    assert ("predicted T = training time" in figure) == line
    doomed = any(time is not None and time < 1 for row in collapse for time in row)
    assert ("predicted T before its end" in figure) == doomed
    (study,) = (one for one in studies(read_claim(claim), report_of(make_report()), draw=True) if one.figure)
    assert ("T is the time" in study.caption) == doomed
    assert ("the line is interpolated" in study.caption) == line
    assert figure.count(">0.50 | 1.00<") == rows * columns
    assert sum(one.doomed for one in found.values()) == sum(t is not None and t < 1 for row in collapse for t in row)


def test_the_boundary_lies_where_the_logarithm_of_the_time_is_interpolated_to_0() -> None:
    """Of times 0.5 and 8 the boundary is a quarter of the way from one width, in logarithms, to the next."""
    claim = make_claim(make_network(16, 4, 0.5, 0.5), make_network(256, 4, 0.5, 8.0))
    ((name, found),) = training_maps(read_claim(claim)).items()
    figure = map_figure(read_claim(claim), name, found)
    height = float(re.search(r'viewBox="0 0 [\d.]+ ([\d.]+)"', figure)[1])  # type: ignore[index]
    lines = re.findall(r'<path d="M [\d.]+ ([\d.]+) L [\d.]+ ([\d.]+)[^"]*"[^>]*stroke-dasharray', figure)
    cells = 72 * 0.52
    top = 72 * 0.1
    assert height > top + 2 * cells
    assert any(float(y) == pytest.approx(top + 1.5 * cells - 0.25 * cells, abs=0.1) for y, _ in lines)


def test_maps_with_holes_and_unknown_accuracies_are_drawn_and_listed() -> None:
    cells = [make_network(64, 2, None, None), make_network(64, 8, 0.5, 0.5), make_network(128, 2, 1.0, 3.0)]
    claim = make_claim(*cells, id=UNTRAINABLE)
    ((name, found),) = training_maps(read_claim(claim)).items()
    assert "<svg" in map_figure(read_claim(claim), name, found)
    rows = map_rows(found)
    assert all(len(row) == len(COLUMNS) for row in rows)
    table = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    accuracies = [(row["L"], row["N"], row["accuracy"]) for row in table]
    assert accuracies == [("2", "64", "—"), ("2", "128", "1.00"), ("8", "64", "0.50")]
    deep, unknown = table[2], table[0]
    assert deep["pairs of which only the control fits"] == "1.00 [0.85, 1.00]"
    assert deep["pairs of which both fit"] == deep["held-out attacked"] == deep["undecided"] == "—"
    assert (deep["of the control"], deep["attacked"], deep["share diverged"]) == ("1.00", "0.40", "0.00")
    assert (deep["ω^L at the end"], deep["σ_w² at the end over its start"]) == ("0.9", "1.2")
    assert deep["‖∂L/∂W‖, first over last layer, at the start"] == "0.4"
    assert (deep["the same at the end"], deep["first layer's ‖∂L/∂W‖ over its start"]) == ("1.1", "0.12")
    assert (deep["predicted T over training time"], unknown["predicted T over training time"]) == ("0.5", "—")


def test_shares_of_what_may_still_be_are_ranges_and_cells_are_shaded_by_what_is_certain() -> None:
    shares = {"only the control fits": [0.25, 0.75, 0.1, 0.9], "both fit": [0.25, 0.75, 0.1, 0.9]}
    claim = make_claim(make_network(64, 8, 0.5, 2.0, shares=shares), make_network(64, 2, 0.9, 2.0), id=UNTRAINABLE)
    ((name, found),) = training_maps(read_claim(claim)).items()
    assert [one.outcome for one in found.values()] == ["", "both fit"]
    row = dict(zip(COLUMNS, map_rows(found)[1], strict=True))
    assert row["pairs of which both fit"] == "0.25 to 0.75 [0.10, 0.90]"
    assert "<svg" in map_figure(read_claim(claim), name, found)


def test_residual_networks_of_all_depths_that_lie_alike_in_their_windows_are_one_map() -> None:
    cells = [
        make_network(64, depth, 0.9, None, parameters={"over_edge": over, "weight_variance": over / depth})
        for depth in (2, 8)
        for over in (0.9, 1.1)
    ]
    maps = training_maps(read_claim(make_claim(*cells)))
    assert [sorted(found) for found in maps.values()] == [[(64, 2), (64, 8)]] * 2
    assert [name.rpartition(", ")[2] for name in maps] == ["ασ_w² = 0.9 (M^{1/L} − 1)", "ασ_w² = 1.1 (M^{1/L} − 1)"]


def test_statements_about_one_network_do_not_draw_it_twice_and_settings_are_apart() -> None:
    again = make_network(64, 2, 0.95, 0.5, parameters={"statement": "time"})
    other = make_network(64, 2, 0.5, 0.5, parameters={"eps": 0.1})
    maps = training_maps(read_claim(make_claim(again, make_network(64, 2, 0.95, 0.5), other)))
    assert [[one.accuracy for one in found.values()] for found in maps.values()] == [[0.95], [0.5]]


def test_networks_trained_for_longer_have_a_map_of_their_own() -> None:
    longer = [make_network(64, depth, 0.9, 0.1, parameters={"steps": 1000 * depth}) for depth in (2, 8)]
    maps = training_maps(read_claim(make_claim(make_network(64, 8, 0.2, 0.5), *longer)))
    assert [{place: one.accuracy for place, one in found.items()} for found in maps.values()] == [
        {(64, 8): 0.2},
        {(64, 2): 0.9, (64, 8): 0.9},
    ]
    assert [name.endswith("trained for longer") for name in maps] == [False, True]
