"""Theories that are wrong along one argument, or at one kind of its values alone, and where formulas are read."""

from __future__ import annotations

import functools
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.spec import ReLULike
from mfcheck.theory.arguments import (
    ARGUMENTS,
    BETWEEN,
    DOUBLED,
    KINDS,
    arguments_of,
    formulas,
    kind_of,
    parameters,
    values_at,
)
from mfcheck.theory.sample_places import sample_places
from mfcheck.theory.slants import AtKind, Constant, Slant, altered, places_read, slant_factor
from mfcheck.theory.twins import with_limits

THEORY = PaperTheory()
SPEC = NetworkSpec("vanilla", 31, 7, 20, 3, 1.7, 0.3, ReLULike(0.7, -1.1))


def test_every_argument_of_every_formula_is_doubled_or_has_kinds() -> None:
    known = set(DOUBLED) | set(KINDS)
    for names in ARGUMENTS:
        assert set(arguments_of(names)) <= known, names


@pytest.mark.parametrize("formula", formulas(THEORY))
def test_the_values_at_a_place_are_those_of_every_argument(formula: str) -> None:
    names = parameters(THEORY, formula)
    for place in sample_places(names):
        at = values_at(names, place)
        assert tuple(at) == arguments_of(names)
        for argument in KINDS.keys() & at.keys():
            assert kind_of(argument, at[argument]) in KINDS[argument]


@pytest.mark.parametrize(
    ("argument", "value", "kind"),
    [
        ("p", 1, "1"),
        ("q", math.inf, "∞"),
        ("p", 1.5, BETWEEN),
        ("v", 0, "0"),
        ("v", -1.0, BETWEEN),
        ("u", 0.5, BETWEEN),
        ("t", 0, "0"),
        ("bias_variance", 0.3, "positive"),
        ("architecture", "residual", "residual"),
        ("width", 8, ""),
    ],
)
def test_kinds_of_values(argument: str, value: float | str, kind: str) -> None:
    assert kind_of(argument, value) == kind


@given(st.floats(0.01, 100), st.floats(0.01, 100), st.booleans())
def test_a_slant_is_right_at_its_anchor_and_a_quarter_off_at_twice_it(value: float, anchor: float, rises: bool) -> None:
    assert slant_factor(anchor, anchor, rises=rises) == 1
    assert slant_factor(2 * anchor, anchor, rises=rises) == pytest.approx(1.25 if rises else 0.8)
    assert slant_factor(value, anchor, rises=rises) * slant_factor(value, anchor, rises=not rises) == pytest.approx(1)


@pytest.mark.parametrize("formula", formulas(THEORY))
def test_a_constant_is_the_same_factor_everywhere_and_reaches_the_formulas_that_read_it(formula: str) -> None:
    for place in sample_places(parameters(THEORY, formula))[:4]:
        try:
            own = getattr(THEORY, formula)(*place)
        except ValueError:
            continue
        found = getattr(altered(THEORY, formula, Constant(1.1)), formula)(*place)
        if hasattr(own, "cdf"):
            assert found.var() == pytest.approx(1.21 * own.var())
            assert found.cdf(1.1 * 0.2) == pytest.approx(float(own.cdf(0.2)))
        else:
            assert found == pytest.approx(1.1 * own)
    wider = altered(THEORY, "omega", Constant(2.0))
    assert wider.jacobian_entry_variance(SPEC) == pytest.approx(8 * THEORY.jacobian_entry_variance(SPEC))


@pytest.mark.parametrize("argument", ["width", "input_dim", "output_dim", "depth", "weight_variance", "bias_variance"])
def test_a_slanted_formula_is_right_at_one_value_of_an_argument_that_it_may_not_read(argument: str) -> None:
    anchor = getattr(SPEC, argument)
    slanted = altered(THEORY, "fisher_rao", Slant(argument, anchor, rises=True))
    double = replace(SPEC, **{argument: 2 * anchor})
    assert slanted.fisher_rao(SPEC) == pytest.approx(THEORY.fisher_rao(SPEC))
    assert slanted.fisher_rao(double) == pytest.approx(1.25 * THEORY.fisher_rao(double))


