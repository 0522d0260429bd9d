"""Changes of another theory against the paper's: which formulas they are, and what makes a theory unusable."""

from __future__ import annotations

import functools
import math
import random
import re
import statistics
from fractions import Fraction
from typing import Any

import pytest
from scipy import stats
from scipy.optimize import brentq

from mfcheck import NetworkSpec, NotANumber, NotCovered, PaperTheory, Verdict
from mfcheck.tests.support.rival_theories import SPEC, Forgotten, Half, HalfByHand, Two, findings
from mfcheck.theory.changes import changes, check_theory, differs, is_papers, moves
from mfcheck.theory.twins import twins
from mfcheck.theory.watched import Reading


@pytest.mark.parametrize(
    ("theory", "names"),
    [
        (PaperTheory(), ()),
        (Forgotten(), ("omega",)),
        (Two(), ("fisher_rao", "offset_variance")),
        (Half(), ("rate_factor",)),
        (HalfByHand(), ("rate_factor",)),
        (PaperTheory(rate_factor=1), ("rate_factor",)),
    ],
)
def test_changes_are_the_overridden_formulas_and_fields(theory: PaperTheory, names: tuple[str, ...]) -> None:
    assert tuple(change.name for change in changes(theory)) == names
    assert is_papers(theory) == (not names)


def test_each_change_stands_alone_in_a_theory_of_its_own() -> None:
    by_name = {change.name: change.theory for change in changes(Two())}
    paper = PaperTheory()
    assert by_name["fisher_rao"].offset_variance(SPEC) == paper.offset_variance(SPEC)
    assert by_name["fisher_rao"].fisher_rao(SPEC) == 2 * paper.fisher_rao(SPEC)
    assert by_name["offset_variance"].fisher_rao(SPEC) == paper.fisher_rao(SPEC)
    assert by_name["offset_variance"].offset(SPEC).var() == pytest.approx(1.25 * paper.offset(SPEC).var())


def test_a_law_of_the_same_variance_but_another_shape_differs() -> None:

    class Flat(PaperTheory):
        def jacobian_entry(self, spec: NetworkSpec) -> Any:
            width = math.sqrt(12 * self.jacobian_entry_variance(spec))
            return stats.uniform(loc=-width / 2, scale=width)

    assert Flat().jacobian_entry(SPEC).var() == pytest.approx(PaperTheory().jacobian_entry(SPEC).var())
    assert differs(Flat(), "jacobian_entry", (SPEC,))


class CountedLaw:
    """A standard normal law that counts how often it is looked at."""

    def __init__(self) -> None:
        self.looked = 0

    def var(self) -> float:
        self.looked += 1
        return 1.0

    def cdf(self, t: float) -> float:
        return 0.5 * math.erfc(-t / math.sqrt(2))


class NamelessLaw(CountedLaw):
    """One that cannot be told by a hash."""

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("place", [0.3, 0.5, 1.0, 2.0, 3.0])
def test_a_law_that_differs_at_one_place_alone_differs(place: float) -> None:
    class Bumped:
        def var(self) -> float:
            return 4.0

        def cdf(self, t: float) -> float:
            return float(stats.norm.cdf(t, scale=2)) + (0.01 if math.isclose(t, 2 * place) else 0.0)

    plain = stats.norm(scale=2)
    assert moves(Two(), lambda theory: Bumped() if isinstance(theory, Two) else plain)
    assert not moves(Two(), lambda theory: plain)


def test_a_law_that_many_theories_share_is_looked_at_once() -> None:
    law, theories = CountedLaw(), [twin.theory for twin in twins(PaperTheory())]
    assert not any(moves(theory, lambda theory: law) for theory in theories)
    assert law.looked == 1


@pytest.mark.parametrize("kind", [CountedLaw, NamelessLaw])
def test_a_law_that_is_made_anew_is_the_same_by_its_numbers(kind: type[CountedLaw]) -> None:
    assert not moves(Two(), lambda theory: kind())
    assert moves(Two(), lambda theory: kind() if is_papers(theory) else PaperTheory().jacobian_entry(SPEC))


# What cannot be put on trial -----------------------------------------------------------------------------------


def theory_with(**members: Any) -> PaperTheory:
    made = type("Odd", (PaperTheory,), members)()
    assert isinstance(made, PaperTheory)
    return made


class Lawless:
    def var(self) -> float:
        return 1.0

    def cdf(self, at: float) -> float:
        return float(at > 0)


class OfNumbers:
    """A normal law that is asked one number at a time."""

    def mean(self) -> float:
        return 0.0

    def var(self) -> float:
        return 1.0

    def cdf(self, x: float) -> float:
        return (1 + math.erf(x / math.sqrt(2))) / 2

    def ppf(self, share: float) -> float:
        return statistics.NormalDist().inv_cdf(share)


