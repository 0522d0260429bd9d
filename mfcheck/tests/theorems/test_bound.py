"""What claims of Theorem 5.1 allow for finite sizes holds on draws, and budgets reach equally far for every pair."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, NormPair, PaperTheory, operator_norm
from mfcheck.attacks.balls import norm
from mfcheck.ensembles.samples import Probe, Sample
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import losses
from mfcheck.settings import Settings, level_named
from mfcheck.spec import dual_exponent
from mfcheck.statistics.intervals import rate_lower, truncated_mean_interval
from mfcheck.statistics.medians import median_interval
from mfcheck.tests.support.effort import mostly_slow
from mfcheck.theorems.bound import (
    BETWEEN,
    INFINITE,
    PAIRS,
    PAPERS,
    Constant,
    at_finite_dimension,
    at_finite_width,
    budget,
    constant,
    gain,
    growth,
    near_the_limit,
    one_output,
    slack,
    turns,
)
from mfcheck.theory.norms import chevet_beta, expected_norm, largest_column, lipschitz, paper_beta

ALPHA = 1e-6
VANILLA = NetworkSpec("vanilla", 40, 6, 300, 3, 1.4)
pairs = st.sampled_from(PAIRS)


def draws(spec: NetworkSpec, pair: NormPair, count: int, engine: str = "wishart") -> np.ndarray:
    probe = Probe(np.ones((1, spec.input_dim)), 0)
    source = losses.operator_norms(pair.p, pair.q)
    return Sample(source, spec, engine, probe, 7, "cpu", ChunkStore()).first(count)


@given(pairs, st.integers(1, 900), st.floats(1e-3, 10))
def test_every_pairs_longest_perturbation_reaches_as_far(pair: NormPair, input_dim: int, reach: float) -> None:
    """Of a vertex, of equal entries, and of anything between, none is longer in ℓ2 and one is as long."""
    eps = budget(reach, pair, input_dim)
    vertex, equal = torch.zeros(input_dim, dtype=torch.float64), torch.ones(input_dim, dtype=torch.float64)
    vertex[0] = 1
    lengths = [float(eps * norm(one, 2) / norm(one, pair.p)) for one in (vertex, equal)]
    assert max(lengths) == pytest.approx(reach * math.sqrt(input_dim))


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair not in BETWEEN], ids=str)
def test_the_limit_is_as_near_as_allowed_and_not_at_narrow_widths(pair: NormPair, architecture: str) -> None:
    spec = NetworkSpec(architecture, 40, 6, INFINITE, 4, 1.3)
    values = draws(spec, pair, 64)
    ratio = np.sort(values[:, 0] / values[:, 1] / gain(PaperTheory(), spec, pair))
    allowed = near_the_limit(spec, pair).above
    low, high = median_interval(ratio, ALPHA)
    assert 1 - allowed <= low <= high <= 1 + allowed < 1.01
    narrow = NetworkSpec(architecture, 40, 6, 100, 4, 1.3)
    assert near_the_limit(narrow, pair).above > 100 * allowed


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
@pytest.mark.parametrize("p", [1, 1.5, 2, math.inf])
def test_one_output_has_the_exact_mean_and_no_heavier_tail(architecture: str, p: float) -> None:
    spec, pair = NetworkSpec(architecture, 20, 1, 16, 2, 1.3), NormPair(p, 2)
    root, tail = one_output(spec, pair)
    limit = gain(PaperTheory(), spec, pair) * expected_norm(20, dual_exponent(p)) / math.sqrt(20)
    with one_thread():
        scaled = draws(spec, pair, 20_000)[:, 0] / limit
    low, high = truncated_mean_interval(scaled, ALPHA, 10.0, tail.fourth)
    assert low < root < high
    assert high - low < 0.1
    relative = scaled / root
    assert np.mean(relative**2) < 1.02 * tail.second
    assert np.mean(relative**4) < 1.05 * tail.fourth


@pytest.mark.parametrize("pair", [NormPair(2, 2), NormPair(math.inf, 1), NormPair(1, 2)], ids=str)
def test_the_slack_leaves_out_few_networks_and_no_slack_leaves_out_many(pair: NormPair) -> None:
    beta = chevet_beta(pair.p, pair.q, 40, 6)
    bound = beta * gain(PaperTheory(), VANILLA, pair)
    values = draws(VANILLA, pair, 2048)[:, 0]
    kept = int(np.count_nonzero(values <= bound * (1 + slack(VANILLA, pair, beta, 0.99).above)))
    assert rate_lower(kept, len(values), ALPHA) >= 0.98
    if pair != NormPair(1, 2):  # where Chevet's constant is far from reached
        assert np.mean(values <= bound) < 0.9


def test_growth_vanishes_with_width_and_is_what_a_median_may_exceed() -> None:
    for pair in PAIRS:
        at = [growth(NetworkSpec("residual", 40, 6, width, 3, 1.0), pair) for width in (30, 300, 3000, 10**12)]
        assert at == sorted(at, reverse=True)
        assert at[-1] < 1e-9
        assert at_finite_width(VANILLA, pair).above == growth(VANILLA, pair)


OTHERS = [NormPair(1, 3), NormPair(1, 1.5), NormPair(1.5, math.inf), NormPair(3, math.inf)]
"""Pairs whose norm is known, and whose median is in no closed form."""


@pytest.mark.parametrize("pair", [*(pair for pair in PAIRS if pair not in BETWEEN), *OTHERS], ids=str)
def test_at_finite_dimension_the_median_lies_in_the_region(pair: NormPair) -> None:
    z = Stream(5).normal(400, 3, 60, dtype=torch.float32)
    with one_thread():
        found = operator_norm(z, pair.p, pair.q).lower.numpy()
    low, high = median_interval(np.sort(found / math.sqrt(60) / chevet_beta(pair.p, pair.q, 60, 3)), ALPHA)
    allowed = at_finite_dimension(pair, 60, 3)
    assert high > 1 - allowed.below
    assert low < 1 + allowed.above
    assert np.std(found) < 1.2 * lipschitz(pair.p, pair.q, 60, 3)


@pytest.mark.parametrize(("q", "rows", "columns"), list(itertools.product((1, 2, math.inf), (1, 2, 7), (1, 50))))
def test_the_largest_columns_median_is_exact(q: float, rows: int, columns: int) -> None:
    z = Stream(3).normal(20_000, rows, columns)
    found = norm(z.mT, q).amax(dim=1).sort().values.numpy()
    low, high = median_interval(found, ALPHA)
    exact = largest_column(q, columns, rows)
    assert low < exact < high
    assert not low < 1.06 * exact < high or columns == 1


def test_the_law_of_other_columns_is_not_known() -> None:
    with pytest.raises(ValueError, match=r"1, 2 and ∞, got 1\.5"):
        largest_column(1.5, 3, 3)


def test_cells_alternate_between_architectures_and_gains() -> None:
    settings = Settings(seed=0, level=level_named("quick"))
    specs = list(itertools.islice(turns(settings, 100, 2), 6))
    assert {spec.architecture for spec in specs} == {"vanilla", "residual"}
    gains = sorted(PaperTheory().omega(spec) for spec in specs if spec.architecture == "vanilla")
    assert gains[0] < gains[1] == 1 < gains[2]
    for architecture in ("vanilla", "residual"):
        own = [spec for spec in specs if spec.architecture == architecture]
        assert len({spec.weight_variance for spec in own}) == 3
        assert len({spec.bias_variance for spec in own}) == 3
        assert len({spec.activation for spec in own}) == 2
    foreign = Settings(seed=0, level=level_named("quick"), architectures=("own:factory",))
    assert list(turns(foreign, 100, 2)) == []


def test_a_constant_is_the_theorys_own_or_chevets() -> None:
    for pair in PAPERS:
        own, chevet = (constant(PaperTheory(), VANILLA, pair, whose) for whose in Constant)
        sizes = (*pair, VANILLA.input_dim, VANILLA.output_dim)
        assert (own, chevet) == (paper_beta(*sizes), chevet_beta(*sizes))
        assert own < chevet
        assert constant(PaperTheory(), VANILLA, pair) == own
    assert gain(PaperTheory(), VANILLA, PAPERS[0]) == pytest.approx(PaperTheory().omega(VANILLA) ** 1.5)


@pytest.mark.parametrize("architecture", mostly_slow(["vanilla", "residual"]))
def test_attacked_losses_have_one_law_on_stored_and_revealed_networks(architecture: str) -> None:
    spec = NetworkSpec(architecture, 9, 2, 8, 2, 1.5)
    probe = Probe(np.linspace(-1.0, 1.5, 9)[None], 0)
    source = losses.attacked(math.inf, math.inf, (0.05, 0.8), 4)
    lazy, dense = (
        Sample(source, spec, engine, probe, 7, "cpu", ChunkStore()).first(2048) for engine in ("lazy", "dense")
    )
    band = math.sqrt(math.log(4 * dense.shape[1] / ALPHA) / len(dense))
    for column in range(dense.shape[1]):
        one, other = np.sort(lazy[:, column]), np.sort(dense[:, column])
        at = np.concatenate([one, other])
        apart = np.abs(np.searchsorted(one, at, "right") - np.searchsorted(other, at, "right")).max() / len(one)
        assert apart < band
    for columns in (
        lazy,
        dense,
    ):  # with all gates as they were, x and x + η share a region: no more than the linear map
        still = columns[:, 2] == 0
        ratio = columns[still, 1] / (0.05 * columns[still, 0] + 1e-9)
        assert still.sum() > 100
        assert ratio.max() < 1 + 1e-3
        assert np.median(ratio) > 0.99
        assert columns[:, 4].mean() > columns[:, 2].mean()
