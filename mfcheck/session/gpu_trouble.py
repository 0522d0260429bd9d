"""GPUs between cells: memory is given back, and one that answers no more takes its test process with it."""

from __future__ import annotations

import os

DEAD = 70
"""The exit status of a process whose GPU answers nothing more."""


def end_worker(error: RuntimeError) -> None:
    """End a worker of xdist whose GPU met a sticky error: xdist reports the cell and starts another one.

    In a run of one process the error stands, and so will those of the cells that follow; it can be resumed.
    """
    from mfcheck.ensembles.orders import is_sticky

    if "PYTEST_XDIST_WORKER" in os.environ and is_sticky(error):
        os._exit(DEAD)


def give_back(device: str) -> None:
    """Let other processes have the GPU's memory that a cell has used."""
    if device.startswith("cuda"):
        from mfcheck.ensembles import memory

        memory.give_back(device)
