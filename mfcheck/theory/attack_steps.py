"""How many steps an ascent needs on a Gaussian linear map, and how much one random start finds.

The ascent is the suite's own: a step of length ε h_k along the steepest direction, then back onto the ball. Derived in
docs/theory.md#attack-steps, for networks without biases at budgets ε → 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy import special

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

    p = 1: one. (∞, ∞): two. (2, ∞): from tan θ' = sin θ/(cos θ + h). (2, 2): by `power_shares`, in the median, where it
    has a value. One output has one row, so q is as good as ∞. Derived for d ≫ 1 (docs/theory.md#attack-steps).

    >>> spec = NetworkSpec("vanilla", 196, 10, 128, 3, 2.0)
    >>> [steps_to_reach(spec, p, math.inf, 40) for p in (1, 2, math.inf)]
    [1, 3, 2]
    """
    if p == 1:
        return 1
    one_row = math.isinf(q) or spec.output_dim == 1
    if one_row and p in (2, math.inf):
        return steps_needed(turning_shares(steps) if p == 2 else corner_shares(steps))
    return steps_needed(power_shares(spec, steps)) if p == q == 2 and has_power_shares(spec) else None


def share_of_one_start(spec: NetworkSpec, p: float, q: float) -> float | None:
    """The share of ‖J‖_{p,∞} that an ascent from a random start ends with; None unless q = ∞ or K = 1, p = 1, 2 or ∞.

    p = 2 and ∞: it ends at the row i of the largest S_i|z_i|, S_i = e^{v g_i} a row's norm, z_i of the start, g and z
    standard normal: a share E S_i/E max S. v² is 1/(2d) + T/2 for p = 2 and (π/2 − 1)/d + T/2 for p = ∞, T the overlap
    of rows at this width; for d ≫ 1 and K < d within 0.02 up to T = 0.1, too low beyond. p = 1: that row's largest
    entry as N → ∞, E‖g_d‖_∞/E‖g_{Kd}‖_∞, whatever the width. Derived (docs/theory.md#attack-steps).
    """
    if p not in (1, 2, math.inf) or not (math.isinf(q) or spec.output_dim == 1):
        return None
    d, outputs = spec.input_dim, spec.output_dim
    if p == 1:
        return expected_norm(d, math.inf) / expected_norm(outputs * d, math.inf)
    own = 1 / (2 * d) if p == 2 else (math.pi / 2 - 1) / d
    return _share_of_the_row_met(math.sqrt(own + gram_overlap(spec) / 2), outputs)


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


def has_power_shares(spec: NetworkSpec) -> bool:
    """Whether `power_shares` has a value: as many inputs as outputs, and 1/s² > K − 1 degrees of freedom.

    With fewer, some of the K eigenvalues are 0, and moments do not say how many. Stated (docs/theory.md#attack-steps).
    """
    return spec.output_dim <= spec.input_dim and gram_spread(spec) * (spec.output_dim - 1) < 1


@lru_cache(maxsize=64)
def power_shares(spec: NetworkSpec, steps: int) -> Floats:
    """The median of ‖Jη_k‖₂/‖J‖_{2,2} after k steps, over draws of a Wishart matrix of the spread of J Jᵀ and a start.

    a_i ← a_i + h λ_i a_i/‖λa‖, and back to the sphere, for the K components of η along J's singular vectors and the
    length of the rest; λ the eigenvalues of a Wishart matrix of 1/s² degrees of freedom, which are 1/s² = d as N → ∞
    and at finite width give it the spread s² of J Jᵀ. Its scale drops out. Derived (docs/theory.md#attack-steps);
    within 0.03 of the ascent on the exact chain. Raises ValueError unless `has_power_shares`.
    """
    if not has_power_shares(spec):
        raise ValueError(f"the power method has no closed form for K > d, or K − 1 ≥ 1/s², got {spec}")
    rng, outputs, d = np.random.default_rng(0), spec.output_dim, spec.input_dim
    values = _wishart_values(rng, outputs, 1 / gram_spread(spec))
    along = rng.standard_normal((DRAWS, outputs))
    rest = np.sqrt(rng.chisquare(d - outputs, DRAWS)) if d > outputs else np.zeros(DRAWS)
    found = []
    for step in range(steps + 1):
        length = np.sqrt((along**2).sum(axis=1) + rest**2)
        along, rest = along / length[:, None], rest / length
        found.append(np.median(np.sqrt((values * along**2).sum(axis=1) / values[:, -1])))
        pull = values * along
        along = along + step_length(step, steps) * pull / np.linalg.norm(pull, axis=1, keepdims=True)
    return np.array(found)


def _wishart_values(rng: np.random.Generator, size: int, freedom: float) -> Floats:
    """Ascending eigenvalues of Wishart matrices over the largest, `[draws, size]`; freedom > size − 1 (Bartlett)."""
    if size == 1:
        return np.ones((DRAWS, 1))
    root = np.tril(rng.standard_normal((DRAWS, size, size)), -1)
    root[:, np.arange(size), np.arange(size)] = np.sqrt(rng.chisquare(freedom - np.arange(size), (DRAWS, size)))
    roots = np.linalg.svd(root, compute_uv=False)[:, ::-1]
    return np.asarray((roots / roots[:, -1:]) ** 2)


def steps_needed(shares: Sequence[float] | Floats) -> int:
    """The first step at which a share is 95 % of the last."""
    found = np.asarray(shares)
    return int(np.argmax(found >= REACHED * found[-1]))


def _share_of_the_row_met(deviation: float, count: int) -> float:
    """E S_I/E max S for S_i = e^{vg_i}, v the deviation, and I of the largest S_i|z_i| of so many, all normal.

    With F(r) = P[S|z| ≤ r] and H(r) = E[S; S|z| ≤ r], E S_I = count ∫ F^{count−1} dH; by quadrature over g.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    size, weights = np.exp(deviation * nodes), weights / weights.sum()
    at = np.exp(np.linspace(-30, 3 + 8 * deviation, 4001))
    below = special.erf(at[:, None] / size / math.sqrt(2))
    power = (below @ weights) ** (count - 1)
    met = count * float(((power[1:] + power[:-1]) / 2 * np.diff(below @ (weights * size))).sum())
    grid = np.linspace(-9, 9, 20001)
    law = special.ndtr(grid) ** count
    return met / float((np.exp(deviation * (grid[1:] + grid[:-1]) / 2) * np.diff(law)).sum())
