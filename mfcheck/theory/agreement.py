"""Whether a formula that is written otherwise is the paper's all the same: at many places, jointly, of its domain.

Claims ask a formula where networks can be drawn. One that has the paper's value wherever it was asked may be the
paper's in other words, or be wrong where nobody asked: the two are told apart here, without draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

from mfcheck.imports import raised_on_purpose
from mfcheck.spec import NetworkSpec
from mfcheck.theory.arguments import formulas, parameters
from mfcheck.theory.changes import PAPER, numbers_at
from mfcheck.theory.domains import domain_of
from mfcheck.theory.paper import PaperTheory
from mfcheck.theory.sample_places import SIZES, networks

SAME = 1e-3
"""Relative distance up to which two numbers are one: so near come somebody's own quadratures and differential
equations, and no twin is."""
EXPONENTS = (1.0, 1.05, 1.5, 2.0, 4.0, 50.0, math.inf)
PAIRS = tuple(product(EXPONENTS, (1.0, 1.5, 2.0, 3.0, 20.0, math.inf)))
BUDGETS, LATER = (0.01, 0.3, 20.0), {"t": (0.5, 20.0, 1e3), "lower": (0.02, 0.5)}
"""Budgets; and times, or shares of ω^L, of formulas that take long, and of which some pairs are enough."""
FEW, FEWER = 700, 80
"""Of all networks so many, or where budgets and norms are arguments too fewer."""


def agrees(theory: PaperTheory, name: str) -> bool:
    """Whether a formula has the paper's value, or none where the paper has none, at all places; of a helper or a field
    whether all formulas have."""
    return all(_agrees_at(theory, one, place) for one in _asked(theory, name) for place in _places(theory, one))


def _asked(theory: PaperTheory, name: str) -> tuple[str, ...]:
    known = formulas(PAPER)
    return (name,) if name in known else known if name not in formulas(theory) else ()


def _agrees_at(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> bool:
    mine, papers = (numbers_at(one, formula, place) for one in (theory, PAPER))
    if mine is None and papers is not None:
        return _declines(theory, formula, place) or _says_nothing(formula, place)
    if mine is None or papers is None:  # of nothing it may say anything
        return mine is papers or _says_nothing(formula, place)
    return len(mine) == len(papers) and all(
        a == b or math.isclose(a, b, rel_tol=SAME, abs_tol=1e-9) or math.isnan(a) is math.isnan(b) is True
        for a, b in zip(mine, papers, strict=True)
    )


def _places(theory: PaperTheory, formula: str) -> Iterator[tuple[Any, ...]]:
    names = parameters(theory, formula)
    if names == ("spec",):
        yield from ((spec,) for spec in networks(FEW))
    elif names[:1] == ("spec",):
        if len(names) == 4:
            yield from ((spec, eps, *pair) for spec, eps, pair in product(networks(FEWER), BUDGETS, PAIRS))
        else:
            every = product(networks(FEWER), PAIRS[3::7], LATER.get(names[-1], (0.5,)))
            yield from ((spec, eps, *pair, at) for (spec, pair, at), eps in zip(every, cycle(BUDGETS), strict=False))
    else:
        yield from ((p, q, *sizes) for sizes in (*SIZES, (200, 3)) for p, q in PAIRS)


def _declines(theory: PaperTheory, formula: str, place: tuple[Any, ...]) -> bool:
    """Whether a formula says that it has nothing to say at a place, which is no other value than the paper's."""
    try:
        getattr(theory, formula)(*place)
    except ValueError as error:
        return raised_on_purpose(error, type(theory).__module__)
    except (Exception, SystemExit):  # it fails there, whatever it raises
        return False
    return False


def _says_nothing(formula: str, place: tuple[Any, ...]) -> bool:
    """Whether the paper declares of a formula that without biases it says nothing, and the place has none."""
    unbiased = isinstance(place[0], NetworkSpec) and place[0].bias_variance == 0
    return unbiased and "bias_variance=0" in domain_of(PaperTheory, formula).reasons
