"""What claims of Section 5 allow for finite sizes, and grant of moments, holds on draws of stored networks."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mfcheck import NetworkSpec, NormPair, PaperTheory, ReLULike
from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import capacity, slopes
from mfcheck.observables.slopes import DRIFT, LAYERS, LOSS, PULL
from mfcheck.statistics.medians import median_interval
from mfcheck.theorems.bound import PAIRS, at_finite_dimension
from mfcheck.theorems.pull import (
    LINEAR_STEPS,
    capacity_tail,
    half_rate,
    instant,
    many_outputs_pull,
    one_output_pull,
    one_output_spread,
    pull_of_one_output,
    standard_tail,
)
from mfcheck.theory import entry_law
from mfcheck.theory.cross_entropy import standard_pull
from mfcheck.training.objectives import Objective

SIGMAS = 6.0
VARIANCES = {"vanilla": 1.6, "residual": 0.6}
TWO, INF = NormPair(2, math.inf), NormPair(math.inf, math.inf)
both = pytest.mark.parametrize("architecture", VARIANCES)


def inputs(dimension: int, count: int = 1) -> Probe:
    x = np.random.default_rng(dimension).standard_normal((count, dimension))
    return Probe(x * math.sqrt(dimension) / np.linalg.norm(x, axis=1, keepdims=True))


def drawn(source: Source, spec: NetworkSpec, draws: int, engine: str = "dense") -> Floats:
    with one_thread():
        found: Floats = source.engines[engine](spec, inputs(spec.input_dim), Stream(3), draws).double().numpy()
    return found


def linear(spec: NetworkSpec, pair: NormPair) -> Source:
    return slopes.at_start(Objective("adversarial", instant(pair, spec.input_dim), pair.p, pair.q, LINEAR_STEPS))


def gap(values: Floats, exact: float) -> float:
    """How many standard errors the mean of draws lies from the exact value."""
    return float(abs(values.mean() - exact) / (values.std() / math.sqrt(len(values))))


# One output ----------------------------------------------------------------------------------------------------


@cache
def one_output(architecture: str, width: int, pair: NormPair) -> tuple[NetworkSpec, Floats, Floats]:
    """A network, and draws of N/2 times the drift, and of the pull, over the theory's."""
    spec = NetworkSpec(architecture, 20, 1, width, 2, VARIANCES[architecture])
    draws, theory = drawn(linear(spec, pair), spec, 2048 if width < 64 else 256), PaperTheory()
    place = (spec, instant(pair, 20), pair.p, pair.q)
    return spec, draws[:, DRIFT] / -theory.variance_rate(*place), draws[:, PULL] / theory.regularisation(*place)


@both
@pytest.mark.parametrize("pair", [TWO, INF], ids=str)
@pytest.mark.parametrize("width", [32, 128])
def test_the_pull_of_one_output_is_exact_at_its_width(architecture: str, pair: NormPair, width: int) -> None:
    spec, drift, pull = one_output(architecture, width, pair)
    exact, spread = pull_of_one_output(spec, pair), one_output_spread(spec, pair)
    assert gap(drift, exact) < SIGMAS
    if width == 32:
        assert gap(drift, 1.15 * exact) > SIGMAS
        assert gap(drift, 2 * exact) > 10 * SIGMAS
    assert 0.6 * spread < drift.std() / drift.mean() < 1.1 * spread
    # Over ‖W‖² itself the median lies where the claims allow it to.
    low, high = median_interval(np.sort(pull), 1e-6)
    allowed = one_output_pull(spec, pair)
    assert low < 1 + allowed.above
    assert high > 1 - allowed.below


@both
@pytest.mark.parametrize("pair", [TWO, INF], ids=str)
def test_of_wide_networks_of_one_output_the_pull_is_the_theorys(architecture: str, pair: NormPair) -> None:
    off = []
    for width in (100, 1000, 10_000):
        # Where q = ∞ and p = 2, β = 1 is E‖g_d‖/√d up to 1/(4d).
        spec = NetworkSpec(architecture, 10**6, 1, width, 3, VARIANCES[architecture])
        off.append(pull_of_one_output(spec, pair) - 1)
    assert off[2] == pytest.approx(0, abs=1e-3)
    assert off[0] / off[1] == pytest.approx(10, rel=0.1)
    spreads = [
        one_output_spread(NetworkSpec(architecture, 10**6, 1, width, 3, VARIANCES[architecture]), pair)
        for width in (100, 10_000)
    ]
    assert spreads[0] / spreads[1] == pytest.approx(10, rel=0.1)  # like the root


