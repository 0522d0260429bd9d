"""Networks that cannot fit into memory are refused before anything is drawn, by the bytes that they take."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.ensembles import memory
from mfcheck.ensembles.matrices.lazy import LazyMatrix
from mfcheck.ensembles.networks import Network
from mfcheck.ensembles.sources import chunk_draws
from mfcheck.ensembles.streams import Stream

pytestmark = pytest.mark.usefixtures("one_thread_each")


def test_networks_that_cannot_fit_are_refused_before_anything_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = NetworkSpec("residual", 10, 10, 10**6, 3, 1.0)

    def refused(*_: object, **__: object) -> Tensor:
        raise AssertionError("drew random numbers")

    monkeypatch.setattr(Stream, "normal", refused)
    with pytest.raises(
        ValueError, match=r"2 dense networks residual\(.* need [\d.]+ GiB of memory, [\d.]+ GiB are free"
    ):
        Network(spec, Stream(17), replicates=2)
    network = Network(spec, Stream(17), engine="lazy")
    with pytest.raises(ValueError, match=r"1000000 columns through 1 lazy networks residual\(.* need [\d.]+ GiB"):
        network.reserve(10**6)
    assert network.weights[0].known == (0, 0)  # type: ignore[union-attr]


def test_room_is_asked_for_in_the_bytes_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four arrays a matrix: inputs and answers, on either side."""
    spec, needed = NetworkSpec("vanilla", 3, 2, 11, 2, 1.0), []
    monkeypatch.setattr("mfcheck.ensembles.networks.check_room", lambda size, *_: needed.append(size))
    network = Network(spec, Stream(18), engine="lazy", replicates=5)
    network.reserve(7)
    buffers = [
        rows._buffer
        for matrix in network.matrices
        if isinstance(matrix, LazyMatrix)
        for side in (matrix._asked, matrix._mirror)
        for rows in (side.inputs, side.answers)
    ]
    assert needed == [sum(buffer.numel() * buffer.element_size() for buffer in buffers)]
    Network(spec, Stream(18)).reserve(10**9)
    assert len(needed) == 2


def test_what_torch_keeps_of_a_gpu_can_still_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, held in (("mem_get_info", (2**30, 2**34)), ("memory_reserved", 3 * 2**30), ("memory_allocated", 2**30)):
        monkeypatch.setattr(torch.cuda, name, lambda device, held=held: held)
    assert memory.free_bytes(torch.device("cuda:0")) == 3 * 2**30


@pytest.mark.parametrize(
    ("total", "floats"), [(2**30, 2**24), (8 * 2**30, 2**25), (80 * 2**30, 2**28), (141 * 10**9, 2**29)]
)
def test_stacks_of_a_gpu_go_by_its_memory(monkeypatch: pytest.MonkeyPatch, total: int, floats: int) -> None:
    """A 64th of it in float32, down to a power of two; of dense networks where one fills a chunk of 64 MiB, as many."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (0, total))
    memory.stack_floats.cache_clear()
    assert memory.stack_floats("cuda:0") == floats
    assert memory.stack_floats("cpu") == 2**24
    spec = NetworkSpec("vanilla", 784, 10, 1000, 15, 2.0)
    assert chunk_draws(spec, "dense") == 1
    assert chunk_draws(spec, "dense", device="cuda:0") == floats // 2**24
    memory.stack_floats.cache_clear()


def test_only_a_gpu_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cache"))
    memory.give_back("cpu")
    memory.give_back("cuda:1")
    assert emptied == ["cache"]
