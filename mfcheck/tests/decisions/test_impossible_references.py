"""A reference or a δ that decides nothing is refused before any draw, in one sentence with what was given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from mfcheck import PaperTheory, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.laws import Law
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.rates import Share
from mfcheck.decisions.slopes import Group, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.tests.support.bounded_draws import ANYWHERE, SPEC, Steeper, bound, decider, first, source

DRAWN: list[int] = []


def _counted(z: Tensor) -> Tensor:
    DRAWN.append(len(z))
    return torch.exp(0.1 * z)


MEAN = math.exp(0.005) * bound(PaperTheory())
WATCHED = source("a tenth about the bound, counted", _counted)
OMEGA = PaperTheory().omega(SPEC)
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


@pytest.mark.parametrize("kind", [mean, median, share, law])
def test_a_reference_is_a_function_of_the_theory(kind: Callable[[Any], Statement[Any]]) -> None:
    for theory in (PaperTheory(), Steeper()):
        with pytest.raises(ValueError, match=r"the reference of size must be a function of the theory, got 1\.5"):
            decider(theory)(kind(1.5))


@pytest.mark.parametrize("value", [None, "1.0", [1.0]])
@pytest.mark.parametrize("kind", [mean, median])
def test_a_theory_on_trial_changes_no_sentence(kind: Callable[[Any], Statement[Any]], value: Any) -> None:
    with pytest.raises(ValueError, match="the reference of size must be a number, got"):
        decider(Steeper())(kind(lambda theory: theory.omega(SPEC) and value))


@pytest.mark.parametrize("delta", [0.0, -0.01, math.nan, math.inf, "0.01"])
def test_a_delta_is_a_positive_number(delta: Any) -> None:
    DRAWN.clear()
    for stated in (mean(lambda theory: MEAN, delta=delta), median(lambda theory: MEAN, delta=delta)):
        with pytest.raises(ValueError, match="the δ of size must be a positive finite number, got"):
            decider()(stated)
    assert not DRAWN


def test_a_theory_beside_a_papers_that_has_0_keeps_its_finding() -> None:
    found = decider(Steeper())(median(lambda theory: MEAN if theory.omega(SPEC) > OMEGA else 0.0))
    assert found.verdict is Verdict.SUPPORTED
    assert found.paper_verdict == Verdict.NOT_APPLICABLE.value


@pytest.mark.parametrize(
    ("stated", "side", "other"),
    [(share, "below", "above"), (law, "above", "below")],
)
def test_a_law_with_one_side_fails_on_it_alone(stated: Callable[..., Any], side: str, other: str) -> None:
    kept = replace(stated(lambda theory: MEAN), breaks=side)
    assert kept.breaks == side
    with pytest.raises(ValueError, match=f"θ of size can leave its region {side} it alone: breaks must be True or"):
        replace(kept, breaks=other)


@pytest.mark.parametrize("breaks", [1, 0, np.True_, None, "sideways"])
def test_breaks_is_a_word_or_true(breaks: Any) -> None:
    with pytest.raises(ValueError, match="breaks must be False, True, 'above' or 'below', got"):
        replace(mean(lambda theory: MEAN), breaks=breaks)


@pytest.mark.parametrize("threshold", [0, -2.0, math.nan, math.inf, "1"])
def test_a_threshold_is_positive(threshold: Any) -> None:
    stated = MedianBeyond(
        WATCHED, statistic=first, reference=lambda theory: MEAN, threshold=threshold, beside="it", origin="mine"
    )
    with pytest.raises(ValueError, match="the threshold of MedianBeyond must be positive and finite, got"):
        decider()(stated)


@pytest.mark.parametrize("places", [(1, 2, 4), (1, 2), (3, 2, 1), (1, 1, 1), (1, 2, 3, 4)])
def test_steadiness_is_asked_of_three_equal_steps(places: tuple[float, ...]) -> None:
    groups = [Group(x, SPEC, first, 1.0, Tail(1.1, 1.3)) for x in places]
    with pytest.raises(ValueError, match="steadiness needs three groups at equal distances"):
        decider()(Steady(WATCHED, groups=groups, x_label="x", unit="growth", probe=ANYWHERE))


@pytest.mark.parametrize(("scale", "said"), [(None, "finite number"), (math.nan, "finite number")])
def test_what_is_negligible_is_so_beside_a_number(scale: Any, said: str) -> None:
    stated = Negligible(
        WATCHED,
        statistic=first,
        scale=lambda theory: scale,
        tail=lambda: Tail(1.0, 3.0),
        quantity="size",
        probe=ANYWHERE,
    )
    with pytest.raises(ValueError, match=f"the scale of size must be a {said}, got"):
        decider()(stated)
    found = decider()(replace(stated, scale=lambda theory: 0.0))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "the theory's scale of size is 0 here" in found.reason


class Late(MeanRatio):
    """A statement whose reference is known once it is made."""

    def __init__(self, formula: Any) -> None:
        super().__init__(WATCHED, statistic=first, reference=bound, tail=lambda: Tail(1.1, 1.3), probe=ANYWHERE)
        object.__setattr__(self, "later", formula)

    @property
    def formula(self) -> Any:
        return getattr(self, "later")  # noqa: B009


def test_a_statement_of_one_s_own_may_learn_its_formula_after_it_is_made() -> None:
    assert decider()(Late(lambda theory: MEAN)).verdict is Verdict.SUPPORTED


def test_numbers_of_numpy_and_of_python_are_taken() -> None:
    for one in (np.float64(MEAN), MEAN):
        assert decider()(mean(lambda theory, one=one: one)).verdict is Verdict.SUPPORTED
