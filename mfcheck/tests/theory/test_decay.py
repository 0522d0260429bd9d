"""The solved laws of training solve their equations, and the time of collapse is when the gain is there."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory, ReLULike

specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.sampled_from([16, 784]),
    output_dim=st.integers(1, 10),
    width=st.integers(10, 2000),
    depth=st.integers(1, 12),
    weight_variance=st.floats(0.2, 3.0),
    activation=st.sampled_from([ReLULike(), ReLULike(1, 0.2), ReLULike(1, -1)]),
)
factors = st.sampled_from([1.0, 2.0])
PAIR = (math.inf, math.inf)


def unit_of_time(theory: PaperTheory, spec: NetworkSpec, eps: float) -> float:
    """The time over which σ_w² moves by its own size at the rate it starts with."""
    return -spec.weight_variance / theory.variance_rate(spec, eps, *PAIR)


@given(specs, factors, st.floats(0.01, 0.3))
def test_the_path_starts_at_the_network_with_the_rate_of_theorem_5_4(
    spec: NetworkSpec, factor: float, eps: float
) -> None:
    theory = PaperTheory(rate_factor=factor)
    assert theory.weight_variance(spec, eps, *PAIR, 0.0) == pytest.approx(spec.weight_variance)
    small = 1e-5 * unit_of_time(theory, spec, eps)
    slope = (theory.weight_variance(spec, eps, *PAIR, small) - spec.weight_variance) / small
    assert slope == pytest.approx(theory.variance_rate(spec, eps, *PAIR), rel=1e-3)


@given(specs, factors, st.floats(0.01, 0.3), st.floats(0.05, 0.9))
def test_along_the_path_the_rate_is_that_of_the_network_it_has_become(
    spec: NetworkSpec, factor: float, eps: float, share: float
) -> None:
    theory = PaperTheory(rate_factor=factor)
    unit = unit_of_time(theory, spec, eps)
    t, step = share * unit, 1e-4 * unit
    before, here, after = (theory.weight_variance(spec, eps, *PAIR, at) for at in (t - step, t, t + step))
    become = NetworkSpec(
        spec.architecture, spec.input_dim, spec.output_dim, spec.width, spec.depth, here, 0.0, spec.activation
    )
    assert (after - before) / (2 * step) == pytest.approx(theory.variance_rate(become, eps, *PAIR), rel=1e-3)


@given(specs.filter(lambda spec: spec.architecture == "vanilla"), factors, st.floats(0.05, 0.95))
def test_at_the_time_of_collapse_the_gain_is_there(spec: NetworkSpec, factor: float, share: float) -> None:
    theory = PaperTheory(rate_factor=factor)
    lower = share * theory.omega(spec) ** spec.depth
    collapse = theory.collapse_time(spec, 0.1, *PAIR, lower)
    left = spec.activation.alpha * theory.weight_variance(spec, 0.1, *PAIR, collapse)
    assert left**spec.depth == pytest.approx(lower, rel=1e-6)


def test_at_gain_one_the_law_is_that_of_the_paper() -> None:
    """ω(t) = [1 + (L−2)εαβt/N]^{−2/(L−2)} and T = N(m^{−(L−2)/(2L)} − 1)/((L−2)εαβ), by hand for L = 6."""
    spec, theory = NetworkSpec("vanilla", 784, 10, 500, 6, 2.0), PaperTheory()
    pull = 0.3 * 0.5 * math.sqrt(2 * 784 / math.pi) / 500
    assert theory.weight_variance(spec, 0.3, *PAIR, 40.0) == pytest.approx(2 * (1 + 4 * pull * 40) ** -0.5)
    assert theory.collapse_time(spec, 0.3, *PAIR, 0.1) == pytest.approx((0.1 ** (-4 / 12) - 1) / (4 * pull))
    two = NetworkSpec("vanilla", 784, 10, 500, 2, 2.0)
    assert theory.collapse_time(two, 0.3, *PAIR, 0.1) == pytest.approx(math.log(10) / (4 * pull))
    assert PaperTheory(rate_factor=1).collapse_time(spec, 0.3, *PAIR, 0.1) == pytest.approx(
        2 * theory.collapse_time(spec, 0.3, *PAIR, 0.1)
    )


def test_one_layer_ends_and_stays_at_zero() -> None:
    spec, theory = NetworkSpec("vanilla", 784, 10, 500, 1, 2.0), PaperTheory()
    assert theory.weight_variance(spec, 0.3, *PAIR, 1e6) == 0.0


def test_residual_networks_never_leave_the_window_below() -> None:
    spec = NetworkSpec("residual", 784, 10, 500, 6, 0.5)
    assert PaperTheory().collapse_time(spec, 0.3, *PAIR, 0.1) == math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda theory, spec: theory.weight_variance(spec, 0.1, 2, 2, -1.0), r"not negative, got -1\.0"),
        (lambda theory, spec: theory.weight_variance(spec, 0.1, 2, 2, math.nan), "not negative, got nan"),
        (lambda theory, spec: theory.weight_variance(spec, 0.0, 2, 2, 1.0), r"eps must be positive .* got 0\.0"),
        (lambda theory, spec: theory.collapse_time(spec, 0.1, 2, 2, 1.5), r"\(0, 1\].*got 1\.5"),
        (lambda theory, spec: theory.collapse_time(spec, 0.1, 2, 2, 0.0), r"\(0, 1\].*got 0\.0"),
    ],
)
def test_what_cannot_be_is_named(call: object, message: str) -> None:
    spec = NetworkSpec("vanilla", 784, 10, 500, 6, 2.0)
    with pytest.raises(ValueError, match=message):
        call(PaperTheory(), spec)  # type: ignore[operator]
