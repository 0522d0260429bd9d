"""What a random network makes of two inputs together, as N → ∞ without biases (docs/theory.md#two-inputs).

One input alone meets gates that are fair coins. Two inputs share them: how many, their correlation says, layer by
layer. From it follow the distance between two outputs, the alignment of two Jacobians, the tangent kernel of two
inputs, and how far an attack on both can drive their outputs apart. All of it is derived here, none of it the paper's.
Values raise ValueError where ω^L is beyond floating-point numbers.
"""

from __future__ import annotations

import math

from mfcheck.spec import NetworkSpec, dual_exponent
from mfcheck.theory.finite_width import grown_gain, mean_gain
from mfcheck.theory.norms import expected_norm


def next_correlation(spec: NetworkSpec, rho: float) -> float:
    """The correlation of two states a layer on: ρ̂ = [aρ + b(2/π)(√(1 − ρ²) + ρ arcsin ρ)]/α, residual (yρ̂ + ρ)/(1 + y).

    a = ((u + v)/2)², b = ((u − v)/2)², y = ασ_w². Derived (docs/theory.md#two-inputs); for −1 ≤ ρ ≤ 1, else ValueError.

    >>> next_correlation(NetworkSpec("vanilla", 4, 1, 8, 1, 2.0), 1.0)
    1.0
    """
    even, odd = _parts(spec)
    _check(rho)
    alpha = spec.activation.alpha
    kept = (odd * rho + even * 2 / math.pi * (math.sqrt(1 - rho**2) + rho * math.asin(rho))) / alpha
    if spec.architecture == "vanilla":
        return _clipped(kept)
    gain = alpha * spec.weight_variance
    return _clipped((gain * kept + rho) / (1 + gain))


def correlations(spec: NetworkSpec, rho: float) -> tuple[float, ...]:
    """ρ_0 = ρ, …, ρ_L, the correlations of the states x^(l) of two inputs of correlation ρ.

    >>> [round(one, 4) for one in correlations(NetworkSpec("vanilla", 4, 1, 8, 2, 2.0), 0.0)]
    [0.0, 0.3183, 0.4937]
    """
    found = [rho]
    for _ in range(spec.depth):
        found.append(next_correlation(spec, found[-1]))
    return tuple(found)


def gate_factor(spec: NetworkSpec, rho: float) -> float:
    """τ(ρ) = a + b(2/π) arcsin ρ = E DD', slopes of one unit's gate at two inputs; α at ρ = 1.

    Derived (docs/theory.md#two-inputs); for −1 ≤ ρ ≤ 1, else ValueError.
    """
    even, odd = _parts(spec)
    _check(rho)
    return odd + even * 2 / math.pi * math.asin(rho)


def flipped_share(rho: float) -> float:
    """arccos(ρ)/π, the share of gates that differ between two inputs whose states have correlation ρ.

    >>> flipped_share(1.0), flipped_share(0.0)
    (0.0, 0.5)
    """
    _check(rho)
    return math.acos(rho) / math.pi


def output_distance(spec: NetworkSpec, rho: float, lengths: tuple[float, float]) -> float:
    """E‖f(x) − f(x')‖² = K ω^L (‖x‖² + ‖x'‖² − 2‖x‖‖x'‖ρ_L)/d of inputs of these lengths and correlation ρ.

    Derived (docs/theory.md#two-inputs).
    """
    first, second = lengths
    apart = first**2 + second**2 - 2 * first * second * correlations(spec, rho)[-1]
    return spec.output_dim * grown_gain(spec) * max(apart, 0.0) / spec.input_dim


def jacobian_overlap(spec: NetworkSpec, rho: float) -> float:
    """E⟨J_i(x), J_i(x')⟩ = Π_{l=0}^{L−1} (σ_w²τ(ρ_l) [+ 1]) for a row of the two Jacobians; ω^L at ρ = 1.

    Derived (docs/theory.md#two-inputs).
    """
    return math.prod(_layer_overlaps(spec, rho))


