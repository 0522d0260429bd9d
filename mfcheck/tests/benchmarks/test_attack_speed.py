"""What an attack costs, on one thread, against its peers in the same run: drawing the network is part of it."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from mfcheck import NetworkSpec, draw_network
from mfcheck.attacks.adversarial import adversarial_loss
from mfcheck.attacks.ascent import largest_loss
from mfcheck.attacks.operator_norm import maximiser, operator_norm
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.foolbox_attacks import by_foolbox
from mfcheck.tests.support.timing import Work, interleaved, within

pytestmark = pytest.mark.usefixtures("one_thread_each")

EPS = 0.1
starts = pytest.mark.parametrize("start", ["random", "jacobian"])


def drawn_and_attacked(width: int, depth: int, start: str, engine: str) -> Work:
    """Ten steps from one image on a fresh network."""

    def work() -> None:
        f = draw_network(NetworkSpec("vanilla", 784, 10, width, depth, 2.0), engine)
        adversarial_loss(f, torch.ones(1, 784), EPS, math.inf, 2, steps=10, generator=torch.Generator(), start=start)

    return work


@starts
def test_a_lazy_attack_is_faster_than_a_dense_one(benchmark: BenchmarkFixture, start: str) -> None:
    lazy, dense = (drawn_and_attacked(4000, 5, start, engine) for engine in ("lazy", "dense"))
    seconds, stored = interleaved(benchmark, lazy, dense, rounds=3, kept=within(0.1))
    benchmark.extra_info["times faster than dense"] = stored / seconds


@starts
def test_cost_grows_in_proportion_to_the_width(benchmark: BenchmarkFixture, start: str) -> None:
    widths = [10**4, 3 * 10**4, 10**5, 3 * 10**5]
    works = [drawn_and_attacked(width, 2, start, "lazy") for width in widths]

    def exponent(*seconds: float) -> float:
        return float(np.polyfit(np.log(widths), np.log(seconds), 1)[0])

    found = exponent(*interleaved(benchmark, *works, rounds=3, kept=lambda *seconds: exponent(*seconds) <= 1.1))
    benchmark.extra_info["exponent"] = found


@pytest.mark.parametrize(
    ("width", "depth", "steps", "seconds", "gigabytes"),
    [(10**5, 5, 10, 40, 3), (10**6, 3, 5, 120, 20)],
)
def test_wide_networks_are_attacked_in_bounded_time_and_memory(
    benchmark: BenchmarkFixture, width: int, depth: int, steps: int, seconds: float, gigabytes: float
) -> None:
    # The kernel's high-water mark of a program of its own: getrusage's also counts the process it was forked from.
    script = (
        "import math, time, torch\n"
        "from mfcheck import NetworkSpec, adversarial_loss, draw_network\n"
        "torch.set_num_threads(1)\n"
        "start = time.perf_counter()\n"
        f"f = draw_network(NetworkSpec('vanilla', 784, 10, {width}, {depth}, 2.0), 'lazy')\n"
        "x, generator = torch.ones(1, 784), torch.Generator()\n"
        f"found = adversarial_loss(f, x, {EPS}, math.inf, 2, steps={steps}, generator=generator)\n"
        "print(time.perf_counter() - start)\n"
        "assert found.loss > 0\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )

    def run() -> str:
        return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout

    taken, peak = map(float, benchmark.pedantic(run, rounds=1).split())
    benchmark.extra_info["seconds"], benchmark.extra_info["gigabytes"] = taken, peak * 1024 / 1e9
    assert taken <= seconds
    assert 0 < peak * 1024 / 1e9 <= gigabytes


@pytest.mark.parametrize(
    ("attack", "flips", "most"),
    [(largest_loss, False, 1.05), (adversarial_loss, False, 1.1), (adversarial_loss, True, 1.2)],
    ids=["the ascent alone", "f questioned", "flips counted"],
)
def test_as_many_steps_take_as_long_as_foolboxs(
    benchmark: BenchmarkFixture, attack: Callable[..., object], flips: bool, most: float
) -> None:
    """Of a plain function, which both differentiate alike; counting flips takes two more passes forward.

    The public attack asks besides whether f is random, depends on its batch or rounds the loss away, which foolbox does
    not: a few passes more.
    """
    f = draw_network(NetworkSpec("vanilla", 784, 10, 1000, 5, 2.0), "dense")
    x, steps = Stream(0).normal(64, 784, dtype=torch.float32), 20

    def plain(at: torch.Tensor) -> torch.Tensor:
        return f(at)

    def ours() -> object:
        options = {"steps": steps, "generator": torch.Generator(), "start": "random"}
        return attack(f if flips else plain, x, EPS, math.inf, 2, **options)

    def foolboxs() -> object:
        return by_foolbox(plain, x, EPS, math.inf, 2, steps, None)

    seconds, theirs = interleaved(benchmark, ours, foolboxs, rounds=5, kept=within(most))
    benchmark.extra_info["times foolbox"] = seconds / theirs


@pytest.mark.parametrize("engine", ["lazy", "dense"])
def test_a_plain_call_with_two_threads_takes_no_longer_than_with_one(benchmark: BenchmarkFixture, engine: str) -> None:
    """Small products take one thread whatever is set: two wait for each other, and on a busy machine long."""
    network = draw_network(NetworkSpec("vanilla", 196, 10, 1000, 5, 2.0), engine)
    x, generator = torch.ones(1, 196), torch.Generator()

    def attacked(threads: int) -> Work:
        def work() -> None:
            torch.set_num_threads(threads)
            try:
                adversarial_loss(network, x, EPS, math.inf, 2, steps=10, generator=generator, start="random")
                assert torch.get_num_threads() == threads
            finally:
                torch.set_num_threads(1)

        return work

    two, one = interleaved(benchmark, attacked(2), attacked(1), rounds=7, kept=within(1.3))
    benchmark.extra_info["of the time of one thread"] = two / one


def test_norms_take_no_longer_than_trying_all_signs(benchmark: BenchmarkFixture) -> None:
    """(∞, 1) of 22 matrices 10 × 784 on one thread, which all signs of the outputs give exactly."""
    matrices = Stream(5).normal(22, 10, 784, dtype=torch.float32)
    signs = 1.0 - 2 * (torch.arange(2**9)[:, None] >> torch.arange(10) & 1)

    def by_signs() -> float:
        return float(sum((signs @ one).abs().sum(dim=1).max() for one in matrices))

    assert float(operator_norm(matrices, math.inf, 1.0).lower.sum()) == pytest.approx(by_signs(), rel=1e-5)
    seconds, theirs = interleaved(
        benchmark, lambda: maximiser(matrices, math.inf, 1.0), by_signs, rounds=7, kept=within(1)
    )
    benchmark.extra_info["of the time of trying all signs"] = seconds / theirs


def test_ascents_to_a_norm_take_no_longer_than_as_many_steps_from_every_start(benchmark: BenchmarkFixture) -> None:
    """(∞, 2) of such matrices, which no signs give; of what those steps find, a thousandth at most is given away."""
    matrices = Stream(5).normal(22, 10, 784, dtype=torch.float32)

    def by_power_method() -> torch.Tensor:
        signs = matrices.sign()
        for _ in range(30):
            images = signs @ matrices.mT
            signs = ((images / torch.linalg.vector_norm(images, dim=-1, keepdim=True)) @ matrices).sign()
        return torch.linalg.vector_norm(signs @ matrices.mT, dim=-1).amax(dim=-1)

    found = operator_norm(matrices, math.inf, 2.0).lower
    assert float(found.mean()) >= 0.999 * float(by_power_method().mean())
    seconds, theirs = interleaved(
        benchmark, lambda: maximiser(matrices, math.inf, 2.0), by_power_method, rounds=7, kept=within(1)
    )
    benchmark.extra_info["of the time of the power method"] = seconds / theirs
