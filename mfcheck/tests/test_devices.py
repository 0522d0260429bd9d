"""Each worker gets a device that exists, and the machine as many workers as it feeds."""

from __future__ import annotations

import pytest

from mfcheck import devices


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    return monkeypatch


def with_gpus(machine: pytest.MonkeyPatch, count: int) -> None:
    machine.setattr(devices, "gpu_count", lambda: count)


@pytest.mark.parametrize("device", ["auto", "cpu"])
@pytest.mark.parametrize("gpus", [0, 2])
def test_auto_and_cpu_are_always_allowed(machine: pytest.MonkeyPatch, device: str, gpus: int) -> None:
    with_gpus(machine, gpus)
    devices.check_device(device)


@pytest.mark.parametrize("device", ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:x", "cuda:0,1", "cpu:0", "mps"])
def test_an_unknown_device_is_named_with_what_is_allowed(machine: pytest.MonkeyPatch, device: str) -> None:
    with_gpus(machine, 2)
    for use in (devices.check_device, devices.resolve_device):
        with pytest.raises(ValueError, match="allowed are auto, cpu, cuda") as caught:
            use(device)
        assert repr(device) in str(caught.value)


@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_gpu_that_is_not_there_is_refused(machine: pytest.MonkeyPatch, device: str) -> None:
    with_gpus(machine, 0)
    with pytest.raises(ValueError, match=f"'{device}'.*no CUDA device"):
        devices.check_device(device)


def test_a_gpu_beyond_the_last_is_refused(machine: pytest.MonkeyPatch) -> None:
    with_gpus(machine, 2)
    devices.check_device("cuda:1")
    with pytest.raises(ValueError, match=r"'cuda:2'.*2 CUDA device.*cuda:0…1"):
        devices.check_device("cuda:2")


@pytest.mark.parametrize(
    ("device", "gpus", "worker", "expected"),
    [
        ("auto", 0, None, "cpu"),
        ("auto", 0, "gw3", "cpu"),
        ("cpu", 4, "gw3", "cpu"),
        ("auto", 1, None, "cuda:0"),
        ("auto", 2, None, "cuda:0"),
        ("auto", 2, "gw0", "cuda:0"),
        ("auto", 2, "gw1", "cuda:1"),
        ("auto", 2, "gw2", "cuda:0"),
        ("cuda", 3, "gw5", "cuda:2"),
        ("cuda:1", 2, "gw0", "cuda:1"),
        ("auto", 2, "master", "cuda:0"),
    ],
)
def test_workers_share_the_gpus_in_turn(
    machine: pytest.MonkeyPatch, device: str, gpus: int, worker: str | None, expected: str
) -> None:
    with_gpus(machine, gpus)
    if worker is not None:
        machine.setenv("PYTEST_XDIST_WORKER", worker)
    assert devices.resolve_device(device) == expected


def test_without_gpus_the_cores_decide_how_many_workers(machine: pytest.MonkeyPatch) -> None:
    with_gpus(machine, 0)
    assert devices.auto_workers("cpu") is None
    assert devices.auto_workers("auto") is None


def test_on_cpu_nobody_asks_for_gpus(machine: pytest.MonkeyPatch) -> None:
    def never() -> int:
        raise AssertionError("asked torch for GPUs")

    machine.setattr(devices, "gpu_count", never)
    assert devices.auto_workers("cpu") is None
    assert devices.resolve_device("cpu") == "cpu"
    machine.setattr(devices.shutil, "which", lambda _: None)
    assert devices.auto_workers("auto") is None


@pytest.mark.parametrize(
    ("device", "free_gib", "cores", "expected"),
    [("auto", 24, 16, 6), ("cuda:1", 24, 16, 3), ("auto", 2, 16, 2), ("auto", 140, 4, 4), ("cuda", 16, 1, 1)],
)
def test_as_many_workers_as_the_gpus_feed(
    machine: pytest.MonkeyPatch, device: str, free_gib: int, cores: int, expected: int
) -> None:
    import torch

    with_gpus(machine, 2)
    machine.setattr(devices.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    machine.setattr(torch.cuda, "mem_get_info", lambda gpu: (free_gib * 2**30, 140 * 2**30))
    machine.setattr(devices.os, "cpu_count", lambda: cores)
    assert devices.auto_workers(device) == expected
