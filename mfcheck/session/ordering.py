"""Which of the collected cells run, and in what order: by a cost that every process reckons to be the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mfcheck.imports import calm_warnings
from mfcheck.session.outcome import cell_of, claim_of, test_of
from mfcheck.session.shared_costs import shared

if TYPE_CHECKING:
    import pytest

    from mfcheck.findings.cell import Cell
    from mfcheck.findings.claim import Claim
    from mfcheck.session.run import Run

DEAR = 1.0
"""Seconds from which on a cell is worth an order."""


def glanced(items: list[pytest.Item], run: Run) -> list[pytest.Item]:
    """The items that a glance leaves out: other cells of claims."""
    from mfcheck.decisions.glance import chosen

    cells = _cells(items)
    with calm_warnings():
        kept = chosen(((claim, test_of(item), cell) for item, claim, cell in cells), run.settings, run.theory)
    return [item for item, claim, cell in cells if (claim.id, cell.id) not in kept]


def dearest_first(items: list[pytest.Item], run: Run) -> list[pytest.Item]:
    """The items with the dearest cells first, so that no process is left alone with one at the end; other tests last.

    Of cells with the same networks one goes ahead, of dear ones and of the rest: side by side they would wait for the
    draws that they share. Those taken over from an interrupted run come last too.
    """
    cells = [one for one in _cells(items) if (one[1].id, one[2].id) not in run.done]
    known = shared(cells, run)
    seconds = {item: cost for (item, _, _), cost in zip(cells, known, strict=True)}
    alike: dict[pytest.Item, tuple[object, ...]] = {item: (cell.spec, cell.engine) for item, _, cell in cells}
    order = sorted(items, key=lambda item: -seconds.get(item, -1.0))
    met: set[tuple[object, ...]] = set()
    places: dict[pytest.Item, int] = {}
    for item in order:
        if item in alike:
            places[item] = 2 * (seconds[item] < DEAR) + (alike[item] in met)
            met.add(alike[item])
    return sorted(order, key=lambda item: places.get(item, 4))


def _cells(items: list[pytest.Item]) -> list[tuple[pytest.Item, Claim, Cell]]:
    return [(item, claim, cell) for item in items if (claim := claim_of(item)) and (cell := cell_of(item))]
