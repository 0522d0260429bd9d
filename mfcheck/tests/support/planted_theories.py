"""A pytest plugin that holds planted theories against the draws of every finding, beside the generated twins.

Wrong ones, right ones written otherwise, and every formula in the place of each other of its own signature. One run
judges them all, on the draws that the paper's theory was judged by, in place of a run of the suite for each.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import pytest

from mfcheck import PaperTheory
from mfcheck.decisions import judgement
from mfcheck.tests.support.right_theories import RIGHT
from mfcheck.tests.support.subtle_theories import AS_GOOD, SUBTLE
from mfcheck.tests.support.wrong_theories import WRONG
from mfcheck.theory.arguments import parameters
from mfcheck.theory.changes import is_papers
from mfcheck.theory.twins import Twin, formulas, gives_law, twins

PAPER = PaperTheory()


@lru_cache(maxsize=1)
def planted() -> tuple[Twin, ...]:
    """All of them: named wrong, right or swapped."""
    wrong = [Twin(f"wrong: {one.name}", one.formula, one.theory(), "") for one in WRONG]
    wrong += [Twin(f"wrong: {one.__name__}", "", one(), "") for one in SUBTLE]
    right = [Twin(f"right: {one.__name__}", "", one(), "") for one in (*RIGHT, *AS_GOOD)]
    return (*wrong, *right, *itertools.starmap(_swapped, swaps()))


def swaps() -> list[tuple[str, str]]:
    """Pairs of formulas that take the same arguments and give numbers both, or laws."""

    def kind(formula: str) -> tuple[Any, ...]:
        return parameters(PAPER, formula), gives_law(PAPER, formula)

    pairs = itertools.permutations(sorted(formulas(PAPER)), 2)
    return [(one, other) for one, other in pairs if kind(one) == kind(other)]


def _swapped(formula: str, other: str) -> Twin:
    """The paper's theory with one of its formulas as it has another."""

    def instead(self: PaperTheory, *arguments: Any) -> Any:
        return getattr(PAPER, other)(*arguments)

    function: Any = instead
    if isinstance(vars(PaperTheory)[formula], staticmethod):
        function = staticmethod(getattr(PAPER, other))
    theory = type(f"Swapped_{formula}", (PaperTheory,), {formula: function})()
    return Twin(f"swapped: {formula} is {other}", formula, theory, "")


def pytest_configure(config: pytest.Config) -> None:
    def more(theory: PaperTheory) -> tuple[Twin, ...]:
        return (*twins(theory), *planted()) if is_papers(theory) else twins(theory)

    judgement.twins = more  # type: ignore[assignment]  # a function for a kept one
