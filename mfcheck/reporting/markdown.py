"""The report as markdown that fits into one comment on GitHub: verdicts first, what failed second, the evidence after.

Whatever the number of findings, it stays within `MOST_CHARACTERS`; what is left out is counted, and in report.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mfcheck.findings import states
from mfcheck.findings.report import Report
from mfcheck.findings.wording import cut, plural
from mfcheck.reporting import overview
from mfcheck.reporting.answer_tables import answer_tables
from mfcheck.reporting.answers import answers
from mfcheck.reporting.clauses import clause
from mfcheck.reporting.coarse import coarse
from mfcheck.reporting.finding_rows import Row, table_of
from mfcheck.reporting.overview import Notice
from mfcheck.reporting.words import changes_text, citation, coverage_table, phrases, twins_table
from mfcheck.reporting.words.comparison_text import comparison_blocks, headline
from mfcheck.reporting.words.marks import code, fence, plain, table

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters."""
MOST_OF_A_TEXT = 700
SHARES = {
    "comparison": 0.25,
    "attention": 0.4,
    "declared": 0.25,
    "answers": 0.35,
    "twins": 0.2,
    "coverage": 0.3,
    "coarse": 0.2,
}
"""The part of what is left that a section may take at most; findings take all that then remains."""
COLUMNS = ("", "claim", "finding", "engine", "estimate", "interval", "theory", "allowed", "resolution", "draws")


class _Room:
    """What is left of the characters of a document."""

    def __init__(self) -> None:
        self.left = MOST_CHARACTERS - 200

    def take(self, blocks: Iterable[str], share: float = 1.0) -> list[str]:
        """The first blocks that fit, and how many were left out."""
        limit, kept, missing = self.left * share, list[str](), 0
        for block in blocks:
            if not missing and len(block) + 2 <= limit:
                kept.append(block)
                limit -= len(block) + 2
                self.left -= len(block) + 2
            else:
                missing += 1
        return [*kept, f"… and {missing} more, in report.html"] if missing else kept

    def rows(self, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], share: float = 1.0) -> list[str]:
        """A table of as many rows as fit."""
        head, *lines = table(columns, rows).split("\n", 2)
        found = self.take([f"{head}\n{lines[0]}", *(lines[1].split("\n") if rows else [])], share)
        if found and found[-1].startswith("… and"):
            return ["\n".join(found[:-1]), found[-1]]
        return ["\n".join(found)] if len(found) > 1 else []


def render_markdown(report: Report) -> str:
    """The whole report as one markdown document."""
    room = _Room()
    blocks = [*room.take(_head(report)), *room.take(_theorems(report))]
    for title, found in (
        ("comparison", _comparison(report)),
        ("changes", _changes(report)),
        ("attention", _attention(report)),
        ("declared", _declared(report)),
    ):
        blocks += _with_head(room.take(found, SHARES.get(title, 1.0)))
    blocks += [*_answers(report, room), *_claims(report, room), *room.take(_twins(report), SHARES["twins"])]
    blocks += [*_coverage(report, room), *_with_head(room.take(_coarse(report), SHARES["coarse"]))]
    blocks += [*room.take(_environment(report)), *_findings(report, room)]
    return "\n\n".join(blocks) + "\n"


def _with_head(blocks: list[str]) -> list[str]:
    """A section whose heading came through, or nothing."""
    return blocks if blocks and blocks[0].startswith("#") else []


def _said(text: object) -> str:
    return plain(cut(" ".join(str(text).split()), MOST_OF_A_TEXT))


def _head(report: Report) -> Iterator[str]:
    yield f"# mfcheck: {_mark(report.standing)}"
    paper = f"[{citation.TITLE}]({citation.ADDRESS})"
    yield f"{paper}, checked at level {_said(report.level)} with seed {report.seed}. {report.tally}."
    if report.tally.expectation:
        yield report.tally.expectation
    for alarm in overview.alarms(report):
        yield f"**✗ {_said(alarm)}**"
    yield "\n".join(f"- **{name}:** {_said(value)}" for name, value in overview.facts(report).items())


def _theorems(report: Report) -> list[str]:
    """A line for each theorem, as on the first screen of the page."""
    rows = [
        (_said(theorem.title), _mark(theorem.standing, overview.word(theorem.standing)), _said(clause(theorem)))
        for theorem in report.theorems
    ]
    said = [f"- **{_said(theorem.title)}**: {_said(theorem.says)}" for theorem in report.theorems if theorem.says]
    return [table(("theorem", "verdict", "what was found"), rows), *said] if rows else []


def _claims(report: Report, room: _Room) -> list[str]:
    """A row for every claim: its verdict, its findings, what it says, and where it holds."""
    rows = [
        (
            code(cut(claim.id, 200)),
            _mark(claim.standing),
            str(claim.tally),
            " ".join(_said(text) for text in (claim.says, claim.where) if text),
        )
        for claim in report.claims
    ]
    return [*room.take(["## Claims"]), *room.rows(("claim", "verdict", "findings", "says"), rows, 0.5)] if rows else []


