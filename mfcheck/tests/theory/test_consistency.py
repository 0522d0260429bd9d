"""Formulas that follow from each other: the paper's agree, in any words; a wrong one contradicts its neighbours."""

from __future__ import annotations

import inspect
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest
from scipy import stats

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.findings.reading import report_of
from mfcheck.findings.theory_changes import theory_changes
from mfcheck.reporting.words.changes_text import lines
from mfcheck.tests.support.right_theories import RIGHT
from mfcheck.tests.support.subtle_theories import (
    AS_GOOD,
    CapacityOfFewLayers,
    DeepWeightsFallFurther,
    FullCapacityOfFewLayers,
    ShortcutCapacityOfHalfTheLayers,
    ShortcutCapacityWithoutItsGain,
    ShortcutCapacityWithoutItsPower,
    ShortcutRateToFirstOrder,
    ShortcutWeightsToFirstOrder,
    WideColumnsDependMore,
)
from mfcheck.theory.consistency import contradictions
from mfcheck.theory.relations import RELATIONS

PAPER = PaperTheory()


def scaled(formula: str, factor: float, where: Callable[[NetworkSpec], bool] = lambda spec: True) -> PaperTheory:
    """The paper's theory with a formula so many times its value in some networks, or for laws so many times as wide."""

    def changed(self: PaperTheory, *place: Any) -> Any:
        value = getattr(PAPER, formula)(*place)
        if not where(place[0]):
            return value
        return factor * value if isinstance(value, float) else stats.norm(scale=factor * value.std())

    changed.__signature__ = inspect.signature(getattr(PaperTheory, formula))  # type: ignore[attr-defined]
    kind = type("Scaled", (PaperTheory,), {formula: changed})
    found: PaperTheory = kind()
    return found


def broken(theory: PaperTheory) -> set[str]:
    """The formulas of all equations that fail."""
    return {name for one in contradictions(theory) for name in one.formulas}


@pytest.mark.parametrize("theory", [PaperTheory, *RIGHT, *AS_GOOD])
def test_right_theories_contradict_nothing_in_whatever_words(theory: type[PaperTheory]) -> None:
    assert contradictions(theory()) == ()


@pytest.mark.parametrize(
    "formula",
    sorted({name for one in RELATIONS for name in one.formulas} - {"beta", "omega", "jacobian_entry_variance"}),
)
def test_a_formula_of_1_05_times_its_value_contradicts_its_neighbours(formula: str) -> None:
    assert formula in broken(scaled(formula, 1.05))


@pytest.mark.parametrize("formula", ["beta", "chevet_beta", "apart_square_ratio", "offset_square_ratio"])
def test_a_formula_of_which_others_know_no_value_may_be_any_number_of_times_it(formula: str) -> None:
    assert contradictions(scaled(formula, 1.05)) == ()


@pytest.mark.parametrize(
    "formula",
    ["weight_variance", "variance_rate", "capacity_rate", "collapse_time", "offset_variance", "standard_rate"],
)
def test_a_formula_that_is_wrong_at_25_layers_alone_is_told(formula: str) -> None:
    (one, *_) = contradictions(scaled(formula, 1.1, lambda spec: spec.depth == 25))
    assert formula in one.formulas
    assert "L=25" in one.where or "depth=25" in one.where
    assert 0 < one.failing < one.asked


@pytest.mark.parametrize(
    ("theory", "formula"),
    [
        (CapacityOfFewLayers, "fisher_rao"),
        (FullCapacityOfFewLayers, "full_fisher_rao"),
        (WideColumnsDependMore, "shared_square_ratio"),
        (DeepWeightsFallFurther, "weight_variance"),
        (ShortcutCapacityOfHalfTheLayers, "capacity_rate"),
        (ShortcutCapacityWithoutItsGain, "capacity_rate"),
        (ShortcutCapacityWithoutItsPower, "capacity_rate"),
        (ShortcutRateToFirstOrder, "variance_rate"),
        (ShortcutWeightsToFirstOrder, "weight_variance"),
    ],
)
def test_formulas_that_are_right_at_some_depths_are_told_without_a_draw(
    theory: type[PaperTheory], formula: str
) -> None:
    assert formula in broken(theory())


def test_the_rate_of_half_the_value_contradicts_gradient_flow() -> None:
    (one,) = contradictions(PaperTheory(rate_factor=1))
    assert one.formulas == ("variance_rate", "regularisation")
    assert one.failing == one.asked
    assert one.sides[0] / one.sides[1] == pytest.approx(0.5)


