"""The level of effort at which a finding that is left open would be decided, with the draws and time that it plans."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mfcheck.findings.claim import Claim
from mfcheck.findings.report import Separating
from mfcheck.findings.sections import section_of
from mfcheck.findings.states import claims_of
from mfcheck.settings import LEVELS, Settings, levels_above
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from mfcheck.decisions.suite import ClaimTest

MOST_FINDINGS, SECONDS = 10, 20.0
"""Of so many open findings levels are planned, and no more once that has taken so long."""
Plain = Mapping[str, Any]


def separating(report: Plain, settings: Settings, theory: PaperTheory) -> list[dict[str, Any]]:
    """For each open finding of a gating claim of the suite, a level that would decide it, as plain data.

    Nothing is drawn for it: time is the finding's own, by the number of draws.
    """
    wanted = list(_open(report))[:MOST_FINDINGS]
    if not wanted:
        return []
    from mfcheck.decisions.suite import suite_claims

    tests, found = suite_claims(), []
    start = time.monotonic()
    for id, finding in wanted:
        if time.monotonic() - start > SECONDS:
            break
        if (one := _level_for(tests.get(id), finding, settings, theory)) is not None:
            found.append(asdict(one))
    return found


def _open(report: Plain) -> Iterator[tuple[str, Plain]]:
    for claim in claims_of(report):
        for finding in claim["findings"] if section_of(claim["id"]).gates else ():
            if finding["verdict"] == Verdict.UNDECIDED and finding["draws"]:
                yield claim["id"], finding


def _level_for(
    known: tuple[Claim, ClaimTest] | None, finding: Plain, settings: Settings, theory: PaperTheory
) -> Separating | None:
    """The first higher level that separates the estimate from its margin's edge, or else the last that is planned."""
    if known is None:
        return None
    claim, test = known
    last = None
    for name in levels_above(settings.level.title):
        try:
            last = _at(claim, test, finding, replace(settings, level=LEVELS[name]), theory) or last
        except Exception:  # a report is written whatever a claim cannot plan
            continue
        if last is not None and last.separates:
            break
    return last


def _at(claim: Claim, test: ClaimTest, finding: Plain, settings: Settings, theory: PaperTheory) -> Separating | None:
    """What the settings' level plans in the finding's cell, or in one that differs from it in sizes alone."""
    from mfcheck.decisions.decide import asked
    from mfcheck.ensembles.store import ChunkStore
    from mfcheck.theorems.cells_of_a_run import each_cell
    from mfcheck.verdict import NotCovered

    cells = [cell for _, _, cell in each_cell([(claim, test)], settings)]
    same = [cell for cell in cells if cell.id == finding["cell"]]
    like = [cell for cell in cells if cell.engine == finding["engine"] and _details(cell.details, finding)]
    for cell in (*same, *like):
        asks, trial = asked(test, claim, cell, settings, theory, ChunkStore())
        for ask in asks:
            try:
                plan = trial.plan(ask)
            except NotCovered:
                continue
            margin = plan.margin.total
            away = min(abs(finding["estimate"] - (finding["reference"] + side * margin)) for side in (-1, 1))
            return Separating(
                claim=claim.id,
                cell=finding["cell"],
                level=settings.level.name,
                margin=margin,
                draws=plan.first,
                seconds=plan.first * finding["seconds"] / finding["draws"],
                separates=away > margin / 2 > 0,
                same_cell=cell.id == finding["cell"],
            )
    return None


def _details(details: Mapping[str, Any], finding: Plain) -> bool:
    """Whether a cell is of the same kind: what its details say in words is the same, whatever the numbers."""
    said = {name: value for name, value in details.items() if isinstance(value, str)}
    return all(finding["parameters"].get(name) == value for name, value in said.items())
