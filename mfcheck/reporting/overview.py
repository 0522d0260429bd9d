"""The first screen of a report: a line for each theorem, what this run is, what needs attention, and what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mfcheck.findings import states
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Declared, Failure, Report, TheoremRecord, state_of
from mfcheck.findings.wording import plural
from mfcheck.reporting.clauses import clause
from mfcheck.reporting.finding_rows import anchor
from mfcheck.reporting.next_steps import Step, after_errors, after_holes, next_steps
from mfcheck.reporting.words import changes_text, comparison_text, coverage_table, phrases, twins_table
from mfcheck.reporting.words.numbers import scientific, seconds
from mfcheck.reporting.words.statements import formula_of, typeset, words_of
from mfcheck.verdict import Verdict

WORDS = {
    Verdict.SUPPORTED.value: "holds",
    states.EXPECTED: "refuted, as declared",
    Verdict.NOT_APPLICABLE.value: "does not apply",
}
"""What the verdict of a whole is called on the first screen, where it is not called by its name."""


@dataclass(frozen=True)
class Line:
    """One theorem on the first screen: what it says, its verdict, and one clause with the numbers of this report."""

    anchor: str
    title: str
    words: Markup
    formula: Markup
    state: str
    verdict: str
    clause: Markup


def lines(report: Report) -> list[Line]:
    """A line for each section of the report, in its order."""
    return [_line(theorem) for theorem in report.theorems]


def _line(theorem: TheoremRecord) -> Line:
    return Line(
        anchor=anchor(theorem.claims[0].id) if theorem.claims else "findings",
        title=theorem.title.split(" — ")[0].split(" - ")[0],
        words=words_of(theorem),
        formula=formula_of(theorem),
        state=theorem.standing,
        verdict=word(theorem.standing),
        clause=typeset(clause(theorem)),
    )


def word(state: str) -> str:
    """The verdict of a whole in the words of the first screen.

    >>> word("supported"), word("holds in part")
    ('holds', 'holds in part')
    """
    return WORDS.get(state, state)


def facts(report: Report) -> dict[str, str]:
    """What this run is: theory, level, seed, error bound, coverage, time and machine, by what they are called."""
    total = sum(finding.seconds for finding in report.findings)
    machine = report.environment.get("platform", "")
    cores = report.environment.get("cores")
    found = {
        "theory on trial": report.theory,
        "architectures": ", ".join(report.architectures),
        "level": report.level + (", claims or cells left out" if report.narrowed else ""),
        "seed": str(report.seed),
        "family error bound": f"{scientific(report.family_error_bound)}: {phrases.FAMILY_BOUND}",
        "wrong twins": twins_table.verdict(report) if report.twins else "",
        "coverage": coverage_table.verdict(report).removeprefix("coverage: "),
        "computing time": f"{seconds(total)}, summed over workers" if total else "",
        "machine": f"{machine}{f', {cores} cores' if cores else ''}",
        "images": phrases.dataset(report.dataset) if report.dataset.name else "",
        "written": f"{report.created} by mfcheck {report.mfcheck}",
    }
    return {name: text for name, text in found.items() if text}


@dataclass(frozen=True)
class Notice:
    """Something that needs attention, on a finding or a claim as a whole, and what to do about it."""

    state: str
    claim: str
    cell: str
    says: str
    command: str = ""
    steps: tuple[Step, ...] = ()

    @property
    def anchor(self) -> str:
        """Where the page has it: what ended in an error has no row of its own, and a declaration may name no claim."""
        if self.state in states.GLYPHS:
            return anchor(self.claim, self.cell)
        return anchor(self.claim) if self.cell else ""


def notices(report: Report) -> list[Notice]:
    """All that is not as it should be: declarations that were not met, errors, and what is not supported."""
    found = [_unmet(entry) for entry in report.unmet]
    for claim in report.claims:
        found += [_error(claim, error) for error in claim.errors]
        found += [_notice(finding, report) for finding in claim.findings if state_of(finding) in states.UNSUPPORTED]
    return found


def declared(report: Report) -> list[Notice]:
    """The refutations that were declared beforehand."""
    return [_notice(finding, report) for finding in report.in_state(states.EXPECTED)]


def _notice(finding: Finding, report: Report) -> Notice:
    steps = tuple(next_steps(finding, report))
    told = phrases.sentence(finding)
    return Notice(state_of(finding), finding.claim, finding.cell, told, finding.reproduce, steps)


def _error(claim: ClaimRecord, error: Failure) -> Notice:
    return Notice("error", claim.id, error.cell, error.message)


def _unmet(entry: Declared) -> Notice:
    why = f" (declared: {entry.reason})" if entry.reason else ""
    return Notice(f"expected refutation {entry.status}", entry.claim, "", f"{entry.message}{why}")


def alarms(report: Report) -> Iterator[str]:
    """What needs attention, in a few words each; nothing where all is as it should be."""
    found = report.tally
    undeclared = sum(1 for _ in report.in_state(Verdict.REFUTED))
    if not report.theorems:
        yield "no claim was tried in this run, so it supports nothing"
    if undeclared:
        yield f"{plural(undeclared, 'finding')} refuted"
    if found[Verdict.UNDECIDED]:
        yield f"{plural(found[Verdict.UNDECIDED], 'finding')} undecided"
    if found.errors:
        yield f"{plural(found.errors, 'cell')} ended in an error"
    if unmet := report.unmet:
        yield f"{plural(len(unmet), 'expected refutation')} did not come about as declared"
    if survivors := twins_table.survivors(report):
        yield f"{plural(len(survivors), 'wrong twin')} of the theory survived: the run would not have noticed them"
    if holes := coverage_table.open_holes(report):
        yield f"{plural(len(holes), 'hole')} in the coverage of the theory"
    if report.comparison and (behind := report.comparison.regressions):
        yield plural(len(behind), "regression")


def steps(report: Report) -> list[Step]:
    """What to do about the run as a whole."""
    return [*after_errors(report), *after_holes(coverage_table.open_holes(report), report)]


def changed(report: Report) -> str:
    """What changed against the baseline, or in the theory, in one sentence; empty where nothing was compared."""
    told = []
    if report.comparison is not None:
        told.append(f"{comparison_text.headline(report.comparison)}: {comparison_text.facts(report.comparison)}")
    if report.changes is not None:
        told.append(f"{changes_text.title(report)}: {plural(len(report.changes.formulas), 'formula')}.")
    return " ".join(told)
