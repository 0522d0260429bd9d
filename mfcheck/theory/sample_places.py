"""Places at which formulas of a theory are asked to be told from others: arguments of which no two are alike."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations, product
from random import Random
from typing import Any

from mfcheck.spec import ARCHITECTURES, NetworkSpec, ReLULike

KNOWN = ((1, 1), (1, 2), (2, 1), (2, 2), (2, math.inf), (math.inf, 1), (math.inf, 2), (math.inf, math.inf))
PAIRS = (*KNOWN, (4, 1.5), (2, 3), (1.05, 20))
BUDGETS = (0.3, 2.0)
TIMES = (0.5, 20.0)
LOWER = (0.02,)
SIZES = ((31, 7), (7, 31), (784, 1), (9, 9), (16, 2), (16, 100))
"""Inputs and outputs: more inputs, more outputs, one output, as many of both, two outputs, many."""
NEAR, FAR = (0.99, 1.01), 0.98
"""ω of vanilla networks so near to 1 that a formula with a case of its own there is another; and how much ασ_w² of
residual ones is less."""
VARIANCES = (0.6, 2.5, *NEAR)
"""σ_w², and ω in the place of it."""
KINDS = (ReLULike(), ReLULike(0.8, 0.3), ReLULike(0.7, -1.1), ReLULike(1, -1), ReLULike(1.2, -0.1), ReLULike(0.9, 0.9))


def sample_places(parameters: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """Arguments that tell formulas apart."""
    if parameters == ("spec",):
        return [(spec,) for spec in _sample_specs()]
    if parameters == ("spec", "eps", "p", "q"):
        return [(spec, eps, p, q) for spec in _sample_specs()[::5] for eps in BUDGETS for p, q in PAIRS]
    if parameters[:1] == ("spec",):
        timed = parameters[-1] == "t"
        some = [spec for spec in _sample_specs()[::5] if timed or spec.architecture == "vanilla"]
        return [
            (spec, BUDGETS[0], p, q, at) for spec in some for p, q in PAIRS[3:6] for at in (TIMES if timed else LOWER)
        ]
    return [(p, q, *sizes) for sizes in ((31, 7), (7, 31), (200, 3)) for p, q in PAIRS]


@lru_cache(maxsize=1)
def _sample_specs() -> tuple[NetworkSpec, ...]:
    """Networks that tell formulas apart: no two sizes alike, ω on both sides of 1, with biases."""
    acts = (ReLULike(), ReLULike(1, 0.2), ReLULike(0.7, -1.1))
    return tuple(
        NetworkSpec(architecture, 31, 7, width, depth, variance, 0.3, act)
        for architecture in ARCHITECTURES
        for width, depth in ((20, 3), (150, 6), (900, 2))
        for variance in (0.6, 1.7)
        for act in acts
    )


@lru_cache(maxsize=2)
def networks(least: int) -> tuple[NetworkSpec, ...]:
    """So many networks by chance, and every further one in which two values meet that no other has together."""
    axes = (ARCHITECTURES, (6, 24, 400, 20_000), (1, 2, 3, 4, 6, 25), SIZES, VARIANCES, (0.0, 0.3), KINDS)
    every = list(product(*axes))
    Random(0).shuffle(every)
    met: set[tuple[tuple[int, Any], ...]] = set()
    found = []
    for place, one in enumerate(every):
        pairs = set(combinations(enumerate(one), 2))
        if place < least or not pairs <= met:
            met |= pairs
            architecture, width, depth, sizes, variance, bias, kind = one
            if variance in NEAR:
                variance = (variance if architecture == "vanilla" else variance - FAR) / kind.alpha
            found.append(NetworkSpec(architecture, *sizes, width, depth, variance, bias, kind))
    return tuple(found)
