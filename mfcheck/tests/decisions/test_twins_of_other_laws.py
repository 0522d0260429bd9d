"""What may stand in a refuted law's place must be told from its own wrong twins by the same draws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from mfcheck import Cell, NetworkSpec, PaperTheory, Probe
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.laws import Law, judge_law
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.median_slopes import MedianSlope
from mfcheck.decisions.medians import MedianRatio
from mfcheck.decisions.rates import Share
from mfcheck.decisions.slopes import Slope
from mfcheck.ensembles.samples import Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.claim import Claim
from mfcheck.settings import Settings, level_named
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import Region
from mfcheck.tests.support.rate_draws import first
from mfcheck.theory.reshaped import Times
from mfcheck.verdict import Verdict

ONES = Source("ones", {"wishart": lambda spec, probe, stream, n: torch.ones(n, 1)}, {"wishart": False})
MEDIAN = MedianRatio(
    ONES,
    statistic=first,
    reference=lambda theory: 1.0,
    allowance=lambda: Allowance(0.0, 0.0, "none"),
    spread=0.1,
    delta=0.1,
)


@pytest.mark.parametrize(
    ("statement", "twins"),
    [
        (MEDIAN, (1.25, 0.8)),
        (replace(MEDIAN, upper_only=True), (0.8,)),
        (MeanRatio(ONES, statistic=first, reference=lambda theory: 1.0, tail=lambda: Tail(1.2, 3.0)), (1.25, 0.8)),
        (Share(ONES, statistic=first, reference=lambda theory: 1.0, allowance=MEDIAN.allowance), (0.8,)),
        (Negligible(ONES, statistic=first, scale=lambda theory: 1.0, tail=lambda: Tail(1.2, 3.0)), (0.75, 1.25)),
        (Slope(ONES, (), x_label="x", curve=lambda theory, spec: 1.0), (0.75, 1.25)),
        (
            MedianSlope((), x_label="x", rises=lambda theory, group: 1.0, allowance=MEDIAN.allowance, spread=0.1),
            (0.75, 1.25),
        ),
    ],
)
def test_the_twins_of_another_reference_are_a_quarter_off_where_the_statement_looks(
    statement: MedianRatio | MeanRatio | Share | Negligible | Slope | MedianSlope, twins: tuple[float, ...]
) -> None:
    """A bound from above has none above it."""
    assert statement.twins_of(1.0) == pytest.approx(twins)


def test_the_twins_of_a_law_are_wider_and_narrower() -> None:
    law = Law(ONES, component=0, reference=lambda theory: stats.norm(), finite_width=lambda: 0.0)
    wider, narrower = law.twins_of(stats.norm(scale=2))
    t = np.linspace(-5, 5, 11)
    assert wider.cdf(t) == pytest.approx(stats.norm(scale=2 * 1.25**2).cdf(t))
    assert narrower.cdf(t) == pytest.approx(stats.norm(scale=2 / 1.25**2).cdf(t))
    assert (wider.var(), narrower.var()) == pytest.approx((4 * 1.25**4, 4 / 1.25**4))


def test_a_stretched_law_is_that_of_the_stretched_variable_atoms_included() -> None:
    coins, region = np.sort(2.0 * (np.arange(2000) % 2)), Region(0.0, 0.08, 0.08)
    assert judge_law(coins, Times(stats.bernoulli(0.5), 2.0), region, 1e-3) is Verdict.SUPPORTED
    assert judge_law(coins, Times(stats.bernoulli(0.5), 1.5), region, 1e-3) is Verdict.REFUTED


def test_a_law_without_a_mean_is_decided_and_judged_by_its_draws() -> None:
    law, draws = stats.cauchy(), np.sort(stats.cauchy().rvs(20_000, random_state=np.random.default_rng(3)))
    region = Region(0.0, 0.03, 0.03)
    assert judge_law(draws, law, region, 1e-6) is Verdict.SUPPORTED
    assert judge_law(draws, Times(law, 2.0), region, 1e-6) is Verdict.REFUTED
    assert judge_law(draws, stats.norm(scale=np.nan), region, 1e-6) is Verdict.REFUTED
    assert judge_law(draws, stats.norm(scale=0.0), region, 1e-6) is Verdict.REFUTED


def cauchys(spec: NetworkSpec, probe: Probe, stream: Any, n: int) -> torch.Tensor:
    return torch.empty(n, 1, dtype=torch.float64).cauchy_(generator=stream.torch)


@pytest.mark.parametrize(("scale", "verdict"), [(1.0, Verdict.SUPPORTED), (1.3, Verdict.REFUTED)])
def test_a_claim_may_state_a_law_without_a_mean(scale: float, verdict: Verdict) -> None:
    cell = Cell(NetworkSpec("vanilla", 4, 1, 32, 2, 2.0), "wishart")
    claim, settings = Claim("toy.1/law", "A toy law.", lambda settings: []), Settings(5, level_named("quick"))
    found = Decider(claim, cell, settings, PaperTheory(), ChunkStore(), "").law(
        Source("Cauchy", {"wishart": cauchys}, {"wishart": False}),
        component=0,
        probe=Probe(np.ones((1, 4))),
        reference=lambda theory: stats.cauchy(scale=scale),
        finite_width=lambda: 0.0,
    )
    assert found.verdict is verdict
