"""A reference or a δ that decides nothing is refused before any draw, in one sentence with what was given."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from mfcheck import PaperTheory, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.laws import Law
from mfcheck.decisions.means import MeanRatio
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.rates import Share
from mfcheck.decisions.statement import Statement
from mfcheck.tests.support.bounded_draws import ANYWHERE, bound, decider, first, source

DRAWN: list[int] = []


def _counted(z: Tensor) -> Tensor:
    DRAWN.append(len(z))
    return torch.exp(0.1 * z)


MEAN = math.exp(0.005) * bound(PaperTheory())
WATCHED = source("a tenth about the bound, counted", _counted)
NEAR = Allowance(0.05, 0.05, "none")


def mean(reference: Any, **other: Any) -> MeanRatio:
    given = {"statistic": first, "tail": lambda: Tail(1.1, 1.3), "probe": ANYWHERE, "quantity": "size"}
    return MeanRatio(WATCHED, reference=reference, **given | other)


def median(reference: Any, **other: Any) -> MedianRatio:
    given = {"statistic": first, "allowance": lambda: NEAR, "delta": 0.1, "spread": 1.0}
    return MedianRatio(WATCHED, reference=reference, quantity="size", probe=ANYWHERE, **given | other)


def share(reference: Any) -> Share:
    return Share(WATCHED, statistic=first, reference=reference, allowance=lambda: NEAR, quantity="size", probe=ANYWHERE)


def law(reference: Any) -> Law:
    return Law(WATCHED, component=0, reference=reference, finite_width=lambda: 0.0, quantity="size", probe=ANYWHERE)


@pytest.mark.parametrize("value", [None, "1.0", 1j, True, [1.0], np.array(1.0), stats.norm()])
@pytest.mark.parametrize("kind", [mean, median, share])
def test_a_reference_that_is_no_number_is_refused_before_any_draw(
    kind: Callable[[Any], Statement[Any]], value: Any
) -> None:
    DRAWN.clear()
    with pytest.raises(ValueError, match="the reference of size must be a number, got"):
        decider()(kind(lambda theory: value))
    assert not DRAWN


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("kind", [mean, median])
def test_what_a_ratio_is_taken_to_must_be_positive(kind: Callable[[Any], Statement[Any]], value: float) -> None:
    with pytest.raises(ValueError, match=f"must be positive and finite, for θ is in its units, got {value!r}"):
        decider()(kind(lambda theory: value))


def test_what_a_signed_mean_is_taken_to_may_be_negative() -> None:
    negative = MeanRatio(
        source("minus a tenth about the bound", lambda z: -torch.exp(0.1 * z)),
        statistic=first,
        reference=lambda theory: -MEAN,
        tail=lambda: Tail(1.1, 1.3),
        signed=True,
        probe=ANYWHERE,
    )
    assert decider()(negative).verdict is Verdict.SUPPORTED
    with pytest.raises(ValueError, match=r"must be finite and not 0, for θ is in its units, got 0\.0"):
        decider()(mean(lambda theory: 0.0, signed=True))


@pytest.mark.parametrize("value", [None, 1.0, "normal"])
def test_a_law_is_compared_with_a_law(value: Any) -> None:
    with pytest.raises(ValueError, match=r"the reference of size must be a frozen law of scipy\.stats, got"):
        decider()(law(lambda theory: value))


def test_a_reference_is_a_function_of_the_theory() -> None:
    for kind in (mean, median, share, law):
        with pytest.raises(ValueError, match=r"the reference of size must be a function of the theory, got 1\.5"):
            kind(1.5)


@pytest.mark.parametrize("delta", [0.0, -0.01, math.nan, math.inf, "0.01", None])
def test_a_delta_is_a_positive_number(delta: Any) -> None:
    kinds = (mean, median) if delta is not None else ()
    for kind in kinds:
        with pytest.raises(ValueError, match="the δ of size must be a positive finite number, got"):
            kind(lambda theory: 1.0, delta=delta)
    assert mean(lambda theory: 1.0, delta=None).delta is None


def test_numbers_of_numpy_and_of_python_are_taken() -> None:
    for one in (np.float64(MEAN), MEAN):
        assert decider()(mean(lambda theory, one=one: one)).verdict is Verdict.SUPPORTED