def crash(self: PaperTheory, spec: NetworkSpec) -> float:
    raise KeyError("gain")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"omega": lambda self, spec: math.nan}, "formula omega gives nan at"),
        ({"omega": lambda self, spec: math.inf}, "formula omega gives inf at"),
        ({"omega": lambda self, spec: None}, "formula omega gives None, which is no number"),
        ({"omega": lambda self, spec: "1"}, "formula omega gives '1', which is no number"),
        ({"omega": crash}, "formula omega raises KeyError: 'gain'"),
        ({"omega": None}, "formula omega is no method, and must take (spec)"),
        ({"omega": lambda self: 1.0}, "formula omega takes (), and must take (spec)"),
        (
            {"omega": functools.cache(lambda self, spec: 1.0)},
            "formula omega is kept by functools.cache, which belongs on a helper that it calls, and must take (spec)",
        ),
        (
            {"omega": classmethod(lambda kind, spec: 1.0)},
            "formula omega is a class method, where it must be a method or a static one, and must take (spec)",
        ),
        (
            {"regularisation": lambda self, spec, *, eps, p, q: 1.0},
            "formula regularisation takes (spec, eps, p, q), some of them by name alone, and must take",
        ),
        ({"offset_variance": lambda self, spec: 0.0}, "its own are offset_variance"),
        ({"omega": lambda self, net: 1.0}, "formula omega takes (net), and must take (spec)"),
        ({"jacobian_entry": lambda self, spec: 0.1}, "formula jacobian_entry gives 0.1, which is no law"),
        ({"jacobian_entry": lambda self, spec: Lawless()}, "which is no law: it has no mean"),
        ({"omega": lambda self, spec: math.log(-1.0)}, "formula omega raises ValueError: math domain error at"),
        ({"omega": lambda self, spec: float("gain")}, "formula omega raises ValueError: could not convert"),
        ({"omega": lambda self, spec: statistics.mean([])}, "formula omega raises StatisticsError: mean requires"),
        (
            {"omega": lambda self, spec: brentq(math.exp, 0.0, 1.0)},
            "formula omega raises ValueError: f(a) and f(b) must have different signs",
        ),
        ({"omega": lambda self, spec: random.random()}, "it must be a function of its arguments alone"),
        ({"rate_factor": 1}, "sets rate_factor = 1 on its class"),
        ({"omega": lambda self, spec: Fraction(1, 2)}, "gives Fraction(1, 2), a Fraction, where it must be a float"),
        ({"jacobian_entry": lambda self, spec: OfNumbers()}, "whose cdf takes no arrays"),
        ({"collapse_time": lambda self, spec, eps, p, q, lower: -math.inf}, "formula collapse_time gives -inf at"),
        ({"__hash__": None}, "cannot be told from others: unhashable type: 'Odd'; declare a field"),
    ],
)
def test_an_unusable_theory_is_told_by_formula_and_place(members: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as told:
        check_theory(theory_with(**members), "mine:Odd")
    assert "'mine:Odd'" in str(told.value)
    assert "\n" not in str(told.value)


def test_what_never_collapses_can_be_put_on_trial() -> None:
    check_theory(theory_with(collapse_time=lambda self, spec, eps, p, q, lower: math.inf), "mine:Never")


def test_a_formula_may_have_nothing_to_say_somewhere() -> None:
    def vanilla_only(self: PaperTheory, spec: NetworkSpec) -> float:
        if spec.architecture != "vanilla":
            raise ValueError("residual networks are left open")
        return spec.activation.alpha * spec.weight_variance

    silent = theory_with(omega=vanilla_only)
    check_theory(silent, "mine:Silent")
    with pytest.raises(NotCovered, match="omega of theory Odd has no value: residual networks are left open"):
        Reading(silent).theory.omega(SPEC)
    (finding,) = findings(silent, "thm4.1/entries-variance", cells=lambda id: "residual-N300-" in id)
    assert finding.verdict is Verdict.NOT_APPLICABLE
    assert finding.changes_seen == ("omega",)
    assert finding.paper_verdict == "supported"


def test_what_the_papers_own_formula_refuses_is_left_open_too() -> None:
    def through_the_papers(self: PaperTheory, spec: NetworkSpec) -> float:
        return PaperTheory().collapse_time(spec, 0.1, 2, 2, 1e9)

    check_theory(theory_with(omega=through_the_papers), "mine:Silent")


def test_a_value_that_is_no_number_only_where_a_claim_looks_names_formula_and_place() -> None:
    odd = theory_with(omega=lambda self, spec: math.nan if spec.width == 500 else 1.0)
    check_theory(odd, "mine:Odd")
    with pytest.raises(NotANumber, match=r"formula omega gives nan at \(residual\(.*width=500"):
        Reading(odd).theory.omega(SPEC)
