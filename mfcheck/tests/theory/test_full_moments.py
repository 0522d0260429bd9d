"""Exact moments of the full form of the capacity, against closed forms, its mean and drawn networks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, PaperTheory, ReLULike
from mfcheck.arrays import Floats
from mfcheck.ensembles.orders import Order
from mfcheck.ensembles.samples import Probe
from mfcheck.observables import capacity
from mfcheck.theory import finite_width
from mfcheck.theory.full_moments import _last, full_form_moment
from mfcheck.verdict import NotCovered

ORDERS = (1, 2, 3, 4)
activations = st.sampled_from([ReLULike(), ReLULike(0.8, 0.3), ReLULike(1, -0.5), ReLULike(1, -1)])


def network(architecture: str, width: int, depth: int, outputs: int, variance: float, act: ReLULike) -> NetworkSpec:
    return NetworkSpec(architecture, 4, outputs, width, depth, variance, 0.0, act)


@given(
    st.integers(1, 60), st.integers(1, 6), st.integers(1, 20), st.floats(0.2, 5), activations, st.sampled_from(ORDERS)
)
def test_vanilla_networks_have_the_moments_of_their_output(
    width: int, depth: int, outputs: int, variance: float, act: ReLULike, order: int
) -> None:
    """Their full form is L²‖f‖² (Euler)."""
    spec = network("vanilla", width, depth, outputs, variance, act)
    chi = math.prod(outputs + 2 * j for j in range(order)) / outputs**order
    exact = finite_width.scale_moment(spec, order) * chi
    assert full_form_moment(spec, order) == pytest.approx(exact, rel=1e-9)


@given(st.sampled_from(["vanilla", "residual"]), st.integers(1, 60), st.integers(1, 6), st.floats(0.05, 5), activations)
def test_the_mean_is_the_law_s(architecture: str, width: int, depth: int, variance: float, act: ReLULike) -> None:
    spec = network(architecture, width, depth, 7, variance, act)
    mean = 7 * _last(spec, 1) * finite_width.mean_gain(spec) ** depth
    assert mean == pytest.approx(PaperTheory().full_fisher_rao(spec), rel=1e-9)


@given(st.integers(4, 60), st.integers(1, 5), st.floats(0.05, 5), activations)
def test_moments_of_residual_networks_are_those_of_some_law(
    width: int, depth: int, variance: float, act: ReLULike
) -> None:
    """Every one is at least what the one before asks for (Lyapunov), and less than the crude bound L⁸ of parts."""
    spec = network("residual", width, depth, 3, variance, act)
    logs = [math.log(full_form_moment(spec, order)) for order in ORDERS]
    assert logs[0] == pytest.approx(0, abs=1e-9)
    assert all(
        second - 2 * first + before >= -1e-9
        for before, first, second in zip([0.0, *logs], logs, logs[1:], strict=False)
    )
    theory = PaperTheory()
    parts = depth * theory.fisher_rao(spec) / theory.full_fisher_rao(spec)
    chi = math.prod(3 + 2 * j for j in range(4)) / 3**4
    assert math.exp(logs[3]) <= finite_width.offset_moment_bound(spec, 4) * chi * parts**4 * (1 + 1e-9)


SMALL = [
    network("residual", 24, 4, 20, 0.5, ReLULike(0.8, 0.3)),
    network("residual", 16, 2, 3, 2.0, ReLULike()),
    network("vanilla", 24, 3, 5, 1.6, ReLULike(1, -0.5)),
]


def drawn(spec: NetworkSpec) -> Floats:
    probe = Probe(np.ones((1, spec.input_dim)), 1)
    return Order(capacity.at_start("full"), spec, "dense", probe, 11, "cpu", 0, 2**16).draw()[:, 0]


@pytest.mark.parametrize("spec", SMALL, ids=lambda spec: spec.label)
def test_drawn_networks_have_these_moments(spec: NetworkSpec) -> None:
    values = drawn(spec)
    values /= PaperTheory().full_fisher_rao(spec)
    for order in (2, 3):
        powers = values**order
        error = float(powers.std()) / math.sqrt(len(powers))
        exact = full_form_moment(spec, order)
        assert error < 0.1 * exact
        assert float(powers.mean()) == pytest.approx(exact, abs=5 * error)


def test_with_biases_they_are_not_known() -> None:
    with pytest.raises(NotCovered, match="without biases"):
        full_form_moment(NetworkSpec("vanilla", 4, 2, 10, 2, 2.0, 0.3), 2)
