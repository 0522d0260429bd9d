"""The one place that goes through the chunks of a sample: one after the other here, or as workers bring them.

Chunks are looked up by key, locked while they are drawn, and kept, all by the process that asks; so what is found does
not depend on who draws, on how many do, or on what comes first.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mfcheck import progress
from mfcheck.arrays import Floats
from mfcheck.ensembles.import_closure import Closure
from mfcheck.ensembles.known_by import KnownBy
from mfcheck.ensembles.orders import Order, Reply, packed, processor
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.workers import TRIES, ClusterError, Numbered, Workers, mixed


def gathered(
    orders: Sequence[Order], code: Closure, code_now: Callable[[], Closure], by: KnownBy, store: ChunkStore
) -> list[Floats]:
    """The chunks of orders of one function, in their order; `code` is what their draws depend on, by `code_now` still
    so, and `by` what the function is known by."""
    # Drawing may have loaded code that was not loaded before, and so as it has come to be in the meantime.
    keep = (lambda: code_now() is code) if code.known and not by.untold else None
    store.stands_by(by.untold)
    keys = [_key(order, code, by) for order in orders]
    found: dict[int, Floats | Exception] = {}
    if store.workers is not None and len(orders) > 1:
        found = _Gathering(orders, keys, code, by, keep, store, store.workers).brought()
    _draw_here(orders, keys, keep, store, found)
    chunks = []
    for index in range(len(orders)):
        if isinstance(known := found[index], Exception):
            raise known
        chunks.append(known)
    return chunks


def _draw_here(
    orders: Sequence[Order],
    keys: Sequence[str],
    keep: Callable[[], bool] | None,
    store: ChunkStore,
    found: dict[int, Floats | Exception],
) -> None:
    """Add what is not yet found up to the first error: first what nobody is at, so that two who ask for one sample
    share the work, then what others have made meanwhile."""
    end = min((index for index, known in found.items() if isinstance(known, Exception)), default=len(orders))
    for wait in (False, True):
        for index in range(end):
            if index in found:
                continue

            def make(index: int = index) -> Floats:
                with progress.part(_words(orders[index], len(orders)), after=len(orders) - 1 - index):
                    return orders[index].draw()

            try:
                chunk = store.get(keys[index], make, keep=keep, draws=orders[index].size, wait=wait)
            except Exception as error:
                found[index], end = error, index
                break
            if chunk is not None:
                found[index] = chunk


def _key(order: Order, code: Closure, by: KnownBy) -> str:
    names = [str(order.stream_seed), str(order.size), processor(order.device), code.digest, by.digest]
    return hashlib.sha256("\x1f".join(names).encode()).hexdigest()


def _words(order: Order, count: int) -> str:
    first, size = order.index * order.size, order.size
    return f"draws {first}–{first + size - 1}" + (f" of {count * size}" if count > 1 else "")


@dataclass(eq=False)
class _Gathering:
    """Chunks that workers draw: those `found` so far, or the errors that they met."""

    orders: Sequence[Order]
    keys: Sequence[str]
    code: Closure
    by: KnownBy
    keep: Callable[[], bool] | None
    store: ChunkStore
    workers: Workers
    found: dict[int, Floats | Exception] = field(default_factory=dict)
    _end: int = field(init=False)
    """The first chunk that met an error, which nobody asks beyond; their number if none did."""
    _elsewhere: set[int] = field(default_factory=set)
    """Chunks that another process is at, or that no worker can draw: they are had when all others are."""
    _locks: dict[int, contextlib.ExitStack] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._end = len(self.orders)

    def brought(self) -> dict[int, Floats | Exception]:
        """What workers and the store have of the chunks, and the first error in turn; the rest is to be drawn here."""
        for index, (order, key) in enumerate(zip(self.orders, self.keys, strict=True)):
            if (chunk := self.store.there(key, self.keep, order.size)) is not None:
                self.found[index] = chunk
        tries = 0
        try:
            while self._missing() and tries < TRIES:
                before = len(self.found)
                progress.report(before, len(self.orders), "chunk")
                with contextlib.closing(self.workers.replies(self._parcels(), len(self._missing()))) as replies:
                    for index, reply in replies:
                        self._take(index, reply)
                self._let_go()
                tries = tries + 1 if len(self.found) == before else 0
        finally:
            self._let_go()
        return self.found

    def _missing(self) -> list[int]:
        return [index for index in range(self._end) if index not in self.found and index not in self._elsewhere]

    def _parcels(self) -> Iterator[Numbered]:
        """The missing orders as they are sent, each locked from then on."""
        for index in self._missing():
            if index > self._end:
                return
            try:
                parcel = packed(self.orders[index])
            except Exception:  # a source of one's own, made where pickle does not find it
                self._elsewhere.update(self._missing())
                return
            if self._lock(index):
                yield index, parcel
            else:
                self._elsewhere.add(index)

    def _lock(self, index: int) -> bool:
        if self.keep is None:
            return True
        lock = contextlib.ExitStack()
        if lock.enter_context(self.store.alone(self.keys[index], wait=False)):
            lock.close()
            return False
        self._locks[index] = lock
        return True

    def _let_go(self) -> None:
        while self._locks:
            self._locks.popitem()[1].close()

    def _take(self, index: int, reply: Reply) -> None:
        """Believe a reply of this kind of processor and of the same code alone."""
        own = processor(self.orders[index].device)
        if reply.unusable:
            self._elsewhere.add(index)
        elif reply.processor != own:
            raise ClusterError(mixed(reply.processor, own))
        elif reply.code != self.code.digest:
            raise ClusterError(
                "a worker draws by other code than this process (a file, or the version of torch or numpy, differs); "
                "install the same there"
            )
        elif reply.by != self.by.digest:  # what the function holds or names has another value there
            self._elsewhere.add(index)
        elif reply.error is not None:
            self.found[index] = reply.error
            self._end = min(self._end, index)
        elif reply.values is not None:
            self.found[index] = reply.values
            self.store.put(self.keys[index], reply.values, self.keep if reply.known else None)
            progress.report(len(self.found), len(self.orders), "chunk")
        if index in self._locks:
            self._locks.pop(index).close()
