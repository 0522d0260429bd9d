"""Cross-entropy of Gaussian outputs, and the pull of standard training, against Monte Carlo and their limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from mfcheck import NetworkSpec, PaperTheory, ReLULike
from mfcheck.arrays import Floats
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.theory.cross_entropy import LARGEST, expected_log_sum, softmax_spread, standard_pull
from mfcheck.theory.finite_width import mean_gain

SIGMAS = 6.0
DRAWS = 50_000
variances = st.floats(1e-3, 50.0)


def gap(values: Floats, exact: float) -> float:
    """How many standard errors the mean of draws lies from the exact value."""
    return float(abs(values.mean() - exact) / (values.std() / math.sqrt(len(values))))


@pytest.mark.parametrize("count", [2, 3, 10])
@pytest.mark.parametrize("variance", [0.01, 0.3, 1.0, 5.0, 30.0])
def test_both_means_are_those_of_draws(variance: float, count: int) -> None:
    f = math.sqrt(variance) * np.random.default_rng([count, int(100 * variance)]).standard_normal((DRAWS, count))
    log_sum, softmax = special.logsumexp(f, axis=1), special.softmax(f, axis=1)
    spread = 1 - np.square(softmax).sum(axis=1)
    # Logsumexp less the mean output has the same mean and hardly moves: four digits, not two.
    assert gap(log_sum - f.mean(axis=1), expected_log_sum(variance, count)) < SIGMAS
    assert gap(spread, softmax_spread(variance, count)) < SIGMAS
    assert gap(spread, 1.05 * softmax_spread(variance, count)) > SIGMAS


@settings(max_examples=15)
@given(variances)
def test_a_single_output_has_no_cross_entropy_to_lose(variance: float) -> None:
    assert expected_log_sum(variance, 1) == pytest.approx(0.0, abs=1e-8)
    assert softmax_spread(variance, 1) == pytest.approx(0.0, abs=1e-10)


@given(st.integers(2, 50), st.floats(1e-6, 1e-3))
def test_small_outputs_are_in_every_class_alike(count: int, variance: float) -> None:
    """log K + (1 − 1/K)·variance/2 and 1 − 1/K, up to the next order in the variance."""
    share = 1 - 1 / count
    assert expected_log_sum(variance, count) - math.log(count) == pytest.approx(
        share * variance / 2, abs=variance**2 + 1e-9
    )
    assert softmax_spread(variance, count) == pytest.approx(share, abs=2 * variance + 1e-9 / variance)


@given(st.integers(1, 100), st.floats(1e-300, 1e-3))
def test_no_softmax_spreads_wider_than_that_of_equal_outputs(count: int, variance: float) -> None:
    """1 − 1/K, from which small outputs take (1 − 1/K)·variance/K: of f the softmax is (1 + f_k − f̄)/K at first."""
    share = 1 - 1 / count
    assert softmax_spread(variance, count) == pytest.approx(share * (1 - variance / count), abs=1e-12 + variance**2)


@pytest.mark.parametrize("count", [2, 3])
def test_large_outputs_are_in_one_class(count: int) -> None:
    """E max of K normal numbers, 1/√π for two and 3/(2√π) for three; what is beyond falls like one over the root."""
    largest = {2: 1, 3: 1.5}[count] / math.sqrt(math.pi)
    assert expected_log_sum(LARGEST, count) == pytest.approx(math.sqrt(LARGEST) * largest, rel=5e-3)
    assert softmax_spread(0.9 * LARGEST, count) == pytest.approx(largest / math.sqrt(0.9 * LARGEST), rel=0.02)


@settings(max_examples=25)
@given(st.floats(1e-5, 0.99 * LARGEST))
def test_of_two_outputs_it_is_known_to_ten_digits(variance: float) -> None:
    """E log(1 + e^{√(2v) z}), summed over a fine grid."""
    z, step = np.linspace(-13, 13, 20_001, retstep=True)
    weight, slope = np.exp(-(z**2) / 2) * step / math.sqrt(2 * math.pi), special.expit(math.sqrt(2 * variance) * z)
    exact = np.logaddexp(0, math.sqrt(2 * variance) * z) @ weight
    assert expected_log_sum(variance, 2) == pytest.approx(float(exact), rel=1e-10)
    assert softmax_spread(variance, 2) == pytest.approx(float(2 * (slope * (1 - slope)) @ weight), rel=1e-9)


@settings(max_examples=25)
@given(variances, st.integers(2, 12))
def test_one_is_twice_the_derivative_of_the_other_and_both_know_their_order(variance: float, count: int) -> None:
    step = 0.02 * variance
    derivative = (expected_log_sum(variance + step, count) - expected_log_sum(variance - step, count)) / (2 * step)
    assert softmax_spread(variance, count) == pytest.approx(2 * derivative, rel=1e-3)
    assert 0 < softmax_spread(1.1 * variance, count) < softmax_spread(variance, count) < 1 - 1 / count
    assert expected_log_sum(variance, count) < expected_log_sum(variance, count + 1)
    assert math.log(count) < expected_log_sum(variance, count) + 1e-9 < math.log(count) + variance / 2 + 2e-9


@pytest.mark.parametrize("variance", [0.0, -1.0, 2 * LARGEST, math.inf, math.nan])
def test_a_variance_that_cannot_be_is_named(variance: float) -> None:
    with pytest.raises(ValueError, match=f"got {variance!r}"):
        expected_log_sum(variance, 3)


SMALL = {
    "vanilla": NetworkSpec("vanilla", 3, 3, 16, 3, 2.4),
    "residual": NetworkSpec("residual", 3, 3, 16, 2, 0.8),
    "vanilla, two slopes": NetworkSpec("vanilla", 3, 10, 20, 2, 3.0, 0.0, ReLULike(1, 0.3)),
}


def pulls(spec: NetworkSpec, draws: int, chunk: int = 4000) -> Floats:
    """Mean over layers and labels of ⟨W_l, ∂L_std⟩ of networks, by autograd in the entries of W."""
    found, x = [], torch.full((1, spec.input_dim), 1.0)  # ‖x‖² = d
    with one_thread():
        for start in range(0, draws, chunk):
            network = Network(spec, Stream(start), replicates=chunk)
            weights = [matrix.values.requires_grad_() for matrix in network.weights]  # type: ignore[union-attr]
            output = network(x)[:, 0]
            # Averaged over labels, cross-entropy is logsumexp less the mean output.
            loss = output.logsumexp(dim=1) - output.mean(dim=1)
            slopes = torch.autograd.grad(loss.sum(), weights)
            pull = sum((w * g).sum(dim=(1, 2)) for w, g in zip(weights, slopes, strict=True))
            assert isinstance(pull, torch.Tensor)
            found.append((pull / spec.depth).detach().double().numpy())
    return np.concatenate(found)


@pytest.mark.parametrize("name", SMALL)
def test_standard_pull_is_that_of_stored_networks(name: str) -> None:
    spec = SMALL[name]
    measured, exact = pulls(spec, 40_000), standard_pull(spec)
    assert gap(measured, exact) < SIGMAS
    assert gap(measured, 1.1 * exact) > SIGMAS
    # At so small a width the limit is another number.
    limit = -spec.width / 2 * PaperTheory().standard_rate(spec)
    assert gap(measured, limit) > SIGMAS


@pytest.mark.parametrize("name", SMALL)
def test_the_theorys_rate_is_the_limit_of_large_width(name: str) -> None:
    off = []
    for width in (200, 2000, 20_000):
        spec = replace(SMALL[name], width=width)
        off.append(2 / width * standard_pull(spec) / -PaperTheory().standard_rate(spec) - 1)
    assert abs(off[2]) < 1e-3
    assert off[0] / off[1] == pytest.approx(10, rel=0.1)  # like 1/N
    assert off[1] / off[2] == pytest.approx(10, rel=0.1)


@settings(max_examples=25)
@given(
    st.sampled_from(["vanilla", "residual"]),
    st.floats(0.3, 1.5),
    st.integers(1, 5),
    st.integers(2, 10),
    st.floats(1, 2.5),
)
def test_the_rate_is_that_of_cross_entropy_as_the_weights_grow(
    architecture: str, variance: float, depth: int, count: int, slope: float
) -> None:
    """−(N/2)·dσ_w²/dt·L is d E log Σ e^f/d log σ_w, with f ~ N(0, ω^L I)."""
    spec = NetworkSpec(architecture, 7, count, 50, depth, variance, 0.0, ReLULike(slope / 2, 0.1))

    def mean(scale: float) -> float:
        then = replace(spec, weight_variance=variance * scale**2)
        return expected_log_sum(mean_gain(then) ** depth, count)

    steepness = (mean(1.005) - mean(0.995)) / (math.log(1.005) - math.log(0.995))
    rate = PaperTheory().standard_rate(spec)
    assert rate < 0
    assert -rate * spec.width / 2 * depth == pytest.approx(steepness, rel=2e-3)


def test_no_law_below_its_narrowest_width() -> None:
    with pytest.raises(ValueError, match="width >= 16, got 12"):
        standard_pull(NetworkSpec("vanilla", 3, 3, 12, 2, 2.0))
