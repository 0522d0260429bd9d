"""Two runs held against each other, cell by cell: what changed, and whether that is a regression."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from mfcheck.findings import states, wording
from mfcheck.findings.common_ground import is_part, matched, of_the_same
from mfcheck.findings.compared import Change, Comparison, Kind, Theorem, Weight
from mfcheck.findings.sections import section_of
from mfcheck.findings.snapshot import FILES, Place, Seen, Snapshot
from mfcheck.verdict import SEVERITY, Verdict

ERROR = "error"
RANKS: dict[str, int] = {
    ERROR: 0,
    Verdict.REFUTED: 1,
    Verdict.UNDECIDED: 2,
    Verdict.NOT_APPLICABLE: 3,
    states.EXPECTED: 4,
    Verdict.SUPPORTED: 4,
}
SETTLED = (states.EXPECTED, Verdict.SUPPORTED)
"""States that a run ends well in: any change of one is a regression, an expected refutation that is gone too."""


def compare(old: Snapshot, new: Snapshot) -> Comparison:
    """All differences between two runs; of a new one that left out what the older one tried, only in its own cells."""
    part = is_part(old, new)
    twins = [] if part else _twins(old, new)
    changes = [*_theorems(old, new), *_cells(old, new), *twins, *_circumstances(old, new), *_nothing(old, new)]
    pairs = [
        (one, other)
        for place in old.cells.keys() & new.cells.keys()
        for one, other in matched(old.cells[place], new.cells[place])
        if one is not None and other is not None
    ]
    same = [(one, other) for one, other in pairs if _same_quantity(one, other, old, new)]
    order = {weight: place for place, weight in enumerate(Weight)}
    return Comparison(
        old=old.name,
        old_seed=old.seed,
        new_seed=new.seed,
        narrowed=part,
        findings=len(pairs),
        left_out=len(set(old.places) - set(new.places)) if part else 0,
        chance=math.fsum(one.alpha + other.alpha for one, other in same),
        changes=tuple(sorted(changes, key=lambda change: order[Weight(change.weight)])),
        intervals=len(same),
        theorems=tuple(_both_verdicts(old, new)) if of_the_same(old, new) else (),
    )


def _nothing(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """That nothing of what the new run tried, of what gates if any of it does, is in the older one, where no loss says
    so: of what nobody looked at nothing is known."""
    gating = [place for place in new.places if section_of(place[0]).gates]
    told = not is_part(old, new) and any(section_of(claim).gates for claim, _ in old.places)
    if not told and set(old.places).isdisjoint(gating or new.places):
        said = f"nothing is compared: of {wording.plural(len(old.places), 'cell')} of {old.name} this run tried none"
        yield Change(Kind.LOST, Weight.REGRESSION, "", "", said)


def _both_verdicts(old: Snapshot, new: Snapshot) -> Iterator[Theorem]:
    """The verdicts of all theorems of either run, in the new one's order."""
    for id in dict.fromkeys((*new.theorems, *old.theorems)):
        before, after = old.theorems.get(id), new.theorems.get(id)
        yield Theorem(id, before.value if before else "", after.value if after else "")


