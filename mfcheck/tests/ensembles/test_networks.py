"""Dense networks are what docs/theory.md#setting writes down.

Rounding bounds: a value made of sums with m roundings on any path is off by at most γ_m = m·eps/(1 − m·eps) times the
same expression in absolute values (Higham, §3.1); two ways to compute it differ by twice that.
"""

from __future__ import annotations

import copy
import itertools
import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike, draw_network
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.matrices.lazy import Matrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.statistics.intervals import dkw_half_width, sup_distance
from mfcheck.tests.support.foreign_modules import autograd_jacobian
from mfcheck.verdict import NotCovered

ALPHA = 1e-6
specs = st.builds(
    NetworkSpec,
    st.sampled_from(["vanilla", "residual"]),
    input_dim=st.integers(1, 5),
    output_dim=st.integers(1, 5),
    width=st.integers(1, 7),
    depth=st.integers(1, 4),
    weight_variance=st.sampled_from([0.3, 2.0]),
    bias_variance=st.sampled_from([0.0, 0.7]),
    activation=st.sampled_from([ReLULike(1, 0), ReLULike(1, 0.2), ReLULike(1, -1), ReLULike(-0.5, 2)]),
)
seeds = st.integers(0, 2**32)


def double(spec: NetworkSpec, seed: int, replicates: int = 3) -> Network:
    return Network(spec, Stream(seed), replicates=replicates, dtype=torch.float64)


def stored(matrix: Matrix) -> Tensor:
    assert isinstance(matrix, DenseMatrix)
    return matrix.values


def points(spec: NetworkSpec, seed: int, count: int = 2) -> Tensor:
    return Stream(seed + 1).normal(count, spec.input_dim)


