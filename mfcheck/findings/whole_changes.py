"""What two runs come to as wholes: verdicts of theorems, fates of wrong twins, and the circumstances of either."""

from __future__ import annotations

from collections.abc import Iterator

from mfcheck.findings import wording
from mfcheck.findings.common_ground import Runs
from mfcheck.findings.compared import Change, Kind, Theorem, Weight
from mfcheck.findings.finding_changes import change
from mfcheck.verdict import SEVERITY, Verdict


def theorem_changes(runs: Runs) -> Iterator[Change]:
    """Verdicts of theorems that fell or rose, where all of both runs' cells count.

    A report of the first schema names no regime, so that what a fall from it says of the theory cannot be told.
    """
    if not runs.of_the_same:
        return
    for id, before in runs.old.theorems.items():
        after = runs.new.theorems.get(id, before)
        if before is after or Verdict.NOT_APPLICABLE in (before, after):
            continue  # where a theorem has become applicable, or no more so, its cells tell
        fell, known = SEVERITY.index(after) < SEVERITY.index(before), runs.know_regimes
        weight = Weight.IMPROVEMENT if not fell else Weight.REGRESSION if known else Weight.NOTE
        why = "" if known or not fell else "; the older report knows no regimes"
        yield change(Kind.VERDICT, id, "", f"{_then(before)} and {_now(after)}{why}", weight)


def both_verdicts(runs: Runs) -> Iterator[Theorem]:
    """The verdicts of all theorems of either run, in the new one's order."""
    old, new = runs.old, runs.new
    for id in dict.fromkeys((*new.theorems, *old.theorems)):
        before, after = old.theorems.get(id), new.theorems.get(id)
        yield Theorem(id, before.value if before else "", after.value if after else "")


def twin_changes(runs: Runs) -> Iterator[Change]:
    """Twins that survive one by one, the others together by what became of them."""
    old, new = runs.old, runs.new
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


def other_circumstances(runs: Runs) -> Iterator[Change]:
    """What else was another one: versions, files, devices, α, the theory and its code."""
    old, new = runs.old.circumstances, runs.new.circumstances
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name, "not stated"), new.get(name, "not stated")
        if before != after:
            yield Change(Kind.ENVIRONMENT, Weight.NOTE, "", "", f"{name} was {before} and is {after}")


def _then(verdict: Verdict) -> str:
    return "held in part" if verdict is Verdict.IN_PART else f"was {verdict}"


def _now(verdict: Verdict) -> str:
    return verdict.value if verdict is Verdict.IN_PART else f"is {verdict}"
