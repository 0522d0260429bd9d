"""Each worker gets a device that exists, and the machine as many workers as it feeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mfcheck.ensembles import devices


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    return monkeypatch


@pytest.fixture
def eight_cores(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(devices, "usable_cores", lambda: 8)


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


@pytest.mark.usefixtures("eight_cores")
def test_without_gpus_the_usable_cores_decide_how_many_workers(machine: pytest.MonkeyPatch) -> None:
    with_gpus(machine, 0)
    assert devices.auto_workers("cpu") == 8
    assert devices.auto_workers("auto") == 8


@pytest.mark.usefixtures("eight_cores")
def test_on_cpu_nobody_asks_for_gpus(machine: pytest.MonkeyPatch) -> None:
    def never() -> int:
        raise AssertionError("asked torch for GPUs")

    machine.setattr(devices, "gpu_count", never)
    assert devices.auto_workers("cpu") == 8
    assert devices.resolve_device("cpu") == "cpu"
    machine.setattr(devices.shutil, "which", lambda _: None)
    machine.setattr(devices, "DRIVERS", ("/nowhere/at/all",))
    assert devices.auto_workers("auto") == 8


@pytest.mark.parametrize(
    ("limit", "cores"),
    [("max 100000", 16), ("400000 100000", 4), ("50000 100000", 1), ("9900000 100000", 16), ("odd", 16), (None, 16)],
)
def test_cores_are_those_of_the_affinity_and_of_the_control_group(
    machine: pytest.MonkeyPatch, tmp_path: Path, limit: str | None, cores: int
) -> None:
    if limit is not None:
        (tmp_path / "cpu.max").write_text(limit)
    assert cores_of(machine, tmp_path, None) == cores


def cores_of(machine: pytest.MonkeyPatch, groups: Path, own: str | None) -> int:
    """What a machine of sixteen cores has, where control groups are these and a process is in its own."""
    if own is not None:
        (groups / "own").write_text(own)
    machine.setattr(devices.os, "sched_getaffinity", lambda _: set(range(16)))
    machine.setattr(devices, "GROUPS", groups)
    machine.setattr(devices, "OWN_GROUPS", groups / "own")
    return devices.usable_cores()


@pytest.mark.parametrize(
    ("files", "own", "cores"),
    [
        ({"user.slice/mine.scope/cpu.max": "300000 100000"}, "0::/user.slice/mine.scope\n", 3),
        ({"user.slice/cpu.max": "200000 100000", "user.slice/a/cpu.max": "max 100000"}, "0::/user.slice/a\n", 2),
        ({"cpu/cpu.cfs_quota_us": "400000", "cpu/cpu.cfs_period_us": "100000"}, "4:cpu,cpuacct:/docker/1\n", 4),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "4:cpu:/\n", 16),
        (
            {f"cpu,cpuacct/job/cpu.cfs_{what}_us": number for what, number in (("quota", "500"), ("period", "100"))},
            "9:memory:/job\n4:cpu,cpuacct:/job\n",
            5,
        ),
    ],
    ids=["nested", "above", "version 1", "without limit", "nested version 1"],
)
def test_limits_of_nested_control_groups_and_of_version_1_count_too(
    machine: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], own: str, cores: int
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert cores_of(machine, tmp_path, own) == cores


@pytest.mark.parametrize("told_by", ["nvidia-smi", "driver"])
@pytest.mark.parametrize(
    ("device", "gpus", "free_gib", "cores", "expected"),
    [
        ("auto", 2, 24, 16, 6),
        ("cuda:1", 2, 24, 16, 3),
        ("auto", 2, 2, 16, 2),
        ("auto", 8, 140, 4, 4),
        ("cuda", 2, 16, 1, 1),
        ("auto", 1, 9.5, 16, 1),  # a slice of a GPU
    ],
)
def test_as_many_workers_as_the_gpus_feed_and_cores_may_be_used(
    machine: pytest.MonkeyPatch, told_by: str, device: str, gpus: int, free_gib: float, cores: int, expected: int
) -> None:
    import torch

    with_gpus(machine, gpus)
    machine.setattr(devices.shutil, "which", lambda _: "/usr/bin/nvidia-smi" if told_by == "nvidia-smi" else None)
    machine.setattr(devices, "DRIVERS", ("/dev/null",) if told_by == "driver" else ())
    machine.setattr(torch.cuda, "mem_get_info", lambda gpu: (int(free_gib * 2**30), 140 * 2**30))
    machine.setattr(devices, "usable_cores", lambda: cores)
    assert devices.auto_workers(device) == expected
