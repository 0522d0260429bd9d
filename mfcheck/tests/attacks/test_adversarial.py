"""The attack reaches exact optima where they are known, and elsewhere no less than foolbox's attacks do."""

from __future__ import annotations

import copy
import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mfcheck import NetworkSpec, draw_network
from mfcheck.attacks.adversarial import (
    adversarial_loss,
)
from mfcheck.attacks.operator_norm import operator_norm
from mfcheck.datasets.inputs import inputs
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.sampling import DrawnNetwork
from mfcheck.spec import dual_exponent as dual
from mfcheck.tests.support.attacking import RESIDUAL, VANILLA, assert_sound, attack, gaussian, length, network
from mfcheck.tests.support.foolbox_attacks import by_foolbox
from mfcheck.verdict import NotANumber

pytestmark = pytest.mark.usefixtures("one_thread_each")

EXPONENTS = [1.0, 1.5, 2.0, 4.0, math.inf]
PAIRS = list(itertools.product(EXPONENTS, EXPONENTS))
ROUNDING = 1e-10
pairs = pytest.mark.parametrize(("p", "q"), PAIRS, ids=lambda value: f"{value:g}")
exponents = pytest.mark.parametrize("p", [1, 1.01, *EXPONENTS[1:]], ids=lambda value: f"{value:g}")
both = pytest.mark.parametrize("spec", [VANILLA, RESIDUAL], ids=lambda spec: spec.architecture)
starts = pytest.mark.parametrize("start", ["jacobian", "random"])


@pairs
@pytest.mark.parametrize("shape", [(3, 6), (12, 15)], ids=str)
def test_on_linear_maps_the_attack_reaches_the_operator_norm(shape: tuple[int, int], p: float, q: float) -> None:
    matrices, eps = gaussian(4, *shape, seed=2), 0.7
    x = gaussian(3, shape[1], seed=3)
    bounds = operator_norm(matrices, p, q)

    def linear(at: Tensor) -> Tensor:
        return at @ matrices.mT

    found = attack(linear, x, eps, p, q)
    assert_sound(found, linear, x, eps, p, q)
    assert found.loss.shape == (4, 3)
    assert bool((found.loss >= eps * bounds.lower[:, None] * (1 - 1e-5)).all())
    assert bool((found.loss <= eps * bounds.upper[:, None] * (1 + 1e-5)).all())


@pytest.mark.parametrize(("p", "q"), [(1, 2), (2, 2), (math.inf, 2), (math.inf, 1), (1, math.inf)])
def test_random_starts_too_find_the_optimum_of_a_linear_map(p: float, q: float) -> None:
    matrix, x = gaussian(3, 8, seed=2), gaussian(2, 8, seed=3)
    found = attack(lambda at: at @ matrix.T, x, 0.7, p, q, steps=60, restarts=12, start="random")
    assert bool((found.loss >= 0.7 * float(operator_norm(matrix, p, q).lower) * 0.998).all())


@starts
@both
@exponents
def test_attacks_on_networks_keep_to_their_budget(p: float, spec: NetworkSpec, start: str) -> None:
    f, x = network(spec), gaussian(5, 12)
    for q, eps in ((1.5, 0.02), (math.inf, 3.0)):
        found = attack(f, x, eps, p, q, start=start, restarts=2)
        assert_sound(found, f, x, eps, p, q)
        assert bool((found.loss > 0).all())


