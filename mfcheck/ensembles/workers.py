"""Processes that draw chunks: on this machine by loky, on a cluster by dask or ray, all of them by way of joblib.

A worker only draws: what is asked of it is an order, and what comes back its numbers, in whatever order they come. A
worker that is lost costs the chunks it was at, which another one draws.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mfcheck.devices import usable_cores
from mfcheck.ensembles.orders import Reply, carry_out

BACKENDS = ("serial", "loky", "dask", "ray")
ADDRESSED = ("dask", "ray")
"""Back ends that can be told where a cluster is."""
NEEDS = {"dask": "distributed", "ray": "ray"}
TRIES = 3
"""Times that workers are asked for a chunk whose worker was lost, before the process that asks draws it."""

Numbered = tuple[int, bytes]
"""A packed order with a number to know it by."""
BUNDLES = 8
"""Bundles of orders that each worker gets of a long sample, at least: few enough that sending them costs little."""


class Workers:
    """So many processes of a back end, started when they are first needed.

    `count` is None for as many as the cluster at `address` has. Every processor must be of the kind of this process's
    own, since bits agree on one kind alone.
    """

    def __init__(self, backend: str, count: int | None, address: str = "") -> None:
        self.backend, self.count, self.address = backend, count, address
        self._stack = contextlib.ExitStack()
        self._parallel: Any = None
        self._working = 1

    def replies(self, orders: Iterable[Numbered], count: int) -> Iterator[tuple[int, Reply]]:
        """The replies to `count` orders as they come. Ends early, and without an error, where a worker is lost.

        Orders are taken from their iterator as workers become free, by another thread perhaps, but by one at a time.
        """
        from joblib import delayed

        bundle = delayed(_carry_out_all)
        try:
            run = self._open()
            size = max(1, count // (BUNDLES * self._working))
            for replies in run(bundle(some) for some in _bundled(orders, size)):
                yield from replies
        except (KeyboardInterrupt, GeneratorExit):
            self.close()
            raise
        except Exception as error:
            if isinstance(error, ClusterError):
                raise
            self.close()

    def close(self) -> None:
        """End the processes that were started here; they start again where they are needed again."""
        stack, self._stack, self._parallel = self._stack, contextlib.ExitStack(), None
        with contextlib.suppress(Exception):
            stack.close()

    def _open(self) -> Callable[[Iterable[Any]], Iterator[tuple[int, Reply]]]:
        if self._parallel is None:
            import joblib

            count = {"loky": self._loky, "dask": self._dask, "ray": self._ray}[self.backend]()
            self._stack.enter_context(joblib.parallel_config(backend=self.backend, n_jobs=count))
            parallel = joblib.Parallel(
                return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs", max_nbytes=None
            )
            self._parallel = self._stack.enter_context(parallel)
            self._working = max(1, self._parallel._effective_n_jobs())
        found: Callable[[Iterable[Any]], Iterator[tuple[int, Reply]]] = self._parallel
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
            cluster = self._stack.enter_context(
                LocalCluster(
                    n_workers=self.count or usable_cores(), threads_per_worker=1, processes=True, dashboard_address=None
                )
            )
            client = Client(cluster, set_as_default=True)
        self._stack.callback(client.close)
        return -1

    def _ray(self) -> int:
        import ray
        from ray.util.joblib import register_ray

        if not ray.is_initialized():
            asked: dict[str, Any] = {"address": self.address} if self.address else {"num_cpus": self.count}
            quiet = {"log_to_driver": False, "logging_level": "error", "include_dashboard": False}
            kept = quiet if not self.address else {name: quiet[name] for name in ("log_to_driver", "logging_level")}
            self._connected(lambda: ray.init(**asked, **kept))
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


def _bundled(orders: Iterable[Numbered], size: int) -> Iterator[list[Numbered]]:
    orders = iter(orders)
    while some := list(itertools.islice(orders, size)):
        yield some


def _carry_out_all(some: list[Numbered]) -> list[tuple[int, Reply]]:
    return [(number, carry_out(parcel)) for number, parcel in some]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
