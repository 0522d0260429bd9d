"""How many steps an ascent needs on a Gaussian linear map, and how much one random start finds.

The ascent is the suite's own: a step of length ε h_k along the steepest direction, then back onto the ball. Derived in
docs/theory.md#attack-steps, for networks without biases at budgets ε → 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import stats

from mfcheck.arrays import Floats
from mfcheck.spec import NetworkSpec
from mfcheck.theory.finite_width import gram_overlap, gram_spread
from mfcheck.theory.norms import expected_norm

REACHED = 0.95
"""The share of what an ascent ends with that counts as found."""
FIRST, LAST = 1.0, 0.05
"""Lengths of the first and last steps, in units of ε."""
DRAWS = 4000


def step_length(step: int, steps: int) -> float:
    """h_k = max(1 − k/n, 1/20), the length of step k = 0, 1, … of n in units of ε (p > 1)."""
    return max(LAST, FIRST * (1 - step / steps))


def steps_to_reach(spec: NetworkSpec, p: float, q: float, steps: int) -> int | None:
    """Steps until an ascent from a random start has 95 % of what it ends with, of so many; None without closed form.

    p = 1: one. (∞, ∞): two. (2, ∞): from tan θ' = sin θ/(cos θ + h). (2, 2): by the power method with inertia on
    eigenvalues of (1 + ξ)I + s·GOE_K, in the median. Derived (docs/theory.md#attack-steps).

    >>> spec = NetworkSpec("vanilla", 196, 10, 128, 3, 2.0)
    >>> [steps_to_reach(spec, p, math.inf, 40) for p in (1, 2, math.inf)]
    [1, 3, 2]
    """
    if p == 1:
        return 1
    if math.isinf(p) and math.isinf(q):
        return steps_needed(corner_shares(steps))
    if p == 2 and math.isinf(q):
        return steps_needed(turning_shares(steps))
    return steps_needed(power_shares(spec, steps)) if p == q == 2 else None


def share_of_one_start(spec: NetworkSpec, p: float, q: float) -> float | None:
    """The share of ‖J‖_{p,∞} that an ascent from a random start ends with; None unless q = ∞.

    It ends at one row's own norm: of relative deviation v, 1/(1 + v E max g_K) of the largest of K, where v² is
    1/(2d) + T/2 for p = 2 and (π/2 − 1)/d + T/2 for p = ∞, T the overlap of rows at this width; for p = 1 that row's
    largest entry, E‖g_d‖_∞/E‖g_{Kd}‖_∞. Derived (docs/theory.md#attack-steps).
    """
    if not math.isinf(q) or p not in (1, 2, math.inf):
        return None
    d, outputs = spec.input_dim, spec.output_dim
    if p == 1:
        return expected_norm(d, math.inf) / expected_norm(outputs * d, math.inf)
    own = 1 / (2 * d) if p == 2 else (math.pi / 2 - 1) / d
    return 1 / (1 + math.sqrt(own + gram_overlap(spec) / 2) * _expected_largest(outputs))


def corner_shares(steps: int) -> Floats:
    """‖Jη_k‖_∞ of η_k over its corner's, (∞, ∞), from a uniform start on the cube: 0, 3/4 and 1 for h_0 = 1 (derived).

    A coordinate at u (in units of ε, + the corner's sign) goes to min(u + h, 1).
    """
    at = np.linspace(-1, 1, 2001)
    found = [float(at.mean())]
    for step in range(steps):
        at = np.minimum(at + step_length(step, steps), 1.0)
        found.append(float(at.mean()))
    return np.array(found)


def turning_shares(steps: int) -> Floats:
    """cos θ_k, the share of ‖J_i‖₂ after k steps, (2, ∞): tan θ' = sin θ/(cos θ + h) from a right angle (derived)."""
    angle, found = math.pi / 2, [0.0]
    for step in range(steps):
        angle = math.atan2(math.sin(angle), math.cos(angle) + step_length(step, steps))
        found.append(math.cos(angle))
    return np.array(found)


@lru_cache(maxsize=64)
def power_shares(spec: NetworkSpec, steps: int) -> Floats:
    """The median of ‖Jη_k‖₂/‖J‖_{2,2} after k steps, over draws of I + s·GOE_K and of the start.

    a_i ← a_i + h λ_i a_i/‖λa‖, and back to the sphere, for the K components of η along J's singular vectors and the
    length of the rest; λ the eigenvalues, s² the spread of J Jᵀ at this width. ξ scales all λ and drops out. Derived
    (docs/theory.md#attack-steps).
    """
    rng, outputs, d = np.random.default_rng(0), spec.output_dim, spec.input_dim
    square = rng.standard_normal((DRAWS, outputs, outputs))
    goe = (square + square.transpose(0, 2, 1)) / math.sqrt(2)
    values = np.maximum(np.linalg.eigvalsh(np.eye(outputs) + math.sqrt(gram_spread(spec)) * goe), 0.0)
    along = rng.standard_normal((DRAWS, outputs)) / math.sqrt(d)
    rest = math.sqrt(max(0.0, 1 - outputs / d)) * np.ones(DRAWS)
    found = []
    for step in range(steps + 1):
        found.append(np.median(np.sqrt((values * along**2).sum(axis=1) / values[:, -1])))
        pull = values * along
        along = along + step_length(step, steps) * pull / np.linalg.norm(pull, axis=1, keepdims=True)
        length = np.sqrt((along**2).sum(axis=1) + rest**2)
        along, rest = along / length[:, None], rest / length
    return np.array(found)


def steps_needed(shares: Sequence[float] | Floats) -> int:
    """The first step at which a share is 95 % of the last."""
    found = np.asarray(shares)
    return int(np.argmax(found >= REACHED * found[-1]))


@lru_cache(maxsize=64)
def _expected_largest(count: int) -> float:
    """E max of `count` independent standard normals, as ∫ t dΦ(t)^count on a grid."""
    grid = np.linspace(-9, 9, 20001)
    law = stats.norm.cdf(grid) ** count
    return float(((grid[1:] + grid[:-1]) / 2 * np.diff(law)).sum())
