"""Cross-entropy of Gaussian outputs, and how standard training moves σ_w² at the start.

Derived in docs/theory.md#standard-drift.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy import interpolate

from mfcheck.arrays import Floats
from mfcheck.spec import NetworkSpec
from mfcheck.theory.entry_law import entry_law
from mfcheck.theory.finite_width import grown_gain

STEP = 1e-3
"""Relative step of derivatives of smooth laws; their error is of the order STEP²."""
LARGEST = 400.0


@lru_cache(maxsize=1024)
def expected_log_sum(variance: float, outputs: int) -> float:
    """E log Σ_k e^{f_k} for outputs f ~ N(0, variance·I): the mean cross-entropy for any label, which has mean f_y = 0.

    Derived: log S = ∫₀^∞ (e^{−λ} − e^{−λS}) dλ/λ and E e^{−λS} = (E e^{−λe^f})^K, by the trapezoidal rule in log λ and
    over f, to about ten digits. Raises ValueError unless 0 < variance ≤ 400.
    """
    f, weight, log_rate, step = _quadrature(variance)
    with np.errstate(over="ignore"):
        survival = np.exp(-np.exp(log_rate[:, None] + f)) @ weight
        return float(step * np.sum(np.exp(-np.exp(log_rate)) - survival**outputs))


@lru_cache(maxsize=1024)
def softmax_spread(variance: float, outputs: int) -> float:
    """E[1 − ‖softmax f‖²] for outputs f ~ N(0, variance·I): twice the derivative of `expected_log_sum` (Stein).

    Derived: with u = λe^f, 2 d/dv E e^{−u} = E ∂²e^{−u}/∂f² = E (u² − u)e^{−u}, under the integral of
    `expected_log_sum`; so nothing cancels where the variance is small.

    >>> round(softmax_spread(1e-6, 10), 5)
    0.9
    """
    f, weight, log_rate, step = _quadrature(variance)
    u = np.exp(np.minimum(log_rate[:, None] + f, 50.0))
    survival, slope = np.exp(-u) @ weight, ((u - u**2) * np.exp(-u)) @ weight
    return float(outputs * step * np.sum(survival ** (outputs - 1) * slope))


def _quadrature(variance: float) -> tuple[Floats, Floats, Floats, float]:
    """Values of one output with their weights, and a grid of log λ with its step."""
    if not 0 < variance <= LARGEST:
        raise ValueError(f"the variance of outputs must lie in (0, {LARGEST:g}], got {variance!r}")
    deviation = math.sqrt(variance)
    # e^{−λe^f} is analytic to ±iπ/2 in f and log λ, so a step h errs by e^{−π²/h} (Trefethen and Weideman 2014).
    z, step_z = np.linspace(-10.0, 10.0, 51 * math.ceil(max(1.0, deviation)), retstep=True)
    reach = 40 + 8 * deviation
    log_rate, step = np.linspace(-reach, reach, int(10 * reach) + 1, retstep=True)
    return deviation * z, np.exp(-(z**2) / 2) * step_z / math.sqrt(2 * math.pi), log_rate, float(step)


@lru_cache(maxsize=256)
def standard_pull(spec: NetworkSpec) -> float:
    """E⟨W_l, ∂L_std/∂W_l⟩ at initialisation, meaned over layers, for ‖x‖² = d and σ_b = 0; exact at every width ≥ 16.

    Derived: W = σ_w Z, so Σ_l ⟨W_l, ∂L⟩ = ∂L/∂log σ_w draw by draw, and given the scale G of the last Gram matrix f is
    N(0, ω^L G·I). So it is the derivative of E `expected_log_sum`(ω^L G) in log σ_w over the exact law of G.
    """
    low, high = (_mean_log_sum(replace(spec, weight_variance=spec.weight_variance * (1 + s))) for s in (-STEP, STEP))
    return (high - low) / (math.log1p(STEP) - math.log1p(-STEP)) * 2 / spec.depth


def _mean_log_sum(spec: NetworkSpec) -> float:
    law = entry_law(spec)
    scale = grown_gain(spec) * np.exp(law.log_scale)
    grid = np.linspace(math.log(scale.min()) - 0.1, math.log(scale.max()) + 0.1, 24)
    curve = interpolate.CubicSpline(grid, [expected_log_sum(float(np.exp(at)), spec.output_dim) for at in grid])
    return float(curve(np.log(scale)) @ law.weight)
