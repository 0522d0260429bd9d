"""Progress of long computations: samplers report how far they are, and a listener, if there is one, shows it.

A sampler says `report(index, steps, "step")` as it goes and does not know who shows it. To listen:

    with progress.shown(print):
        mfcheck.audit(…)
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """`done` of `total` (0 where nothing is counted) in one part of the work, and the seconds left for all parts.

    >>> str(Progress("step", 140, 400, "draws 0–23", 80.0))
    'step 140 of 400, draws 0–23, about 1 min 20 s left'
    """

    what: str = ""
    done: int = 0
    total: int = 0
    part: str = ""
    left: float | None = None

    def __str__(self) -> str:
        counted = f"{self.what} {self.done} of {self.total}" if self.total else ""
        left = "" if self.left is None else f"about {duration(self.left)} left"
        return ", ".join(words for words in (counted, self.part, left) if words)


Sink = Callable[[Progress], None]
Clock = Callable[[], float]


def duration(seconds: float) -> str:
    """A time in words.

    >>> duration(7.4), duration(80), duration(7500)
    ('7 s', '1 min 20 s', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def report(done: int, total: int, what: str = "step") -> None:
    """Say that `done` of `total` steps are made; costs next to nothing where nobody listens."""
    meter = _METER.get()
    if meter is not None:
        meter.count(done, total, what)


@contextlib.contextmanager
def part(words: str, *, after: int) -> Iterator[None]:
    """Work on one of several parts of about the same length, `after` more of which will follow."""
    meter = _METER.get()
    if meter is None:
        yield
        return
    meter.enter(words, after)
    try:
        yield
    finally:
        meter.leave()


@contextlib.contextmanager
def shown(sink: Sink, clock: Clock = time.monotonic) -> Iterator[None]:
    """Have `sink` called, in this thread and as often as anything is reported, with all progress inside."""
    token = _METER.set(_Meter(sink, clock))
    try:
        yield
    finally:
        _METER.reset(token)


def seldom(sink: Sink, pause: float, clock: Clock = time.monotonic, *, at_once: bool = True) -> Sink:
    """A sink that passes on at most one report in so many seconds: the first `at_once`, or after as long."""
    told = -math.inf if at_once else clock()

    def tell(news: Progress) -> None:
        nonlocal told
        if not 0 <= (now := clock()) - told < pause:
            told = now
            sink(news)

    return tell


class _Meter:
    """Estimates the time left from the pace of the present count and from how long the part before took."""

    def __init__(self, sink: Sink, clock: Clock) -> None:
        self._sink, self._clock = sink, clock
        self._part, self._after, self._began = "", 0, clock()
        self._took: float | None = None
        self._counted: tuple[str, int] | None = None
        self._first = self._latest = 0
        self._since = self._began

    def enter(self, words: str, after: int) -> None:
        if after != self._after - 1:  # another series of parts, whose pace is not known yet
            self._took = None
        self._part, self._after, self._began, self._counted = words, after, self._clock(), None
        self._sink(Progress(part=words, left=self._left(None, self._began)))

    def leave(self) -> None:
        self._took, self._part, self._counted = self._clock() - self._began, "", None

    def count(self, done: int, total: int, what: str) -> None:
        now = self._clock()
        if self._counted != (what, total) or done < self._latest:
            self._counted, self._first, self._since = (what, total), done, now
        self._latest = done
        steps = done - self._first
        rest = (now - self._since) / steps * (total - done) if steps > 0 else None
        self._sink(Progress(what, done, total, self._part, self._left(rest, now)))

    def _left(self, rest: float | None, now: float) -> float | None:
        """Seconds to the end of all parts, given those to the end of this one by its own count, if it has one."""
        if not self._part:
            return rest
        spent = now - self._began
        if rest is not None:
            return rest + self._after * (self._took if self._took is not None else spent + rest)
        return None if self._took is None else max(0.0, self._took - spent) + self._after * self._took


_METER: ContextVar[_Meter | None] = ContextVar("mfcheck_progress", default=None)
