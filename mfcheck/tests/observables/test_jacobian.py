"""Statistics of the Jacobian: networks are affine in their region, and an attacked input raises the output."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch import Tensor

from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import jacobian
from mfcheck.observables.jacobian import attack, entry_at_attack, linearity
from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.statistics.intervals import rate_lower
from mfcheck.tests.support.toy_samples import sample


@pytest.mark.parametrize("column", range(2), ids=["entry", "variance"])
def test_lazy_networks_have_entries_of_the_law_of_stored_ones(column: int) -> None:
    spec, probe = NetworkSpec("residual", 4, 2, 12, 2, 0.9, 0.2, ReLULike(0.8, 0.3)), Probe(np.ones((1, 4)), 2)
    lazy, stored, wide = (
        sample(jacobian.entry, one, engine, probe).first(8000)[:, column]
        for one, engine in ((spec, "lazy"), (spec, "dense"), (replace(spec, weight_variance=3.0), "lazy"))
    )
    assert ks_2samp(lazy, stored).pvalue > 1e-4
    assert ks_2samp(wide, stored).pvalue < 1e-4


LINEARITY_SPECS = [
    NetworkSpec("vanilla", 6, 3, 30, 3, 2.0),
    NetworkSpec("vanilla", 6, 3, 30, 3, 2.0, 0.5, ReLULike(1, 0.2)),
    NetworkSpec("residual", 5, 2, 30, 4, 0.7, 0.3),
    NetworkSpec("residual", 5, 2, 30, 4, 0.7, 0.0, ReLULike(1, -1)),
]


@pytest.mark.parametrize("spec", LINEARITY_SPECS, ids=lambda spec: spec.label)
def test_networks_are_affine_in_their_region_and_not_beyond(spec: NetworkSpec) -> None:
    probe = Probe(np.linspace(-1, 2, spec.input_dim)[None], 0)
    inside, beyond = sample(linearity, spec, "dense", probe).first(500).T
    assert inside.all()
    # A crossed wall hides only where a whole later layer is shut, once in 2^30 networks.
    assert not beyond.any()


def test_a_network_without_gates_is_affine_everywhere() -> None:
    spec = NetworkSpec("residual", 5, 2, 30, 3, 0.7, 0.3, ReLULike(1, 1))
    assert sample(linearity, spec, "dense", Probe(np.ones((1, 5)), 0)).first(200).all()


@pytest.mark.parametrize("spec", LINEARITY_SPECS, ids=lambda spec: spec.label)
def test_a_wrong_offset_is_no_affine_identity(spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Network.with_gates
    monkeypatch.setattr(Network, "with_gates", lambda self, slopes, x: right(self, slopes, x) + 1e-6)
    probe = Probe(np.linspace(-1, 2, spec.input_dim)[None], 0)
    assert not sample(linearity, spec, "dense", probe).first(200)[:, 0].any()


def test_a_bent_network_is_no_affine_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Network.forward
    monkeypatch.setattr(Network, "forward", lambda self, x: right(self, x) + 1e-6 * right(self, x).square())
    probe = Probe(np.linspace(-1, 2, 6)[None], 0)
    assert sample(linearity, LINEARITY_SPECS[1], "dense", probe).first(200)[:, 0].mean() < 0.1


@pytest.mark.parametrize("width", [1, 2])
def test_a_region_without_a_wall_on_the_ray_is_affine_too(width: int) -> None:
    """With so few gates a ray often crosses none of them."""
    spec = NetworkSpec("residual", 3, 2, width, 1, 1.0, 0.5)
    inside, _ = sample(linearity, spec, "dense", Probe(np.ones((1, 3)), 0)).first(200).T
    assert inside.all()


Z = 6.5  # a two-sided normal bound with false alarm 8e-11 a comparison
ALPHA = 1e-6
LEAKY, ABS = ReLULike(1, 0.3), ReLULike(1, -1)


def probe(spec: NetworkSpec) -> Probe:
    """The last column: the neighbour of the last is the first."""
    return Probe(np.linspace(-1, 2, spec.input_dim)[None], spec.input_dim - 1)


# The attacked input --------------------------------------------------------------------------------------------


ATTACKED = [
    NetworkSpec("vanilla", 6, 3, 60, 3, 2.0, 0.2),
    NetworkSpec("vanilla", 6, 3, 60, 3, 1.5, 0.0, LEAKY),
    NetworkSpec("residual", 6, 2, 60, 3, 1.0, 0.3),
    NetworkSpec("residual", 6, 2, 60, 2, 0.5, 0.3, ABS),
]
attacked_specs = pytest.mark.parametrize("spec", ATTACKED, ids=lambda spec: spec.label)
NETWORKS = 400


def moved(network: Network, x: Tensor, points: Tensor) -> Tensor:
    """|f(x') − f(x)| of the first output, by network."""
    return (network(points) - network(x))[:, 0, 0].abs()


@attacked_specs
@pytest.mark.parametrize("budget", [0.3, 1.0])
def test_an_attack_moves_the_output_further_than_chance_and_stays_in_its_budget(
    spec: NetworkSpec, budget: float
) -> None:
    stream, x = Stream(33), torch.linspace(-1, 2, spec.input_dim)[None]
    with one_thread(), torch.no_grad():
        network = Network(spec, stream, replicates=NETWORKS)
        point = attack(network, x, budget)
        assert point.shape == (NETWORKS, 1, spec.input_dim)
        length = torch.linalg.vector_norm(point - x, dim=2).flatten()
        radius = budget * float(torch.linalg.vector_norm(x))
        assert float(length.max()) <= radius * (1 + 1e-5)
        assert float(length.min()) >= radius * (1 - 1e-5)  # no gradient is 0 here
        noise = stream.normal(NETWORKS, 1, spec.input_dim, dtype=torch.float32)
        random = x + radius * noise / torch.linalg.vector_norm(noise, dim=2, keepdim=True)
        ours, theirs = moved(network, x, point), moved(network, x, random)
    # Over networks, by mean and by majority; in a single one a random step may well be the luckier.
    gain = (ours - theirs).double().numpy()
    assert gain.mean() > Z * gain.std(ddof=1) / np.sqrt(NETWORKS)
    assert rate_lower(int((gain > 0).sum()), NETWORKS, ALPHA) > 0.5


@attacked_specs
def test_further_steps_of_an_attack_never_undo_what_the_first_gained(
    spec: NetworkSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.linspace(-1, 2, spec.input_dim)[None]
    with one_thread(), torch.no_grad():
        network = Network(spec, Stream(33), replicates=NETWORKS)
        all_steps = moved(network, x, attack(network, x, 1.0))
        monkeypatch.setattr(jacobian, "STEPS", 1)
        one_step = moved(network, x, attack(network, x, 1.0))
    assert int((all_steps < one_step * (1 - 1e-4)).sum()) == 0


def test_an_attack_stays_where_the_jacobian_is_zero() -> None:
    spec = NetworkSpec("vanilla", 4, 1, 2, 3, 2.0)
    x = torch.linspace(-1, 2, 4)[None]
    with one_thread(), torch.no_grad():
        network = Network(spec, Stream(34), replicates=200)
        flat = ~network.jacobian(x)[:, 0, 0].any(dim=1)
        point = attack(network, x, 1.0)
    assert 20 < int(flat.sum()) < 200
    assert torch.equal(point[flat, 0], x.expand(int(flat.sum()), -1))
    assert bool(torch.isfinite(point).all())
    assert not torch.equal(point[~flat, 0], x.expand(int((~flat).sum()), -1))


def test_an_attack_on_a_linear_network_is_the_gradient() -> None:
    spec = NetworkSpec("residual", 5, 2, 30, 2, 0.7, 0.3, ReLULike(1, 1))
    x = torch.linspace(-1, 2, 5)[None]
    with one_thread(), torch.no_grad():
        network = Network(spec, Stream(35), replicates=20)
        gradient = network.jacobian(x)[:, 0, 0]
        step = attack(network, x, 0.5)[:, 0] - x
        expected = 0.5 * torch.linalg.vector_norm(x) * gradient / torch.linalg.vector_norm(gradient, dim=1)[:, None]
    assert torch.allclose(step, expected, atol=1e-4)


@attacked_specs
def test_the_entry_at_the_attack_is_the_jacobian_there(spec: NetworkSpec) -> None:
    where = probe(spec)
    with one_thread(), torch.no_grad():
        found = entry_at_attack.engines["dense"](spec, where, Stream(36), 50)
        network = Network(spec, Stream(36), replicates=50)
        x = torch.as_tensor(where.x, dtype=torch.float32)
        entries = network.jacobian(attack(network, x, 1.0))[:, 0, 0, where.column]
    assert found.shape == (50, 1)
    assert torch.allclose(found[:, 0], entries, rtol=1e-4, atol=1e-6)
