"""The report as markdown: verdict first, what failed second, all evidence after."""

from __future__ import annotations

from collections.abc import Sequence

from mfcheck.findings import states
from mfcheck.findings.compared import as_comparison
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Report, Twin, state_of
from mfcheck.reporting.answers import answers
from mfcheck.reporting.studies import studies
from mfcheck.reporting.words import changes_text, coverage_table, numbers, phrases, twins_table
from mfcheck.reporting.words.comparison_text import comparison_blocks, headline
from mfcheck.reporting.words.marks import code as _code
from mfcheck.reporting.words.marks import fence as _fence
from mfcheck.reporting.words.marks import plain as _plain
from mfcheck.reporting.words.marks import table as _table
from mfcheck.verdict import Verdict

COLUMNS = (
    "",
    "verdict",
    "cell",
    "engine",
    "decided",
    "estimate",
    "interval",
    "allowed",
    "margin",
    "draws",
    "resolution",
    "seconds",
)


def render_markdown(report: Report) -> str:
    """The whole report as one markdown document."""
    blocks = [
        *_head(report),
        *_overview(report),
        *_comparison(report),
        *_changes(report),
        *_attention(report),
        *_expected(report),
        *_answers(report),
    ]
    for theorem in report.theorems:
        state = theorem.standing
        blocks.append(f"## {_plain(theorem.title)}: {_mark(state)}")
        blocks += [_plain(theorem.says)] if theorem.says else []
        for claim in theorem.claims:
            blocks += _claim(claim, report)
    blocks += [*_twins(report), *_coverage(report), *_environment(report)]
    return "\n\n".join(blocks) + "\n"


def _head(report: Report) -> list[str]:
    claims = list(report.claims)
    tally, mutants = report.tally, report.twins
    facts = {
        "Findings": f"{tally}{'. ' if tally.expectation else ''}{tally.expectation}",
        **({"Wrong twins": twins_table.verdict(report)} if mutants else {}),
        "Level": report.level,
        "Seed": report.seed,
        "Family error bound": f"{numbers.scientific(report.family_error_bound)} ({phrases.FAMILY_BOUND})",
        "Theory": report.theory,
        "Architectures": ", ".join(report.architectures),
        "Dataset": phrases.dataset(report.dataset),
    }
    lines = [f"- **{name}:** {_plain(value)}" for name, value in facts.items()]
    return [f"# mfcheck: {_mark(report.standing)}", "\n".join(lines)]


def _overview(report: Report) -> list[str]:
    if not report.theorems:
        return ["**No claim was tried in this run, so it supports nothing.**"]
    columns: tuple[str, ...] = ("theorem", "verdict", "findings")
    rows: list[tuple[str, ...]] = [
        (
            _plain(theorem.title),
            _mark(theorem.standing),
            str(theorem.tally),
        )
        for theorem in report.theorems
    ]
    where = [_plain(theorem.says) for theorem in report.theorems]
    if any(where):
        columns, rows = (*columns, "where it holds"), [(*row, said) for row, said in zip(rows, where, strict=True)]
    return [_table(columns, rows)]


def _comparison(report: Report) -> list[str]:
    if "comparison" not in report:
        return []
    comparison = as_comparison(report.comparison)
    return [f"## Compared with the baseline: {headline(comparison)}", *comparison_blocks(comparison)]


def _attention(report: Report) -> list[str]:
    blocks = [
        f"**✗ EXPECTED REFUTATION {_plain(entry.status).upper()}** {_code(entry.claim)}: {_plain(entry.message)}"
        for entry in report.unmet
    ]
    for claim in report.claims:
        for finding in claim.findings:
            if state_of(finding) in states.UNSUPPORTED:
                blocks.append(f"{_mark(finding.verdict)} {_code(claim.id)} in {_code(finding.cell)}")
                blocks += [_plain(phrases.sentence(finding)), _fence(finding.reproduce)]
        for error in claim.errors:
            blocks.append(f"**✗ ERROR** {_code(claim.id)} in {_code(error.cell)}: {_plain(error.message)}")
    return ["## What is not supported", *blocks] if blocks else []


def _expected(report: Report) -> list[str]:
    blocks = []
    for claim in report.claims:
        for finding in claim.findings:
            if state_of(finding) == states.EXPECTED:
                blocks.append(f"{_mark(states.EXPECTED)}: {_code(claim.id)} in {_code(finding.cell)}")
                blocks += [_plain(phrases.sentence(finding)), _fence(finding.reproduce)]
    return ["## Refutations that were expected", *blocks] if blocks else []


def _answers(report: Report) -> list[str]:
    found = answers(report)
    return ["## What training does", "\n".join(f"- {_plain(sentence)}" for sentence in found)] if found else []


