"""The paper's formulas obey their own laws, and a rival theory moves all that follows from what it overrides."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mfcheck.spec import ARCHITECTURES, NetworkSpec, ReLULike
from mfcheck.theory import PaperTheory
from mfcheck.verdict import NotCovered

THEORY = PaperTheory()
ROUNDING = 1e-12  # thousands of roundings of 2⁻⁵³: more than any formula here does
INF = math.inf
SLOPES = st.floats(-3, 3).filter(lambda slope: abs(slope) > 0.01)
SPECS = st.builds(
    NetworkSpec,
    architecture=st.sampled_from(ARCHITECTURES),
    input_dim=st.integers(1, 2000),
    output_dim=st.integers(1, 50),
    width=st.integers(1, 5000),
    depth=st.integers(1, 30),
    weight_variance=st.floats(0.05, 5),
    bias_variance=st.floats(0, 3),
    activation=st.builds(ReLULike, SLOPES, st.just(0.0) | SLOPES),
)
EXPONENTS = st.sampled_from([1.0, 1.2, 1.5, 2.0, 3.0, 5.0, INF])


def make_spec(architecture: str = "vanilla", **changes: float) -> NetworkSpec:
    spec = NetworkSpec(architecture, input_dim=784, output_dim=10, width=100, depth=3, weight_variance=2.0)
    return dataclasses.replace(spec, **changes)


@pytest.mark.parametrize(
    ("architecture", "activation", "omega"),
    [
        ("vanilla", ReLULike(), 1.0),
        ("vanilla", ReLULike(1, 1), 2.0),
        ("vanilla", ReLULike(2, -1), 5.0),
        ("residual", ReLULike(), 2.0),
        ("residual", ReLULike(1, -1), 3.0),
    ],
)
def test_omega_is_alpha_times_the_variance_and_one_more_with_shortcuts(
    architecture: str, activation: ReLULike, omega: float
) -> None:
    assert THEORY.omega(dataclasses.replace(make_spec(architecture), activation=activation)) == omega


@given(SPECS)
def test_an_entry_of_the_jacobian_has_variance_omega_to_the_depth_over_d(spec: NetworkSpec) -> None:
    variance = THEORY.jacobian_entry_variance(spec)
    assert variance * spec.input_dim == pytest.approx(THEORY.omega(spec) ** spec.depth, rel=ROUNDING)
    assert THEORY.jacobian_entry(spec).var() == pytest.approx(variance, rel=ROUNDING)
    assert THEORY.jacobian_entry(spec).mean() == 0


@given(SPECS)
def test_the_offset_sums_a_geometric_series(spec: NetworkSpec) -> None:
    omega = THEORY.omega(spec)
    # (ω^L − 1)/(ω − 1) loses the digits of ω − 1, and no more
    assume(abs(omega - 1) > 1e-3)
    series = (omega**spec.depth - 1) / (omega - 1)
    expected = spec.activation.alpha * spec.bias_variance * series
    assert THEORY.offset_variance(spec) == pytest.approx(expected, rel=1e3 * ROUNDING)


def test_the_offset_of_a_critical_network_grows_by_the_same_amount_every_layer() -> None:
    for depth in (1, 2, 50):
        assert THEORY.offset_variance(make_spec(bias_variance=0.3, depth=depth)) == pytest.approx(0.15 * depth)


def test_the_offset_is_gaussian_with_its_variance() -> None:
    spec = make_spec("residual", bias_variance=0.3)
    assert THEORY.offset(spec).var() == pytest.approx(THEORY.offset_variance(spec), rel=ROUNDING)
    assert THEORY.offset_variance(make_spec()) == 0


@given(SPECS, st.floats(0.1, 10))
def test_scaling_the_weights_scales_the_trainable_part_of_omega(spec: NetworkSpec, s: float) -> None:
    scaled = dataclasses.replace(spec, weight_variance=s * spec.weight_variance)
    shortcut = float(spec.architecture == "residual")
    # the subtraction of the shortcut loses digits where the trainable part is small
    expected = s * (THEORY.omega(spec) - shortcut)
    assert THEORY.omega(scaled) - shortcut == pytest.approx(expected, rel=ROUNDING, abs=1e-14)


@given(SPECS, st.floats(0.1, 10))
def test_scaling_the_activation_is_scaling_the_weights_by_its_square(spec: NetworkSpec, c: float) -> None:
    act = spec.activation
    steeper = dataclasses.replace(spec, activation=ReLULike(c * act.u, c * act.v))
    heavier = dataclasses.replace(spec, weight_variance=c * c * spec.weight_variance)
    assert THEORY.omega(steeper) == pytest.approx(THEORY.omega(heavier), rel=ROUNDING)
    expected = THEORY.jacobian_entry_variance(heavier)
    assert THEORY.jacobian_entry_variance(steeper) == pytest.approx(expected, rel=ROUNDING)
    # a = P φ(W x + b): biases pass the activation too, weights do not touch them
    assert THEORY.offset_variance(steeper) == pytest.approx(c * c * THEORY.offset_variance(heavier), rel=ROUNDING)


@given(SPECS, st.floats(1e-6, 1e3), EXPONENTS, EXPONENTS)
@settings(max_examples=40, deadline=None)
def test_the_adversarial_bound_is_the_budget_times_a_constant_of_the_network(
    spec: NetworkSpec, eps: float, p: float, q: float
) -> None:
    once = THEORY.adversarial_bound(spec, 1.0, p, q)
    assert THEORY.adversarial_bound(spec, eps, p, q) == pytest.approx(eps * once, rel=ROUNDING)
    beta = THEORY.beta(p, q, spec.input_dim, spec.output_dim)
    assert once**2 == pytest.approx(beta**2 * THEORY.omega(spec) ** spec.depth, rel=ROUNDING)


@pytest.mark.parametrize("eps", [0.0, -0.1, math.nan, INF])
def test_a_budget_that_is_not_positive_and_finite_is_refused(eps: float) -> None:
    with pytest.raises(ValueError, match=f"eps .*{eps}"):
        THEORY.adversarial_bound(make_spec(), eps, 2, 2)


@given(SPECS, st.floats(1e-3, 10))
@settings(max_examples=40, deadline=None)
def test_the_variance_falls_by_the_pull_of_the_bound(spec: NetworkSpec, eps: float) -> None:
    """dσ_w²/dt = −rate_factor·L_adv·(y/ω)/N with y = α σ_w², which is ω for vanilla networks."""
    omega = THEORY.omega(spec)
    share = spec.activation.alpha * spec.weight_variance / omega
    expected = -2 * share * THEORY.adversarial_bound(spec, eps, INF, INF) / spec.width
    assert THEORY.variance_rate(spec, eps, INF, INF) == pytest.approx(expected, rel=ROUNDING)
    half = PaperTheory(rate_factor=1).variance_rate(spec, eps, INF, INF)
    assert half == pytest.approx(expected / 2, rel=ROUNDING)


@given(SPECS)
def test_fisher_rao_counts_what_the_trainable_paths_carry(spec: NetworkSpec) -> None:
    """E‖w‖_FR = K·dω^L/d log σ_w²; the derivative taken here by a complex step, exact to rounding."""
    shortcut = float(spec.architecture == "residual")
    gain = spec.activation.alpha * spec.weight_variance
    slope = ((shortcut + gain * (1 + 1e-30j)) ** spec.depth).imag / 1e-30
    assert THEORY.fisher_rao(spec) == pytest.approx(spec.output_dim * slope, rel=1e-10)


@pytest.mark.parametrize("method", ["omega", "jacobian_entry", "offset_variance", "offset", "fisher_rao"])
def test_a_foreign_architecture_is_not_covered(method: str) -> None:
    with pytest.raises(NotCovered, match="my_package:make"):
        getattr(THEORY, method)(make_spec("my_package:make"))


def test_a_rival_theory_overrides_one_formula_and_all_that_follows_moves() -> None:
    class Rival(PaperTheory):
        def omega(self, spec: NetworkSpec) -> float:
            return super().omega(spec) * 1.1

    spec = make_spec("residual", bias_variance=0.1)
    assert Rival().jacobian_entry_variance(spec) == pytest.approx(1.1**3 * THEORY.jacobian_entry_variance(spec))
    assert Rival().offset_variance(spec) > THEORY.offset_variance(spec)
    assert Rival().adversarial_bound(spec, 0.1, 2, 2) > THEORY.adversarial_bound(spec, 0.1, 2, 2)
