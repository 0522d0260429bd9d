"""Joint statistics of columns and offsets, by either engine and against the exact moments."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import numpy as np
import pytest
import torch

from mfcheck.arrays import Floats
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.observables import joint
from mfcheck.spec import NetworkSpec, ReLULike
from mfcheck.statistics.intervals import dkw_half_width, two_sample_distance
from mfcheck.theory import PaperTheory
from mfcheck.theory.finite_width import (
    apart_square_ratio,
    relative_second_moment,
    shared_square_ratio,
)
from mfcheck.theory.gram_moments import apart_moment, offset_moment, row_moment

Z = 6.5  # a two-sided normal bound with false alarm 8e-11 a comparison
ALPHA = 1e-6
DRAWS = 2**14
MANY = 2**18
LEAKY, ABS = ReLULike(1, 0.3), ReLULike(1, -1)
SPECS = [
    NetworkSpec("vanilla", 4, 3, 16, 3, 2.0, 0.5),
    NetworkSpec("vanilla", 5, 2, 20, 2, 1.5, 1.0, LEAKY),
    NetworkSpec("residual", 4, 3, 16, 2, 1.0, 0.7),
    NetworkSpec("residual", 3, 2, 20, 2, 0.5, 0.3, ABS),
]
specs = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.label)


def probe(spec: NetworkSpec) -> Probe:
    """The last column: the neighbour of the last is the first."""
    return Probe(np.linspace(-1, 2, spec.input_dim)[None], spec.input_dim - 1)


@cache
def drawn(source: Source, spec: NetworkSpec, engine: str, draws: int = DRAWS) -> Floats:
    with one_thread(), torch.no_grad():
        stream = Stream({"wishart": 31, "dense": 32}[engine])
        found = source.engines[engine](spec, probe(spec), stream, draws)
    return found.double().numpy()


def agree(first: Floats, second: Floats) -> list[bool]:
    """By column, whether two samples of one size may be of one law (two-sample DKW at 1e-6)."""
    bound = dkw_half_width(DRAWS // 2, ALPHA)
    pairs = zip(np.sort(first, axis=0).T, np.sort(second, axis=0).T, strict=True)
    return [two_sample_distance(a, b) <= bound for a, b in pairs]


def assert_mean(values: Floats, expected: float, resolution: float) -> None:
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean() - expected) <= Z * error
    assert Z * error < resolution * expected


@specs
@pytest.mark.parametrize("source", [joint.pair, joint.offset], ids=["pair", "offset"])
def test_both_engines_draw_one_law(source: Source, spec: NetworkSpec) -> None:
    wishart, dense = drawn(source, spec, "wishart"), drawn(source, spec, "dense")
    assert wishart.shape == dense.shape == (DRAWS, 3)
    assert all(agree(wishart, dense))


@specs
@pytest.mark.parametrize("source", [joint.pair, joint.offset], ids=["pair", "offset"])
def test_products_of_other_draws_are_told_apart(source: Source, spec: NetworkSpec) -> None:
    """Every component but the entry, whose law hardly feels it, is told from itself times 1.25."""
    wishart, dense = drawn(source, spec, "wishart"), drawn(source, spec, "dense")
    assert not any(agree(1.25 * wishart, dense)[1:])


@specs
def test_joint_statistics_are_of_one_network(spec: NetworkSpec) -> None:
    """The products have the mean of a joint law, not that of independent factors."""
    offset = drawn(joint.offset, spec, "wishart")
    apart = PaperTheory().omega(spec) ** spec.depth / spec.input_dim * PaperTheory().offset_variance(spec)
    assert_mean(offset[:, 2] / apart, PaperTheory().offset_square_ratio(spec), 0.2)


@specs
@pytest.mark.parametrize("engine", ["wishart", "dense"])
def test_means_of_pairs_are_the_exact_ones(spec: NetworkSpec, engine: str) -> None:
    means = (PaperTheory().omega(spec) ** spec.depth / spec.input_dim) ** 2
    apart, row, column = drawn(joint.pair, spec, engine).T / means
    assert_mean(apart, apart_square_ratio(spec), 0.2)
    assert_mean(row, shared_square_ratio(spec), 0.25)
    assert_mean(column, relative_second_moment(spec), 0.25)


@specs
@pytest.mark.parametrize("engine", ["wishart", "dense"])
def test_means_of_the_offset_are_the_exact_ones(spec: NetworkSpec, engine: str) -> None:
    theory = PaperTheory()
    entry, squared, apart = drawn(joint.offset, spec, engine).T
    variance = theory.offset_variance(spec)
    assert_mean(entry**2 / variance, 1, 0.2)
    assert_mean(squared / variance, 1, 0.1)
    assert_mean((squared / variance) ** 2, offset_moment(spec, 2), 0.25)
    assert_mean(apart / (variance * theory.jacobian_entry_variance(spec)), theory.offset_square_ratio(spec), 0.25)
    # Given its conditional variance the entry is N(0, A): divided by its root it is standard.
    assert_mean((entry[squared > 0] ** 2 / squared[squared > 0]), 1, 0.1)


@specs
@pytest.mark.parametrize("engine", ["wishart", "dense"])
def test_squares_have_the_exact_second_moments(spec: NetworkSpec, engine: str) -> None:
    """What plans draws of a dependence; a network half as wide again has others."""
    apart, row, _ = drawn(joint.pair, spec, engine, MANY).T / PaperTheory().jacobian_entry_variance(spec) ** 2
    product = PaperTheory().jacobian_entry_variance(spec) * PaperTheory().offset_variance(spec)
    beside = drawn(joint.offset, spec, engine, MANY)[:, 2] / product
    for values, known in (
        (apart, apart_moment),
        (row, row_moment),
        (beside, partial(apart_moment, offset=True)),
    ):
        assert_mean(values**2, known(spec, 2), 0.5)
        assert known(replace(spec, width=spec.width * 3 // 2), 2) < 0.9 * known(spec, 2)
