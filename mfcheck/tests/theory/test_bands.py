"""Formulas that are another where ω is near 1, or that are asked only where they decline, are no other words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.tests.support.settings import make_settings
from mfcheck.theorems.corners import corners
from mfcheck.theory.agreement import agrees
from mfcheck.theory.changes import differs
from mfcheck.theory.gram_moments import apart_moment


class Band(PaperTheory):
    """The paper's but within five hundredths of ω = 1, where nothing is to grow or to decay."""

    def jacobian_entry_variance(self, spec: NetworkSpec) -> float:
        near = abs(self.omega(spec) - 1) < 0.05
        return 1 / spec.input_dim if near else super().jacobian_entry_variance(spec)


class CrudeSum(PaperTheory):
    """A geometric sum in closed form, with a crude guard."""

    def offset_variance(self, spec: NetworkSpec) -> float:
        omega, one = self.omega(spec), spec.activation.alpha * spec.bias_variance
        return one * spec.depth if abs(omega - 1) < 0.05 else one * (omega**spec.depth - 1) / (omega - 1)


class OfAnyBias(PaperTheory):
    """The ratio does not depend on σ_b², and so is there without biases too."""

    def offset_square_ratio(self, spec: NetworkSpec) -> float:
        return apart_moment(replace(spec, bias_variance=1.0), 1, offset=True)


@pytest.mark.parametrize(("theory", "formula"), [(Band(), "jacobian_entry_variance"), (CrudeSum(), "offset_variance")])
def test_a_band_about_the_boundary_is_another_formula(theory: PaperTheory, formula: str) -> None:
    assert not agrees(theory, formula)
    there = [spec for spec in corners(make_settings()) if differs(theory, formula, (spec,))]
    assert {spec.architecture for spec in there} == {"vanilla", "residual"}, "networks are drawn where it is another"


def test_a_formula_may_have_a_value_where_the_papers_says_nothing() -> None:
    assert agrees(OfAnyBias(), "offset_square_ratio")
