"""Wrong twins of the theory and the claims that refute them: score, groups, and a matrix in plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from mfcheck.findings import wording
from mfcheck.findings.report import Report, Twin
from mfcheck.findings.report_shape import STATUSES
from mfcheck.theory.arguments import formulas
from mfcheck.theory.changes import PAPER

WIDTH = 120
NAME = 58
MOST_COLUMNS = (WIDTH - NAME) // 2
"""Claims whose column lies within the width."""
UNTESTED = "its claims did not run"


@dataclass(frozen=True)
class Score:
    """How many of the twins that could be refuted were, and what became of the others."""

    counts: Counter[str]

    @property
    def share(self) -> float:
        """Killed over killed and survived; 0 where none was tried."""
        tried = self.counts["killed"] + self.counts["survived"]
        return self.counts["killed"] / tried if tried else 0.0

    def __str__(self) -> str:
        killed, survived = self.counts["killed"], self.counts["survived"]
        if not killed + survived:
            return ", ".join(["no wrong twin was tried", *self._others()])
        tried = f"{killed} of {killed + survived} wrong twins refuted ({_percent(self.share)})"
        return ", ".join([tried, f"{survived} survived", *self._others()])

    def _others(self) -> list[str]:
        return [f"{self.counts[status]} {status}" for status in ("equivalent", "untested") if self.counts[status]]


def score(mutants: Sequence[Twin]) -> Score:
    """The score of some twins."""
    return Score(Counter(str(mutant.status) for mutant in mutants))


def survivors(report: Report) -> list[Twin]:
    """The twins that the whole suite ran against and did not refute; none of a part of it, which need not."""
    return _survived(report) if report.full else []


def verdict(report: Report) -> str:
    """The score of all twins in words."""
    others = not report.full and _survived(report)
    proviso = "; claims that did not run may refute what survived" if others else ""
    without = without_twins(report)
    none = f"; none could be made of {', '.join(without)}, which is no plain method" if without else ""
    return f"{score(report.twins)}{proviso}{none}"


def without_twins(report: Report) -> list[str]:
    """The formulas that a theory on trial changes and of which no twin was made from their source."""
    known, made = formulas(PAPER), {twin.formula for twin in report.twins}
    changed = report.changes.formulas if report.changes else ()
    return [one.formula for one in changed if one.formula in known and one.formula not in made]


def _survived(report: Report) -> list[Twin]:
    return [mutant for mutant in report.twins if mutant.status == "survived"]


def by_formula(mutants: Sequence[Twin]) -> dict[str, list[Twin]]:
    """The twins of every formula: formulas with survivors first, and within each the survivors."""
    groups: dict[str, list[Twin]] = {}
    for mutant in sorted(mutants, key=lambda mutant: STATUSES.index(mutant.status)):
        groups.setdefault(mutant.formula, []).append(mutant)
    return dict(sorted(groups.items(), key=lambda group: (group[1][0].status != "survived", group[0])))


def columns(report: Report) -> dict[str, str]:
    """The claims that killed any twin, in the report's order, with the shortest name that tells them apart."""
    killers = {id for mutant in report.twins for id in mutant.killed_by}
    ordered = [claim.id for claim in report.claims if claim.id in killers]
    ordered += sorted(killers - set(ordered))
    short = Counter(id.split("/", 1)[-1] for id in ordered)
    return {id: name if short[name := id.split("/", 1)[-1]] == 1 else id for id in ordered}


def change(mutant: Twin) -> str:
    """What a twin changed, without the name of the formula that its group says already."""
    return str(mutant.name).removeprefix(f"{mutant.formula}: ")


def fate(mutant: Twin) -> str:
    """A twin's status, with the reason where it needs one."""
    reason = mutant.reason or {"untested": UNTESTED}.get(mutant.status, "")
    return f"{mutant.status}: {reason}" if reason else str(mutant.status)


def mutant_table(report: Report) -> list[str]:
    """The matrix of twins and claims as lines of at most 120 columns."""
    mutants = report.twins
    if not mutants:
        return ["No wrong twin was tried in this run."]
    claims = dict(islice(columns(report).items(), MOST_COLUMNS))
    lines = [" " * NAME + "│ " * row + f"┌ {name}" for row, name in enumerate(claims.values())]
    for formula, group in by_formula(mutants).items():
        lines += ["", formula]
        for mutant in group:
            marks = "".join("✓ " if id in mutant.killed_by else "· " for id in claims)
            status = fate(mutant)
            shown = status.replace("survived", "✗ SURVIVED", 1) if mutant.status == "survived" else status
            lines.append(f"  {wording.cut(change(mutant), NAME - 3):{NAME - 2}}{marks} {shown}")
    return [wording.clip(line, WIDTH) for line in [*lines, "", str(score(mutants))]]


def _percent(share: float) -> str:
    """A share as percent that reads 100% only if nothing is missing."""
    return f"{100 * share:.0f}%" if share in (0, 1) else f"{min(max(100 * share, 0.1), 99.9):.1f}%"