def tangent_kernel(spec: NetworkSpec, rho: float, lengths: tuple[float, float]) -> float:
    """Θ(x, x') = N Σ_{l=0}^{L−1} ω^l ρ_l (‖x‖‖x'‖/d) τ(ρ_l) Π_{k=l+1}^{L−1} (σ_w²τ(ρ_k) [+ 1]), of one output.

    ⟨∂f_i(x)/∂w, ∂f_i(x')/∂w⟩ over the weights that train, to leading order in N. Derived (docs/theory.md#two-inputs).
    """
    states, overlaps, omega = correlations(spec, rho), _layer_overlaps(spec, rho), mean_gain(spec)
    layers = [
        omega**layer * states[layer] * gate_factor(spec, states[layer]) * math.prod(overlaps[layer + 1 :])
        for layer in range(spec.depth)
    ]
    return spec.width * lengths[0] * lengths[1] / spec.input_dim * math.fsum(layers)


def clean_distance(spec: NetworkSpec, q: float, rho: float, lengths: tuple[float, float]) -> float:
    """E‖f(x) − f(x')‖_q: outputs are independent Gaussians, so E‖g_K‖_q times the root of one output's share.

    Derived (docs/theory.md#contrastive).
    """
    return math.sqrt(output_distance(spec, rho, lengths) / spec.output_dim) * expected_norm(spec.output_dim, q)


def attacked_distance(
    spec: NetworkSpec, attack: tuple[float, float, float], rho: float, lengths: tuple[float, float]
) -> float:
    """A bound on E max ‖f(x + η) − f(x' + η')‖_q over ‖η‖_p, ‖η'‖_p ≤ ε, for `attack` (ε, p, q), gates as they are.

    2ε ω^{L/2} K^{max(0, 1/q − 1/2)} E‖g_d‖_{p*}/√d + √(s² + 2(1 + c) ω^L r²/d) E‖g_K‖_q, with s² the expected square
    of one output's distance without attack, c = E⟨J_i(x), J_i(x')⟩/ω^L and r = ε d^{max(0, 1/2 − 1/p)}. Derived from
    Chevet's inequality (docs/theory.md#contrastive).
    """
    eps, p, q = attack
    gain, d = grown_gain(spec), spec.input_dim
    outer = float(spec.output_dim ** max(0.0, 1 / q - 0.5)) * expected_norm(d, dual_exponent(p))
    reach = eps * float(d ** max(0.0, 0.5 - 1 / p))
    apart = output_distance(spec, rho, lengths) / spec.output_dim
    spread = apart + 2 * (1 + jacobian_overlap(spec, rho) / gain) * gain * reach**2 / d
    return 2 * eps * math.sqrt(gain / d) * outer + math.sqrt(spread) * expected_norm(spec.output_dim, q)


def _layer_overlaps(spec: NetworkSpec, rho: float) -> list[float]:
    """σ_w²τ(ρ_l), and 1 more for a shortcut, for l = 0 … L − 1."""
    skip = float(spec.architecture == "residual")
    grown_gain(spec)  # the largest of their products
    return [skip + spec.weight_variance * gate_factor(spec, at) for at in correlations(spec, rho)[:-1]]


def _parts(spec: NetworkSpec) -> tuple[float, float]:
    """b and a: what |z| and z contribute to φ(z) = ((u + v)/2) z + ((u − v)/2)|z|, squared."""
    act = spec.activation
    mean_gain(spec)  # NotCovered for other architectures
    return ((act.u - act.v) / 2) ** 2, ((act.u + act.v) / 2) ** 2


def _check(rho: float) -> None:
    if not -1 <= rho <= 1:
        raise ValueError(f"a correlation must lie between −1 and 1, got {rho!r}")


def _clipped(rho: float) -> float:
    """A correlation that roundings may have taken past 1."""
    return min(1.0, max(-1.0, rho))
