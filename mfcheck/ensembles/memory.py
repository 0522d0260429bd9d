"""Whether an array fits in memory, asked before the work that would fill it."""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache

import torch


def free_bytes(device: torch.device) -> int:
    """Memory that can still be had on a device; what torch keeps of a GPU's and nobody uses can be had too."""
    if device.type == "cuda":
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0]) + int(kept)
    try:
        with open("/proc/meminfo") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError):  # not Linux
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@lru_cache
def stack_floats(device: str) -> int:
    """Float32 numbers that a stack of networks may take: 64 MiB; a 64th of a GPU's memory, down to a power of two.

    A GPU is bound by launches until its stacks are large, and one of 80 GB holds eight workers' stacks of 1 GiB with
    their gradients and what steps need besides.
    """
    if not device.startswith("cuda"):
        return 2**24
    floats = torch.cuda.mem_get_info(device)[1] // (64 * 4)
    return int(max(2**24, 2 ** (floats.bit_length() - 1)))


class NoRoomError(ValueError):
    """What is asked for needs more memory than is free just now."""


def is_of_memory(error: BaseException) -> bool:
    """Whether memory did not suffice: of a processor torch says so by a RuntimeError like any other."""
    kinds = NoRoomError | MemoryError | torch.OutOfMemoryError
    return isinstance(error, kinds) or "can't allocate memory" in str(error)


def check_room(needed: int, what: str, device: torch.device) -> None:
    """Raise NoRoomError, a ValueError, when so many bytes are not free."""
    if needed > 2**28 and needed > (free := free_bytes(device)):  # small things are not worth the question
        raise NoRoomError(f"{what} need {needed / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB are free")


def give_back(device: str) -> None:
    """Let other processes have what torch keeps of a GPU's memory and nobody uses any more."""
    if device.startswith("cuda"):
        with contextlib.suppress(RuntimeError):  # some versions of torch refuse, once a recording of theirs has failed
            torch.cuda.empty_cache()
