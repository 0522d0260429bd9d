"""The device that each worker process computes on, and how many workers a machine can serve."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

GIB_PER_GPU_WORKER = 8
GROUPS, OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
"""Control groups, and which of them a process is in."""
DRIVERS = ("/dev/nvidiactl", "/proc/driver/nvidia/version", "/dev/dxg")
"""What the driver of a GPU leaves in the file system, in a container without its tools too."""


def check_device(text: str) -> None:
    """Raise ValueError unless `text` is auto, cpu, or a cuda device that torch sees."""
    if text in ("auto", "cpu"):
        return
    if not re.fullmatch(r"cuda(:[0-9]{1,4})?", text):
        raise ValueError(f"device {text!r} is unknown; allowed are auto, cpu, cuda, cuda:N")
    count = gpu_count()
    if count == 0:
        raise ValueError(f"device {text!r} was asked for but torch sees no CUDA device; allowed here are auto, cpu")
    if ":" in text and int(text.split(":")[1]) >= count:
        raise ValueError(f"device {text!r} was asked for but torch sees {count} CUDA device(s), cuda:0…{count - 1}")


def resolve_device(text: str) -> str:
    """The device of this process: auto is a GPU where there is one, and workers share the GPUs in turn.

    The index counts into the caller's CUDA_VISIBLE_DEVICES, as torch does.
    """
    check_device(text)
    if text == "cpu" or ":" in text:
        return text
    count = gpu_count()
    return f"cuda:{worker_index() % count}" if count else "cpu"


def worker_index() -> int:
    """This xdist worker's number (gw3 → 3); 0 without workers."""
    found = re.fullmatch(r"gw(\d+)", os.environ.get("PYTEST_XDIST_WORKER", ""))
    return int(found[1]) if found else 0


def auto_workers(device: str) -> int:
    """What `-n auto` means: as many workers as there are usable cores, and on GPUs no more than their memory feeds."""
    cores = usable_cores()
    if device == "cpu" or not (device.startswith("cuda") or _shows_a_gpu()) or gpu_count() == 0:
        return cores
    import torch

    gpus = [int(device.split(":")[1])] if re.fullmatch(r"cuda:[0-9]{1,4}", device) else range(gpu_count())
    if max(gpus) >= gpu_count():
        return cores  # no such device: the options' own check says so in a moment
    fits = sum(max(1, torch.cuda.mem_get_info(gpu)[0] // (GIB_PER_GPU_WORKER * 2**30)) for gpu in gpus)
    return max(1, min(int(fits), cores))


def _shows_a_gpu() -> bool:
    """Whether the machine shows traces of a driver, so that it is worth the seconds to import torch and ask it."""
    return shutil.which("nvidia-smi") is not None or any(map(os.path.exists, DRIVERS))


def gpu_count() -> int:
    """How many CUDA devices torch sees."""
    if importlib.metadata.version("torch").endswith("+cpu"):  # and seconds of importing it are saved
        return 0
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def usable_cores() -> int:
    """The cores that this process may use, by its affinity and its control group: often fewer than the machine has."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        cores = os.cpu_count() or 1
    return max(1, min([cores, *map(round, _granted())]))


def _granted() -> Iterator[float]:
    """The cores that this process's control groups grant, of version 1 or 2: its own group and all above it."""
    own = [""]
    with contextlib.suppress(OSError, ValueError):
        own += [line.split(":", 2)[-1].lstrip("/") for line in OWN_GROUPS.read_text(encoding="utf-8").splitlines()]
    folders = {folder for path in own for folder in (Path(path), *Path(path).parents)}
    for folder in folders:
        yield from _share(GROUPS / folder / "cpu.max")
        for version_1 in (GROUPS / kind / folder for kind in ("cpu", "cpu,cpuacct")):
            yield from _share(version_1 / "cpu.cfs_quota_us", version_1 / "cpu.cfs_period_us")


def _share(*files: Path) -> Iterator[float]:
    """A quota over its period, if there is one."""
    with contextlib.suppress(OSError, ValueError):
        quota, period = (int(word) for file in files for word in file.read_text(encoding="ascii").split())
        if quota > 0 < period:
            yield quota / period
