"""What two runs have in common: whether one is a part of the other, and which of their findings belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from mfcheck.findings.snapshot import Seen, Snapshot


def is_part(old: Snapshot, new: Snapshot) -> bool:
    """Whether the new run may have left out, on purpose, what the older one tried."""
    return new.narrowed and not _so_narrowed(old, new)


def of_the_same(old: Snapshot, new: Snapshot) -> bool:
    """Whether both runs tried the same claims and cells, or all there are, so that theorems can be compared."""
    return not (old.narrowed or new.narrowed) or _so_narrowed(old, new) or old.places == new.places


def _so_narrowed(old: Snapshot, new: Snapshot) -> bool:
    """Whether both runs were narrowed, and by the same command."""
    return old.narrowed and new.narrowed and bool(new.selection) and old.selection == new.selection


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
