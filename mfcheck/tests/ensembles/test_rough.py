"""Jacobians to three digits: right where they are rounded, and in full wherever they would not come faster."""

import math

import pytest
import torch

from mfcheck.ensembles import rough
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.rough import rough_jacobian
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import Attack, NetworkSpec, ReLULike
from mfcheck.training.attacked import attacked_loss

SPECS = [
    NetworkSpec("vanilla", 20, 4, 64, 5, 2.0),
    NetworkSpec("residual", 20, 4, 48, 3, 0.4, bias_variance=0.2, activation=ReLULike(0.8, 0.3)),
    NetworkSpec("vanilla", 3, 6, 40, 2, 1.6),
]


@pytest.fixture(autouse=True)
def with_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rough, "_has_tiles", lambda: True)


@pytest.mark.parametrize("spec", SPECS, ids=["vanilla", "residual with biases", "fewer inputs than outputs"])
def test_it_is_the_jacobian_to_three_digits(spec: NetworkSpec) -> None:
    network = Network(spec, Stream(3), replicates=5)
    x = torch.randn(7, spec.input_dim, generator=torch.Generator().manual_seed(1))
    exact, found = network.jacobian(x), rough_jacobian(network, network.gate_slopes(x))
    assert found.dtype == torch.float32
    off = (found - exact).norm(dim=(2, 3)) / exact.norm(dim=(2, 3))
    assert 0 < float(off.max()) < 0.02


@pytest.mark.parametrize(
    ("engine", "dtype"), [("lazy", torch.float32), ("dense", torch.float64)], ids=["lazy", "float64"]
)
def test_who_would_not_gain_gets_it_in_full(engine: str, dtype: torch.dtype) -> None:
    network = Network(SPECS[0], Stream(3), engine=engine, replicates=2, dtype=dtype)
    network.reserve(40)
    x = torch.randn(2, 20, dtype=dtype, generator=torch.Generator().manual_seed(1))
    slopes = network.gate_slopes(x)
    assert torch.equal(rough_jacobian(network, slopes), network.jacobian_with(slopes))


def test_a_processor_without_such_units_gets_it_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rough, "_has_tiles", lambda: False)
    network = Network(SPECS[0], Stream(3), replicates=2)
    slopes = network.gate_slopes(torch.randn(2, 20, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(rough_jacobian(network, slopes), network.jacobian_with(slopes))


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("eps", [1e-3, 0.3])
def test_attacks_that_begin_from_it_find_as_much(p: float, eps: float, monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(NetworkSpec("vanilla", 60, 10, 128, 4, 2.0), Stream(5), replicates=96)
    x = torch.randn(6, 60, generator=torch.Generator().manual_seed(2))

    def found() -> torch.Tensor:
        return attacked_loss(network, Attack(eps, p, math.inf), 2, x, torch.Generator().manual_seed(1))

    roughly = found()
    monkeypatch.setattr(rough, "_has_tiles", lambda: False)
    ratio = roughly / found()
    # An ascent from another point may end at another vertex of p = 1's ball, better or worse, so that a single
    # network is a few per cent off either way; begun no worse, networks are as strong on average.
    assert float(ratio.median()) == pytest.approx(1, abs=0.001)
    assert float(ratio.mean()) == pytest.approx(1, abs=0.005)
