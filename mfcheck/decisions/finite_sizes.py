"""What a theory's value is held to mean where finite sizes are known to move the limit's.

A formula is a limit's, so it is held against draws at finite size with that known distance. A theory on trial may say
instead what finite sizes make of it: a value nearer to the paper's as moved than to the paper's own is held to be that,
and against the draws as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mfcheck.theory import PaperTheory


def papers_value(reference: Callable[[PaperTheory], float]) -> float | None:
    """The paper's value in a statement's place; None where it has none, as of a formula that a theory adds."""
    value = papers_law(reference)
    return float(value) if value is not None and math.isfinite(value) else None


def papers_law(reference: Callable[[PaperTheory], Any]) -> Any:
    """The paper's law in a statement's place, or None."""
    try:
        return reference(PaperTheory())
    except (AttributeError, ArithmeticError, ValueError):
        return None


def moved(value: float, papers: float | None, centre: float) -> float:
    """The ratio to a theory's value that draws should have: `centre`, as for a limit's formula, or 1 for a theory that
    includes finite sizes already.

    >>> moved(2.0, 2.0, 0.8), moved(1.62, 2.0, 0.8), moved(2.5, 2.0, 0.8)
    (0.8, 1.0, 0.8)
    """
    if papers is None or not value > 0 or not papers > 0:
        return centre
    said = math.log(value / papers)
    return 1.0 if abs(said - math.log(centre)) < abs(said) else centre


def shifted(value: float, papers: float | None, shift: float) -> float:
    """The distance from a theory's value that draws should have: `shift`, or 0 for a theory that includes finite sizes
    already."""
    if papers is None:
        return shift
    return 0.0 if abs(value - papers - shift) < abs(value - papers) else shift