@starts
@both
@exponents
def test_the_box_is_kept_and_a_loss_is_found_at_its_corners(p: float, spec: NetworkSpec, start: str) -> None:
    f, low, high = network(spec), -1.0, 2.0
    x = torch.where(gaussian(6, 12) > 0, high, low).double()
    found = attack(f, x, 0.5, p, 2, box=(low, high), start=start, restarts=16)
    assert_sound(found, f, x, 0.5, p, 2)
    assert bool((x + found.perturbation >= low).all())
    assert bool((x + found.perturbation <= high).all())
    free = attack(f, x, 0.5, p, 2, start=start, restarts=16).loss
    assert bool((found.loss > 0.1 * free).all())


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_in_a_corner_of_the_box_the_optimum_of_a_linear_map_is_still_found(p: float) -> None:
    """For one output it is that of the positive parts of J or of −J, with each sign of x's way into the box."""
    matrices = gaussian(20, 1, 10, seed=4)
    x = (gaussian(1, 10, seed=5) > 0).double()
    found = attack(lambda at: at @ matrices.mT, x, 0.5, p, 2, box=(0, 1), steps=40).loss[:, 0]
    sides = [length((sign * (1 - 2 * x) * matrices).clamp(min=0)[:, 0], dual(p)) for sign in (1, -1)]
    assert bool((found >= 0.5 * torch.maximum(*sides) * 0.99).all())


@starts
@both
def test_restarts_never_lower_the_loss(spec: NetworkSpec, start: str) -> None:
    f, x = network(spec), gaussian(20, 12)
    one, few, many = (attack(f, x, 2.0, math.inf, 2, start=start, restarts=n).loss for n in (1, 2, 10))
    assert bool((few >= one * (1 - ROUNDING)).all())
    assert bool((many >= few * (1 - ROUNDING)).all())
    assert bool((many > one * (1 + 1e-3)).any())


def test_attacks_follow_from_their_generator_alone() -> None:
    f, x = network(RESIDUAL), gaussian(3, 12)
    before = torch.get_rng_state()
    one, same = (attack(f, x, start="random", restarts=3) for _ in range(2))
    other = attack(f, x, start="random", restarts=3, generator=torch.Generator().manual_seed(6))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one.loss, same.loss)
    assert torch.equal(one.perturbation, same.perturbation)
    assert torch.equal(one.trace, same.trace)
    assert not torch.equal(one.perturbation, other.perturbation)


def test_a_given_start_is_where_the_attack_begins() -> None:
    f, x, along = network(RESIDUAL), gaussian(3, 12), gaussian(3, 12, seed=8)
    found = attack(f, x, 0.3, 2, math.inf, start=along)
    eta = 0.3 * along / length(along, 2)[:, None]
    torch.testing.assert_close(found.trace[0], length(f(x + eta) - f(x), math.inf))
    assert torch.equal(attack(f, x, 0.3, 2, math.inf, start=4 * along).trace[0], found.trace[0])


@starts
@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_without_bias_the_loss_is_homogeneous(p: float, architecture: str, start: str) -> None:
    """docs/theory.md#euler-identities; powers of two commute with rounding, so to the last bit."""
    f, x = network(NetworkSpec(architecture, 12, 3, 40, 2, 2.0)), gaussian(4, 12)
    one = attack(f, x, 0.5, p, 2, start=start, restarts=2)
    for power in (-12, 3, 12):
        scaled = attack(f, 2.0**power * x, 2.0**power * 0.5, p, 2, start=start, restarts=2)
        assert torch.equal(scaled.loss, 2.0**power * one.loss)
        assert torch.equal(scaled.perturbation, 2.0**power * one.perturbation)
        assert one.flips is not None
        assert scaled.flips is not None
        assert torch.equal(scaled.flips, one.flips)


def test_with_bias_the_loss_is_not_homogeneous() -> None:
    f, x = network(RESIDUAL), gaussian(4, 12)
    assert not torch.allclose(attack(f, 8 * x, 4.0).loss, 8 * attack(f, x, 0.5).loss, rtol=1e-3)


