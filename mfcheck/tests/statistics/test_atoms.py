"""Laws with atoms: both one-sided distribution functions enter, so that a right one has distance 0, no wrong one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mfcheck.arrays import Floats
from mfcheck.statistics.intervals import left_of, sup_distance
from mfcheck.statistics.laws import decide_law
from mfcheck.statistics.resolution import of_law
from mfcheck.verdict import Verdict

RNG = np.random.default_rng(20260729)


class Gated:
    """0 with probability ¼, else standard normal: neither discrete nor continuous, and it says nothing of its atom."""

    def cdf(self, t: Floats) -> Floats:
        found: Floats = 0.25 * (np.asarray(t) >= 0) + 0.75 * stats.norm.cdf(t)
        return found

    def sample(self, n: int) -> Floats:
        found: Floats = np.where(RNG.random(n) < 0.25, 0.0, RNG.standard_normal(n))
        return found


LAWS: dict[str, tuple[Any, Any]] = {
    "binomial": (stats.binom(10, 0.5), lambda n: RNG.binomial(10, 0.5, n).astype(float)),
    "shifted by a half": (stats.poisson(3, loc=0.5), lambda n: RNG.poisson(3, n) + 0.5),
    "a coin": (stats.bernoulli(0.3), lambda n: (RNG.random(n) < 0.3).astype(float)),
    "one point": (stats.randint(4, 5), lambda n: np.full(n, 4.0)),
    "mixed": (Gated(), Gated().sample),
    "normal": (stats.norm(1, 2), lambda n: RNG.normal(1, 2, n)),
}


def brute_force(ordered: Floats, law: Any) -> float:
    """sup |F̂ − F| over a fine grid with all draws and points just below them."""
    grid = np.concatenate([np.linspace(ordered[0] - 1, ordered[-1] + 1, 4001), ordered, np.nextafter(ordered, -np.inf)])
    share = np.searchsorted(ordered, grid, "right") / len(ordered)
    return float(np.abs(share - law.cdf(grid)).max())


@pytest.mark.parametrize(("law", "sample"), LAWS.values(), ids=LAWS.keys())
def test_the_distance_is_the_largest_anywhere(law: Any, sample: Any) -> None:
    ordered = np.sort(sample(300))
    assert sup_distance(ordered, law.cdf, left_of(law)) == pytest.approx(brute_force(ordered, law), abs=2e-3)


@pytest.mark.parametrize(("law", "sample"), LAWS.values(), ids=LAWS.keys())
def test_the_right_law_is_supported(law: Any, sample: Any) -> None:
    values = sample(40_000)
    decided = decide_law(lambda n: values[:n], law.cdf, 0.05, alpha=1e-6, first=20_000, looks=2, cdf_left=left_of(law))
    assert decided.verdict is Verdict.SUPPORTED
    assert decided.estimate.value < 0.02


@pytest.mark.parametrize("wrong", [stats.binom(10, 0.56), stats.norm(5, np.sqrt(2.5)), stats.binom(20, 0.25)])
def test_a_wrong_law_is_refuted_though_its_mean_or_variance_may_be_right(wrong: Any) -> None:
    values = RNG.binomial(10, 0.5, 40_000).astype(float)
    decided = decide_law(
        lambda n: values[:n], wrong.cdf, 0.02, alpha=1e-6, first=20_000, looks=2, cdf_left=left_of(wrong)
    )
    assert decided.verdict is Verdict.REFUTED


@given(st.integers(1, 60), st.floats(0.05, 0.95))
def test_draws_that_are_the_law_itself_have_distance_0(trials: int, share: float) -> None:
    """Each value as often as the law has it, up to rounding to whole draws."""
    law = stats.binom(trials, share)
    counts = np.round(20_000 * law.pmf(np.arange(trials + 1))).astype(int)
    ordered = np.repeat(np.arange(trials + 1.0), counts)
    assert sup_distance(ordered, law.cdf, left_of(law)) < (trials + 2) / 20_000


def test_a_spread_is_resolved_about_the_mean() -> None:
    law = stats.binom(10, 0.5)
    ordered = np.sort(RNG.binomial(10, 0.5, 40_000).astype(float))
    about = of_law(ordered, law.cdf, 0.02, 1e-6, cdf_left=left_of(law), mean=5.0)
    shifted = of_law(ordered + 100, stats.binom(10, 0.5, loc=100).cdf, 0.02, 1e-6, mean=105.0)
    assert about is not None
    assert shifted is not None
    assert about < 0.5
