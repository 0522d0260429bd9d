"""Networks to three digits: right where they are rounded, and in full wherever they would not come faster."""

import copy
import itertools
import math
from collections.abc import Callable

import pytest
import torch

from mfcheck.ensembles import rough
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network, Pass
from mfcheck.ensembles.rough import rough_jacobian
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import Attack, NetworkSpec, ReLULike
from mfcheck.training import attacked
from mfcheck.training.attacked import attacked_loss
from mfcheck.training.objectives import Objective, Slope, slope

SPECS = [
    NetworkSpec("vanilla", 20, 4, 64, 5, 2.0),
    NetworkSpec("residual", 20, 4, 48, 3, 0.4, bias_variance=0.2, activation=ReLULike(0.8, 0.3)),
    NetworkSpec("vanilla", 3, 6, 40, 2, 1.6),
]


@pytest.fixture(autouse=True)
def with_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rough, "_has_units", lambda: True)


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
    monkeypatch.setattr(rough, "_has_units", lambda: False)
    network = Network(SPECS[0], Stream(3), replicates=2)
    slopes = network.gate_slopes(torch.randn(2, 20, generator=torch.Generator().manual_seed(1)))
    assert torch.equal(rough_jacobian(network, slopes), network.jacobian_with(slopes))


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("eps", [1e-3, 0.3])
def test_attacks_that_begin_from_it_find_as_much(p: float, eps: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacked, "WIDE", 10**6)  # all but the start in full
    network = Network(NetworkSpec("vanilla", 60, 10, 128, 4, 2.0), Stream(5), replicates=96)
    x = torch.randn(6, 60, generator=torch.Generator().manual_seed(2))

    def found() -> torch.Tensor:
        return attacked_loss(network, Attack(eps, p, math.inf), 2, x, torch.Generator().manual_seed(1))

    roughly = found()
    monkeypatch.setattr(rough, "_has_units", lambda: False)
    ratio = roughly / found()
    # An ascent from another point may end at another vertex of p = 1's ball, better or worse, so that a single
    # network is a few per cent off either way; begun no worse, networks are as strong on average.
    assert float(ratio.median()) == pytest.approx(1, abs=0.001)
    assert float(ratio.mean()) == pytest.approx(1, abs=0.005)


def test_a_matrix_is_rounded_anew_where_it_has_changed() -> None:
    matrix = DenseMatrix(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1)))
    other, first = copy.copy(matrix), matrix.rounded()
    assert matrix.rounded() is first
    left = torch.ones(3, 8, 1)
    changes: list[Callable[[], object]] = [
        lambda: matrix.add(left, left),
        lambda: matrix.add(left, left),  # in place, where the first made new values
        lambda: matrix.subtract(torch.tensor([0.0, 1.0, 2.0]), torch.ones(3, 8, 8)),
        lambda: matrix.scale(0.5),
        lambda: matrix.erase(torch.tensor([False, True, False])),
        lambda: matrix.values.mul_(3.0),
    ]
    before = other.rounded().values.clone()
    for change in changes:
        change()
        assert torch.equal(matrix.rounded().values, matrix.values.bfloat16())
    assert torch.equal(other.rounded().values, before)
    with torch.inference_mode():
        unversioned = DenseMatrix(torch.ones(1, 2, 2))
        unversioned.rounded()
        unversioned.values.mul_(3.0)
        assert unversioned.rounded().values.tolist() == [[[3.0, 3.0], [3.0, 3.0]]]


WIDE = [
    NetworkSpec("vanilla", 60, 10, 256, 4, 2.0),
    NetworkSpec("residual", 60, 10, 256, 4, 0.4, bias_variance=0.2, activation=ReLULike(0.8, 0.3)),
]


