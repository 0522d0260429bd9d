"""Where powers of ω are beyond floating-point numbers formulas say so, and give no 0, NaN or error of another kind."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.spec import ARCHITECTURES
from mfcheck.theory import finite_width, two_inputs
from mfcheck.theory.arguments import formulas, parameters
from mfcheck.theory.gram_moments import apart_moment, offset_moment
from mfcheck.theory.powers import check_power
from mfcheck.theory.values import number_of

THEORY = PaperTheory()
GIVEN = {"eps": 0.3, "p": 2.0, "q": math.inf, "t": 5.0, "lower": 0.01}
SPECS = st.builds(
    NetworkSpec,
    st.sampled_from(ARCHITECTURES),
    st.just(9),
    st.just(4),
    st.sampled_from([1, 20, 400]),
    st.integers(1, 1500),
    st.floats(-12, 12).map(lambda digits: 10.0**digits),
    st.just(0.3),
)
LENGTHS = (1.0, 2.0)
FURTHER: dict[str, Callable[[NetworkSpec], float]] = {
    "relative_second_moment": finite_width.relative_second_moment,
    "gram_deviation": finite_width.gram_deviation,
    "scale_moment": lambda spec: finite_width.scale_moment(spec, 4),
    "offset_moment_bound": lambda spec: finite_width.offset_moment_bound(spec, 4),
    "apart_moment": lambda spec: apart_moment(spec, 1),
    "output_distance": lambda spec: two_inputs.output_distance(spec, 0.3, LENGTHS),
    "tangent_kernel": lambda spec: two_inputs.tangent_kernel(spec, 0.3, LENGTHS),
    "attacked_distance": lambda spec: two_inputs.attacked_distance(spec, (0.1, 2, 2), 0.3, LENGTHS),
}


def value(formula: str, spec: NetworkSpec) -> Any:
    """A formula's value as one number, None where it says that it has none."""
    try:
        if formula in FURTHER:
            return FURTHER[formula](spec)
        return number_of(getattr(THEORY, formula)(spec, *(GIVEN[name] for name in parameters(THEORY, formula)[1:])))
    except ValueError as error:
        assert "math domain error" not in str(error)  # noqa: PT017
        return None


@given(SPECS)
@example(NetworkSpec("vanilla", 9, 4, 20, 700, 0.2, 0.3))
@example(NetworkSpec("vanilla", 9, 4, 20, 320, 20.0, 0.3))
@example(NetworkSpec("vanilla", 9, 4, 20, 700, 20.0, 0.3))
@example(NetworkSpec("residual", 9, 4, 20, 1100, 2.0, 0.3))
@example(NetworkSpec("vanilla", 9, 4, 1, 600, 2.0, 0.3))
@settings(max_examples=25, deadline=None)
def test_a_formula_has_a_number_or_says_that_it_has_none(spec: NetworkSpec) -> None:
    of_networks = [name for name in formulas(THEORY) if parameters(THEORY, name)[0] == "spec"]
    for name in (*of_networks, *FURTHER):
        found = value(name, spec)
        endless = name == "collapse_time" and spec.architecture == "residual"
        assert found is None or math.isfinite(found) or endless, (name, found)
        if name.startswith("jacobian_entry"):
            assert found is None or found > 0


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("variance", [0.2, 20.0])
def test_the_offsets_relative_moments_are_there_however_large_it_is(architecture: str, variance: float) -> None:
    """From L = 200 on, where ω^L is a number, they grow per layer as they do where it is none."""
    at = [NetworkSpec(architecture, 9, 4, 10**6, depth, variance, 0.3) for depth in (200, 201, 600, 601)]
    for moment in (THEORY.offset_square_ratio, lambda spec: offset_moment(spec, 2)):
        before, after, later, last = map(moment, at)
        assert last / later == pytest.approx(after / before, rel=1e-8)
        assert later > 1


@given(st.integers(1, 40), st.floats(0.1, 4), st.floats(0.01, 2))
@example(7, 0.2, 0.3)
@settings(max_examples=60, deadline=None)
def test_no_time_passes_until_the_gain_is_where_it_starts(depth: int, variance: float, eps: float) -> None:
    spec = NetworkSpec("vanilla", 9, 4, 100, depth, variance)
    lower = THEORY.omega(spec) ** depth
    at_once, later = (THEORY.collapse_time(spec, eps, 2, math.inf, lower * share) for share in (1.0, 0.9))
    assert 0 <= at_once < 1e-9 * later


@pytest.mark.parametrize(("base", "exponent"), [(10.0, 291), (0.1, 291), (-10.0, 300), (1e-300, 1.0)])
def test_a_power_that_is_no_number_is_refused_by_its_parts(base: float, exponent: float) -> None:
    with pytest.raises(ValueError, match=rf"{base!r}\^{exponent!r} has no"):
        check_power(base, exponent)
    check_power(base, exponent / 2)


@pytest.mark.parametrize("base", [0.0, math.inf, math.nan, 1.0])
def test_what_is_no_question_of_size_is_left_to_others(base: float) -> None:
    check_power(base, 1e6)
