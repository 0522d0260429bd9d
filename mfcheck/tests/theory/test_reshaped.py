"""Laws of another shape: what they are said to be, and far enough from the law to be told from it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.theory.reshaped import SHAPES, Reshaped, Times, reshaped, times
from mfcheck.theory.twins import twins

LAWS = [stats.norm(scale=0.3), stats.norm(1.0, 2.0), stats.gamma(3.0), stats.binom(10, 0.4)]
GRID = np.linspace(-40, 60, 200_001)


def moment(law: Any, power: int) -> float:
    """E X^power from the distribution function."""
    share = np.diff(law.cdf(GRID), prepend=0.0)
    return float((GRID**power * share).sum())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("law", LAWS, ids=["normal", "moved", "gamma", "binomial"])
def test_mean_and_variance_are_those_of_the_distribution_function(law: Any, shape: str) -> None:
    found = Reshaped(law, SHAPES[shape])
    assert found.cdf(-1e9) == pytest.approx(0)
    assert found.cdf(1e9) == pytest.approx(1)
    assert np.all(np.diff(found.cdf(GRID)) >= 0)
    mean, square = moment(found, 1), moment(found, 2)
    assert found.mean() == pytest.approx(mean, abs=2e-3)
    assert found.var() == pytest.approx(square - mean**2, rel=2e-3)
    same_mean = shape != "mean moved by a quarter of a deviation"
    assert bool(found.mean() == pytest.approx(law.mean())) == same_mean
    assert found.var() == pytest.approx(law.var())


def test_the_shapes_of_a_normal_law_are_as_they_are_said_to_be() -> None:
    def central(shape: str, power: int) -> float:
        return moment(Reshaped(stats.norm(), SHAPES[shape]), power)

    assert central("heavier tails, the same variance", 4) - 3 == pytest.approx(2.4, abs=0.05)
    assert central("skewed, the same mean and variance", 3) == pytest.approx(1.2, abs=0.05)
    t = np.linspace(-4, 4, 2001)
    for shape in SHAPES:  # five times the discrepancy of level standard, and twice that of quick
        assert np.abs(Reshaped(stats.norm(), SHAPES[shape]).cdf(t) - stats.norm.cdf(t)).max() > 0.04


def test_atoms_stay_atoms() -> None:
    law = stats.binom(10, 0.4)
    wide = Times(law, 2.0)
    assert wide.cdf(8.0) == pytest.approx(law.cdf(4))
    assert wide.cdf_left(8.0) == pytest.approx(law.cdf(3))
    moved = Reshaped(law, ((1.0, 1.0, 0.0),))
    assert moved.cdf_left(4.0) == pytest.approx(law.cdf(3))


def test_numbers_are_multiplied_and_have_no_shape() -> None:
    assert times(3.0, 2.0) == 6.0
    assert reshaped(3.0, "heavier tails, the same variance") == 3.0
    wide = times(stats.norm(scale=0.5), 2.0)
    assert wide.var() == pytest.approx(1.0)
    assert wide.mean() == 0
    assert wide.ppf(0.975) == pytest.approx(stats.norm.ppf(0.975))
    assert integrate.quad(lambda t: 1 - wide.cdf(t), 0, 20)[0] == pytest.approx(math.sqrt(1 / (2 * math.pi)), rel=1e-6)


def test_every_formula_that_gives_a_law_has_twins_of_each_shape() -> None:
    names = {twin.name for twin in twins(PaperTheory())}
    for formula in ("jacobian_entry", "offset"):
        assert {f"{formula}: {shape}" for shape in SHAPES} <= names
    spec = NetworkSpec("vanilla", 5, 2, 8, 2, 2.0, 0.3)
    (heavy,) = (twin for twin in twins(PaperTheory()) if twin.name == "offset: heavier tails, the same variance")
    assert heavy.theory.offset(spec).var() == pytest.approx(PaperTheory().offset_variance(spec))
    assert not heavy.equivalent