def test_a_formula_may_be_wrong_at_one_kind_of_values_alone() -> None:
    leaky = altered(THEORY, "omega", AtKind("v", BETWEEN, 1.25))
    plain = replace(SPEC, activation=ReLULike())
    assert leaky.omega(plain) == THEORY.omega(plain)
    assert leaky.omega(SPEC) == pytest.approx(1.25 * THEORY.omega(SPEC))
    at_two = altered(THEORY, "beta", AtKind("p", "2", 0.8))
    assert at_two.beta(2, 2, 9, 3) == pytest.approx(0.8 * THEORY.beta(2, 2, 9, 3))
    assert at_two.beta(1, 2, 9, 3) == THEORY.beta(1, 2, 9, 3)
    bound = THEORY.adversarial_bound(SPEC, 0.1, 2, 2)
    assert at_two.adversarial_bound(SPEC, 0.1, 2, 2) == pytest.approx(0.8 * bound)


@pytest.mark.parametrize("formula", sorted(with_limits(THEORY)))
def test_of_a_formula_with_a_limit_what_the_width_adds_alone_may_be_altered(formula: str) -> None:
    place = sample_places(parameters(THEORY, formula))[0]
    spec = replace(place[0], width=40)
    at, limit = (spec, *place[1:]), (replace(spec, width=10**9), *place[1:])
    own, far = (getattr(THEORY, formula)(*one) for one in (at, limit))
    assert own != pytest.approx(far, rel=1e-4)
    for factor in (Constant(0.5), Slant("depth", spec.depth / 2, rises=True), AtKind("architecture", "vanilla", 3.0)):
        changed = altered(THEORY, formula, factor, correction=True)
        by = factor(values_at(parameters(THEORY, formula), at))
        assert by != 1
        assert getattr(changed, formula)(*at) - far == pytest.approx(by * (own - far), rel=1e-4)
        assert getattr(changed, formula)(*limit) == pytest.approx(far)


def test_what_has_no_limit_has_nothing_that_a_width_adds_to_one() -> None:
    assert with_limits(THEORY) == {
        "apart_square_ratio",
        "offset_square_ratio",
        "shared_square_ratio",
        "weight_variance",
    }
    same = altered(THEORY, "excess_kurtosis", Constant(2.0), correction=True)
    assert same.excess_kurtosis(SPEC) == THEORY.excess_kurtosis(SPEC)


class Added(PaperTheory):
    """With a formula of its own that reads another."""

    def twice_the_gain(self, spec: NetworkSpec) -> float:
        return 2 * self.omega(spec)


def test_formulas_are_read_by_others_too_and_so_are_those_that_a_theory_adds() -> None:
    read = places_read(THEORY, lambda theory: theory.adversarial_bound(SPEC, 0.1, 2, 2))
    assert read == {
        "adversarial_bound": [(SPEC, 0.1, 2, 2)],
        "beta": [(2, 2, 31, 7)],
        "omega": [(SPEC,)],
    }
    own = Added()
    assert places_read(own, lambda theory: theory.twice_the_gain(SPEC)).keys() == {"twice_the_gain", "omega"}  # type: ignore[attr-defined]
    assert altered(own, "omega", Constant(3.0)).twice_the_gain(SPEC) == pytest.approx(6 * own.omega(SPEC))  # type: ignore[attr-defined]


def test_a_place_without_a_value_is_still_a_place_that_was_read() -> None:
    read = places_read(THEORY, lambda theory: theory.weight_variance(SPEC, 0.1, 2, 2, -1.0))
    assert read == {"weight_variance": [(SPEC, 0.1, 2, 2, -1.0)]}


class Keeping(PaperTheory):
    """The paper's, whose helper keeps what it has found, for every theory that is equal to this one."""

    @functools.cache  # noqa: B019 - what others write
    def power(self, spec: NetworkSpec) -> float:
        return self.omega(spec) ** spec.depth

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        return self.power(spec) / spec.input_dim


def test_a_helper_that_keeps_what_it_found_keeps_it_for_each_altered_theory_by_itself() -> None:
    right = THEORY.jacobian_entry_variance(SPEC)
    for factor in (1.001, 1.01, 1.25, 0.8):
        found = altered(Keeping(), "omega", Constant(factor)).jacobian_entry_variance(SPEC)
        assert found == pytest.approx(right * factor**SPEC.depth, rel=1e-9)