def by_hand(
    network: Network, replicate: int, x: Tensor, *, absolute: bool = False, bias: bool = True
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """f(x) `[K]` of one replicate at one input, with its pre-activations and gate slopes, line by line."""
    spec, make = network.spec, torch.abs if absolute else torch.clone
    act, state = spec.activation, make(stored(network.input_projection)[replicate]).mv(make(x))
    preactivations, slopes = [], []
    for layer in range(spec.depth):
        h = make(stored(network.weights[layer])[replicate]).mv(state)
        if spec.bias_variance and bias:
            h = h + make(network.biases[layer][replicate])
        slope = torch.where(h >= 0, torch.tensor(act.u, dtype=x.dtype), torch.tensor(act.v, dtype=x.dtype))
        if absolute:
            slope = torch.full_like(h, max(abs(act.u), abs(act.v)))
        following = slope * h
        if spec.architecture == "residual":
            following = following + make(stored(network.shortcuts[layer])[replicate]).mv(state)
        preactivations.append(h)
        slopes.append(slope)
        state = following
    return make(stored(network.output_projection)[replicate]).mv(state), preactivations, slopes


def rounding(network: Network, replicate: int, x: Tensor, *, bias: bool = True) -> Tensor:
    """How far two ways to compute f(x) (or, without bias, J x) may lie apart, `[K]`."""
    spec = network.spec
    m = (spec.input_dim + (spec.depth + 1) * (spec.width + 3)) * torch.finfo(x.dtype).eps
    size: Tensor = by_hand(network, replicate, x, absolute=True, bias=bias)[0]
    return 2 * m / (1 - m) * size


@given(specs, seeds)
def test_a_network_computes_its_definition(spec: NetworkSpec, seed: int) -> None:
    network, x = double(spec, seed), points(spec, seed)
    outputs, slopes = network(x), network.gate_slopes(x)
    preactivations = network.preactivations(slopes, x.expand(3, -1, -1))
    affine = network.with_gates(slopes, x.expand(3, -1, -1))
    assert outputs.shape == (3, 2, spec.output_dim)
    assert len(slopes) == len(preactivations) == spec.depth
    for replicate, at in itertools.product(range(3), range(2)):
        expected, hidden, gates = by_hand(network, replicate, x[at])
        allowed = rounding(network, replicate, x[at])
        assert bool(((outputs[replicate, at] - expected).abs() <= allowed).all())
        assert bool(((affine[replicate, at] - expected).abs() <= allowed).all())
        for layer in range(spec.depth):
            assert torch.equal(slopes[layer][replicate, at], gates[layer])
            assert torch.equal(preactivations[layer][replicate, at] >= 0, hidden[layer] >= 0)


@given(specs, seeds)
def test_fixed_gates_make_an_affine_map_whose_slope_is_the_jacobian(spec: NetworkSpec, seed: int) -> None:
    network, x = double(spec, seed), points(spec, seed)
    elsewhere, origin = points(spec, seed + 7), torch.zeros(3, 2, spec.input_dim, dtype=torch.float64)
    slopes = network.gate_slopes(x)
    offset = network.with_gates(slopes, origin)
    moved = network.with_gates(slopes, elsewhere.expand(3, -1, -1)) - offset
    expected = (network.jacobian(x) @ elsewhere[:, :, None])[..., 0]
    if not spec.bias_variance:
        assert not offset.any()
    for replicate, at in itertools.product(range(3), range(2)):
        allowed = 3 * rounding(network, replicate, elsewhere[at])
        assert bool(((moved - expected)[replicate, at].abs() <= allowed).all())
    unbiased = network.preactivations(slopes, elsewhere.expand(3, -1, -1), bias=False)
    if not spec.bias_variance:
        for one, other in zip(network.preactivations(slopes, elsewhere.expand(3, -1, -1)), unbiased, strict=True):
            assert torch.equal(one, other)
    first = stored(network.weights[0]) @ (stored(network.input_projection) @ elsewhere.mT)
    torch.testing.assert_close(unbiased[0], first.mT, rtol=1e-12, atol=1e-12)


@given(specs, seeds, st.data())
def test_both_jacobians_are_that_of_autograd(spec: NetworkSpec, seed: int, data: st.DataObject) -> None:
    network, x = double(spec, seed), points(spec, seed)
    chosen = st.lists(st.integers(0, spec.input_dim - 1), min_size=1, max_size=spec.input_dim, unique=True)
    columns = data.draw(chosen)
    whole, some, features = network.jacobian(x), network.jacobian(x, columns), network.feature_jacobian(x, columns)
    assert whole.shape == (3, 2, spec.output_dim, spec.input_dim)
    assert features.shape == (3, 2, spec.width, len(columns))
    through = stored(network.output_projection)[:, None] @ features
    axes = torch.eye(spec.input_dim, dtype=torch.float64)
    for at in range(2):
        expected = autograd_jacobian(network, x[at])[:, 0]
        for replicate in range(3):
            allowed = torch.stack([rounding(network, replicate, axis, bias=False) for axis in axes], dim=1)
            assert bool(((whole[replicate, at] - expected[replicate]).abs() <= allowed).all())
            for found in (some, through):
                gap = (found[replicate, at] - expected[replicate][:, columns]).abs()
                assert bool((gap <= allowed[:, columns]).all())


@given(specs, seeds, st.booleans())
def test_a_pass_holds_all_that_is_met_on_the_way(spec: NetworkSpec, seed: int, each: bool) -> None:
    """With inputs for all replicates or of each its own; W x apart from the bias."""
    network, x = double(spec, seed), points(spec, seed)
    inputs = torch.stack([x, -x, 2 * x]) if each else x
    passed = network.passed(inputs)
    assert torch.equal(passed.output, network(inputs))
    assert len(passed.states) == spec.depth + 1
    assert len(passed.products) == len(passed.slopes) == spec.depth
    for one, other in zip(passed.slopes, network.gate_slopes(inputs), strict=True):
        assert torch.equal(one, other)
    for replicate, at in itertools.product(range(3), range(2)):
        expected, hidden, gates = by_hand(network, replicate, inputs[replicate, at] if each else x[at])
        torch.testing.assert_close(passed.output[replicate, at], expected)
        for layer in range(spec.depth):
            bias = network.biases[layer][replicate] if spec.bias_variance else 0.0
            torch.testing.assert_close(passed.products[layer][replicate, at] + bias, hidden[layer])
            assert torch.equal(passed.slopes[layer][replicate, at], gates[layer])
            weight = stored(network.weights[layer])[replicate]
            torch.testing.assert_close(
                weight @ passed.states[layer][replicate, at], passed.products[layer][replicate, at]
            )
        last = stored(network.output_projection)[replicate] @ passed.states[-1][replicate, at]
        torch.testing.assert_close(last, passed.output[replicate, at])


@given(specs, seeds, st.integers(1, 3), st.sampled_from(["dense", "lazy"]))
def test_signals_are_gradients_in_the_preactivations(spec: NetworkSpec, seed: int, count: int, engine: str) -> None:
    """Those of a bias added to each, input by input, for every cotangent apart."""
    network = Network(spec, Stream(seed), engine=engine, replicates=3, dtype=torch.float64)
    x, cotangents = points(spec, seed), Stream(seed + 3).normal(3, 2, spec.output_dim, count)
    signals = network.signals(network.passed(x), cotangents)
    matrices = [
        matrix.values if isinstance(matrix, DenseMatrix) else matrix.columns(range(columns))
        for matrix, (_, columns) in zip(network.matrices, network.shapes, strict=True)
    ]
    shifts = [torch.zeros(3, 2, spec.width, dtype=torch.float64, requires_grad=True) for _ in range(spec.depth)]
    state = x @ matrices[0].mT
    for layer, shift in enumerate(shifts):
        h = state @ matrices[1 + layer].mT + shift
        h = h + network.biases[layer][:, None] if network.biases else h
        following = torch.where(h >= 0, spec.activation.u * h, spec.activation.v * h)
        state = following + (state @ matrices[1 + spec.depth + layer].mT if network.shortcuts else 0)
    output = state @ matrices[-1].mT
    for c in range(count):
        expected = torch.autograd.grad((output * cotangents[..., c]).sum(), shifts, retain_graph=True)
        assert len(signals) == spec.depth
        for signal, gradient in zip(signals, expected, strict=True):
            assert signal.shape == (3, 2, spec.width, count)
            torch.testing.assert_close(signal[..., c], gradient, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_an_erased_replicate_is_what_its_shortcuts_make_of_it(architecture: str, engine: str) -> None:
    spec = NetworkSpec(architecture, 3, 2, 6, 2, 1.0, 0.5)
    network = Network(spec, Stream(7), engine=engine, replicates=3, dtype=torch.float64)
    x = points(spec, 7)
    before, width = network(x), range(spec.width)
    network.erase(torch.tensor([False, True, False]))
    after = network(x)
    torch.testing.assert_close(after[[0, 2]], before[[0, 2]])
    fixed = network.input_projection.columns(range(3))
    for shortcut in network.shortcuts:
        fixed = shortcut.columns(width) @ fixed
    linear = network.output_projection.columns(width) @ fixed * (architecture == "residual")
    torch.testing.assert_close(after[1], x @ linear[1].mT)


@given(specs.filter(lambda spec: not spec.bias_variance), seeds, st.integers(-20, 20))
def test_without_bias_a_network_is_homogeneous(spec: NetworkSpec, seed: int, power: int) -> None:
    """Powers of two commute with rounding, so to the last bit."""
    network, x = double(spec, seed), points(spec, seed)
    assert torch.equal(network(2.0**power * x), 2.0**power * network(x))
    assert torch.equal(network.jacobian(2.0**power * x), network.jacobian(x))


def test_with_bias_a_network_is_not_homogeneous() -> None:
    spec = NetworkSpec("vanilla", 3, 2, 8, 2, 2.0, 1.0)
    network, x = double(spec, 1), points(spec, 1)
    assert not torch.allclose(network(2 * x), 2 * network(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_entries_are_gaussian_with_the_variances_of_the_theory(dtype: torch.dtype) -> None:
    spec = NetworkSpec("residual", 30, 20, 50, 3, 1.7, 0.6)
    network = Network(spec, Stream(3), replicates=60, dtype=dtype)
    families = {
        "P_in": (stored(network.input_projection), 1 / 30),
        "P_out": (stored(network.output_projection), 1 / 50),
        **{f"W{layer}": (stored(network.weights[layer]), 1.7 / 50) for layer in range(3)},
        **{f"P{layer}": (stored(network.shortcuts[layer]), 1 / 50) for layer in range(3)},
        **{f"b{layer}": (network.biases[layer], 0.6) for layer in range(3)},
    }
    for name, (tensor, variance) in families.items():
        values = tensor.double().flatten() / math.sqrt(variance)
        n, squares = len(values), float(values.square().sum())
        low, high = (float(end) for end in stats.chi2.interval(1 - ALPHA, n))
        assert low < squares < high, name
        assert not low < squares * 50 / 40 < high, name  # 1/40 for 1/50 is told apart, even among the few biases
        assert abs(float(values.sum())) <= float(stats.norm.isf(ALPHA / 2)) * math.sqrt(n), name
        law = stats.norm()
        assert sup_distance(values.sort().values.numpy(), law.cdf) <= dkw_half_width(n, ALPHA), name


def test_replicates_and_matrices_are_independent() -> None:
    """Sample correlations of independent normals follow an exact law, which pearsonr's p-values are of."""
    network = Network(NetworkSpec("residual", 40, 40, 40, 2, 1.0), Stream(4), replicates=4)
    vectors = [one.double().flatten().numpy() for matrix in network.matrices for one in stored(matrix)]
    pairs = list(itertools.combinations(vectors, 2))
    for one, other in pairs:
        assert stats.pearsonr(one, other).pvalue > ALPHA / len(pairs)
    assert stats.pearsonr(vectors[0], vectors[1] + 0.2 * vectors[0]).pvalue < ALPHA / len(pairs)


def test_a_replicate_does_not_look_at_its_neighbours() -> None:
    spec = NetworkSpec("residual", 3, 2, 6, 2, 1.0, 0.5)
    network, x = double(spec, 5), points(spec, 5)
    before_f, before_j = network(x), network.jacobian(x)
    changed = copy.deepcopy(network)
    for tensor in changed.stored:
        tensor[1:] = 100.0
    assert torch.equal(changed(x)[0], before_f[0])
    assert torch.equal(changed.jacobian(x)[0], before_j[0])


@given(specs, seeds)
def test_draws_follow_from_the_seed(spec: NetworkSpec, seed: int) -> None:
    state, again, other = (double(spec, at).stored for at in (seed, seed, seed + 1))
    assert all(torch.equal(one, two) for one, two in zip(state, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(state, other, strict=True))


def test_every_stored_tensor_can_be_trained() -> None:
    network = double(NetworkSpec("residual", 3, 2, 5, 2, 1.0, 0.5, ReLULike(1, 0.2)), 6)
    for tensor in network.stored:
        tensor.requires_grad_()
    network(points(network.spec, 6)).sum().backward()
    assert all(tensor.grad is not None and tensor.grad.any() for tensor in network.stored)


@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 2)])
def test_inputs_of_another_size_are_named(engine: str, shape: tuple[int, ...]) -> None:
    f = draw_network(NetworkSpec("residual", 3, 2, 5, 2, 1.0), engine)
    with pytest.raises(ValueError, match=rf"input_dim=3\], got {re.escape(str(shape))}"):
        f(torch.ones(shape))


def test_foreign_architectures_are_no_dense_networks() -> None:
    with pytest.raises(NotCovered, match="own_module:factory"):
        Network(NetworkSpec("own_module:factory", 3, 2, 4, 1, 1.0), Stream(0))


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_a_drawn_network_is_differentiable(architecture: str) -> None:
    spec = NetworkSpec(architecture, 4, 3, 10, 2, 1.0, 0.2)
    f, x = draw_network(spec, seed=5), torch.linspace(-1, 1, 20).reshape(5, 4).requires_grad_()
    outputs = f(x)
    assert outputs.shape == (5, 3)
    outputs.square().sum().backward()
    assert x.grad is not None
    assert bool(x.grad.any(dim=1).all())
    assert torch.equal(draw_network(spec, seed=5)(x), outputs)
    assert not torch.equal(draw_network(spec, seed=6)(x), outputs)
    with pytest.raises(ValueError, match="wishart"):
        draw_network(spec, engine="wishart")
