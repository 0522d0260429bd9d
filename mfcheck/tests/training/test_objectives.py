"""Gradients of objectives, kept as factors, are those of autograd (docs/theory.md#euler-identities)."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from mfcheck import NetworkSpec
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.objectives import INPUTS, REPLICATES, by_hand, data, drawn, losses, specs, written
from mfcheck.training.attacked import attacked_loss, steepest
from mfcheck.training.objectives import OBJECTIVES, Objective, Slope, inner, slope

pytestmark = pytest.mark.usefixtures("one_thread_each")

EXPONENTS = [1.0, 1.5, 2.0, math.inf]
ROUNDING = 1e-9
exponents = st.sampled_from(EXPONENTS)
objectives = st.builds(Objective, st.sampled_from(OBJECTIVES), st.sampled_from([1e-3, 0.5]), exponents, exponents)
engines = st.sampled_from(["dense", "lazy"])
seeds = st.integers(0, 2**32)


def sloped(network: Network, objective: Objective, x: Tensor, labels: Tensor) -> Slope:
    return slope(network, objective, x, labels, torch.Generator().manual_seed(3))


def moves(objective: Objective, network: Network, x: Tensor, eta: Tensor | None) -> Tensor:
    """Where η moves f by more than rounding, for every input, `[R]`: elsewhere ‖·‖ has no gradient to speak of."""
    if eta is None:
        return torch.ones(network.replicates, dtype=torch.bool)
    moved, size = (network(x + eta) - network(x)).abs().amax(2), network(x).abs().amax(2)
    return ((moved > 1e-8 * size) | ((moved == 0) & (size == 0))).all(dim=1)


@pytest.mark.parametrize("name", OBJECTIVES)
@given(specs, objectives, engines, seeds)
def test_eulers_identities_hold_to_rounding(
    name: str, spec: NetworkSpec, objective: Objective, engine: str, seed: int
) -> None:
    """⟨W_l,∂⟩ + ⟨P_l,∂⟩ + Σ_{k≥l}⟨b_k,∂⟩ = ⟨f, ∂L/∂f⟩: L_adv, and of cross-entropy E⟨f, softmax f − y⟩."""
    objective = replace(objective, name=name)
    network = drawn(spec, engine, seed)
    x, labels = data(spec, seed)
    found = sloped(network, objective, x, labels)
    eta = found.perturbation
    at = x if eta is None else x + eta
    points = torch.cat([at.expand(REPLICATES, -1, -1), x.expand(REPLICATES, -1, -1)], dim=1)
    passed = network.passed(points)
    output = passed.output.clone().requires_grad_()
    looked_up = {INPUTS: output[:, :INPUTS], 0: output[:, INPUTS:]}
    moved, labelled = losses(objective, lambda one: looked_up[INPUTS if one is not x else 0], x, labels, eta)
    (cotangents,) = torch.autograd.grad((moved + labelled).sum(), output)
    degree = (cotangents * passed.output).sum((1, 2))
    through = network.cotangents(passed, cotangents[..., None])[1]

    torch.testing.assert_close(found.adversarial, moved.detach(), rtol=ROUNDING, atol=ROUNDING)
    torch.testing.assert_close(found.standard, labelled.detach(), rtol=ROUNDING, atol=ROUNDING)
    assert torch.equal(found.loss, found.adversarial + found.standard)
    expected = torch.zeros(REPLICATES, dtype=torch.float64)
    if objective.name in ("adversarial", "theory"):
        expected += found.adversarial
    if objective.name != "adversarial":
        f = network(at if objective.name == "attacked" else x)
        expected += (f * (f.softmax(2) - functional.one_hot(labels, spec.output_dim))).sum(2).mean(1)
    torch.testing.assert_close(degree, expected, rtol=ROUNDING, atol=ROUNDING)
    for layer in range(spec.depth):
        terms = [found.projection[:, layer]]
        if spec.bias_variance:
            terms += [(b * g).sum(1) for b, g in zip(network.biases[layer:], found.bias[layer:], strict=True)]
        if spec.architecture == "residual":
            skipped = (network.shortcuts[layer] @ passed.states[layer].mT).mT
            terms.append((through[layer][..., 0] * skipped).sum((1, 2)))
        allowed = ROUNDING * (1 + sum(term.abs() for term in terms))
        still = ~moves(objective, network, x, eta)
        assert bool((((sum(terms) - expected).abs() <= allowed) | still).all())
        if spec.architecture == "vanilla" and not spec.bias_variance:
            torch.testing.assert_close(found.projection[:, layer], expected, rtol=ROUNDING, atol=ROUNDING)


@given(specs, objectives, engines, seeds)
def test_factors_are_the_gradient_of_autograd(spec: NetworkSpec, objective: Objective, engine: str, seed: int) -> None:
    """With the perturbation held fixed (Danskin)."""
    network = drawn(spec, engine, seed)
    x, labels = data(spec, seed)
    found = sloped(network, objective, x, labels)
    assert (found.perturbation is None) == (objective.name == "standard")
    weights = [written(matrix).detach().clone().requires_grad_() for matrix in network.weights]
    biases = [bias.clone().requires_grad_() for bias in network.biases]
    at = x.expand(REPLICATES, -1, -1)
    parts = losses(objective, lambda one: by_hand(network, weights, biases, one), at, labels, found.perturbation)
    gradients = torch.autograd.grad(sum(parts).sum(), [*weights, *biases])  # type: ignore[union-attr]
    sound = moves(objective, network, x, found.perturbation)

    def same(one: Tensor, other: Tensor) -> None:
        torch.testing.assert_close(one[sound], other.detach()[sound], rtol=1e-7, atol=ROUNDING * spec.width)

    same(found.loss, sum(parts))  # type: ignore[arg-type]
    assert len(found.left) == len(found.right) == spec.depth
    assert found.projection.shape == found.square.shape == (REPLICATES, spec.depth)
    for layer, (weight, gradient) in enumerate(zip(weights, gradients, strict=False)):
        same(found.left[layer] @ found.right[layer].mT, gradient)
        same(found.projection[:, layer], (weight * gradient).sum((1, 2)))
        same(found.square[:, layer], gradient.square().sum((1, 2)))
    assert len(found.bias) == len(biases)
    for one, other in zip(found.bias, gradients[spec.depth :], strict=True):
        same(one, other)


@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_measured_in_single_precision_the_identities_hold_to_its_rounding(name: str, engine: str) -> None:
    spec = NetworkSpec("vanilla", 20, 5, 200, 4, 2.0)
    network = Network(spec, Stream(1), engine=engine, replicates=2)
    x, labels = data(spec, 1)
    found = sloped(network, Objective(name, 0.3), x.float(), labels)
    for values in (found.loss, found.adversarial, found.standard, found.projection, found.square):
        assert values.dtype == torch.float64
    spread = (found.projection - found.projection[:, :1]).abs()
    assert bool((spread <= 1e-5 * found.projection[:, :1].abs()).all())


def test_the_attack_of_an_objective_ascends_what_the_objective_descends() -> None:
    """So L_adv found for "theory" is no less than at the perturbation that raises cross-entropy, and the reverse."""
    spec = NetworkSpec("vanilla", 12, 3, 60, 3, 2.0)
    network, (x, labels) = drawn(spec, "dense", 4), data(spec, 4, 20)
    theory, attacked, standard = (
        sloped(network, Objective(name, 0.4), x, labels) for name in ("theory", "attacked", "standard")
    )
    for found in (theory, attacked):
        assert found.perturbation is not None
        assert bool((found.perturbation.abs() <= 0.4 * (1 + 1e-12)).all())
    crossed = losses(Objective("theory", 0.4), network, x, labels, attacked.perturbation)[0]
    assert bool((theory.adversarial >= crossed).all())
    raised = losses(Objective("attacked", 0.4), network, x, labels, theory.perturbation)[1]
    assert bool((attacked.standard >= raised).all())
    assert bool((attacked.standard > standard.standard).all())
    torch.testing.assert_close(theory.standard, standard.standard)


def test_an_attack_goes_on_from_a_given_start() -> None:
    spec = NetworkSpec("residual", 12, 3, 60, 3, 1.0, 0.2)
    network, (x, labels) = drawn(spec, "dense", 5), data(spec, 5, 10)
    for name in ("theory", "attacked"):
        before = sloped(network, Objective(name, 2.0, steps=3), x, labels)
        after = slope(network, Objective(name, 2.0, steps=3), x, labels, torch.Generator(), before.perturbation)
        kind = "adversarial" if name == "theory" else "standard"
        assert bool((getattr(after, kind) >= getattr(before, kind) * (1 - 1e-9)).all())


@given(seeds, st.integers(1, 4), st.integers(1, 4))
def test_inner_products_of_factored_matrices(seed: int, k: int, j: int) -> None:
    stream = Stream(seed)
    a, b, c, d = (stream.normal(2, size, width) for size, width in ((5, k), (3, k), (5, j), (3, j)))
    expected = ((a @ b.mT) * (c @ d.mT)).sum((1, 2))
    torch.testing.assert_close(inner(a, b, c, d), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "robust"}, "objective 'robust' is unknown; allowed are adversarial, standard, theory, attacked"),
        ({"name": "theory"}, r"eps must be positive and finite for objective 'theory', got 0.0"),
        *[
            ({"name": name, "eps": eps}, f"eps must be positive and finite for objective '{name}', got {eps}")
            for name, eps in itertools.product(("adversarial", "theory", "attacked"), (0, -1.0, math.nan, math.inf))
        ],
        ({"name": "theory", "eps": True}, "eps must be positive and finite for objective 'theory', got True"),
        ({"name": "theory", "eps": 0.1, "p": 0.5}, r"p must lie in \[1, ∞\], got 0.5"),
        ({"name": "theory", "eps": 0.1, "q": math.nan}, r"q must lie in \[1, ∞\], got nan"),
        ({"name": "standard", "q": 0}, r"q must lie in \[1, ∞\], got 0"),
        ({"name": "attacked", "eps": 0.1, "steps": 0}, "steps must be a positive integer, got 0"),
        ({"name": "theory", "eps": 0.1, "steps": -1}, "steps must be a positive integer, got -1"),
        ({"name": "theory", "eps": 0.1, "steps": False}, "steps must be a positive integer, got False"),
        ({"name": "theory", "eps": 0.1, "steps": 1.5}, "steps must be a positive integer, got 1.5"),
    ],
    ids=str,
)
def test_objectives_that_cannot_be_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Objective(**arguments)


@pytest.mark.parametrize("engine", ["dense", "lazy"])
def test_the_gradient_of_a_tiny_budget_is_in_proportion_to_it(engine: str) -> None:
    """Without a flip L_adv is linear in ε, so ⟨W, ∂L⟩ goes like ε and ‖∂L‖² like ε², down to where ε² is a rounding."""
    spec, x = NetworkSpec("vanilla", 30, 4, 40, 3, 2.0), torch.ones(1, 30, dtype=torch.float64)
    found = []
    for eps in (1e-8, 1e-10):
        network = Network(spec, Stream(7), engine=engine, replicates=6, dtype=torch.float64)
        objective = Objective("adversarial", eps, 1.0, math.inf, 1)
        one = slope(network, objective, x, torch.zeros(1, dtype=torch.long), torch.Generator().manual_seed(1))
        found.append((one.projection / eps, one.square / eps**2))
    for large, small in zip(*found, strict=True):
        torch.testing.assert_close(large, small, rtol=1e-4, atol=0.0)


@pytest.mark.parametrize("engine", ["dense", "lazy"])
@pytest.mark.parametrize(("outputs", "p", "q"), [(1, math.inf, math.inf), (3, 2.0, 2.0), (3, 1.0, 1.5), (3, 4.0, 1.0)])
def test_an_attack_without_steps_is_the_one_that_ascends_where_the_network_is_linear(
    engine: str, outputs: int, p: float, q: float
) -> None:
    """Where the linear map's maximiser is known in closed form, an ascent finds it and nothing better."""
    spec, x = NetworkSpec("residual", 30, outputs, 40, 3, 1.0), torch.linspace(-1, 2, 30, dtype=torch.float64)[None]
    found = []
    for steps in (0, 4):
        network = Network(spec, Stream(7), engine=engine, replicates=6, dtype=torch.float64)
        labels, generator = torch.zeros(1, dtype=torch.long), torch.Generator().manual_seed(1)
        found.append(slope(network, Objective("adversarial", 1e-8, p, q, steps), x, labels, generator))
    assert found[0].perturbation is not None
    assert found[1].perturbation is not None
    assert torch.allclose(found[0].perturbation, found[1].perturbation, rtol=1e-6, atol=1e-16)
    assert torch.allclose(found[0].loss, found[1].loss, rtol=1e-6)
    assert torch.allclose(found[0].projection, found[1].projection, rtol=1e-5)