@both
def test_flips_are_the_share_of_slopes_that_change(spec: NetworkSpec) -> None:
    f, x = network(spec), gaussian(4, 12)

    def gates(at: Tensor) -> Tensor:
        """Every h ≥ 0 of the one network, layer by layer."""
        w = [matrix.values[0] for matrix in f.matrices if isinstance(matrix, DenseMatrix)]
        state, found = w[0] @ at, []
        for layer in range(spec.depth):
            h = w[1 + layer] @ state + (f.biases[layer][0] if f.biases else 0)
            found.append(h >= 0)
            shortcut = w[1 + spec.depth + layer] @ state if spec.architecture == "residual" else 0
            state = h * torch.where(h >= 0, spec.activation.u, spec.activation.v).double() + shortcut
        return torch.cat(found)

    found = attack(f, x, 4.0)
    assert found.flips is not None
    for index, eta in enumerate(found.perturbation[0]):
        changed = gates(x[index]) != gates(x[index] + eta)
        assert changed.any()
        assert float(found.flips[0, index]) == pytest.approx(float(changed.double().mean()), abs=1e-12)
    tiny = attack(f, x, 1e-9).flips
    assert tiny is not None
    assert not tiny.any()
    assert attack(lambda at: f(at)[0], x).flips is None


def test_attacks_run_on_every_kind_of_network() -> None:
    x, shape = gaussian(4, 12, dtype=torch.float32), (4,)
    for engine, spec in itertools.product(("dense", "lazy"), (VANILLA, RESIDUAL)):
        drawn = draw_network(spec, engine, seed=2)
        found = attack(drawn, x, start="jacobian", restarts=2)
        assert found.loss.shape == shape
        assert found.flips is not None
        assert found.flips.shape == shape
        torch.testing.assert_close(length(drawn(x + found.perturbation) - drawn(x), 2), found.loss, rtol=1e-4, atol=0)
        many = attack(network(spec, 3, engine), x.double(), restarts=2)
        assert many.loss.shape == (3, 4)
        assert many.perturbation.shape == (3, 4, 12)
        assert many.trace.shape == (9, 3, 4)
        assert many.flips is not None
        assert many.flips.shape == (3, 4)
    module = nn.Sequential(nn.Linear(12, 40), nn.Tanh(), nn.Linear(40, 3))
    found = attack(module, x)
    assert found.loss.shape == shape
    assert found.flips is None


def test_a_trained_networks_gradients_are_left_alone() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        module = nn.Sequential(nn.Linear(12, 40), nn.ReLU(), nn.Linear(40, 3))
    found = attack(module, gaussian(2, 12, dtype=torch.float32).requires_grad_())
    assert all(parameter.grad is None for parameter in module.parameters())
    assert not any(part.requires_grad for part in (found.loss, found.perturbation, found.trace))


@starts
def test_a_replicate_does_not_look_at_its_neighbours(start: str) -> None:
    f, x = network(RESIDUAL, 3), gaussian(4, 12)
    changed = copy.deepcopy(f)
    for tensor in changed.stored:
        tensor[1:] *= -2
    before, after = attack(f, x, start=start), attack(changed, x, start=start)
    torch.testing.assert_close(after.loss[0], before.loss[0], rtol=ROUNDING, atol=0)
    assert not torch.allclose(after.loss[1:], before.loss[1:])


