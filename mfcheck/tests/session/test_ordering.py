"""The order of cells: dearest first, and one of those that share their draws ahead of the others."""

from types import SimpleNamespace
from typing import Any

import pytest

from mfcheck.session import ordering


def ordered(monkeypatch: pytest.MonkeyPatch, cells: dict[str, tuple[str, float]], done: tuple[str, ...] = ()) -> Any:
    """The order of items by name, of cells with networks and seconds; items without a cell stand as they are."""
    known = {
        name: (SimpleNamespace(id="claim"), SimpleNamespace(id=name, spec=spec, engine="dense"))
        for name, (spec, _) in cells.items()
        if spec
    }
    monkeypatch.setattr(ordering, "_cells", lambda items: [(one, *known[one]) for one in items if one in known])
    monkeypatch.setattr(ordering, "shared", lambda found, run: [cells[item][1] for item, *_ in found])
    return ordering.dearest_first(list(cells), SimpleNamespace(done={("claim", name) for name in done}))  # type: ignore


def test_the_dearest_go_first_and_those_without_a_cell_last(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = {"a doctest": ("", 0.0), "cheap": ("s", 0.2), "dear": ("t", 5.0), "dearest": ("u", 9.0)}
    assert ordered(monkeypatch, cells) == ["dearest", "dear", "cheap", "a doctest"]


def test_what_is_done_already_is_taken_over_last(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = {"dear": ("t", 5.0), "done": ("u", 9.0), "cheap": ("s", 0.2)}
    assert ordered(monkeypatch, cells, done=("done",)) == ["dear", "cheap", "done"]


@pytest.mark.parametrize("scale", [1.0, 0.01], ids=["dear", "cheap"])
def test_cells_of_the_same_networks_do_not_begin_side_by_side(monkeypatch: pytest.MonkeyPatch, scale: float) -> None:
    seconds = {"early": 9.0, "late": 8.0, "course": 7.0, "another": 2.0, "its sibling": 1.5}
    cells = {name: ("t" if cost > 5 else "u", scale * cost) for name, cost in seconds.items()}
    assert ordered(monkeypatch, cells) == ["early", "another", "late", "course", "its sibling"]


def test_cheap_siblings_of_a_dear_cell_come_after_other_cheap_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = {"dear": ("t", 5.0), "sibling": ("t", 0.9), "other": ("u", 0.1)}
    assert ordered(monkeypatch, cells) == ["dear", "other", "sibling"]
