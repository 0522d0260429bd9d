"""One finding of two runs: whether its verdict, what it is a finding of, or its interval is another one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from mfcheck.findings import wording
from mfcheck.findings.common_ground import Runs
from mfcheck.findings.compared import Change, Kind, Weight
from mfcheck.findings.sections import section_of
from mfcheck.findings.snapshot import Place, Seen
from mfcheck.verdict import Verdict

UNSETTLED = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.NOT_APPLICABLE)
"""States that a run does not end well in, the worst first; to leave any other is a regression, an expected refutation
too."""


def changes_of(one: Seen, other: Seen, place: Place, runs: Runs) -> Iterator[Change]:
    """The changes of one finding, by the older run and by the new one: of its state, its statement, its interval."""
    if one.state != other.state:
        shown = f"{named(other)} was {one.state} and is {other.state}: interval {_shown(one)}, now {_shown(other)}"
        yield _of(other, change(Kind.VERDICT, *place, shown, _weight(one.state, other.state)))
    if one.interval is None or other.interval is None:
        return
    if one.regime != other.regime and runs.know_regimes:
        said = f"{named(other)} spoke of {one.regime or 'no regime'} and speaks of {other.regime or 'none'}"
        yield change(Kind.STATEMENT, *place, said, Weight.NOTE)
    moved = f"interval {_shown(one)}, now {_shown(other)}, with nothing in common" if _apart(one, other) else ""
    if difference := _statement(one, other):
        # With other inputs a margin that they enter is another one too, and says nothing new.
        if one.statistic != other.statistic or runs.same_inputs(one):
            yield change(Kind.STATEMENT, *place, "; ".join(filter(None, (difference, moved))), Weight.NOTE)
    elif moved and one.state == other.state:
        if runs.same_inputs(one):
            yield _of(other, change(Kind.MOVED, *place, f"{named(other)}: {moved}"))
        else:
            reason = f"it looked at other inputs; a run with --mf-seed {runs.old.seed} tells whether they are the cause"
            yield change(Kind.MOVED, *place, f"{named(other)}: {moved}; {reason}", Weight.NOTE)


def of_one_quantity(one: Seen, other: Seen, runs: Runs) -> bool:
    """Whether both have an interval, and for the same number."""
    decided = one.interval is not None and other.interval is not None
    return decided and not _statement(one, other) and runs.same_inputs(one)


def change(kind: Kind, claim: str, cell: str, says: str, weight: Weight = Weight.REGRESSION) -> Change:
    """A change of a claim; one that never gates is only noted."""
    return Change(kind, weight if section_of(claim).gates else Weight.NOTE, claim, cell, says)


def named(seen: Seen) -> str:
    """A finding by what it measures."""
    return f"the {seen.statistic}" if seen.statistic else "the finding"


def _of(seen: Seen, found: Change) -> Change:
    """A change with what the theory allows there and how to repeat it."""
    allowed = "" if seen.interval is None else wording.within(*seen.region)
    return replace(found, allowed=allowed, reproduce=seen.reproduce)


def _statement(one: Seen, other: Seen) -> str:
    """What of the quantity itself is another one; empty if its interval is for the same."""
    if one.statistic != other.statistic:
        return f"decided is the {other.statistic}, which was the {one.statistic}"
    differences = []
    if not _close(one.reference, other.reference):
        differences.append(f"the theory's value was {one.reference:.6g} and is {other.reference:.6g}")
    if not all(map(_close, one.region, other.region)):
        differences.append(f"allowed was {wording.within(*one.region)} and is {wording.within(*other.region)}")
    return f"{named(other)}: {', '.join(differences)}" if differences else ""


def _apart(one: Seen, other: Seen) -> bool:
    assert one.interval is not None
    assert other.interval is not None
    return one.interval[1] < other.interval[0] or other.interval[1] < one.interval[0]


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def _weight(before: str, after: str) -> Weight:
    worse = before not in UNSETTLED or after in UNSETTLED[: UNSETTLED.index(Verdict(before))]
    return Weight.REGRESSION if worse else Weight.IMPROVEMENT


def _shown(seen: Seen) -> str:
    return "none" if seen.interval is None else wording.within(*seen.interval)
