"""The formulas have the values that second moments carried from layer to layer, or solved equations, give."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import integrate, stats

from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.theory import PaperTheory, finite_width
from mfcheck.theory.decay import residual_gain

exactly = pytest.approx
THEORY = PaperTheory()
INF = math.inf
ACTIVATION = ReLULike(2, -1)  # α = 5/2
SPECS = [
    NetworkSpec("vanilla", 5, 3, 8, 4, 1.5, 0.3, ACTIVATION),
    NetworkSpec("residual", 5, 3, 8, 4, 1.5, 0.3, ACTIVATION),
    NetworkSpec("vanilla", 7, 2, 30, 1, 0.3, 0.7, ReLULike(1, 0)),
    NetworkSpec("residual", 7, 2, 30, 2, 0.3, 0.7, ReLULike(1, 0.5)),
    NetworkSpec("vanilla", 7, 2, 30, 2, 0.9, 0.0, ReLULike(1, 0.5)),
]
every_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.label)


@dataclass(frozen=True)
class Carried:
    """Mean squares of one coordinate of the signal and of a bias's part of it, after all layers."""

    gain: complex
    jacobian: complex
    offset: complex


def carried(spec: NetworkSpec, variance: complex) -> Carried:
    """Layer by layer, with a complex σ_w² for exact derivatives; E D² = (u² + v²)/2."""
    alpha = (spec.activation.u**2 + spec.activation.v**2) / 2
    gain = alpha * variance + (1 if spec.architecture == "residual" else 0)
    jacobian, offset = complex(1 / spec.input_dim), 0j
    for _ in range(spec.depth):
        jacobian, offset = gain * jacobian, gain * offset + alpha * spec.bias_variance
    return Carried(gain, jacobian, offset)


def slope_in_log(spec: NetworkSpec, part: str) -> float:
    """Of a mean square, in log σ_w², by a complex step."""
    step = 1e-30
    return float(getattr(carried(spec, spec.weight_variance * (1 + step * 1j)), part).imag / step)


@pytest.mark.parametrize("spec", SPECS[:-1], ids=lambda spec: spec.label)
def test_the_law_of_an_entry_and_of_the_offset(spec: NetworkSpec) -> None:
    found = carried(spec, spec.weight_variance)
    assert THEORY.omega(spec) == exactly(found.gain.real, rel=1e-12)
    assert THEORY.jacobian_entry_variance(spec) == exactly(found.jacobian.real, rel=1e-12)
    assert THEORY.offset_variance(spec) == exactly(found.offset.real, rel=1e-12)
    for law, variance in ((THEORY.jacobian_entry(spec), found.jacobian), (THEORY.offset(spec), found.offset)):
        assert law.mean() == 0
        assert law.cdf(0.7) == exactly(stats.norm.cdf(0.7 / math.sqrt(variance.real)), rel=1e-12)


@every_spec
def test_capacity_is_how_outputs_grow_with_the_weights(spec: NetworkSpec) -> None:
    """Σ_l E⟨W_l, ∂f_k⟩² is the slope of E f_k² in log σ_w², for ‖x‖² = d, over all K outputs."""
    assert THEORY.fisher_rao(spec) == exactly(
        spec.output_dim * spec.input_dim * slope_in_log(spec, "jacobian"), rel=1e-10
    )
    assert THEORY.fisher_rao_of_biases(spec) == exactly(spec.output_dim * slope_in_log(spec, "offset"), rel=1e-10)


@every_spec
def test_full_capacity_counts_every_path_by_the_square_of_its_layers(spec: NetworkSpec) -> None:
    """⟨w, ∂f⟩ weights a path through m of L weight layers by m, and paths do not mix: Σ_m C(L, m) m² y^m."""
    y = (spec.activation.u**2 + spec.activation.v**2) / 2 * spec.weight_variance
    layers = [spec.depth] if spec.architecture == "vanilla" else range(spec.depth + 1)
    ways = {m: 1 if spec.architecture == "vanilla" else math.comb(spec.depth, m) for m in layers}
    exact = math.fsum(ways[m] * m**2 * y**m for m in layers)
    assert THEORY.full_fisher_rao(spec) == exactly(spec.output_dim * exact, rel=1e-12)


