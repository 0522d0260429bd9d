"""Laws at finite width against those of linear networks, whose layers are χ² variates over their degrees of freedom."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.theory import finite_width
from mfcheck.theory.cross_entropy import softmax_spread, standard_pull
from mfcheck.theory.entry_law import entry_law

exactly = pytest.approx
LINEAR = NetworkSpec("vanilla", 5, 3, 16, 1, 0.8, 0.0, ReLULike(1, 1))


@pytest.mark.parametrize(("width", "depth"), [(16, 1), (16, 4), (400, 2)])
def test_the_logarithm_of_a_linear_networks_scale_has_known_moments(width: int, depth: int) -> None:
    """L + 1 times those of log(χ²_N/N): ψ(N/2) − log(N/2) and ψ'(N/2)."""
    law = entry_law(replace(LINEAR, width=width, depth=depth))
    mean = law.weight @ law.log_scale
    assert mean == exactly((depth + 1) * (special.digamma(width / 2) - math.log(width / 2)), rel=2e-4)
    variance = law.weight @ (law.log_scale - mean) ** 2
    assert variance == exactly((depth + 1) * special.polygamma(1, width / 2), rel=2e-4)


def test_an_entry_of_one_linear_layer_has_the_law_of_a_product() -> None:
    """E Φ(t/√(AB)), A and B of law χ²_N/N, at their quantiles in the middle of cells of equal mass."""
    cells = (np.arange(500) + 0.5) / 500
    scale = stats.chi2.ppf(cells, 16) / 16
    t = np.array([0.05, 0.3, 0.7, 1.2, 2.0, 3.5])
    exact = np.array([special.ndtr(at / np.sqrt(np.outer(scale, scale))).mean() for at in t])
    law = entry_law(LINEAR)
    assert law.cdf(t) == exactly(exact, abs=5e-5)
    assert law.cdf(t[0]).shape == ()
    assert law.cdf(t.reshape(2, 3)).shape == (2, 3)
    gap = np.abs(law.cdf(np.linspace(0, 6, 4001)) - special.ndtr(np.linspace(0, 6, 4001))).max()
    assert law.distance_to_gaussian() == exactly(gap, abs=2e-6)
    assert law.mean(np.sqrt) == exactly((np.sqrt(scale).mean()) ** 2, rel=2e-4)


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec("vanilla", 5, 4, 400, 2, 2.6),
        NetworkSpec("vanilla", 5, 2, 60, 3, 1.1, 0.0, ReLULike(1, 0.3)),
    ],
    ids=lambda spec: spec.label,
)
def test_the_pull_on_a_vanilla_network_is_the_mean_of_its_variance_and_spread(spec: NetworkSpec) -> None:
    """The law of G is free of σ_w there: 2 d/d log σ_w² of E log Σ e^f is L E[v (1 − ‖softmax‖²)] at v = ω^L G."""
    law = entry_law(spec)
    variance = finite_width.mean_gain(spec) ** spec.depth * np.exp(law.log_scale)
    each = np.array([v * softmax_spread(float(v), spec.output_dim) for v in variance[::20]])
    thinned = law.weight[::20] / law.weight[::20].sum()
    assert standard_pull(spec) == exactly(float(each @ thinned), rel=1e-5)


# Moments -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_moments_of_gains_and_what_follows_from_them(architecture: str) -> None:
    """λ = 4σ² or σ²/4, plus 1 by a shortcut, with probability ½ each."""
    spec = NetworkSpec(architecture, 5, 3, 20, 3, 0.7, 0.0, ReLULike(2, -0.5))
    skip = 1.0 if architecture == "residual" else 0.0
    gains = (skip + 4 * 0.7, skip + 0.7 / 4)
    assert finite_width.row_gains(spec) == exactly(gains)
    omega, ratio = sum(gains) / 2, (gains[0] ** 2 + gains[1] ** 2) / 2 / (sum(gains) / 2) ** 2
    assert finite_width.mean_gain(spec) == exactly(omega)
    assert finite_width.gain_ratio(spec) == exactly(ratio)
    assert finite_width.spread(spec) == exactly(3 * ratio - 1)
    # A mean of N terms λχ²₁: E Y²/(E Y)² = 1 + (3κ − 1)/N; of the last χ²₁ alone 1 + 2/N.
    second = (1 + (3 * ratio - 1) / 20) ** 3 * (1 + 2 / 20)
    assert finite_width.relative_second_moment(spec) == exactly(second)
    assert finite_width.shared_square_ratio(spec) == exactly(second)
    assert finite_width.scale_moment(spec, 2) == exactly(second)
    assert finite_width.scale_moment(spec, 1) == exactly(1.0)
    assert finite_width.excess_kurtosis(spec) == exactly(3 * (second - 1))
    overlap = (second - (1 - 1 / 20) ** 4) / 3
    assert finite_width.gram_overlap(spec) == exactly(overlap)
    assert finite_width.apart_square_ratio(spec) == exactly((second + 2 * (1 - 1 / 20) ** 4) / 3)
    assert finite_width.gram_spread(spec) == exactly(second / 5 + 4 / 5 * overlap)
    assert finite_width.gram_deviation(spec) == exactly(math.sqrt(3 * (second - 1) + 6 * overlap))
    assert finite_width.stand_in(spec) is spec
    assert finite_width.stand_in(replace(spec, architecture="my.net:Net")) == replace(spec, architecture="vanilla")


@pytest.mark.parametrize("order", [2, 3, 4])
def test_of_a_linear_network_moments_of_any_order_are_those_of_chi_squares(order: int) -> None:
    """E(χ²_N/N)^k = Π_{j<k} (1 + 2j/N)."""
    one = math.prod(1 + 2 * j / 16 for j in range(order))
    assert finite_width.scale_moment(replace(LINEAR, depth=3), order) == exactly(one**4, rel=1e-12)


def test_a_network_is_dead_if_all_gates_of_a_layer_are_shut() -> None:
    spec = NetworkSpec("vanilla", 5, 3, 3, 2, 0.7)
    assert finite_width.dead_probability(spec) == exactly(1 - (1 - 1 / 8) ** 2, rel=1e-12)
    assert finite_width.dead_probability(replace(spec, activation=ReLULike(0, 1))) == exactly(1 - (7 / 8) ** 2)
    for alive in (ReLULike(1, 0.1), ReLULike(1, -1)):
        assert finite_width.dead_probability(replace(spec, activation=alive)) == 0.0
    assert finite_width.dead_probability(replace(spec, architecture="residual")) == 0.0
