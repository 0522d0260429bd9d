"""Formulas that are another where ω is near 1, or that are asked only where they decline, are no other words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.tests.support.settings import make_settings
from mfcheck.theorems.corners import corners
from mfcheck.theory.agreement import agrees
from mfcheck.theory.changes import differs, shape_distance
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


class Tabulated:
    """A law whose distribution function is known to three deviations."""

    def var(self) -> float:
        return 4.0

    def cdf(self, at: np.ndarray) -> np.ndarray:
        return np.where(np.abs(at) > 6.0, np.nan, stats.norm.cdf(at / 2))


@pytest.mark.parametrize("law", [stats.norm(), stats.cauchy(), stats.t(2), stats.poisson(3), Tabulated()])
def test_a_law_is_no_other_shape_than_its_own(law: Any) -> None:
    assert shape_distance(law, law) == 0


def test_shapes_are_told_apart_whatever_the_scale() -> None:
    assert shape_distance(stats.norm(), stats.norm(scale=9)) < 1e-12
    assert 0.05 < shape_distance(stats.norm(), stats.laplace()) < 0.1
    assert shape_distance(stats.norm(), Tabulated()) == shape_distance(stats.norm(), 1.0) == math.inf