@every_spec
@pytest.mark.parametrize(("p", "beta"), [(2, 1.0), (INF, None)])
def test_the_bound_and_the_rates_that_follow_from_it(spec: NetworkSpec, p: float, beta: float | None) -> None:
    beta = math.sqrt(2 * spec.input_dim / math.pi) if beta is None else beta
    found, eps = carried(spec, spec.weight_variance), 0.7
    omega, bound = found.gain.real, eps * beta * found.gain.real ** (spec.depth / 2)
    alpha = (spec.activation.u**2 + spec.activation.v**2) / 2
    pull = alpha * bound / omega / spec.width
    assert THEORY.adversarial_bound(spec, eps, p, INF) == exactly(bound, rel=1e-12)
    assert THEORY.regularisation(spec, eps, p, INF) == exactly(pull, rel=1e-12)
    for factor in (1, 2):
        theory = PaperTheory(rate_factor=factor)
        rate = -factor * spec.weight_variance * pull
        assert theory.variance_rate(spec, eps, p, INF) == exactly(rate, rel=1e-12)
        # d log(L y ω^{L−1})/dt by the chain rule in y = ασ_w².
        y, per_gain = alpha * spec.weight_variance, alpha * rate
        relative = per_gain / y + (spec.depth - 1) * per_gain / omega
        assert theory.capacity_rate(spec, eps, p, INF) == exactly(relative, rel=1e-12)


@every_spec
@pytest.mark.parametrize("t", [0.0, 3.0, 40.0])
def test_the_weight_variance_solves_its_rate(spec: NetworkSpec, t: float) -> None:
    """dσ²/dt = −2 ε α β ω(σ²)^{L/2−1} σ²/N, integrated in log σ² with nothing of the package."""
    alpha = (spec.activation.u**2 + spec.activation.v**2) / 2
    speed = 2 * 0.05 * alpha * math.sqrt(2 * spec.input_dim / math.pi) / spec.width
    skip = 1 if spec.architecture == "residual" else 0
    if spec.depth == 1:
        t *= 0.5  # later it has come to an end
    path = integrate.solve_ivp(
        lambda _, log: -speed * (skip + alpha * math.exp(log[0])) ** (spec.depth / 2 - 1),
        (0, t),
        [math.log(spec.weight_variance)],
        method="LSODA",
        rtol=1e-11,
        atol=1e-12,
    )
    exact = math.exp(path.y[0, -1])
    assert THEORY.weight_variance(spec, 0.05, INF, INF, t) == exactly(exact, rel=1e-7)


@pytest.mark.parametrize("power", [-0.5, 0.0, 1.0, 2.5])
def test_the_decay_of_a_gain_takes_the_time_that_its_rate_says(power: float) -> None:
    """τ = ∫ dy/(y(1 + y)^power) from the end to the start."""
    for start, tau in ((0.5, 2.0), (3.0, 0.4), (3.0, 0.0)):
        end = residual_gain(start, power, tau)
        taken = integrate.quad(lambda log: (1 + math.exp(log)) ** -power, math.log(end), math.log(start), epsabs=1e-12)
        assert taken[0] == exactly(tau, abs=1e-8)


@pytest.mark.parametrize(
    ("gain", "power", "tau"),
    [
        (0.0, 1, 1),
        (-1.0, 1, 1),
        (1e6, 1, 1),
        (1.0, 1e3, 1),
        (1.0, -1e3, 1),
        (1.0, 1, -1e-9),
        (1.0, 1, 1e6),
        (1e5, 9, 1),
    ],
)
def test_a_decay_that_no_step_can_follow_is_refused(gain: float, power: float, tau: float) -> None:
    with pytest.raises(ValueError, match="can be integrated"):
        residual_gain(gain, power, tau)


