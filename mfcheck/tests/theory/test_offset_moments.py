"""Moments of offsets of two layers of two rows, by summing over all gates and exact nodes of every normal number."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.theory import PaperTheory, finite_width
from mfcheck.theory.gram_moments import apart_moment, offset_moment
from mfcheck.verdict import NotCovered

LEAKY, ABS = ReLULike(1, 0.3), ReLULike(1, -1)
BOUNDED = [
    NetworkSpec("vanilla", 4, 3, 16, 3, 2.0, 0.5),
    NetworkSpec("vanilla", 5, 2, 20, 2, 1.5, 1.0, LEAKY),
    NetworkSpec("residual", 4, 3, 16, 2, 1.0, 0.7),
    NetworkSpec("residual", 3, 2, 20, 2, 0.5, 0.3, ABS),
    NetworkSpec("vanilla", 4, 3, 100, 10, 2.0, 0.5),
    NetworkSpec("vanilla", 4, 3, 64, 6, 0.5, 0.5),
    NetworkSpec("residual", 4, 3, 100, 8, 1.0, 0.5),
    NetworkSpec("residual", 4, 3, 64, 6, 0.1, 2.0, LEAKY),
    NetworkSpec("residual", 4, 3, 64, 6, 5.0, 0.1, ABS),
]
ROWS = 2
NODES, WEIGHTS = np.array([-math.sqrt(3), 0.0, math.sqrt(3)]), np.array([1, 4, 1]) / 6
"""Three points with the first five moments of a normal number."""


def exact(spec: NetworkSpec) -> tuple[float, float, float]:
    """E A, E A² and E GA: given its gate, a row of (column, offset) is N(0, λΓ + D²σ_b² on the offset)."""
    grid = np.stack(np.meshgrid(*[NODES] * 10, indexing="ij")).reshape(10, -1)
    weight = np.prod(np.stack(np.meshgrid(*[WEIGHTS] * 10, indexing="ij")).reshape(10, -1), axis=0)
    skip, deviation = float(spec.architecture == "residual"), math.sqrt(spec.bias_variance)
    total = np.zeros(3)
    for slopes in itertools.product((spec.activation.u, spec.activation.v), repeat=4):
        gains = [skip + slope**2 * spec.weight_variance for slope in slopes]
        columns = [math.sqrt(gains[r]) * grid[r] for r in range(ROWS)]
        offsets = [slopes[r] * deviation * grid[2 + r] for r in range(ROWS)]
        g = a = 0.0
        for r in range(ROWS):
            scale = math.sqrt(gains[2 + r] / ROWS)
            mixing = grid[4 + 2 * r : 6 + 2 * r]
            column = scale * (columns[0] * mixing[0] + columns[1] * mixing[1])
            offset = scale * (offsets[0] * mixing[0] + offsets[1] * mixing[1]) + slopes[2 + r] * deviation * grid[8 + r]
            g, a = g + column**2 / ROWS, a + offset**2 / ROWS
        total += np.array([weight @ a, weight @ a**2, weight @ (g * a)]) / 16
    return float(total[0]), float(total[1]), float(total[2])


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_moments_are_those_of_the_chain_that_defines_them(architecture: str) -> None:
    spec = NetworkSpec(architecture, 4, 3, ROWS, 2, 0.7, 0.4, ReLULike(1.5, -0.5))
    mean, square, product = exact(spec)
    assert PaperTheory().offset_variance(spec) == pytest.approx(mean, rel=1e-10)
    assert offset_moment(spec, 2) == pytest.approx(square / mean**2, rel=1e-10)
    grown = finite_width.mean_gain(spec) ** 2
    assert PaperTheory().offset_square_ratio(spec) == pytest.approx(product / (mean * grown), rel=1e-10)


def test_of_one_layer_they_are_those_of_one_mean_over_rows() -> None:
    """A = Σ D²σ_b²χ²/N, so E A²/(E A)² = 1 + (3 E D⁴/(E D²)² − 1)/N; G shares with it the gates alone."""
    spec = NetworkSpec("vanilla", 4, 3, 10, 1, 0.7, 0.4, ReLULike(1.5, -0.5))
    second, fourth = (1.5**2 + 0.5**2) / 2, (1.5**4 + 0.5**4) / 2
    assert offset_moment(spec, 2) == pytest.approx(1 + (3 * fourth / second**2 - 1) / 10)
    assert apart_moment(spec, 1, offset=True) == pytest.approx(1 + (fourth / second**2 - 1) / 10)


def test_without_biases_there_is_no_offset() -> None:
    spec = NetworkSpec("vanilla", 4, 3, 10, 1, 0.7, 0.0)
    with pytest.raises(NotCovered, match="0 without biases"):
        offset_moment(spec, 2)
    with pytest.raises(NotCovered, match="0 without biases"):
        PaperTheory().offset_square_ratio(spec)


@pytest.mark.parametrize("spec", BOUNDED, ids=lambda spec: spec.label)
def test_a_bound_by_the_wider_of_two_chains_bounds_them_all(spec: NetworkSpec) -> None:
    """At order 1 it is the mean itself; at most four times a second moment that is three halves."""
    for order in (1, 2, 3, 4, 6):
        assert 1 - 1e-12 <= offset_moment(spec, order) <= finite_width.offset_moment_bound(spec, order) * (1 + 1e-12)
    assert finite_width.offset_moment_bound(spec, 1) == pytest.approx(1)
    assert finite_width.offset_moment_bound(spec, 2) < 4 * offset_moment(spec, 2)


def test_of_two_narrow_layers_an_offset_depends_on_an_entry_by_less_than_another_entry_does() -> None:
    """By more than claims take for none, which of one layer it is not."""
    two = NetworkSpec("vanilla", 4, 1, 16, 2, 1.6, 0.5)
    paper, one = PaperTheory(), replace(two, depth=1)
    assert paper.offset_square_ratio(two) < 0.93 * paper.apart_square_ratio(two)
    assert paper.offset_square_ratio(one) > 0.98 * paper.apart_square_ratio(one)
