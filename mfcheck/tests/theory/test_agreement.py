"""Formulas in other words agree with the paper's everywhere, and those that are wrong in one corner do not."""

from __future__ import annotations

import inspect
import math
from typing import Any

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.findings.report import ChangedFormula
from mfcheck.findings.theory_changes import SEEN, UNMOVED, UNTESTED, theory_changes
from mfcheck.reporting.words.changes_text import fate
from mfcheck.theory.agreement import agrees
from mfcheck.theory.arguments import formulas

PAPER = PaperTheory()


class Reworded(PaperTheory):
    """The paper's by logarithms and a helper, and what it adds for itself."""

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        return math.exp(spec.depth * math.log(self.omega(spec)) - math.log(spec.input_dim))

    def regularisation(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return float(super().regularisation(spec, 2 * eps, p, q) / 2)


def wrong(formula: str, where: Any, factor: float = 1.2) -> PaperTheory:
    """The paper's theory with a formula that is off at the places that a condition holds at."""

    def changed(self: PaperTheory, *place: Any) -> float:
        value = float(getattr(PAPER, formula)(*place))
        return value * factor if where(*place) else value

    changed.__signature__ = inspect.signature(getattr(PaperTheory, formula))  # type: ignore[attr-defined]
    kind = type("Wrong", (PaperTheory,), {formula: changed})
    found: PaperTheory = kind()
    return found


@pytest.mark.parametrize("formula", formulas(PAPER))
def test_the_papers_own_formulas_agree(formula: str) -> None:
    class Same(PaperTheory):
        pass

    assert agrees(Same(), formula)


@pytest.mark.parametrize("formula", ["jacobian_entry_variance", "regularisation"])
def test_other_words_agree(formula: str) -> None:
    assert agrees(Reworded(), formula)


CORNERS = {
    "full_fisher_rao": lambda spec: spec.architecture == "residual" and spec.depth > 3,
    "fisher_rao_of_biases": lambda spec: spec.architecture == "vanilla" and spec.depth > 2,
    "offset_square_ratio": lambda spec: spec.depth > 4 and spec.bias_variance > 0,
    "adversarial_bound": lambda spec, eps, p, q: spec.output_dim > spec.input_dim and p == 1,
    "regularisation": lambda spec, eps, p, q: spec.architecture == "residual" and spec.depth == 1,
    "weight_variance": lambda spec, eps, p, q, t: spec.architecture == "residual" and spec.depth % 2,
    "omega": lambda spec: spec.activation.u == spec.activation.v,
    "fisher_rao": lambda spec: spec.width > 5000 and spec.architecture == "residual" and spec.activation.v < 0,
    "beta": lambda p, q, d, k: k > d and q == math.inf,
    "variance_rate": lambda spec, eps, p, q: eps > 5 and spec.depth > 20,
}


@pytest.mark.parametrize("formula", CORNERS)
def test_what_is_wrong_in_a_corner_alone_does_not(formula: str) -> None:
    assert not agrees(wrong(formula, CORNERS[formula]), formula)


@pytest.mark.parametrize(
    ("formula", "where"),
    [
        ("omega", lambda spec: abs(spec.activation.v) > abs(spec.activation.u)),
        ("regularisation", lambda spec, eps, p, q: spec.architecture == "residual" and spec.output_dim > 31),
        ("fisher_rao", lambda spec: spec.output_dim > 31 and spec.architecture == "residual"),
        ("fisher_rao", lambda spec: abs(spec.activation.v) > abs(spec.activation.u) and spec.architecture == "vanilla"),
    ],
    ids=["steeper below 0", "many outputs", "capacity of many outputs", "capacity of steeper below 0"],
)
def test_nor_does_what_is_wrong_of_many_outputs_or_of_slopes_that_are_larger_below_0(formula: str, where: Any) -> None:
    assert not agrees(wrong(formula, where), formula)


class ByLogarithms(PaperTheory):
    """What biases add, by the logarithm of their variance, which 0 has none of."""

    def fisher_rao_of_biases(self, spec: NetworkSpec) -> float:
        math.log(spec.bias_variance)
        return super().fisher_rao_of_biases(spec)

    def offset_variance(self, spec: NetworkSpec) -> float:
        math.log(spec.bias_variance)
        return super().offset_variance(spec)

    def omega(self, spec: NetworkSpec) -> float:
        math.log(spec.bias_variance)
        return super().omega(spec)


def test_a_formula_may_have_no_value_where_the_papers_says_nothing() -> None:
    assert agrees(ByLogarithms(), "fisher_rao_of_biases")
    assert agrees(ByLogarithms(), "offset_variance")
    assert not agrees(ByLogarithms(), "omega")


def finding(formula: str) -> dict[str, Any]:
    pins = {"places": [], "pins": [{"formula": formula}], "by_calculus": []}
    return {"claim": "a/b", "changes_seen": [], "paper_verdict": "", "verdict": "supported", "pins": pins, "cell": "c"}


def statuses(theory: PaperTheory, asked: str) -> dict[str, str]:
    return {one["formula"]: one["status"] for one in theory_changes(theory, [finding(asked)])["formulas"]}


def test_other_words_are_no_untested_change() -> None:
    assert statuses(Reworded(), "regularisation") == {"jacobian_entry_variance": UNTESTED, "regularisation": UNMOVED}
    corner = wrong("full_fisher_rao", CORNERS["full_fisher_rao"])
    assert statuses(corner, "full_fisher_rao") == {"full_fisher_rao": UNTESTED}


@pytest.mark.parametrize(
    ("found", "status"),
    [
        ({"changes_told": []}, UNTESTED),
        ({"changes_told": ["full_fisher_rao"]}, SEEN),
        ({"changes_told": ["omega"]}, UNTESTED),
        ({"changes_told": [], "verdict": "refuted", "paper_verdict": "refuted"}, UNTESTED),
        ({}, SEEN),  # of a report that does not say
    ],
)
def test_what_is_seen_and_not_told_apart_is_held_against_the_papers_values(found: dict[str, Any], status: str) -> None:
    one = finding("full_fisher_rao") | {"changes_seen": ["full_fisher_rao"], "paper_verdict": "supported"} | found
    corner = wrong("full_fisher_rao", CORNERS["full_fisher_rao"])
    assert [entry["status"] for entry in theory_changes(corner, [one])["formulas"]] == [status]
    near = wrong("full_fisher_rao", lambda spec: True, 1 + 1e-5)  # somebody's own quadrature
    assert [entry["status"] for entry in theory_changes(near, [one])["formulas"]] == [SEEN]


@pytest.mark.parametrize("q", [3.0, 20.0])
def test_finite_norms_beyond_2_are_looked_at(q: float) -> None:
    assert not agrees(wrong("beta", lambda p, q_, d, k: q_ == q), "beta")


def test_each_is_told() -> None:
    assert fate(ChangedFormula("beta", UNTESTED, seen_by=("a/b", "a/c"), asked_by=("a/b",))) == (
        "untested: too near the paper's for a/b, a/c to tell, and another elsewhere"
    )
    assert fate(ChangedFormula("beta", UNMOVED, asked_by=("a/b",))) == (
        "the paper's in other words, as far as its values tell; asked by a/b"
    )
    assert fate(ChangedFormula("beta", UNTESTED, asked_by=("a/b",))) == (
        "untested: as the paper's where a/b ask it, and another elsewhere"
    )
    assert fate(ChangedFormula("row_energy", UNMOVED, asked_by=("a/b",))) == (
        "added, and read by formulas that are asked by a/b"
    )
    assert fate(ChangedFormula("beta", UNTESTED)) == "untested: no finding asks it"
