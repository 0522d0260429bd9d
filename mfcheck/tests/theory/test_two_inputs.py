"""The two-input law against dense networks, and against the laws that one might write in its place."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, ReLULike
from mfcheck.attacks.balls import dual_map, norm
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.spec import Attack, dual_exponent
from mfcheck.theory import two_inputs
from mfcheck.theory.norms import chevet_beta
from mfcheck.verdict import NotCovered

pytestmark = pytest.mark.usefixtures("one_thread_each")

SPECS = [
    NetworkSpec("vanilla", 8, 3, 384, 3, 2.4),
    NetworkSpec("residual", 8, 3, 384, 3, 1.4),
    NetworkSpec("vanilla", 8, 3, 384, 3, 1.6, activation=ReLULike(1, -0.4)),
]
RHO, NETWORKS = 0.3, 256
LENGTHS = (1.5 * math.sqrt(8), 0.8 * math.sqrt(8))
every = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.label)


def two(rho: float = RHO, lengths: tuple[float, float] = LENGTHS) -> Tensor:
    """Two inputs `[2, 8]` of these lengths and correlation."""
    along, across = torch.eye(8, dtype=torch.float64)[:2]
    return torch.stack([lengths[0] * along, lengths[1] * (rho * along + math.sqrt(1 - rho**2) * across)])


@pytest.fixture(scope="module", params=SPECS, ids=lambda spec: spec.label)
def drawn(request: pytest.FixtureRequest) -> tuple[NetworkSpec, dict[str, Tensor]]:
    """Statistics of one network each, `[R]`, of dense networks met at two inputs."""
    spec = request.param
    found: dict[str, list[Tensor]] = {name: [] for name in ("distance", "jacobians", "kernel", "correlation", "flips")}
    for seed in range(8):
        network = Network(spec, Stream(seed), replicates=NETWORKS // 8)
        x = two().float()
        passed = network.passed(x)
        jacobians = network.jacobian(x).double()
        outputs = torch.eye(spec.output_dim).expand(network.replicates, 2, -1, -1)
        signals = [one.double() for one in network.signals(passed, outputs)]
        states = [one.double() for one in passed.states]
        found["distance"].append((passed.output[:, 0] - passed.output[:, 1]).double().square().sum(dim=1))
        found["jacobians"].append((jacobians[:, 0] * jacobians[:, 1]).sum(dim=2).mean(dim=1))
        layers = [
            (signal[:, 0] * signal[:, 1]).sum(dim=1) * (state[:, 0] * state[:, 1]).sum(dim=1)[:, None]
            for signal, state in zip(signals, states, strict=False)
        ]
        found["kernel"].append(torch.stack(layers).sum(dim=0).mean(dim=1))
        last = states[-1]
        found["correlation"].append(torch.cosine_similarity(last[:, 0], last[:, 1], dim=1))
        slopes = passed.slopes[-1]
        found["flips"].append((slopes[:, 0] != slopes[:, 1]).double().mean(dim=1))
    return spec, {name: torch.cat(values) for name, values in found.items()}


def predicted(spec: NetworkSpec) -> dict[str, float]:
    at = two_inputs.correlations(spec, RHO)
    return {
        "distance": two_inputs.output_distance(spec, RHO, LENGTHS),
        "jacobians": two_inputs.jacobian_overlap(spec, RHO),
        "kernel": two_inputs.tangent_kernel(spec, RHO, LENGTHS),
        "correlation": at[-1],
        "flips": two_inputs.flipped_share(at[-2]),
    }


def apart(values: Tensor, expected: float) -> float:
    """How many standard errors of the mean a mean lies from what is expected, less 1 % for a finite width."""
    error = float(values.std()) / math.sqrt(len(values))
    return max(0.0, abs(float(values.mean()) - expected) - 0.01 * expected) / error


def test_means_over_networks_are_those_of_the_limit(drawn: tuple[NetworkSpec, dict[str, Tensor]]) -> None:
    spec, found = drawn
    expected = predicted(spec)
    assert {name: apart(values, expected[name]) < 4 for name, values in found.items()} == dict.fromkeys(found, True)


def test_laws_that_one_might_write_instead_are_refuted(
    drawn: tuple[NetworkSpec, dict[str, Tensor]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gates that share nothing but their mean slope, and states whose correlation no layer changes."""
    spec, found = drawn
    with monkeypatch.context() as patch:
        patch.setattr(two_inputs, "gate_factor", lambda spec, rho: two_inputs._parts(spec)[1])
        without = predicted(spec)
    with monkeypatch.context() as patch:
        patch.setattr(two_inputs, "next_correlation", lambda spec, rho: rho)
        linear = predicted(spec)
    for name in ("jacobians", "kernel"):
        assert apart(found[name], without[name]) > 5
    for name in ("kernel", "distance", "correlation", "flips"):
        assert apart(found[name], linear[name]) > 4