def _theorems(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Verdicts of theorems that fell or rose, where all of both runs' cells count.

    A report of the first schema names no regime, so that what a fall from it says of the theory cannot be told.
    """
    if not of_the_same(old, new):
        return
    for id, before in old.theorems.items():
        after = new.theorems.get(id, before)
        if before is after or Verdict.NOT_APPLICABLE in (before, after):
            continue  # where a theorem has become applicable, or no more so, its cells tell
        fell, known = SEVERITY.index(after) < SEVERITY.index(before), _both_know_regimes(old, new)
        weight = Weight.IMPROVEMENT if not fell else Weight.REGRESSION if known else Weight.NOTE
        why = "" if known or not fell else "; the older report knows no regimes"
        yield _change(Kind.VERDICT, id, "", f"{_then(before)} and {_now(after)}{why}", weight)


def _both_know_regimes(old: Snapshot, new: Snapshot) -> bool:
    """Whether both reports would name regimes, or neither."""
    return (old.schema > 1) == (new.schema > 1)


def _then(verdict: Verdict) -> str:
    return "held in part" if verdict is Verdict.IN_PART else f"was {verdict}"


def _now(verdict: Verdict) -> str:
    return verdict.value if verdict is Verdict.IN_PART else f"is {verdict}"


def _cells(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    before, after = old.places, new.places
    if not is_part(old, new):
        gone = {claim for claim, _ in before} - {claim for claim, _ in after}
        for claim, count in Counter(claim for claim, _ in before if claim in gone).items():
            yield _change(Kind.LOST, claim, "", f"the claim is gone with its {wording.plural(count, 'cell')}")
        for claim, cell in before:
            if (claim, cell) not in after and claim not in gone:
                yield _change(Kind.LOST, claim, cell, f"the cell is gone; it was {_states(old, (claim, cell))}")
    yield from _new_cells(new, [place for place in after if place not in before], {claim for claim, _ in before})
    for place in after:
        if place in before:
            yield from _one_cell(old, new, place)


def _new_cells(new: Snapshot, places: Sequence[Place], known: Collection[str]) -> Iterator[Change]:
    """New cells, those that hold of a new claim in one."""
    sound: Counter[str] = Counter()
    for claim, cell in places:
        found = _states(new, (claim, cell))
        if (claim, cell) in new.errors or any(seen.state in states.UNSUPPORTED for seen in new.cells[claim, cell]):
            yield _change(Kind.NEW, claim, cell, f"the cell is new, and {found}")
        elif claim in known:
            yield _change(Kind.NEW, claim, cell, f"the cell is new, and {found}", Weight.NOTE)
        else:
            sound[claim] += 1
    for claim, count in sound.items():
        said = f"the claim is new, with {wording.plural(count, 'cell')} that {'holds' if count == 1 else 'hold'}"
        yield _change(Kind.NEW, claim, "", said, Weight.NOTE)


def _one_cell(old: Snapshot, new: Snapshot, place: Place) -> Iterator[Change]:
    if place in new.errors:
        if place not in old.errors:
            message = wording.cut(" ".join(new.errors[place].split()), 300)
            yield _change(Kind.ERROR, *place, f"was {_states(old, place)} and ended in an error: {message}")
    elif place in old.errors:
        said = f"ended in an error and is {_states(new, place)}"
        yield _change(Kind.VERDICT, *place, said, Weight.IMPROVEMENT)
    told = place in old.errors or place in new.errors  # with what an error has kept from being decided
    for one, other in matched(old.cells.get(place, ()), new.cells.get(place, ())):
        if told and (one is None or other is None):
            continue
        if other is None:
            assert one is not None
            yield _change(Kind.LOST, *place, f"{_named(one)} is no longer decided; it was {one.state}")
        elif one is None:
            weight = Weight.REGRESSION if other.state in states.UNSUPPORTED else Weight.NOTE
            yield _change(Kind.NEW, *place, f"{_named(other)} is decided for the first time: {other.state}", weight)
        else:
            yield from _one_finding(one, other, place, old, new)


def _one_finding(one: Seen, other: Seen, place: Place, old: Snapshot, new: Snapshot) -> Iterator[Change]:
    if one.state != other.state:
        shown = f"{_named(other)} was {one.state} and is {other.state}: interval {_shown(one)}, now {_shown(other)}"
        yield _of(other, _change(Kind.VERDICT, *place, shown, _weight(one.state, other.state)))
    if one.interval is None or other.interval is None:
        return
    if one.regime != other.regime and _both_know_regimes(old, new):
        said = f"{_named(other)} spoke of {one.regime or 'no regime'} and speaks of {other.regime or 'none'}"
        yield _change(Kind.STATEMENT, *place, said, Weight.NOTE)
    moved = f"interval {_shown(one)}, now {_shown(other)}, with nothing in common" if _apart(one, other) else ""
    if difference := _statement(one, other):
        # With other inputs a margin that they enter is another one too, and says nothing new.
        if one.statistic != other.statistic or _same_inputs(one, old, new):
            yield _change(Kind.STATEMENT, *place, "; ".join(filter(None, (difference, moved))), Weight.NOTE)
    elif moved and one.state == other.state:
        if _same_inputs(one, old, new):
            yield _of(other, _change(Kind.MOVED, *place, f"{_named(other)}: {moved}"))
        else:
            reason = f"it looked at other inputs; a run with --mf-seed {old.seed} tells whether they are the cause"
            yield _change(Kind.MOVED, *place, f"{_named(other)}: {moved}; {reason}", Weight.NOTE)


def _of(seen: Seen, change: Change) -> Change:
    """A change with what the theory allows there and how to repeat it."""
    allowed = "" if seen.interval is None else wording.within(*seen.region)
    return replace(change, allowed=allowed, reproduce=seen.reproduce)


def _statement(one: Seen, other: Seen) -> str:
    """What of the quantity itself is another one; empty if its interval is for the same."""
    if one.statistic != other.statistic:
        return f"decided is the {other.statistic}, which was the {one.statistic}"
    differences = []
    if not _close(one.reference, other.reference):
        differences.append(f"the theory's value was {one.reference:.6g} and is {other.reference:.6g}")
    if not all(map(_close, one.region, other.region)):
        differences.append(f"allowed was {wording.within(*one.region)} and is {wording.within(*other.region)}")
    return f"{_named(other)}: {', '.join(differences)}" if differences else ""


def _same_quantity(one: Seen, other: Seen, old: Snapshot, new: Snapshot) -> bool:
    decided = one.interval is not None and other.interval is not None
    return decided and not _statement(one, other) and _same_inputs(one, old, new)


def _same_inputs(one: Seen, old: Snapshot, new: Snapshot) -> bool:
    """Whether both looked at the same inputs: the seed picks them from the files, and the engine wishart sees none."""
    return one.engine == "wishart" or (old.seed, old.circumstances[FILES]) == (new.seed, new.circumstances[FILES])


def _apart(one: Seen, other: Seen) -> bool:
    assert one.interval is not None
    assert other.interval is not None
    return one.interval[1] < other.interval[0] or other.interval[1] < one.interval[0]


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def _weight(before: str, after: str) -> Weight:
    if before in SETTLED or RANKS[after] < RANKS[before]:
        return Weight.REGRESSION
    return Weight.IMPROVEMENT


def _twins(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    """Twins that survive one by one, the others together by what became of them."""
    others: dict[tuple[str, str], list[str]] = {}
    for name in dict.fromkeys((*new.twins, *old.twins)):
        before, after = old.twins.get(name, "absent"), new.twins.get(name, "absent")
        if after == "survived" and (before == "killed" or (new.full and before != after)):
            yield Change(Kind.TWIN, Weight.REGRESSION, "", "", f"{name}: was {before} and has survived")
        elif before != after:
            others.setdefault((before, after), []).append(name)
    for (before, after), names in others.items():
        weight = Weight.IMPROVEMENT if after == "killed" else Weight.NOTE
        said = f"{wording.plural(len(names), 'twin')} once {before} and now {after}: {', '.join(names)}"
        yield Change(Kind.TWIN, weight, "", "", wording.cut(said, 300))


def _circumstances(old: Snapshot, new: Snapshot) -> Iterator[Change]:
    for name in dict.fromkeys((*old.circumstances, *new.circumstances)):
        before, after = old.circumstances.get(name, "not stated"), new.circumstances.get(name, "not stated")
        if before != after:
            yield Change(Kind.ENVIRONMENT, Weight.NOTE, "", "", f"{name} was {before} and is {after}")


def _change(kind: Kind, claim: str, cell: str, says: str, weight: Weight = Weight.REGRESSION) -> Change:
    """A change of a claim; one that never gates is only noted."""
    return Change(kind, weight if section_of(claim).gates else Weight.NOTE, claim, cell, says)


def _states(run: Snapshot, place: Place) -> str:
    states = [seen.state for seen in run.cells.get(place, ())] + [ERROR] * (place in run.errors)
    return " and ".join(dict.fromkeys(states))


def _named(seen: Seen) -> str:
    return f"the {seen.statistic}" if seen.statistic else "the finding"


def _shown(seen: Seen) -> str:
    return "none" if seen.interval is None else wording.within(*seen.interval)
