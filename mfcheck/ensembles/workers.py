"""Processes that draw chunks: on this machine by loky, on a cluster by dask or ray, all of them by way of joblib.

A worker only draws: what is asked of it is an order, and what comes back its numbers, in whatever order they come. A
worker that is lost costs the chunks it was at, which another one draws.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import cache, partial
from typing import Any, TypeVar

from mfcheck.ensembles.devices import usable_cores
from mfcheck.ensembles.orders import Reply, carry_out, kind

TRIES = 3
"""Times that workers are asked for a chunk whose worker was lost, before the process that asks draws it."""

Numbered = tuple[int, bytes]
"""A packed order with a number to know it by."""
PATIENCE = 60
"""Seconds for which a cluster's first worker is waited for."""
BUNDLES = 8
"""Bundles of orders that each worker gets of a long sample, at least: few enough that sending them costs little."""
WAVE = 4
"""Bundles that each worker gets at a time of a back end that hands over all of them at once."""
Item = TypeVar("Item")


class Workers:
    """So many processes of a back end, started when they are first needed.

    `count` is None for as many as the cluster at `address` has. Every processor must be of the kind of this process's
    own, since bits agree on one kind alone.
    """

    def __init__(self, backend: str, count: int | None, address: str = "") -> None:
        self.backend, self.count, self.address = backend, count, address
        self._stack = contextlib.ExitStack()
        self._parallel: Any = None
        self._client: Any = None
        self._working = 1
        self._streams = backend != "ray"
        """Whether the back end hands over what is done while the rest is under way."""

    def replies(self, orders: Iterable[Numbered], count: int) -> Generator[tuple[int, Reply], None, None]:
        """The replies to `count` orders as they come. Ends early, and without an error, where a worker is lost.

        Orders are taken from their iterator as workers become free, by another thread perhaps, but by one at a time.
        """
        from joblib import delayed

        run = self._open()
        size = max(1, count // (BUNDLES * self._working))
        parent = os.getpid() if self.backend == "loky" else None
        bundles = (delayed(_carry_out_all)(some, parent) for some in _split(orders, size))
        try:
            for wave in [bundles] if self._streams else _split(bundles, WAVE * self._working):
                for replies in run(wave):
                    yield from replies
        except (KeyboardInterrupt, GeneratorExit):
            self.close()
            raise
        except Exception:  # no error of a chunk's: the back end has lost a worker, and what it was at
            self.close()

    def __str__(self) -> str:
        where = f" at {self.address}" if self.address else f", {self.count} workers"
        return f"{self.backend}{where}"

    def check(self, device: str) -> None:
        """Raise ClusterError unless the cluster can be reached and all of its workers are of this process's kind."""
        from joblib import delayed

        own = kind(device)
        try:
            run = self._open()
            everywhere = self._client.run(kind, device).values() if self._client is not None else ()
            asked: Any = run(delayed(kind)(device) for _ in range(2 * self._working))
            others = {*everywhere, *asked} - {own}
        except ClusterError:
            raise
        except Exception as error:
            raise ClusterError(
                f"the workers of the {self.backend} cluster at {self.address} cannot draw: {_first_line(error)}"
            ) from None
        if not others:
            return
        other = min(others)
        if other.processor != own.processor:
            raise ClusterError(mixed(other.processor, own.processor))
        raise ClusterError(f"a worker has {other.versions} and this process {own.versions}; install the same there")

    def close(self) -> None:
        """End the processes that were started here; they start again where they are needed again."""
        stack, self._stack, self._parallel, self._client = self._stack, contextlib.ExitStack(), None, None
        with contextlib.suppress(Exception):
            stack.close()

    def _open(self) -> Callable[[Iterable[Any]], Iterable[list[tuple[int, Reply]]]]:
        if self._parallel is None:
            import joblib

            count = {"loky": self._loky, "dask": self._dask, "ray": self._ray}[self.backend]()
            self._stack.enter_context(joblib.parallel_config(backend=self.backend, n_jobs=count))
            as_they_come = "generator_unordered" if self._streams else "list"
            begin = partial(
                joblib.Parallel, return_as=as_they_come, batch_size=1, pre_dispatch="2*n_jobs", max_nbytes=None
            )
            first = {"initializer": _leave_with, "initargs": (os.getpid(),)} if self.backend == "loky" else {}
            try:
                parallel = begin(**first)
            except TypeError:  # joblib before 1.5 takes no initializer: a worker learns it with its first orders
                parallel = begin()
            self._parallel = self._stack.enter_context(parallel)
            self._working = max(1, self._parallel._effective_n_jobs())
        found: Callable[[Iterable[Any]], Iterable[list[tuple[int, Reply]]]] = self._parallel
        return found

    def _loky(self) -> int:
        from joblib.externals.loky import get_reusable_executor

        def end() -> None:
            get_reusable_executor().shutdown(wait=True, kill_workers=True)

        self._stack.callback(end)
        return self.count or usable_cores()

    def _dask(self) -> int:
        import logging

        from distributed import Client, LocalCluster

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a lost worker's chunks are drawn again
        if self.address:
            client = self._connected(lambda: Client(self.address, timeout=30, set_as_default=True))
        else:
            many = {"n_workers": self.count or usable_cores(), "threads_per_worker": 1}
            cluster = self._connected(lambda: LocalCluster(**many, processes=True, dashboard_address=None))
            self._stack.enter_context(cluster)
            client = Client(cluster, set_as_default=True)
        self._stack.callback(client.close)
        self._client = client
        if self.address:
            self._peopled(client)
        return -1

    def _peopled(self, client: Any) -> None:
        """Wait until a cluster has a worker at all: its jobs may still stand in a queue."""
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except Exception:
            raise ClusterError(
                f"the dask cluster at {self.address} has no worker after {PATIENCE} s; begin when one of its jobs runs"
            ) from None

    def _ray(self) -> int:
        import ray
        from ray.util.joblib import register_ray

        if not ray.is_initialized():
            asked: dict[str, Any] = {"address": self.address} if self.address else {"num_cpus": self.count}
            asked |= {} if self.address else {"include_dashboard": False}
            self._connected(lambda: ray.init(**asked, log_to_driver=False, logging_level="error"))
            self._stack.callback(ray.shutdown)
        register_ray()
        return self.count or -1

    def _connected(self, connect: Callable[[], Any]) -> Any:
        try:
            return connect()
        except Exception as error:
            where = f" at {self.address}" if self.address else ""
            raise ClusterError(f"no {self.backend} cluster{where} can be reached: {_first_line(error)}") from None


class ClusterError(RuntimeError):
    """A cluster that cannot be used; the message says which, and why."""


def mixed(other: str, own: str) -> str:
    """What is said of a worker on another kind of processor."""
    return (
        f"a worker computes on {other} and this process on {own}; bits agree on one kind of processor alone: "
        "use workers of this kind"
    )


def _split(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    items = iter(items)
    while some := list(itertools.islice(items, size)):
        yield some


def _carry_out_all(some: list[Numbered], parent: int | None) -> list[tuple[int, Reply]]:
    if parent is not None:
        _leave_with(parent)
    return [(number, carry_out(parcel)) for number, parcel in some]


@cache
def _leave_with(parent: int) -> None:
    """End this process once that which asked it is gone: a pipe whose other end siblings hold too never tells a worker
    that nobody reads it any more. Not where they are one, as where joblib starts no others."""

    child = os.getppid() == parent  # else something stands between them, or the parent is gone already

    def watch() -> None:
        while os.getppid() == parent if child else _runs(parent):
            time.sleep(1)
        os._exit(1)

    if parent != os.getpid():
        threading.Thread(target=watch, daemon=True).start()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
