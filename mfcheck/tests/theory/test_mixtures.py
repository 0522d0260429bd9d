"""The law of √G X is what its draws say, and a theory's wrong law stays wrong in it."""

from __future__ import annotations

import numpy as np
import pytest
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


def test_where_g_is_0_half_the_mass_is_at_0() -> None:
    half = Mixture(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
    assert half.of(stats.norm()).cdf(np.array([-1e-9, 1e-9])) == pytest.approx([0.25, 0.75], abs=1e-3)
    assert half.of(stats.t(5)).cdf(np.array([-1e-9, 0.0])) == pytest.approx([0.25, 0.75], abs=1e-3)