@both
def test_every_layer_pulls_alike_and_all_of_vanilla_networks_by_the_loss_itself(architecture: str) -> None:
    """Euler: ⟨W_l, ∂L_adv⟩ = L_adv, draw by draw; of residual networks its share ασ_w²/ω, in the mean."""
    spec = NetworkSpec(architecture, 20, 4, 24, 3, VARIANCES[architecture])
    draws = drawn(linear(spec, INF), spec, 1024)
    share = 1.0 if architecture == "vanilla" else 0.3 / 1.3
    paid = draws[:, DRIFT] * spec.width / 2 / draws[:, LOSS]
    if architecture == "vanilla":
        np.testing.assert_allclose(paid, 1.0, rtol=1e-6)
    assert np.mean(paid) == pytest.approx(share, rel=0.1)
    layers = draws[:, LAYERS : LAYERS + 3]
    np.testing.assert_allclose(layers.mean(axis=1), draws[:, PULL])
    assert np.mean(layers, axis=0) == pytest.approx([draws[:, PULL].mean()] * 3, rel=0.2)
    cosines = draws[:, LAYERS + 3 :]
    assert cosines.shape == (1024, 3)
    assert np.abs(cosines).max() < 1
    assert np.median(cosines) > 0


def test_the_chain_pulls_in_law_as_stored_networks_do() -> None:
    spec = NetworkSpec("vanilla", 12, 2, 16, 2, 1.6)
    objective = Objective("adversarial", instant(INF, 12), math.inf, math.inf, LINEAR_STEPS)
    chain, dense = (
        np.sort(drawn(source, spec, 2048, engine)[:, DRIFT])
        for source, engine in ((slopes.by_homogeneity(objective), "wishart"), (slopes.at_start(objective), "dense"))
    )
    at = np.concatenate([chain, dense])
    apart = np.abs(np.searchsorted(chain, at, "right") - np.searchsorted(dense, at, "right")).max() / 2048
    assert apart < math.sqrt(math.log(4 / 1e-6) / 2048)


# Many outputs --------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_the_median_of_many_outputs_lies_where_it_is_allowed_to(architecture: str, pair: NormPair) -> None:
    spec = NetworkSpec(architecture, 40, 6, 40, 3, VARIANCES[architecture])
    draws = drawn(linear(spec, pair), spec, 64)
    ratio = draws[:, PULL] / PaperTheory().regularisation(spec, instant(pair, 40), pair.p, pair.q)
    low, high = median_interval(np.sort(ratio), 1e-3)
    allowed = many_outputs_pull(spec, pair)
    assert low < 1 + allowed.above
    assert high > 1 - allowed.below
    # Nor is everything allowed: twice the rate factor and half of it are not.
    assert 2 * high > 1 + allowed.above
    assert low / 2 < 1 - allowed.below or pair.q != math.inf


EXPONENTS = st.floats(1, 50) | st.sampled_from([1.0, 2.0, math.inf])


@given(st.builds(NormPair, EXPONENTS, EXPONENTS), st.integers(1, 60), st.integers(1, 12))
@example(NormPair(1, 3), 31, 7)
@example(NormPair(1.5, math.inf), 31, 7)
@settings(max_examples=40, deadline=None)
def test_every_pair_of_norms_has_its_allowance(pair: NormPair, d: int, k: int) -> None:
    """No less in the limit than at finite dimension alone, where the paper has Chevet's constant."""
    allowed = many_outputs_pull(NetworkSpec("vanilla", d, k, 10**12, 3, 2.0), pair)
    assert 0 <= allowed.below < math.inf
    assert 0 <= allowed.above < math.inf
    if not (math.isinf(pair.q) and pair.p in (2, math.inf)):
        assert allowed.below == pytest.approx(at_finite_dimension(pair, d, k).below, abs=1e-9)


@given(st.sampled_from(["vanilla", "residual"]), st.sampled_from(PAIRS))
def test_with_width_only_the_finite_dimension_is_left_to_allow(architecture: str, pair: NormPair) -> None:
    at = [many_outputs_pull(NetworkSpec(architecture, 40, 6, width, 3, 1.0), pair) for width in (100, 1000, 10**12)]
    for side in ("below", "above"):
        allowed = [getattr(one, side) for one in at]
        assert allowed == sorted(allowed, reverse=True)
        assert allowed[-1] >= 0
    if pair.q != math.inf:
        assert at[-1].above < 1e-6


# Moments -------------------------------------------------------------------------------------------------------


@cache
def capacities(architecture: str, form: str, bias: float, outputs: int) -> tuple[NetworkSpec, Floats]:
    spec = NetworkSpec(architecture, 6, outputs, 48, 2, VARIANCES[architecture], bias)
    return spec, drawn(capacity.at_start(form), spec, 3000)[:, 0]


def moment(values: Floats, order: int = 4) -> tuple[float, float]:
    """E Xᵏ/(E X)ᵏ of draws, and its standard error."""
    powers = (values / values.mean()) ** order
    return float(powers.mean()), float(powers.std() / math.sqrt(len(values)))


@both
@pytest.mark.parametrize(
    ("form", "bias"), [(form, bias) for form in capacity.FORMS for bias in (0.0, 5.0) if (form, bias) != ("full", 5.0)]
)
@pytest.mark.parametrize("outputs", [1, 3])
def test_no_capacity_has_a_heavier_tail_than_is_granted(
    architecture: str, form: str, bias: float, outputs: int
) -> None:
    spec, values = capacities(architecture, form, bias, outputs)
    granted = capacity_tail(spec, form)
    for order, bound in ((2, granted.second), (4, granted.fourth)):
        found, error = moment(values, order)
        assert found < bound + 3 * error


