"""A glance at a theory: of all cells the cheapest that sees each formula, by reckoned cost alone."""

from __future__ import annotations

from collections.abc import Iterable

from mfcheck.decisions.forecast import ClaimTest, Forecast, forecast, seconds_of_a_draw
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.settings import Settings
from mfcheck.theory import PaperTheory

Place = tuple[str, str]
"""A claim and the name of one of its cells."""


def chosen(cells: Iterable[tuple[Claim, ClaimTest, Cell]], settings: Settings, theory: PaperTheory) -> set[Place]:
    """The cells of a glance: a formula that no gating claim asks anywhere stays unseen, as in every other run.

    The cheapest come first, and one that sees several formulas serves for all of them. A claim of which only a run
    tells what it asks runs in that of these cells with the cheapest network, or it would be lost.
    """
    found = [(forecast(claim, test, cell, settings, theory), claim, cell) for claim, test, cell in cells if claim.gates]
    kept = cheapest((one, claim.id, cell.id) for one, claim, cell in found)
    untold: dict[str, list[tuple[float, str]]] = {}
    for one, claim, cell in found:
        if one.unplanned:
            cost = seconds_of_a_draw(cell.spec, cell.engine, None, 1)
            untold.setdefault(claim.id, []).append((cost, cell.id))
    met = {claim for claim, _ in kept}
    return kept | {(claim, min(places)[1]) for claim, places in untold.items() if claim not in met}


def cheapest(forecasts: Iterable[tuple[Forecast, str, str]]) -> set[Place]:
    """For each formula the cheapest of the places that ask it, leaving out those whose formulas all others see."""
    asking = sorted((one for one in forecasts if one[0].formulas), key=lambda one: (one[0].seconds, *one[1:]))
    kept: dict[Place, Forecast] = {}
    for name in sorted({name for one, *_ in asking for name in one.formulas}):
        found, claim, cell = next(one for one in asking if name in one[0].formulas)
        kept[claim, cell] = found
    for place in sorted(kept, key=lambda place: (-kept[place].seconds, *place)):
        seen = {name for other, found in kept.items() if other != place for name in found.formulas}
        if kept[place].formulas <= seen:
            del kept[place]
    return set(kept)