@every
def test_one_input_twice_is_the_law_of_one_input(spec: NetworkSpec) -> None:
    omega = {"vanilla": 0.0, "residual": 1.0}[spec.architecture] + spec.activation.alpha * spec.weight_variance
    assert two_inputs.correlations(spec, 1.0) == pytest.approx([1.0] * 4)
    assert two_inputs.jacobian_overlap(spec, 1.0) == pytest.approx(omega**3)
    assert two_inputs.output_distance(spec, 1.0, (2.0, 2.0)) == pytest.approx(0.0, abs=1e-12)
    assert two_inputs.output_distance(spec, 1.0, (2.0, 0.0)) == pytest.approx(3 * omega**3 * 4 / 8)
    # N Σ_l ω^l α ω^{L−1−l}: the capacity at the start, over outputs and σ_w².
    kernel = two_inputs.tangent_kernel(spec, 1.0, (math.sqrt(8), math.sqrt(8)))
    assert kernel == pytest.approx(384 * 3 * spec.activation.alpha * omega**2)


def test_a_linear_network_changes_no_correlation_and_flips_no_gate_of_effect() -> None:
    spec = NetworkSpec("vanilla", 8, 3, 64, 4, 1.5, activation=ReLULike(1, 1))
    assert two_inputs.correlations(spec, -0.6) == pytest.approx([-0.6] * 5)
    assert two_inputs.gate_factor(spec, -0.6) == 1.0


@every
def test_states_come_nearer_to_each_other(spec: NetworkSpec) -> None:
    for rho in np.linspace(-1, 1, 21):
        assert two_inputs.next_correlation(spec, float(rho)) >= rho - 1e-12


@pytest.mark.parametrize("rho", [1.0000001, -2.0, math.nan])
def test_what_is_no_correlation_is_refused(rho: float) -> None:
    for formula in (two_inputs.next_correlation, two_inputs.gate_factor):
        with pytest.raises(ValueError, match="between −1 and 1"):
            formula(SPECS[0], rho)
    with pytest.raises(ValueError, match="between −1 and 1"):
        two_inputs.flipped_share(rho)


def test_other_architectures_have_no_such_law() -> None:
    with pytest.raises(NotCovered):
        two_inputs.correlations(replace(SPECS[0], architecture="mine.module:factory"), RHO)


def test_without_attack_the_bound_is_the_clean_distance() -> None:
    spec, lengths = SPECS[0], (math.sqrt(8), math.sqrt(8))
    nothing = two_inputs.attacked_distance(spec, Attack(1e-12, 2, 2), RHO, lengths)
    assert nothing == pytest.approx(two_inputs.clean_distance(spec, 2, RHO, lengths))


def attacked(jacobians: tuple[Tensor, Tensor], offset: Tensor, attack: Attack) -> Tensor:
    """max ‖Δ + Jη − J'η'‖_q by alternating ascents from eight starts, `[n]`."""
    eps, p, q = attack
    generator = torch.Generator().manual_seed(0)
    best = norm(offset, q)
    for _ in range(8):
        moved = offset + 0.1 * torch.randn(offset.shape, generator=generator, dtype=offset.dtype)
        for _ in range(30):
            pull = dual_map(moved, dual_exponent(q))[:, None]
            steps = [eps * dual_map((pull @ at)[:, 0], p) for at in jacobians]
            moved = offset + sum((at @ step[..., None])[..., 0] for at, step in zip(jacobians, steps, strict=True))
        best = torch.maximum(best, norm(moved, q))
    return best


@pytest.mark.parametrize(("p", "q"), [(2.0, 2.0), (math.inf, 2.0), (math.inf, math.inf), (1.0, 1.0)])
def test_the_bound_holds_of_the_gaussian_maps_it_is_derived_for_and_is_near(p: float, q: float) -> None:
    """Of Δ, J and J' of the law's sizes; and it is below the clean distance and twice the bound on one input's loss."""
    d, k, draws = 64, 6, 300
    attack = Attack(0.4 * d ** min(0.5, 1 / p), p, q)
    spec = NetworkSpec("vanilla", d, k, 64, 2, 2.0)
    lengths, generator = (math.sqrt(d), math.sqrt(d)), torch.Generator().manual_seed(3)
    c = two_inputs.jacobian_overlap(spec, RHO)
    one, other, apart = (torch.randn(draws, k, n, generator=generator, dtype=torch.float64) for n in (d, d, 1))
    jacobians = one / math.sqrt(d), (c * one + math.sqrt(1 - c**2) * other) / math.sqrt(d)
    offset = math.sqrt(two_inputs.output_distance(spec, RHO, lengths) / k) * apart[..., 0]
    best = attacked(jacobians, offset, attack)
    clean = two_inputs.clean_distance(spec, q, RHO, lengths)
    bound = two_inputs.attacked_distance(spec, attack, RHO, lengths)
    error = float(best.std()) / math.sqrt(draws)
    assert 0.85 * bound < float(best.mean()) < bound + 4 * error
    assert bound < clean + 2 * attack.eps * chevet_beta(p, q, d, k)
    # It bounds neither by the clean distance alone, nor by what attacks on one input find.
    assert max(clean, 2 * attack.eps * chevet_beta(p, q, d, k)) < float(best.mean()) - 4 * error
