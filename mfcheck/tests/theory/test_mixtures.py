"""The law of √G X is what its draws say, and a theory's wrong law stays wrong in it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from mfcheck import NetworkSpec
from mfcheck.statistics.intervals import dkw_half_width, sup_distance
from mfcheck.theory import entry_law
from mfcheck.theory.mixtures import Mixture

SPEC = NetworkSpec("vanilla", 49, 1, width=24, depth=2, weight_variance=2.2)
DRAWS = 40_000
RNG = np.random.default_rng(21)
G = RNG.gamma(6.0, 1 / 6, DRAWS)
GAMMA = Mixture.of_draws(np.random.default_rng(22).gamma(6.0, 1 / 6, 200_000), 1.0)
LAWS = {
    "normal": stats.norm(scale=0.3),
    "shifted": stats.norm(loc=0.1, scale=0.3),
    "heavy": stats.t(5, scale=0.3),
    "skew": stats.gamma(3.0, loc=-0.5, scale=0.2),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_mixture_is_the_law_of_its_draws(name: str) -> None:
    law = LAWS[name]
    drawn = np.sort(np.sqrt(G) * law.rvs(DRAWS, random_state=np.random.default_rng(23)))
    mixed = GAMMA.of(law)
    assert sup_distance(drawn, mixed.cdf, mixed.cdf_left) < dkw_half_width(DRAWS, 1e-4) + 0.002
    assert mixed.mean() == pytest.approx(drawn.mean(), abs=0.01)
    assert mixed.var() == pytest.approx(drawn.var(), rel=0.05)
    middle = np.array([0.1, 0.5, 0.9])
    assert mixed.cdf(mixed.ppf(middle)) == pytest.approx(middle, abs=2e-3)
    for other, wrong in LAWS.items():
        if other != name:
            assert sup_distance(drawn, GAMMA.of(wrong).cdf) > 0.02


def test_an_entrys_own_law_is_the_mixture_of_the_limits() -> None:
    law = entry_law(SPEC)
    t = np.linspace(-4, 4, 81)
    assert law.mixture.of(stats.norm()).cdf(t) == pytest.approx(law.cdf(t), abs=1e-5)
    assert law.mixture.of(stats.norm(scale=2)).cdf(t) == pytest.approx(law.cdf(t / 2), abs=1e-5)
    assert law.mixture.of(stats.norm(scale=2)).var() == pytest.approx(4)


@pytest.mark.parametrize(("width", "depth"), [(16, 1), (16, 20), (16, 50), (100, 10), (10**10, 3)])
def test_however_small_g_may_be_the_mixture_is_the_entrys_own_law(width: int, depth: int) -> None:
    law = entry_law(replace(SPEC, width=width, depth=depth))
    mixed = law.mixture.of(stats.norm())
    t = np.concatenate([np.linspace(-14, 14, 2001), np.geomspace(1e-30, 1e4, 500)])
    assert mixed.cdf(t) == pytest.approx(law.cdf(t), abs=1e-7)
    p = np.array([1e-4, 0.1, 0.49, 0.5, 0.51, 0.999])
    assert mixed.cdf(mixed.ppf(p)) == pytest.approx(p, abs=5e-5)


@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.sampled_from(["normal", "gamma", "t"]))
@example(100.0, 1.0, "normal")
@settings(max_examples=12, deadline=None)
def test_quantiles_are_where_the_law_is_wherever_that_lies(place: float, scale: float, name: str) -> None:
    law = {"normal": stats.norm(place, scale), "gamma": stats.gamma(2.0, place, scale), "t": stats.t(3, place, scale)}
    p = np.array([1e-4, 0.1, 0.5, 0.9, 0.9999])
    alone = Mixture(np.array([1.0]), np.array([1.0])).of(law[name])
    for mixed in (alone, GAMMA.of(law[name])):
        found, near = mixed.ppf(p), 0.005 * math.sqrt(mixed.var())
        assert np.all(mixed.cdf(found - near) <= p)
        assert np.all(mixed.cdf(found + near) >= p)
    assert alone.ppf(p) == pytest.approx(law[name].ppf(p), abs=0.005 * law[name].std())


def test_where_g_is_0_half_the_mass_is_at_0() -> None:
    half = Mixture(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
    assert half.of(stats.norm()).cdf(np.array([-1e-9, 1e-9])) == pytest.approx([0.25, 0.75], abs=1e-3)
    assert half.of(stats.t(5)).cdf(np.array([-1e-9, 0.0])) == pytest.approx([0.25, 0.75], abs=1e-3)
