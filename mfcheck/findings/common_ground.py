"""What two runs have in common: whether one is a part of the other, and which of their findings belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from mfcheck.findings.snapshot import FILES, Seen, Snapshot


@dataclass(frozen=True)
class Runs:
    """An older run, and the new one that is held against it."""

    old: Snapshot
    new: Snapshot

    @property
    def part(self) -> bool:
        """Whether the new run may have left out, on purpose, what the older one tried."""
        return self.new.narrowed and not self._so_narrowed

    @property
    def of_the_same(self) -> bool:
        """Whether both tried the same claims and cells, or all there are, so that theorems can be compared."""
        narrowed = self.old.narrowed or self.new.narrowed
        return not narrowed or self._so_narrowed or self.old.places == self.new.places

    @property
    def know_regimes(self) -> bool:
        """Whether both reports would name regimes, or neither."""
        return (self.old.schema > 1) == (self.new.schema > 1)

    def same_inputs(self, seen: Seen) -> bool:
        """Whether both looked at the same inputs: the seed picks them from the files, the engine wishart sees none."""
        before, after = (run.circumstances[FILES] for run in (self.old, self.new))
        return seen.engine == "wishart" or (self.old.seed, before) == (self.new.seed, after)

    @property
    def _so_narrowed(self) -> bool:
        """Whether both runs were narrowed, and by the same command."""
        narrowed = self.old.narrowed and self.new.narrowed
        return narrowed and bool(self.new.selection) and self.old.selection == self.new.selection


def matched(one: Sequence[Seen], other: Sequence[Seen]) -> Iterator[tuple[Seen | None, Seen | None]]:
    """The findings of a cell by both runs, those of one statistic together, in order, and then the others."""
    left = list(other)
    unmatched = []
    for seen in one:
        same = (place for place, its in enumerate(left) if seen.statistic and its.statistic == seen.statistic)
        found = next(same, None)
        if found is None:
            unmatched.append(seen)
        else:
            yield seen, left.pop(found)
    yield from zip_longest(unmatched, left)