def test_an_attack_without_steps_on_a_dead_network_finds_nothing() -> None:
    network = Network(NetworkSpec("vanilla", 8, 2, 6, 2, 2.0), Stream(1), replicates=3, dtype=torch.float64)
    for matrix in network.weights:
        matrix.scale(0.0)
    x, labels = torch.ones(2, 8, dtype=torch.float64), torch.zeros(2, dtype=torch.long)
    found = slope(network, Objective("adversarial", 0.1, 2.0, 2.0, 0), x, labels, torch.Generator())
    assert found.loss.tolist() == [0.0] * 3
    assert found.projection.tolist() == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
@pytest.mark.parametrize("q", [1.0, 2.0, math.inf])
def test_a_loss_without_its_gradient_is_the_slopes(architecture: str, q: float) -> None:
    """By the same attack, whether it finds its start or is given it."""
    network = drawn(NetworkSpec(architecture, 6, 3, 12, 3, 1.5), "dense", 1)
    x, labels = data(network.spec, 1)
    objective = Objective("adversarial", 0.3, math.inf, q, 3)
    expected = sloped(network, objective, x, labels).loss
    for start in (None, steepest(network, objective.attack, x)):
        generator = torch.Generator().manual_seed(3)
        found = attacked_loss(network, objective.attack, objective.steps, x, generator, start)
        assert found.tolist() == pytest.approx(expected.tolist(), rel=1e-12)


def test_a_gradient_s_length_is_found_in_full_precision() -> None:
    """Whatever products are rounded to where it is asked for."""
    network = Network(NetworkSpec("vanilla", 20, 10, 32, 3, 2.0), Stream(0), replicates=4)
    x, labels = torch.randn(20, 20, generator=torch.Generator().manual_seed(1)), torch.arange(20) % 10
    found, again = (slope(network, Objective("standard"), x, labels, torch.Generator()) for _ in range(2))
    with torch.autocast("cpu", torch.bfloat16):
        rounded = found.square
    assert torch.equal(rounded, again.square)
