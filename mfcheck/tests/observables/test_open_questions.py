"""Two outputs driven apart, and what one random start finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from mfcheck import NetworkSpec
from mfcheck.attacks.balls import norm
from mfcheck.attacks.operator_norm import operator_norm
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.open_questions import ATTACKED, CLEAN, driven_apart, shares_found
from mfcheck.spec import Attack
from mfcheck.tests.support.paths import probe

pytestmark = pytest.mark.usefixtures("one_thread_each")

SPEC = NetworkSpec("vanilla", 9, 3, 24, 3, 2.0)
LINEAR = 1e-4
PAIRS = [(2.0, 2.0), (math.inf, 1.0), (1.0, math.inf)]
NETWORKS = 5


def drawn(attack: Attack, steps: int = 20) -> torch.Tensor:
    return driven_apart(attack, steps).engines["dense"](SPEC, probe(2), Stream(3), NETWORKS)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_a_clean_distance_is_that_of_the_outputs_and_an_attack_only_adds(p: float, q: float) -> None:
    network = Network(SPEC, Stream(3), replicates=NETWORKS)
    output = network(torch.as_tensor(probe(2).x, dtype=torch.float32))
    found = drawn(Attack(0.5, p, q))
    assert found[:, CLEAN].tolist() == pytest.approx(norm(output[:, 0] - output[:, 1], q).tolist(), rel=1e-5)
    assert bool((found[:, ATTACKED] > found[:, CLEAN]).all())
    assert bool((drawn(Attack(1.0, p, q))[:, ATTACKED] > found[:, ATTACKED]).all())


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
def test_a_small_attack_on_both_adds_what_both_gradients_do(p: float) -> None:
    """To first order ε times the dual norms of the distance's gradients in x and in x'."""
    eps, q = 3e-4, 2.0
    network, x = Network(SPEC, Stream(3), replicates=NETWORKS), torch.as_tensor(probe(2).x, dtype=torch.float32)
    output = network(x)
    unit = (output[:, 0] - output[:, 1]) / norm(output[:, 0] - output[:, 1], q)[:, None]
    pulls = torch.einsum("rk,rbkd->rbd", unit, network.jacobian(x))
    dual = 1.0 if math.isinf(p) else math.inf if p == 1 else 2.0
    found = drawn(Attack(eps, p, q))
    gain = (found[:, ATTACKED] - found[:, CLEAN]) / eps
    assert gain.tolist() == pytest.approx(norm(pulls, dual).sum(dim=1).tolist(), rel=0.05)


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_shares_grow_to_their_end_and_are_of_the_norm_on_the_chain(p: float, q: float) -> None:
    source = shares_found(Attack(LINEAR, p, q), 12)
    for engine in ("dense", "wishart"):
        found = source.engines[engine](SPEC, probe(2), Stream(1), 40).double().numpy()
        assert found.shape == (40, 13)
        assert bool((np.diff(found, axis=1) >= -1e-6).all())
        assert bool((found <= 1 + 1e-6).all())
        assert np.median(found[:, -1]) > 0.6 > np.median(found[:, 0])


def test_networks_at_small_budgets_share_the_law_of_their_linear_maps() -> None:
    source = shares_found(Attack(LINEAR, 2.0, 2.0), 12)
    wide = NetworkSpec("vanilla", 9, 3, 64, 3, 2.0)
    dense = source.engines["dense"](wide, probe(2), Stream(1), 128).double().numpy()
    chain = source.engines["wishart"](wide, probe(2), Stream(1), 1000).double().numpy()
    for step in (1, 3, 6):
        error = 1.25 * dense[:, step].std() / math.sqrt(128)
        assert abs(np.median(dense[:, step]) - np.median(chain[:, step])) < 4 * error


def test_what_a_start_finds_is_a_share_of_the_norm() -> None:
    """On one row every start finds all there is."""
    one = NetworkSpec("vanilla", 9, 1, 24, 3, 2.0)
    found = shares_found(Attack(LINEAR, 2.0, 2.0), 12).engines["wishart"](one, probe(2), Stream(1), 20)
    assert found[:, -1].tolist() == pytest.approx([1.0] * 20, abs=1e-3)
    assert operator_norm(torch.ones(1, 9), 2, 2).exact
