"""Two runs held against each other, cell by cell: what changed, and whether that is a regression."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from mfcheck.findings import states, wording
from mfcheck.findings.common_ground import Runs, matched
from mfcheck.findings.compared import Change, Comparison, Kind, Weight
from mfcheck.findings.finding_changes import change, changes_of, named, of_one_quantity
from mfcheck.findings.sections import section_of
from mfcheck.findings.snapshot import Place, Snapshot
from mfcheck.findings.whole_changes import both_verdicts, other_circumstances, theorem_changes, twin_changes


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """All differences between two runs; of a new one that left out what the older one tried, only in its own cells."""
    runs = Runs(old, new)
    twins = () if runs.part else twin_changes(runs)
    found = [*theorem_changes(runs), *_cells(runs), *twins, *other_circumstances(runs), *_nothing(runs)]
    pairs = [
        (one, other)
        for place in old.cells.keys() & new.cells.keys()
        for one, other in matched(old.cells[place], new.cells[place])
        if one is not None and other is not None
    ]
    same = [(one, other) for one, other in pairs if of_one_quantity(one, other, runs)]
    order = {weight: place for place, weight in enumerate(Weight)}
    return Comparison(
        old=old.name,
        old_seed=old.seed,
        new_seed=new.seed,
        narrowed=runs.part,
        findings=len(pairs),
        left_out=len(set(old.places) - set(new.places)) if runs.part else 0,
        chance=math.fsum(one.alpha + other.alpha for one, other in same),
        changes=tuple(sorted(found, key=lambda one: order[Weight(one.weight)])),
        intervals=len(same),
        theorems=tuple(both_verdicts(runs)) if runs.of_the_same else (),
    )


def _nothing(runs: Runs) -> Iterator[Change]:
    """That nothing of what the new run tried, of what gates if any of it does, is in the older one, where no loss says
    so: of what nobody looked at nothing is known."""
    old, new = runs.old, runs.new
    gating = [place for place in new.places if section_of(place[0]).gates]
    lost = not runs.part and any(section_of(claim).gates for claim, _ in old.places)
    if not lost and set(old.places).isdisjoint(gating or new.places):
        said = f"nothing is compared: of {wording.plural(len(old.places), 'cell')} of {old.name} this run tried none"
        yield Change(Kind.LOST, Weight.REGRESSION, "", "", said)


def _cells(runs: Runs) -> Iterator[Change]:
    old, new = runs.old, runs.new
    before, after = old.places, new.places
    if not runs.part:
        gone = {claim for claim, _ in before} - {claim for claim, _ in after}
        for claim, count in Counter(claim for claim, _ in before if claim in gone).items():
            yield change(Kind.LOST, claim, "", f"the claim is gone with its {wording.plural(count, 'cell')}")
        for claim, cell in before:
            if (claim, cell) not in after and claim not in gone:
                yield change(Kind.LOST, claim, cell, f"the cell is gone; it was {_states(old, (claim, cell))}")
    yield from _new_cells(new, [place for place in after if place not in before], {claim for claim, _ in before})
    for place in after:
        if place in before:
            yield from _one_cell(runs, place)


def _new_cells(new: Snapshot, places: Sequence[Place], known: Collection[str]) -> Iterator[Change]:
    """New cells, those that hold of a new claim in one."""
    sound: Counter[str] = Counter()
    for claim, cell in places:
        found = _states(new, (claim, cell))
        if (claim, cell) in new.errors or any(seen.state in states.UNSUPPORTED for seen in new.cells[claim, cell]):
            yield change(Kind.NEW, claim, cell, f"the cell is new, and {found}")
        elif claim in known:
            yield change(Kind.NEW, claim, cell, f"the cell is new, and {found}", Weight.NOTE)
        else:
            sound[claim] += 1
    for claim, count in sound.items():
        said = f"the claim is new, with {wording.plural(count, 'cell')} that {'holds' if count == 1 else 'hold'}"
        yield change(Kind.NEW, claim, "", said, Weight.NOTE)


def _one_cell(runs: Runs, place: Place) -> Iterator[Change]:
    old, new = runs.old, runs.new
    if place in new.errors:
        if place not in old.errors:
            message = wording.cut(" ".join(new.errors[place].split()), 300)
            yield change(Kind.ERROR, *place, f"was {_states(old, place)} and ended in an error: {message}")
    elif place in old.errors:
        said = f"ended in an error and is {_states(new, place)}"
        yield change(Kind.VERDICT, *place, said, Weight.IMPROVEMENT)
    broken = place in old.errors or place in new.errors  # with what an error has kept from being decided
    for one, other in matched(old.cells.get(place, ()), new.cells.get(place, ())):
        if broken and (one is None or other is None):
            continue
        if other is None:
            assert one is not None
            yield change(Kind.LOST, *place, f"{named(one)} is no longer decided; it was {one.state}")
        elif one is None:
            weight = Weight.REGRESSION if other.state in states.UNSUPPORTED else Weight.NOTE
            yield change(Kind.NEW, *place, f"{named(other)} is decided for the first time: {other.state}", weight)
        else:
            yield from changes_of(one, other, place, runs)


def _states(run: Snapshot, place: Place) -> str:
    found = [seen.state for seen in run.cells.get(place, ())] + ["error"] * (place in run.errors)
    return " and ".join(dict.fromkeys(found))