@pytest.mark.parametrize(("p", "q", "eps"), [(math.inf, math.inf, 0.5), (math.inf, 2, 0.5), (2, 2, 5.0)])
@pytest.mark.parametrize(("architecture", "variance"), [("vanilla", 2.0), ("residual", 1.0)])
def test_no_less_is_found_than_by_foolbox(architecture: str, variance: float, p: float, q: float, eps: float) -> None:
    """With as many steps, of foolbox's own length and of the usual 2.5 ε/steps (Madry et al. 2018)."""
    f = draw_network(NetworkSpec(architecture, 784, 10, 512, 4, variance), "dense")
    x, steps = torch.from_numpy(inputs("digits", 784, 32, seed=0)).float(), 40
    random, default = (attack(f, x, eps, p, q, steps=steps, start=start).loss for start in ("random", "jacobian"))
    for step in (None, 2.5 / steps):
        theirs = by_foolbox(f, x, eps, p, q, steps, step)
        assert float(random.mean()) >= float(theirs.mean())
        assert float(default.mean()) >= 1.04 * float(theirs.mean())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"eps": 0}, "eps must be positive and finite, got 0"),
        ({"eps": -0.5}, "eps must be positive and finite, got -0.5"),
        ({"eps": math.nan}, "eps must be positive and finite, got nan"),
        ({"eps": math.inf}, "eps must be positive and finite, got inf"),
        ({"p": 0.5}, r"p must lie in \[1, ∞\], got 0.5"),
        ({"q": math.nan}, r"q must lie in \[1, ∞\], got nan"),
        ({"steps": 0}, "steps must be a positive integer, got 0"),
        ({"steps": 2.5}, "steps must be a positive integer, got 2.5"),
        ({"restarts": 0}, "restarts must be a positive integer, got 0"),
        ({"start": "center"}, "start 'center' is unknown; allowed are jacobian, random"),
        ({"box": (0, 1)}, r"box \(0, 1\) must hold all of x, which lies in \[-2, 1.5\]"),
        ({"box": (3, -3)}, r"box \(3, -3\) must hold all of x"),
        ({"box": 5}, r"box must be two numbers \(low, high\), got 5"),
        ({"box": (0,)}, r"box must be two numbers \(low, high\), got \(0,\)"),
        ({"x": torch.full((2, 3), math.nan)}, "x holds 6 values that are NaN or infinite"),
        ({"x": torch.tensor([[1.0, math.inf, 0.0]])}, "x holds 1 values"),
        ({"x": torch.ones(3)}, r"x must be .* of shape \[B, input_dim\], got torch.float32 \(3,\)"),
        ({"x": torch.ones(0, 3)}, r"got torch.float32 \(0, 3\)"),
        ({"x": torch.ones(2, 3, dtype=torch.long)}, r"got torch.int64 \(2, 3\)"),
        ({"f": lambda x: torch.cat([x, x])}, r"f must map inputs \(2, 3\) to outputs .*, got shape \(4, 3\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_attacked_is_named(changes: dict[str, Any], message: str) -> None:
    x = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.5, 1.0]])
    arguments: dict[str, Any] = {"f": lambda at: 2 * at, "x": x, "eps": 0.1, "p": 2, "q": 2, "steps": 3} | changes
    with pytest.raises(ValueError, match=message):
        adversarial_loss(**arguments, generator=torch.Generator())


def test_outputs_of_one_axis_are_named() -> None:
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        attack(lambda x: x[:, 0], torch.ones(2, 3))


@starts
def test_functions_that_are_not_finite_are_no_numbers(start: str) -> None:
    x = torch.ones(2, 3)
    for f in (lambda at: at * math.nan, lambda at: 1 / (at - 1), lambda at: torch.where(at == 1, at, math.inf)):
        with pytest.raises(NotANumber):
            attack(f, x, start=start)


def test_a_dead_network_has_no_loss() -> None:
    """One whose Jacobian is zero, as narrow ReLU networks are now and then."""
    found = attack(lambda at: (at - 10).relu(), torch.ones(2, 3))
    assert not found.loss.any()


@pytest.mark.parametrize(("p", "eps"), [(20, 1e-3), (50, 0.1)])
def test_high_exponents_keep_to_their_budget_in_single_precision(p: float, eps: float) -> None:
    f = draw_network(VANILLA, "dense")
    x = gaussian(20, 12, dtype=torch.float32)
    found = attack(f, x, eps, p, 2, start="random")
    assert bool((length(found.perturbation.double(), p) <= eps * (1 + 1e-5)).all())
    sharp = attack(f, x, eps, math.inf, 2, start="random").loss
    assert float((found.loss / sharp).mean()) >= 0.8


def test_more_columns_than_memory_are_refused_at_once() -> None:
    spec = NetworkSpec("vanilla", 784, 10, 10**6, 3, 2.0)
    f = draw_network(spec, "lazy")
    assert isinstance(f, DrawnNetwork)
    with pytest.raises(ValueError, match=r"1000002 columns .* need \d+\.\d GiB of memory, \d+\.\d GiB are free"):
        attack(f, torch.ones(1, 784), steps=10**6)
    # Only the clean output may have been asked for.
    assert all(right <= 1 and left == 0 for right, left in (matrix.known for matrix in f.network.matrices))
