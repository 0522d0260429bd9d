"""Draws a second of each engine, on one thread, against its floor or its peer in the same run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import stats

from mfcheck import NetworkSpec, ReLULike
from mfcheck.ensembles import wishart
from mfcheck.ensembles.matrices.dense import DenseMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.tests.support.timing import interleaved, within

PAPER = NetworkSpec("vanilla", 1000, 1, width=5000, depth=10, weight_variance=2)
CHUNK, MILLION = 2**16, 10**6


@pytest.fixture(autouse=True)
def single_thread() -> Iterator[None]:
    with one_thread(), torch.no_grad():
        yield


def million_entries(spec: NetworkSpec) -> None:
    for index in range(-(-MILLION // CHUNK)):
        stream = Stream(index)
        wishart.entry_scales(spec, CHUNK, stream).sqrt_().mul_(stream.normal(CHUNK))


def floor_of_a_million(gammas: int) -> None:
    """The random numbers alone: a normal, and a binomial and its gammas a layer, into arrays numpy allocates."""
    for index in range(-(-MILLION // CHUNK)):
        generator = np.random.Generator(np.random.PCG64DXSM(index))
        generator.standard_normal(CHUNK)
        generator.standard_gamma(2500.0, CHUNK)
        for _ in range(PAPER.depth):
            shape = generator.binomial(PAPER.width, 0.5, CHUNK) / 2
            for _ in range(gammas):
                generator.standard_gamma(shape)


def test_a_million_entries_within_two_seconds_and_three_floors(benchmark: BenchmarkFixture) -> None:
    def kept(seconds: float, floor: float) -> bool:
        return seconds <= min(2, 3 * floor)

    works = (lambda: million_entries(PAPER)), (lambda: floor_of_a_million(gammas=1))
    seconds, floor = interleaved(benchmark, *works, rounds=3, kept=kept)
    benchmark.extra_info["times floor"] = seconds / floor


def test_two_slopes_within_three_floors(benchmark: BenchmarkFixture) -> None:
    leaky = NetworkSpec("residual", 1000, 1, 5000, 10, 2.0, activation=ReLULike(1, 0.2))
    works = (lambda: million_entries(leaky)), (lambda: floor_of_a_million(gammas=2))
    interleaved(benchmark, *works, rounds=3, kept=within(3))


def test_an_entry_a_million_times_faster_than_dense(benchmark: BenchmarkFixture) -> None:
    x = torch.ones(1, PAPER.input_dim)

    def dense_entry() -> None:
        Network(PAPER, Stream(0)).jacobian(x, [0])

    def kept(dense: float, million: float) -> bool:
        return dense >= million

    dense, million = interleaved(benchmark, dense_entry, lambda: million_entries(PAPER), rounds=2, kept=kept)
    benchmark.extra_info["times wishart"] = MILLION * dense / million


@pytest.mark.parametrize("architecture", ["vanilla", "residual"])
def test_a_thousand_whole_jacobians_a_second(benchmark: BenchmarkFixture, architecture: str) -> None:
    spec = NetworkSpec(architecture, 784, 10, width=5000, depth=10, weight_variance=2)

    def kept(seconds: float) -> bool:
        return seconds <= 1

    interleaved(benchmark, lambda: wishart.jacobian(spec, 1000, 784, Stream(0)), rounds=3, kept=kept)


@pytest.mark.parametrize("width", [32, 512])
def test_dense_sampling_within_twice_its_normals_and_products(benchmark: BenchmarkFixture, width: int) -> None:
    spec = NetworkSpec("vanilla", 49, 1, width, 4, 2.0)
    replicates = 2**20 // width**2 * 4
    x, n = torch.ones(1, spec.input_dim), width

    def sample() -> None:
        Network(spec, Stream(0), replicates=replicates).jacobian(x, [0])

    def floor() -> None:
        generator, columns = torch.Generator().manual_seed(0), torch.ones(replicates, n, 2)
        matrices = [torch.empty(replicates, n, n).normal_(generator=generator) for _ in range(spec.depth)]
        projections = [torch.empty(replicates, n, spec.input_dim + 1).normal_(generator=generator)]
        for matrix in matrices:
            columns = matrix @ columns
        projections[0].mT @ columns

    seconds, least = interleaved(benchmark, sample, floor, rounds=5, kept=within(2))
    benchmark.extra_info["times floor"] = seconds / least


def test_a_layer_of_the_chain_is_drawn_faster_than_by_scipy(benchmark: BenchmarkFixture) -> None:
    draws, size, freedom = 1000, 10, 500
    everyone, generator = torch.full((draws,), float(freedom), dtype=torch.float64), np.random.default_rng(0)

    def by_scipy() -> object:
        return stats.wishart.rvs(freedom, np.eye(size), draws, random_state=generator)

    works = (lambda: wishart.bartlett(everyone, size, Stream(0))), by_scipy
    seconds, theirs = interleaved(benchmark, *works, rounds=5, kept=within(1))
    benchmark.extra_info["of the time of scipy"] = seconds / theirs


def test_jacobians_of_a_stack_faster_than_by_vmap_and_jacrev(benchmark: BenchmarkFixture) -> None:
    spec = NetworkSpec("vanilla", 196, 10, 256, 4, 2.0)
    network, x = Network(spec, Stream(0), replicates=16), Stream(1).normal(1, 196, dtype=torch.float32)
    parts = [matrix.values for matrix in network.matrices if isinstance(matrix, DenseMatrix)]

    def output(weights: list[torch.Tensor], at: torch.Tensor) -> torch.Tensor:
        state = weights[0] @ at
        for weight in weights[1:-1]:
            state = (weight @ state).relu()
        return weights[-1] @ state

    jacobians = torch.func.vmap(torch.func.jacrev(output, argnums=1), in_dims=(0, None))
    torch.testing.assert_close(network.jacobian(x)[:, 0], jacobians(parts, x[0]), rtol=1e-3, atol=1e-4)
    works = (lambda: network.jacobian(x)), (lambda: jacobians(parts, x[0]))
    seconds, theirs = interleaved(benchmark, *works, rounds=7, kept=within(1))
    benchmark.extra_info["of the time of vmap and jacrev"] = seconds / theirs


def test_memory_stays_under_a_gigabyte_at_width_ten_million() -> None:
    # The kernel's high-water mark of this very program: getrusage's also counts the process it was forked from.
    script = (
        "from mfcheck import NetworkSpec, sample_jacobian\n"
        "spec = NetworkSpec('residual', 784, 10, width=10**7, depth=10, weight_variance=2)\n"
        "assert sample_jacobian(spec, 10**6).shape == (10**6, 10, 1)\n"
        "assert sample_jacobian(spec, 1000, columns=784).isfinite().all()\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert 0 < int(done.stdout) * 1024 < 2**30
