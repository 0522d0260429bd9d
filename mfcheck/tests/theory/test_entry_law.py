"""The exact law of an entry of the Jacobian: its moments, its distance to the Gaussian, and what it depends on."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special

from mfcheck.ensembles.streams import Stream
from mfcheck.ensembles.wishart import entry_scales
from mfcheck.spec import ARCHITECTURES, NetworkSpec, ReLULike
from mfcheck.tests.support.specs import ABS, DENSE, LEAKY, RELU, make_spec
from mfcheck.theorems.bound import INFINITE
from mfcheck.theory import entry_law
from mfcheck.theory.finite_width import (
    dead_probability,
    excess_kurtosis,
    mean_gain,
    relative_second_moment,
    spread,
)

Z = 6.5  # a two-sided normal bound with false alarm 8e-11 a comparison
LAW_ERROR = 1e-5  # what `entry_law` promises of distribution functions
ROUNDING = 1e-12
NAMES = [spec.label for spec in DENSE]
LAWS = [
    make_spec("vanilla", 16, 1),
    make_spec("vanilla", 16, 6),
    make_spec("vanilla", 17, 3, 1.0, ABS),
    make_spec("vanilla", 16, 4, 1.0, LEAKY),
    make_spec("residual", 16, 4, 1.0),
    make_spec("residual", 100, 6, 0.5, LEAKY),
    make_spec("vanilla", 64, 9),
    make_spec("vanilla", 500, 5, 1.3, ReLULike(2, -0.5)),
    make_spec("vanilla", 5000, 10),
    make_spec("residual", 5000, 10, 3.0, ABS),
]


@pytest.mark.parametrize("spec", LAWS, ids=lambda spec: spec.label)
def test_the_law_of_an_entry_agrees_with_the_chain_it_describes(spec: NetworkSpec) -> None:
    """P[J ≤ t] = E Φ(t/√G) from sampled G: its standard error is a fraction of that of a sampled J."""
    t = np.array([0.01, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5])
    scales = entry_scales(spec, 200_000, Stream(1)).numpy() * spec.input_dim / mean_gain(spec) ** spec.depth
    roots = np.sqrt(scales[scales > 0])
    below = np.ones((len(t), len(scales)))  # a dead entry is 0, below every t here
    below[:, scales > 0] = special.ndtr(t[:, None] / roots)
    error = below.std(axis=1, ddof=1) / math.sqrt(len(scales))
    assert np.all(error < 0.0006)  # enough to see the distance to the Gaussian law, 0.03 and more where it is narrow
    law = entry_law(spec)
    assert np.all(np.abs(law.cdf(t) - below.mean(axis=1)) <= Z * error + LAW_ERROR)
    assert law.cdf(-t) == pytest.approx(1 - law.cdf(t), abs=2 * dead_probability(spec) + LAW_ERROR)


@pytest.mark.parametrize("spec", LAWS, ids=lambda spec: spec.label)
def test_the_law_of_an_entry_has_the_exact_moments(spec: NetworkSpec) -> None:
    """Within 1e-3: cells of sd/40 in log G, taken at their middle, shift E G² by (2·sd/40)²/24 a layer at most."""
    law = entry_law(spec)
    gains = np.exp(law.log_scale)
    assert law.weight.sum() == pytest.approx(1, rel=ROUNDING)
    assert gains @ law.weight == pytest.approx(1, rel=1e-3)
    assert gains**2 @ law.weight == pytest.approx(relative_second_moment(spec), rel=1e-3)


@pytest.mark.parametrize(
    "spec",
    [
        make_spec("vanilla", 5000, 10),
        make_spec("vanilla", 20_000, 3, 1.0, LEAKY),
        make_spec("residual", 2000, 5, 1.0),
        make_spec("residual", 1000, 2, 0.5, ABS),
    ],
    ids=lambda spec: spec.label,
)
def test_the_distance_to_the_gaussian_is_a_multiple_of_a_small_kurtosis(spec: NetworkSpec) -> None:
    """0.0229 = max |t³ − 3t| φ(t)/24, the first Edgeworth term."""
    t = np.linspace(0, 5, 5001)
    edgeworth = float(np.max(np.abs(t**3 - 3 * t) * np.exp(-(t**2) / 2)) / math.sqrt(2 * math.pi) / 24)
    assert edgeworth == pytest.approx(0.0229, abs=5e-5)
    assert excess_kurtosis(spec) < 0.1
    distance = entry_law(spec).distance_to_gaussian()
    assert distance == pytest.approx(edgeworth * excess_kurtosis(spec), rel=0.05)


@pytest.mark.parametrize("sizes", [(24, 4), (30, 5)])
def test_the_multiple_overestimates_a_large_kurtosis(sizes: tuple[int, int]) -> None:
    """By a third at kurtosis 3.9, at these widths and depths (docs/theory.md#finite-width-moments)."""
    spec = make_spec("vanilla", *sizes)
    kurtosis = excess_kurtosis(spec)
    assert kurtosis == pytest.approx(3.9, abs=0.05)
    assert entry_law(spec).distance_to_gaussian() / (0.0229 * kurtosis) == pytest.approx(0.64, abs=0.01)


@pytest.mark.parametrize("spec", LAWS, ids=lambda spec: spec.label)
def test_the_multiple_of_the_kurtosis_never_underestimates(spec: NetworkSpec) -> None:
    assert entry_law(spec).distance_to_gaussian() <= 0.02295 * excess_kurtosis(spec) + LAW_ERROR


@pytest.mark.parametrize("width", [1, 2, 15])
def test_laws_of_narrow_networks_are_refused(width: int) -> None:
    with pytest.raises(ValueError, match=rf"width .*{width}"):
        entry_law(make_spec("vanilla", width, 2))


NETWORKS = st.builds(
    make_spec,
    st.sampled_from(ARCHITECTURES),
    st.integers(16, 1000),
    st.integers(1, 10),
    st.floats(0.1, 5),
    st.sampled_from([RELU, LEAKY, ABS]),
)


@given(NETWORKS)
@settings(max_examples=8, deadline=None)
def test_the_distance_falls_with_width_and_grows_with_depth(spec: NetworkSpec) -> None:
    """Doubling, so that no change is lost in the accuracy of the law: the least here is 0.01·c/N > 2e-5."""
    distance = entry_law(spec).distance_to_gaussian()
    wider = dataclasses.replace(spec, width=2 * spec.width)
    deeper = dataclasses.replace(spec, depth=2 * spec.depth)
    assert entry_law(wider).distance_to_gaussian() < distance < entry_law(deeper).distance_to_gaussian()


WIDE = st.builds(
    make_spec,
    st.sampled_from(ARCHITECTURES),
    st.floats(6, 14).map(lambda digits: int(10**digits)),
    st.integers(1, 50),
    st.floats(0.1, 5),
    st.sampled_from([RELU, LEAKY, ABS]),
)


@given(WIDE)
@example(make_spec("vanilla", 10**8, 5))
@example(make_spec("vanilla", 10**10, 5))
@example(make_spec("vanilla", 10**12, 50))
@settings(max_examples=25, deadline=None)
def test_the_law_of_a_wide_network_is_near_its_lognormal_limit(spec: NetworkSpec) -> None:
    """N(−v/2, v) for log G, v the variance of G to leading order; skewness leaves 0.13/√N at most (Edgeworth)."""
    law, variance = entry_law(spec), (spec.depth * spread(spec) + 2) / spec.width
    assert law.mean(lambda g: g) == pytest.approx(1, abs=1e-7)
    upper = law.log_scale + (law.log_scale[1] - law.log_scale[0]) / 2
    limit = special.ndtr((upper + variance / 2) / math.sqrt(variance))
    assert np.abs(np.cumsum(law.weight) - limit).max() <= LAW_ERROR + 0.15 / math.sqrt(spec.width)
    if spec.width <= INFINITE:
        assert law.distance_to_gaussian() == pytest.approx(0.02294 * 3 * variance, rel=1e-3)


@given(NETWORKS, st.floats(0.1, 10), st.integers(1, 1000))
@settings(max_examples=5, deadline=None)
def test_the_law_depends_on_slopes_and_sizes_through_ratios_only(spec: NetworkSpec, c: float, d: int) -> None:
    steeper = ReLULike(c * spec.activation.u, c * spec.activation.v)
    same = dataclasses.replace(spec, activation=steeper, weight_variance=spec.weight_variance / c**2, input_dim=d)
    t = np.linspace(-3, 3, 13)
    assert entry_law(same).cdf(t) == pytest.approx(entry_law(spec).cdf(t), abs=2 * LAW_ERROR)
