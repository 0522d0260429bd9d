"""Training keeps exact accounts of what it does to ‖W‖²."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mfcheck import NetworkSpec, ReLULike
from mfcheck.tests.support.objectives import drawn
from mfcheck.tests.support.training import LEAKY, seeds, squares, trained
from mfcheck.training.objectives import OBJECTIVES, Objective
from mfcheck.training.rules import SGD, Flow

pytestmark = pytest.mark.usefixtures("one_thread_each")

specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.integers(1, 4),
    output_dim=st.integers(1, 3),
    width=st.integers(2, 9),
    depth=st.integers(1, 4),
    weight_variance=st.sampled_from([0.5, 2.0]),
    bias_variance=st.sampled_from([0.0, 0.4]),
    activation=st.sampled_from([ReLULike(1, 0), LEAKY, ReLULike(1, -1)]),
)
objectives = st.builds(Objective, st.sampled_from(OBJECTIVES), st.just(0.3), steps=st.just(2))
rules = st.sampled_from([SGD(0.05), SGD(0.05, 0.9), SGD(0.05, 0.5, batch=2), SGD(0.1, batch=3), Flow(0.1), Flow(0.5)])


@given(specs, objectives, rules, st.sampled_from(["dense", "lazy"]), seeds)
def test_the_account_of_the_squared_norm_is_exact(
    spec: NetworkSpec, objective: Objective, rule: SGD | Flow, engine: str, seed: int
) -> None:
    if engine == "lazy" and isinstance(rule, SGD) and rule.momentum:
        rule = SGD(rule.lr)
    network = drawn(spec, engine, seed)
    before = squares(network)
    steps = trained(network, objective, rule, 4, seed=seed)
    assert [step.index for step in steps] == list(range(5))
    assert not steps[0].change.any()
    kept = steps[-1].diverged < 0
    moved = (squares(network) - before) / spec.width
    torch.testing.assert_close(steps[-1].change[kept], moved[kept], rtol=1e-8, atol=1e-8)
