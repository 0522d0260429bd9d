"""All twins of a formula written here are those that its text admits, each with the value that its change makes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.spec import ReLULike
from mfcheck.theory.arguments import formulas, parameters
from mfcheck.theory.changes import PAPER, changes, differs, found_flaw, moves
from mfcheck.theory.rewritten import FACTORS, SLIPS
from mfcheck.theory.sample_places import sample_places
from mfcheck.theory.twins import twins, value_at

SPEC = NetworkSpec("vanilla", 5, 3, 20, 4, 0.7, 0.3, ReLULike(2, -0.5))
PLACES = len(sample_places(("spec",)))


class Toy(PaperTheory):
    """A theory with one more formula."""

    def toy(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        """No formula of anybody's."""
        return eps * (spec.width + math.sqrt(spec.depth)) ** 2 - p


def toy_values() -> dict[str, float]:
    return {
        twin.name.removeprefix("toy: "): value_at(twin.theory, "toy", (SPEC, 0.5, 3.0, 2.0)) or 0.0
        for twin in twins(Toy())
        if twin.formula == "toy"
    }


def test_a_formulas_twins_have_the_values_that_their_changes_make() -> None:
    base = "(spec.width + math.sqrt(spec.depth)) ** 2"
    assert toy_values() == pytest.approx(
        {
            "× 1.05": 1.05 * (0.5 * 22**2 - 3),
            "× 1.25": 1.25 * (0.5 * 22**2 - 3),
            f"eps * {base} - p, first term dropped": 3.0,
            f"eps * {base} - p, second term dropped": 0.5 * 22**2,
            f"eps * {base} - p, sign changed": 0.5 * 22**2 + 3,
            "eps squared": 0.25 * 22**2 - 3,
            "eps left out": 22**2 - 3,
            f"{base}, exponent + 1": 0.5 * 22**3 - 3,
            f"{base}, exponent − 1": 0.5 * 22 - 3,
            "spec.width + math.sqrt(spec.depth), first term dropped": 0.5 * 2**2 - 3,
            "spec.width + math.sqrt(spec.depth), second term dropped": 0.5 * 20**2 - 3,
            "spec.width + math.sqrt(spec.depth), sign changed": 0.5 * 18**2 - 3,
            "math.sqrt(spec.depth) without the root": 0.5 * 24**2 - 3,
            "width and depth swapped": 0.5 * (4 + math.sqrt(20)) ** 2 - 3,
            "p and q swapped": 0.5 * 22**2 - 2,
        }
    )
    assert FACTORS == (1.05, 1.25)


class Summed(PaperTheory):
    """A formula with a sum, two architectures and a sign of its own."""

    def summed(self, spec: NetworkSpec) -> float:
        return sum(2.0**k for k in range(1, spec.depth)) if spec.architecture == "vanilla" else -spec.width


def test_sums_end_one_early_or_late_and_cases_and_signs_are_taken_for_each_other() -> None:
    residual = replace(SPEC, architecture="residual")
    found = {
        twin.name.removeprefix("summed: "): tuple(value_at(twin.theory, "summed", (spec,)) for spec in (SPEC, residual))
        for twin in twins(Summed())
        if twin.formula == "summed"
    }
    assert (found.pop("× 1.05"), found.pop("× 1.25")) == (pytest.approx((14.7, -21.0)), (17.5, -25.0))
    whole = "sum((2.0 ** k for k in range(1, spec.depth))) if spec.architecture == 'vanilla' else -spec.width"
    assert found == {
        f"{whole}, cases swapped": (-20, 14),
        "range(1, spec.depth), one term more": (30, -20),
        "range(1, spec.depth), one term less": (6, -20),
        "2.0 ** k, exponent + 1": (28, -20),
        "2.0 ** k, exponent − 1": (7, -20),
        "-spec.width, sign changed": (14, 20),
        "width and depth swapped": (2.0**20 - 2, -4),
    }


class Stepped(PaperTheory):
    """Sums whose end is not the last thing that they are told, or is not told by itself."""

    def stepped(self, spec: NetworkSpec) -> float:
        ends = (1, spec.depth)
        return sum(2.0**k for k in range(1, spec.width, 2)) + sum(3.0**k for k in range(*ends))


def test_sums_that_do_not_tell_their_end_have_none_of_one_term_more() -> None:
    found = {twin.name for twin in twins(Stepped()) if twin.formula == "stepped"}
    assert "stepped: × 1.25" in found
    assert not {name for name in found if "one term" in name}