@pytest.mark.parametrize("outputs", [1, 3])
def test_of_the_layers_form_of_vanilla_networks_the_tail_is_exact(outputs: int) -> None:
    spec = NetworkSpec("vanilla", 6, outputs, 500, 2, 1.6)
    values, granted = drawn(capacity.at_start("layers"), spec, 2**17, "wishart")[:, 0], capacity_tail(spec, "layers")
    for order, exact in ((2, granted.second), (4, granted.fourth)):
        found, error = moment(values, order)
        assert error < 0.08 * exact
        assert found == pytest.approx(exact, abs=5 * error)
    assert capacity_tail(spec, "full").fourth == pytest.approx(granted.fourth)  # L² ‖f‖² beside L ‖f‖²


@given(st.sampled_from(["vanilla", "residual"]), st.integers(1, 12), st.integers(1, 8), st.floats(0.2, 3))
def test_what_is_granted_of_capacities_tends_to_the_moments_of_a_chi_square(
    architecture: str, outputs: int, depth: int, variance: float
) -> None:
    spec = NetworkSpec(architecture, 6, outputs, 10**9, depth, variance, 0.0, ReLULike(1, 0.2))
    chi = math.prod(outputs + 2 * j for j in range(4)) / outputs**4
    assert capacity_tail(spec, "layers").fourth == pytest.approx(chi, rel=1e-4)
    assert capacity_tail(spec, "full").fourth >= chi * (1 - 1e-6)
    assert capacity_tail(replace(spec, width=50), "rows").fourth > chi


@both
@pytest.mark.parametrize("outputs", [2, 10])
@pytest.mark.parametrize("variance", [0.5, 4.0])
def test_no_standard_drift_has_a_heavier_tail_than_is_granted(architecture: str, outputs: int, variance: float) -> None:
    spec = NetworkSpec(architecture, 4, outputs, 32, 2, variance)
    unit = 2 / spec.width * standard_pull(spec)
    drift = drawn(slopes.standard, spec, 3000)[:, 0]
    assert gap(drift, unit) < SIGMAS
    powers = (drift / unit) ** 4
    granted = standard_tail(spec, unit).fourth
    assert powers.mean() < granted + 3 * powers.std() / math.sqrt(len(powers))
    # In another unit they are the same numbers.
    assert standard_tail(spec, 3 * unit).fourth == pytest.approx(granted / 81)
    # A large output of vanilla networks has all of its class: there what is granted is all but reached.
    if architecture == "vanilla" and variance == 4.0 and outputs == 2:
        assert granted < 10 * powers.mean()


def test_the_chains_standard_drift_is_that_of_stored_networks() -> None:
    spec = NetworkSpec("vanilla", 4, 3, 16, 2, 2.4)
    chain, dense = (np.sort(drawn(slopes.standard, spec, 4096, engine)[:, 0]) for engine in ("wishart", "dense"))
    at = np.concatenate([chain, dense])
    apart = np.abs(np.searchsorted(chain, at, "right") - np.searchsorted(dense, at, "right")).max() / 4096
    assert apart < math.sqrt(math.log(4 / 1e-6) / 4096)
    assert chain[0] >= 0  # a convex function pulls outputs to 0, so that the chain's needs no sign


# Cells ---------------------------------------------------------------------------------------------------------


def test_no_activation_flips_within_an_instant() -> None:
    """L_adv is ε‖J‖_{p,q} to rounding: ten times the budget is ten times the loss."""
    spec = NetworkSpec("residual", 20, 3, 32, 3, 0.6)
    at = [
        drawn(slopes.at_start(Objective("adversarial", factor * instant(INF, 20), math.inf, 2, 1)), spec, 64)
        for factor in (1, 10)
    ]
    np.testing.assert_allclose(at[1][:, LOSS], 10 * at[0][:, LOSS], rtol=1e-6)


def test_the_other_rate_factor_is_the_other() -> None:
    assert half_rate(PaperTheory()).rate_factor == 1
    assert half_rate(half_rate(PaperTheory())) == PaperTheory()
    spec = NetworkSpec("vanilla", 20, 3, 32, 3, 2.0)
    one, two = (theory.variance_rate(spec, 0.1, 2, 2) for theory in (half_rate(PaperTheory()), PaperTheory()))
    assert two == pytest.approx(2 * one)


@both
def test_below_the_theory_the_scale_may_drift_as_its_exact_law_does(architecture: str) -> None:
    """E log √G, which many outputs follow, from the exact law of one entry."""
    spec = NetworkSpec(architecture, 20, 6, 1000, 3, VARIANCES[architecture])
    allowed = [many_outputs_pull(replace(spec, width=width), TWO).below for width in (1000, 10**12)]
    assert allowed[0] - allowed[1] == pytest.approx(-entry_law(spec).mean(np.log) / 2, rel=0.02)
