"""Whether the formulas of a theory agree with each other, where one says what another follows from: without draws.

A formula may be wrong at depths and sizes that no claim draws, and still contradict its neighbours there. That is told,
and refutes nothing: a theory may hold two quantities apart that the paper has as one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle

from mfcheck.imports import calm_warnings, foreign_code
from mfcheck.theory.arguments import parameters
from mfcheck.theory.paper import PaperTheory
from mfcheck.theory.relations import RELATIONS, Place, Relation, Sides
from mfcheck.theory.sample_places import networks
from mfcheck.verdict import NotCovered

NEAR = 0.01
"""Relative distance within which two formulas agree: quadratures and differential equations of somebody's own are a
few thousandths off, and the least wrong twin is five times as far."""
SOME = 80
"""Of so many networks, and of those in which every two sizes, depths or variances meet."""
BUDGETS = ((0.3, math.inf, math.inf), (2.0, 2.0, 2.0), (0.01, 1.0, 2.0), (0.3, 4.0, 1.5))
"""ε with its norms p and q."""


@dataclass(frozen=True)
class Contradiction:
    """An equation between a theory's formulas that fails, at how many of the places asked, and both sides at one."""

    says: str
    formulas: tuple[str, ...]
    failing: int
    asked: int
    where: str
    sides: Sides


@lru_cache(maxsize=8)
def contradictions(theory: PaperTheory) -> tuple[Contradiction, ...]:
    """The equations that a theory's formulas break; none for the paper's own."""
    with calm_warnings():
        return tuple(found for one in RELATIONS if (found := _contradiction(theory, one)))


def _contradiction(theory: PaperTheory, relation: Relation) -> Contradiction | None:
    asked, failing = 0, []
    for place in _places():
        if (sides := _sides(theory, relation, place)) is not None:
            asked += 1
            if not math.isclose(*sides, rel_tol=NEAR, abs_tol=relation.slack):
                failing.append((place, sides))
    if not failing:
        return None
    (spec, eps, p, q), sides = failing[0]
    where = str(spec)
    if any("eps" in parameters(theory, formula) for formula in relation.formulas):
        where += f", ε = {eps:g}, (p, q) = ({p:g}, {q:g})".replace("inf", "∞")
    return Contradiction(relation.says, relation.formulas, len(failing), asked, where, sides)


def _sides(theory: PaperTheory, relation: Relation, place: Place) -> Sides | None:
    """Both sides as finite numbers; None where a formula has nothing to say, or nothing of use."""
    try:
        with foreign_code(NotCovered):  # a formula of one's own may raise anything where no claim asks it
            left, right = map(float, relation.sides(theory, place))
    except NotCovered:
        return None
    return (left, right) if math.isfinite(left) and math.isfinite(right) else None


def _places() -> Iterator[Place]:
    for spec, (eps, p, q) in zip(networks(SOME), cycle(BUDGETS), strict=False):
        yield spec, eps, p, q