def test_a_capacity_that_grows_otherwise_contradicts_its_rate_and_what_it_is_made_of() -> None:
    class Linear(PaperTheory):
        def fisher_rao(self, spec: NetworkSpec) -> float:
            return spec.depth * spec.output_dim * self.omega(spec)

    assert [one.formulas for one in contradictions(Linear())] == [
        ("capacity_rate", "fisher_rao", "variance_rate"),
        ("fisher_rao", "jacobian_entry_variance"),
        ("full_fisher_rao", "fisher_rao"),
    ]


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, RecursionError, pytest.skip.Exception])
def test_a_formula_that_raises_or_gives_nothing_is_no_contradiction(error: type[BaseException]) -> None:
    class Silent(PaperTheory):
        def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            raise error

        def collapse_time(self, spec: NetworkSpec, eps: float, p: float, q: float, lower: float) -> float:
            return math.nan

    assert contradictions(Silent()) == ()


def test_what_contradicts_itself_is_a_sentence_of_the_report() -> None:
    theory = PaperTheory(rate_factor=1)
    plain = {"theory": "mine:Half", "theorems": [], "theory_changes": theory_changes(theory, [])}
    (told,) = [line for line in lines(report_of(plain)) if "follow from" in line]
    assert re.match(
        r"Its formulas variance_rate, regularisation do not follow from each other at (\d+) of \1 places: ", told
    )
    assert "but the left side is 0.5 of the right one in " in told
    assert not any("follow from" in line for line in lines(report_of(plain | {"theory_changes": {"formulas": []}})))


def test_a_bound_that_saturates_is_asked_where_budgets_are_small() -> None:
    class Saturates(PaperTheory):
        def adversarial_bound(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            return super().adversarial_bound(spec, min(eps, 0.2), p, q)

    assert contradictions(Saturates()) == ()


def test_a_value_a_thousandth_off_is_no_other_law() -> None:
    class Rounded(PaperTheory):
        def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
            return super().weight_variance(spec, eps, p, q, t) * (1.0009 if t else 1.0)

    assert contradictions(Rounded()) == ()


def test_what_never_comes_is_asked_for_no_weights() -> None:
    class Finite(PaperTheory):
        def weight_variance(self, spec: NetworkSpec, eps: float, p: float, q: float, t: float) -> float:
            assert t < math.inf
            return super().weight_variance(spec, eps, p, q, t)

    assert contradictions(Finite()) == ()


class NothingForOneOutput(PaperTheory):
    """A law of one output has no competitors."""

    def standard_rate(self, spec: NetworkSpec) -> float:
        return 0.0 if spec.output_dim == 1 else super().standard_rate(spec)

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        return math.exp(spec.depth * math.log(self.omega(spec)) - math.log(spec.input_dim))


class OffsetsOfSomeWidth(PaperTheory):
    """An offset's law where there are no biases."""

    def offset(self, spec: NetworkSpec) -> Any:
        return stats.norm(scale=max(math.sqrt(self.offset_variance(spec)), 1e-9))


class CapacityWithBiases(PaperTheory):
    """Capacities that count what biases add, of which the paper's says nothing."""

    def fisher_rao(self, spec: NetworkSpec) -> float:
        return super().fisher_rao(spec) + self.fisher_rao_of_biases(spec)


@pytest.mark.parametrize("theory", [NothingForOneOutput, OffsetsOfSomeWidth, CapacityWithBiases])
def test_theories_that_say_more_than_the_papers_are_left_alone_there(theory: type[PaperTheory]) -> None:
    assert contradictions(theory()) == ()


def test_warnings_that_are_errors_hide_nothing() -> None:
    class Warns(PaperTheory):
        def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            warnings.warn("half of it", stacklevel=1)
            return super().variance_rate(spec, eps, p, q) / 2

    with warnings.catch_warnings(record=True):
        warnings.simplefilter("error")
        assert broken(Warns()) >= {"variance_rate", "regularisation", "weight_variance"}


def test_places_name_a_budget_where_the_formulas_take_one() -> None:
    told = {one.formulas[0]: one.where for one in contradictions(scaled("variance_rate", 2.0))}
    assert "ε = " in told["variance_rate"]
    (offset,) = (one for one in contradictions(scaled("offset_variance", 2.0)) if one.formulas[0] == "offset_variance")
    assert "ε" not in offset.where