def _claim(claim: ClaimRecord, report: Report) -> list[str]:
    state = claim.standing
    blocks = [f"### {_code(claim.id)}: {_mark(state)}", f"{_plain(claim.says)}"]
    blocks += [_plain(claim.where)] if claim.where else []
    blocks += [f"**✗ ERROR** in {_code(error.cell)}: {_plain(error.message)}" for error in claim.errors]
    decided = [finding for finding in claim.findings if finding.verdict is not Verdict.NOT_APPLICABLE]
    captions = [f"- Row {row}: {_plain(f.figure)}" for row, f in enumerate(decided, 1) if f.figure]
    if decided:
        rows = [_row(row, finding) for row, finding in enumerate(decided, 1)]
        blocks.append(_table(*_with_regimes(rows, decided)))
    if captions:
        blocks.append("\n".join(captions))
    reasons = [
        f"- {_code(finding.cell)}: {_plain(phrases.sentence(finding))}"
        for finding in claim.findings
        if finding.verdict == Verdict.NOT_APPLICABLE
    ]
    if reasons:
        blocks.append("\n".join(reasons))
    for study in studies(claim, report, draw=False):
        blocks += [f"**{_plain(study.title)}**: {_plain(study.caption)}"]
        blocks += [_table(study.columns, [tuple(map(_plain, row)) for row in study.rows])]
    return blocks


def _with_regimes(
    rows: list[tuple[str, ...]], findings: list[Finding]
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The columns and rows of a table of findings, with a column for regimes where any finding has one."""
    regimes = [_plain(phrases.regime(finding)) for finding in findings]
    if not any(regimes):
        return COLUMNS, rows
    at = COLUMNS.index("decided")
    widened = [(*row[:at], regime, *row[at:]) for row, regime in zip(rows, regimes, strict=True)]
    return (*COLUMNS[:at], "regime", *COLUMNS[at:]), widened


def _row(row: int, finding: Finding) -> tuple[str, ...]:
    shown = phrases.evidence(finding)
    return (
        str(row),
        _mark(state_of(finding)),
        _code(finding.cell),
        _plain(finding.engine),
        _plain(phrases.decided(finding)),
        shown["estimate"],
        shown["interval"],
        shown["allowed"],
        _plain(finding.margin.origin),
        phrases.draws(finding),
        phrases.resolution(finding),
        phrases.seconds(finding.seconds),
    )


def _changes(report: Report) -> list[str]:
    head, *said = changes_text.lines(report) or [""]
    return [f"## {_plain(head)}", "\n".join(f"- {_plain(text)}" for text in said)] if head else []


def _twins(report: Report) -> list[str]:
    mutants = report.twins
    if not mutants:
        return []
    survivors = twins_table.survivors(report)
    blocks = ["## Wrong twins of the theory", f"{_plain(twins_table.verdict(report))}."]
    blocks += ["\n".join(f"- **✗ SURVIVED** {_code(twin.name)}" for twin in survivors)] if survivors else []
    for formula, group in twins_table.by_formula(mutants).items():
        rows: list[tuple[str, ...]] = [
            (_code(twins_table.change(twin)), _fate(twin, survivors), ", ".join(map(_code, twin.killed_by)) or "—")
            for twin in group
        ]
        blocks += [f"### {_code(formula)}", _table(("wrong twin", "status", "refuted by"), rows)]
    return blocks


def _coverage(report: Report) -> list[str]:
    covered = report.coverage
    if not covered:
        return []
    said = coverage_table.verdict(report)
    blocks = ["## Coverage of the theory", f"{_plain(said[:1].upper() + said[1:])}."]
    holes = coverage_table.open_holes(report)
    blocks += ["\n".join(f"- **✗ HOLE** {_code(hole)}" for hole in holes)] if holes else []
    rows = [
        (
            _code(one.formula),
            str(one.findings),
            coverage_table.factor(one.exact),
            coverage_table.factor(one.sampled),
            str(len(one.holes) or "—"),
        )
        for one in covered
    ]
    head = ("formula", "findings", "least factor, exact law", "sampled networks", "holes")
    return [*blocks, _table(head, rows)]


def _fate(twin: Twin, survivors: Sequence[Twin]) -> str:
    shown = _plain(twins_table.fate(twin))
    return f"**✗ {shown.upper()}**" if twin in survivors else shown


def _environment(report: Report) -> list[str]:
    facts = {"mfcheck": report.mfcheck, "created": report.created, "α of one finding": report.alpha}
    lines = [f"- {_plain(name)}: {_plain(value)}" for name, value in (facts | report.environment).items()]
    return ["## Environment", "\n".join(lines)]


def _mark(state: str) -> str:
    shown = f"{states.glyph(state)} {state.upper() if state in states.UNSUPPORTED else state}"
    return f"**{shown}**" if state in states.EMPHASISED else shown