@pytest.mark.parametrize("spec", WIDE, ids=["vanilla", "residual with biases"])
@pytest.mark.parametrize(("p", "eps"), [(1.0, 8.0), (2.0, 2.0), (math.inf, 0.3)])
@pytest.mark.parametrize("steps", [1, 10])
@pytest.mark.parametrize("name", ["adversarial", "attacked"])
def test_attacks_that_begin_by_rounded_weights_find_as_much(
    spec: NetworkSpec, p: float, eps: float, steps: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objective = Objective(name, eps, p, math.inf, steps)
    x, labels = torch.randn(6, 60, generator=torch.Generator().manual_seed(2)), torch.arange(6)

    def found() -> Slope:
        network = Network(spec, Stream(5), replicates=48)
        return slope(network, objective, x, labels, torch.Generator().manual_seed(1))

    roughly = found()
    monkeypatch.setattr(attacked, "WIDE", 10**6)
    fully = found()
    assert roughly.perturbation is not None
    assert fully.perturbation is not None
    assert not torch.equal(roughly.perturbation, fully.perturbation)
    ratio = roughly.loss / fully.loss
    assert float(ratio.mean()) > (0.985 if p == 1 else 0.99)
    assert float(ratio.mean()) < (1.03 if p == 1 else 1.01)


@pytest.mark.parametrize("p", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("name", ["adversarial", "attacked"])
def test_an_attack_that_goes_on_from_another_loses_nothing(p: float, steps: int, name: str) -> None:
    network = Network(WIDE[0], Stream(5), replicates=24)
    x, labels = torch.randn(6, 60, generator=torch.Generator().manual_seed(2)), torch.arange(6)
    objective = Objective(name, {1.0: 8.0, 2.0: 2.0}.get(p, 0.3), p, math.inf, 30)
    earlier = slope(network, objective, x, labels, torch.Generator().manual_seed(1))
    shorter = Objective(name, objective.eps, p, math.inf, steps)
    found = slope(network, shorter, x, labels, torch.Generator().manual_seed(1), earlier.perturbation)
    ratio = found.loss / earlier.loss
    assert float(ratio.mean()) > 0.998
    assert float(ratio.min()) > 0.99


@pytest.mark.parametrize(
    ("spec", "eps"),
    [
        (NetworkSpec("vanilla", 60, 10, attacked.WIDE - 1, 2, 2.0), 0.3),
        (WIDE[0], 0.049),
        (NetworkSpec("vanilla", 60, 10, 256, 2, 2.0, bias_variance=36.0), 0.3),
    ],
    ids=["narrow", "small budget", "large biases"],
)
def test_where_rounding_gains_nothing_attacks_are_in_full(
    spec: NetworkSpec, eps: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nothing is rounded")

    monkeypatch.setattr(attacked, "rounded", refuse)
    network, x, labels = Network(spec, Stream(5), replicates=2), torch.ones(6, 60), torch.arange(6)
    found = slope(network, Objective("attacked", eps), x, labels, torch.Generator().manual_seed(1))
    assert bool(found.loss.isfinite().all())


@pytest.mark.parametrize("name", ["adversarial", "attacked"])
@pytest.mark.parametrize("wide", [1, 10**6], ids=["rounded", "in full"])
def test_an_attack_s_pass_is_the_networks_where_it_ends(name: str, wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attacked, "WIDE", wide)
    network, again = (Network(SPECS[1], Stream(3), replicates=2) for _ in range(2))
    passed, passes = network.passed, list[torch.Tensor]()

    def counted(points: torch.Tensor) -> Pass:
        passes.append(points)
        return passed(points)

    monkeypatch.setattr(network, "passed", counted)
    objective, reused = Objective(name, 0.3, steps=3), 0
    for seed, inputs in itertools.product(range(6), (1, 40)):  # of few, all end at their best
        random = torch.Generator().manual_seed(seed)
        x = torch.randn(inputs, 20, generator=random).expand(2, -1, -1)
        found = attacked.attack(network, objective, x, torch.arange(inputs) % 4, random)
        before = len(passes)
        there, expected = found.passed(), again.passed(x + found.perturbation)
        reused += len(passes) == before
        for one, other in zip((*there.states, *there.slopes), (*expected.states, *expected.slopes), strict=True):
            assert torch.equal(one, other)
        assert torch.equal(there.output, expected.output)
    assert reused > 0