def _comparison(report: Report) -> Iterator[str]:
    if report.comparison is not None:
        yield f"## Compared with the baseline: {headline(report.comparison)}"
        yield from comparison_blocks(report.comparison, most=40)


def _changes(report: Report) -> Iterator[str]:
    head, *said = changes_text.lines(report) or [""]
    if head:
        yield f"## {_said(head)}"
        yield "\n".join(f"- {_said(text)}" for text in said)


def _attention(report: Report) -> Iterator[str]:
    found = overview.notices(report)
    if found:
        yield "## What is not supported"
    for one in found:
        yield "\n\n".join(_notice(one))
    for step in overview.steps(report):
        yield "\n\n".join([_said(step.says), *[fence(step.command)] * bool(step.command)])


def _notice(one: Notice) -> Iterator[str]:
    glyph = states.glyph(one.state) if one.state in states.GLYPHS else "✗"
    where = f" in {code(cut(one.cell, 300))}" if one.cell else ""
    yield f"**{glyph} {plain(one.state).upper()}** {code(cut(one.claim, 300))}{where}: {_said(one.says)}"
    if one.command:
        yield fence(cut(one.command, 1500))
    for step in one.steps:
        yield _said(step.says)
        if step.command:
            yield fence(step.command)


def _declared(report: Report) -> Iterator[str]:
    found = overview.declared(report)
    if found:
        yield "## Refutations that were expected"
    for one in found:
        where = f"{code(cut(one.claim, 300))} in {code(cut(one.cell, 300))}"
        yield f"- {_mark(states.EXPECTED)}: {where}. {_said(one.says)}"


def _answers(report: Report, room: _Room) -> Iterator[str]:
    sentences, studies = answers(report), answer_tables(report)
    if studies:
        yield from room.take(["## Answers for those who use the theory"])
    for study in studies:
        rows = [tuple(map(_said, row)) for row in study.rows]
        shown = room.rows(tuple(map(plain, study.columns)), rows, SHARES["answers"])
        yield from [*room.take([f"**{_said(study.title)}**: {_said(study.caption)}"]), *shown] if shown else []
    if sentences:
        yield from _with_head(
            room.take(["## What training does", *(f"- {_said(one)}" for one in sentences)], SHARES["answers"])
        )


def _twins(report: Report) -> Iterator[str]:
    if report.twins:
        yield "## Wrong twins of the theory"
        yield f"{_said(twins_table.verdict(report))}."
        for twin in twins_table.survivors(report):
            yield f"- **✗ SURVIVED** {code(cut(twin.name, 300))}"
        yield "Which claims refute which: `mfcheck mutants report.json`."


def _coverage(report: Report, room: _Room) -> Iterator[str]:
    if not report.coverage:
        return
    said = coverage_table.verdict(report)
    holes = (f"- **✗ HOLE** {code(cut(hole, 300))}" for hole in coverage_table.open_holes(report))
    head = ["## Coverage of the theory", f"{_said(said[:1].upper() + said[1:])}."]
    yield from room.take([*head, *holes], SHARES["coverage"])


def _coarse(report: Report) -> Iterator[str]:
    """What the supported findings that see little leave room for."""
    if found := coarse(report):
        few = plural(len(found), "supported finding")
        yield f"## What sees little\n\n{few} with a margin over 15 % or a resolution over 50 %."
        yield from (
            f"- {code(cut(one.finding.claim, 200))} in {code(cut(one.finding.cell, 300))}: {_said(one.says)}"
            for one in found
        )


def _findings(report: Report, room: _Room) -> Iterator[str]:
    """Every finding as a row, those that are not supported first, as far as there is room."""
    rows = sorted(table_of(report).rows, key=lambda row: row.state not in states.EMPHASISED)
    if rows:
        yield from room.take([f"## Findings\n\n{plural(len(rows), 'finding')}, each with its command in report.html."])
        yield from room.rows(COLUMNS, [tuple(_cells(row)) for row in rows])


def _cells(row: Row) -> Iterator[str]:
    yield _mark(row.state)
    yield code(cut(row.finding.claim, 200))
    yield ". ".join(_said(text) for text in (row.finding.figure, row.setting, row.regime) if text)
    yield _said(row.finding.engine)
    if not row.decided:
        yield _said(phrases.sentence(row.finding))
        yield from ["—"] * (len(COLUMNS) - 5)
        return
    shown = row.evidence
    yield from (shown.estimate, shown.interval, shown.theory, shown.allowed, row.resolution, row.draws)


def _environment(report: Report) -> Iterator[str]:
    yield "## Environment"
    facts = {
        "mfcheck": report.mfcheck,
        "created": report.created,
        "α of one finding": report.alpha,
        **report.environment,
    }
    yield "\n".join(f"- {_said(name)}: {_said(value)}" for name, value in facts.items())


def _mark(state: str, said: str = "") -> str:
    """A state with its sign, so that nobody passes over one that asks for attention."""
    shown = f"{states.glyph(state)} {said or (state.upper() if state in states.UNSUPPORTED else state)}"
    return f"**{shown}**" if state in states.EMPHASISED else shown
