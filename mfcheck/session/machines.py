"""Who draws: what `--mf-backend`, `--mf-scheduler` and `--mf-workers` ask for, checked before any work."""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mfcheck.ensembles.devices import usable_cores
from mfcheck.given import shown, whole_number
from mfcheck.session.options import spelt
from mfcheck.spec import positive_integer

if TYPE_CHECKING:
    from mfcheck.ensembles.workers import Workers

BACKENDS = ("serial", "loky", "dask", "ray")
ADDRESSED = ("dask", "ray")
"""Back ends that can be told where a cluster is."""
NEEDS = {"dask": "distributed", "ray": "ray"}
"""What must be installed for them."""
MOST = 4096
OPTIONS = ("backend", "scheduler", "workers")


@dataclass(frozen=True)
class Machine:
    """A back end, so many of its processes for this one, or the address of a cluster that has them."""

    backend: str = "serial"
    count: int | None = None
    scheduler: str = ""


def chosen(texts: Mapping[str, str], spelt: Callable[[str], str] = spelt) -> Machine:
    """What the options' texts ask for; ValueError, in one sentence, for what cannot be.

    Workers of one machine are shared by all test processes of a run, so that no more of them compute than were asked
    for: as many as cores may be used, if no number was.
    """
    backend, scheduler = texts.get("backend", "serial"), texts.get("scheduler", "")
    if backend not in BACKENDS:
        raise ValueError(f"backend {shown(backend)} is unknown; allowed are {', '.join(BACKENDS)}")
    if scheduler and backend not in ADDRESSED:
        raise ValueError(
            f"scheduler {shown(scheduler)} is the address of a cluster, which back end {backend} has none of; "
            f"name {spelt('backend')} {' or '.join(ADDRESSED)}"
        )
    if "workers" in texts and (scheduler or backend == "serial"):
        whose = "a cluster has its own" if scheduler else "back end serial has none"
        raise ValueError(f"workers {shown(texts['workers'])} cannot be chosen: {whose}; leave {spelt('workers')} out")
    if backend in NEEDS and importlib.util.find_spec(NEEDS[backend]) is None:
        raise ValueError(
            f"backend {backend!r} needs the package {NEEDS[backend]}, which is not installed; "
            f"pip install 'mfcheck[{backend}]'"
        )
    if scheduler or backend == "serial":
        return Machine(backend, None, scheduler)
    total = whole_number("workers", texts["workers"]) if "workers" in texts else usable_cores()
    if not 1 <= total <= MOST:
        raise ValueError(f"workers must lie in 1…{MOST}, got {total}")
    return Machine(backend, max(1, total // test_processes()))


def asked_for(backend: object, workers: object, scheduler: object) -> Machine:
    """The same of arguments of a Python call."""
    texts = {"backend": str(backend), "scheduler": str(scheduler)}
    if workers is not None:
        texts["workers"] = str(positive_integer("workers", workers))
    return chosen(texts, str)


def test_processes() -> int:
    """How many processes of this run decide cells: xdist's workers, or this one."""
    text = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "")
    return max(1, int(text)) if text.isdecimal() else 1


def open_workers(machine: Machine, device: str, *, only_asks: bool) -> Workers | None:
    """The workers of a machine; None where this process draws by itself, as one of a single worker does.

    A cluster that is there already is asked, by the process that the user started, whether it can be used: ValueError
    if it is out of reach, or of another kind of processor. Who `only_asks` keeps no workers.
    """
    if machine.backend == "serial" or machine.count == 1:
        return None
    from mfcheck.ensembles.workers import ClusterError, Workers

    workers = Workers(machine.backend, machine.count, machine.scheduler)
    if machine.scheduler and "PYTEST_XDIST_WORKER" not in os.environ:
        try:
            workers.check("cpu" if device == "auto" else device)
        except ClusterError as error:
            workers.close()
            raise ValueError(str(error)) from None
    if only_asks:
        workers.close()
        return None
    return workers


@contextlib.contextmanager
def opened(machine: Machine, device: str) -> Iterator[Workers | None]:
    """The workers of a machine as long as they are needed."""
    workers = open_workers(machine, device, only_asks=False)
    try:
        yield workers
    finally:
        if workers is not None:
            workers.close()