class Computed(PaperTheory):
    """Formulas that are computed: by a loop, a quadrature, a guard, a recursion and a countdown."""

    def looped(self, spec: NetworkSpec) -> float:
        gain = None
        for layer in range(1, spec.depth):
            gain = 2.0**layer
        return gain * spec.width  # type: ignore[operator]

    def integral(self, spec: NetworkSpec) -> float:
        return sum(spec.width / 2000 * math.cos((k - 0.5) / 2000) for k in range(1, 2001))

    def guarded(self, spec: NetworkSpec) -> float:
        x = 1 / spec.width
        return math.expm1(x) / x if x > 1e-8 else 1 + x / 2

    def recursive(self, spec: NetworkSpec) -> float:
        def halved(n: int) -> float:
            return 1.0 if n <= 1 else 2 * halved(n // 2)

        return halved(spec.width)

    def counted(self, spec: NetworkSpec) -> float:
        step, left, total = -0.5, float(spec.depth), 0.0
        while left > 0:
            total, left = total + left, left + step
        return total


def test_what_is_computed_has_no_twins_that_nothing_could_tell_or_that_never_end() -> None:
    found = [twin for twin in twins(Computed()) if twin.formula in vars(Computed)]
    slips = {twin.name: twin.equivalent for twin in found if twin.name.endswith(SLIPS)}
    assert {name.split(":")[0] for name in slips} == {"looped", "integral", "guarded"}
    counted = [twin.name.removeprefix("counted: ") for twin in found if twin.formula == "counted"]
    assert counted == ["× 1.05", "× 1.25", "width and depth swapped"]
    for end in ("more", "less"):
        assert (
            slips[f"integral: range(1, 2001), one term {end}"] == f"within 5% of the formula at all of {PLACES} places"
        )
    assert not slips["looped: range(1, spec.depth), one term more"]
    assert not any("cases" in name for name in slips)
    for twin in found:
        for spec in (SPEC, replace(SPEC, depth=1), replace(SPEC, depth=2)):
            value_at(twin.theory, twin.formula, (spec,))


class Mixed(PaperTheory):
    """A formula that reads one symbol of every pair that may be swapped in one of a network."""

    def mixed(self, spec: NetworkSpec) -> float:
        return spec.width * spec.input_dim**2 * spec.weight_variance**3 * spec.activation.u**4


def test_any_two_symbols_that_are_easily_taken_for_each_other_are_swapped() -> None:
    swapped = {
        twin.name.removeprefix("mixed: "): value_at(twin.theory, "mixed", (SPEC,))
        for twin in twins(Mixed())
        if twin.formula == "mixed" and "swapped" in twin.name
    }
    whole = 20 * 5**2 * 0.7**3 * 2.0**4
    assert swapped == {
        "width and depth swapped": pytest.approx(whole / 20 * 4),
        "input_dim and output_dim swapped": pytest.approx(whole / 5**2 * 3**2),
        "weight_variance and bias_variance swapped": pytest.approx(whole / 0.7**3 * 0.3**3),
        "u and v swapped": pytest.approx(whole / 4**2 * 0.25**2),
    }


def test_a_formula_of_ones_own_is_one_and_a_change() -> None:
    assert "toy" in formulas(Toy())
    assert parameters(Toy(), "toy") == ("spec", "eps", "p", "q")
    assert parameters(Toy(), "rate_factor") == ()
    assert [change.name for change in changes(Toy())] == ["toy"]


class Odd(PaperTheory):
    """Formulas whose values are hard to use."""

    def nothing(self, spec: NetworkSpec) -> float:
        return 0.0

    def endless(self, spec: NetworkSpec) -> float:
        return math.inf

    def _hidden(self, spec: NetworkSpec) -> float:
        return 1.0

    def other(self, spec: NetworkSpec, width: int) -> float:
        return 1.0


def test_a_value_is_a_number_other_than_0_or_there_is_none() -> None:
    assert value_at(Odd(), "nothing", (SPEC,)) is None
    assert value_at(Odd(), "endless", (SPEC,)) is None
    assert value_at(Odd(), "missing", (SPEC,)) is None
    assert value_at(Odd(), "omega", ()) is None
    assert value_at(Odd(), "omega", (SPEC,)) == PAPER.omega(SPEC)
    assert value_at(Odd(), "jacobian_entry", (SPEC,)) == pytest.approx(PAPER.jacobian_entry_variance(SPEC))
    assert {"nothing", "endless"} <= set(formulas(Odd()))
    assert not {"_hidden", "other", "rate_factor"} & set(formulas(Odd()))
    assert [change.name for change in changes(Odd())] == ["endless", "nothing"]


@pytest.mark.parametrize(
    ("taken", "first", "count"),
    [
        (("spec",), (SPEC,), 36),
        (("spec", "eps", "p", "q"), (SPEC, 0.3, 1, 1), 8 * 2 * 11),
        (("spec", "eps", "p", "q", "t"), (SPEC, 0.3, 2, 2, 0.5), 8 * 3 * 2),
        (("spec", "eps", "p", "q", "lower"), (SPEC, 0.3, 2, 2, 0.02), 4 * 3),
        (("p", "q", "input_dim", "output_dim"), (1, 1, 31, 7), 3 * 11),
    ],
)
def test_formulas_are_compared_at_as_many_places(taken: tuple[str, ...], first: tuple[Any, ...], count: int) -> None:
    places = sample_places(taken)
    assert (len(places), len(set(places))) == (count, count)
    known = places[0][1:] if taken[0] == "spec" else places[0]
    assert known == (first[1:] if taken[0] == "spec" else first)
    if taken[-1] == "lower":
        assert {place[0].architecture for place in places} == {"vanilla"}
    elif taken[0] == "spec":
        assert {place[0].architecture for place in places} == {"vanilla", "residual"}


# Differences -------------------------------------------------------------------------------------------------------


class Slightly(PaperTheory):
    """The gain is off in its ninth digit or its eighth."""

    def omega(self, spec: NetworkSpec) -> float:
        return super().omega(spec) * (1 + (1e-10 if spec.width == 20 else 1e-8))


def test_a_value_differs_from_the_ninth_digit_on() -> None:
    wide = NetworkSpec("vanilla", 5, 3, 21, 4, 0.7)
    assert not differs(Slightly(), "omega", (SPEC,))
    assert differs(Slightly(), "omega", (wide,))
    assert moves(Slightly(), lambda theory: theory.omega(wide))
    assert not moves(Slightly(), lambda theory: theory.omega(SPEC))
    assert not moves(Slightly(), lambda theory: theory.omega(wide), than=Slightly())


def test_having_a_value_and_having_none_differ() -> None:
    assert differs(Odd(), "nothing", (SPEC,))  # the paper has no such formula
    assert not differs(PAPER, "omega", (SPEC,))
    assert moves(PAPER, lambda theory: 1.0 / 0.0 if theory is PAPER else 1.0, than=Odd())
    assert not moves(PAPER, lambda theory: 1.0 / 0.0, than=Odd())


def with_omega(value: Any) -> PaperTheory:
    def omega(self: PaperTheory, spec: NetworkSpec) -> Any:
        if isinstance(value, BaseException):
            raise value
        return value

    theory: PaperTheory = type("Given", (PaperTheory,), {"omega": omega})()
    return theory


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        (2.0, ""),
        (2, ""),
        (ValueError("nothing to say"), ""),
        (True, "formula omega gives True, which is no number, {where}"),
        ("2", "formula omega gives '2', which is no number, {where}"),
        (math.nan, "formula omega gives nan {where}"),
        (-math.inf, "formula omega gives -inf {where}"),
        (KeyError("x"), "formula omega raises KeyError: 'x' {where}"),
        (SystemExit(3), "formula omega raises SystemExit: 3 {where}"),
    ],
)
def test_a_flaw_is_told_with_its_place_and_the_papers_value(value: Any, flaw: str) -> None:
    where = f"at ({SPEC}), where the paper's gives {PAPER.omega(SPEC):.6g}"
    assert found_flaw(with_omega(value), "omega", (SPEC,)) == flaw.format(where=where)


def test_where_the_papers_theory_has_no_value_nothing_is_a_flaw() -> None:
    bare = NetworkSpec("my.net:Net", 5, 3, 20, 4, 0.7)
    assert found_flaw(with_omega("2"), "omega", (bare,)) == ""


def test_a_law_must_have_a_mean_a_variance_and_a_distribution_function() -> None:
    def entry(self: PaperTheory, spec: NetworkSpec) -> float:
        return 0.25

    theory: PaperTheory = type("Given", (PaperTheory,), {"jacobian_entry": entry})()
    variance = PAPER.jacobian_entry_variance(SPEC)
    assert found_flaw(theory, "jacobian_entry", (SPEC,)) == (
        f"formula jacobian_entry gives 0.25, which is no law: it has no mean, at ({SPEC}), "
        f"where the paper's gives {variance:.6g} as a variance"
    )