@pytest.mark.parametrize(("gain", "power"), [(9e5, 1.0), (0.01, 900.0), (1e5, 8.6)])
def test_a_decay_just_within_what_is_allowed_is_integrated(gain: float, power: float) -> None:
    assert 0 < residual_gain(gain, power, 1e-9) <= gain


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
@pytest.mark.parametrize("factor", [1, 2])
def test_the_time_of_collapse_is_the_time_that_the_gain_takes(depth: int, factor: int) -> None:
    """T = ∫ dω/(c ω^{L/2}) from m^{1/L} to ω, c = factor · εαβ/N."""
    spec, eps, lower = NetworkSpec("vanilla", 9, 2, 40, depth, 1.9, 0.0, ReLULike(1, 0.4)), 0.3, 0.2
    alpha = (1 + 0.4**2) / 2
    speed = factor * eps * alpha * math.sqrt(18 / math.pi) / 40
    taken = integrate.quad(lambda w: w ** (-depth / 2) / speed, lower ** (1 / depth), alpha * 1.9, epsabs=1e-12)[0]
    assert PaperTheory(rate_factor=factor).collapse_time(spec, eps, INF, INF, lower) == exactly(taken, rel=1e-9)


def test_a_collapse_from_where_it_is_takes_no_time_and_lower_ends_are_checked() -> None:
    vanilla, residual = SPECS[0], SPECS[1]
    top = THEORY.omega(vanilla) ** vanilla.depth
    assert THEORY.collapse_time(vanilla, 0.1, 2, 2, top) == exactly(0.0, abs=1e-12)
    assert THEORY.collapse_time(residual, 0.1, 2, 2, 1.0) == INF
    for spec, lower in ((vanilla, top * (1 + 1e-9)), (residual, 1 + 1e-9), (residual, 0.0), (vanilla, -0.1)):
        with pytest.raises(ValueError, match="lower must lie in"):
            THEORY.collapse_time(spec, 0.1, 2, 2, lower)


@every_spec
def test_a_path_goes_at_the_speed_of_its_own_pair_of_norms(spec: NetworkSpec) -> None:
    """With another constant β the same path is gone along in another time."""
    one, other = THEORY.beta(1, 2, spec.input_dim, spec.output_dim), THEORY.beta(2, 1, spec.input_dim, spec.output_dim)
    assert abs(one / other - 1) > 0.1
    there = THEORY.weight_variance(spec, 0.05, 1, 2, 3.0)
    assert there == exactly(THEORY.weight_variance(spec, 0.05, 2, 1, 3.0 * one / other), rel=1e-8)
    if spec.architecture == "vanilla":
        lower = THEORY.omega(spec) ** spec.depth / 3
        times = [THEORY.collapse_time(spec, 0.05, *pair, lower) for pair in ((1, 2), (2, 1))]
        assert times[1] == exactly(times[0] * one / other, rel=1e-9)
        left = THEORY.weight_variance(spec, 0.05, 1, 2, times[0])
        assert left < spec.weight_variance


def test_the_distance_to_a_normal_law_is_edgeworths_where_it_is_largest() -> None:
    """sup_t φ(t)|He₃(t)|/24 times the excess kurtosis, by a search over t."""
    t = np.linspace(0, 4, 4001)
    largest = float((stats.norm.pdf(t) * np.abs(t**3 - 3 * t)).max()) / 24
    for spec in SPECS:
        expected = largest * finite_width.excess_kurtosis(spec)
        assert THEORY.gaussian_distance(spec) == exactly(expected, rel=1e-5)


@pytest.mark.parametrize("spec", SPECS[2:], ids=lambda spec: spec.label)
def test_under_cross_entropy_the_variance_moves_by_the_spread_of_softmax(spec: NetworkSpec) -> None:
    """Two outputs: 1 − ‖softmax‖² = 2s(1 − s) at s = 1/(1 + e^{−Δ}), Δ ~ N(0, 2ω^L)."""
    omega = carried(spec, spec.weight_variance).gain.real
    y = (spec.activation.u**2 + spec.activation.v**2) / 2 * spec.weight_variance
    deviation = math.sqrt(2 * omega**spec.depth)
    spread = integrate.quad(lambda z: stats.norm.pdf(z) / (1 + math.cosh(deviation * z)), -12, 12, epsabs=1e-13)[0]
    rate = -2 / spec.width * y * omega ** (spec.depth - 1) * spread
    assert THEORY.standard_rate(spec) == exactly(rate, rel=1e-5)
