"""What to do after a verdict, each step with the command or the lines of a file that do it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mfcheck.findings.finding import Finding
from mfcheck.findings.report import Report, state_of
from mfcheck.findings.sections import SECTIONS
from mfcheck.findings.wording import plural
from mfcheck.reporting.words.numbers import figures, seconds
from mfcheck.settings import LEVELS, levels_above
from mfcheck.verdict import Verdict

SEED = re.compile(r"(--mf-seed[= ])(\d+)")
LEVEL = re.compile(r"(--mf-level[= ])(\w+)")


@dataclass(frozen=True)
class Step:
    """One thing to do, in a sentence, and the command or lines that do it, which may be empty."""

    says: str
    command: str = ""


def next_steps(finding: Finding, report: Report) -> list[Step]:
    """What to do about one finding: nothing about one that is supported, explored or refuted as declared."""
    state = state_of(finding)
    if state == Verdict.UNDECIDED:
        return list(_separate(finding, report))
    return list(_answer(finding, report)) if state == Verdict.REFUTED else []


def _separate(finding: Finding, report: Report) -> Iterator[Step]:
    """Of an open finding: the level that would decide it, and what that costs."""
    planned = [one for one in report.separating if (one.claim, one.cell) == (finding.claim, finding.cell)]
    for one in planned:
        allows = f"allows a margin of {figures(one.margin, 2)} instead of {_margin(finding)}"
        yield Step(
            f"Level {one.level} {allows if one.margin else 'allows no margin either'} and "
            f"{'separates the estimate from its edge' if one.separates else 'may still leave it open'}: it plans "
            f"{one.draws:,} draws, about {seconds(one.seconds)} at the pace of this run",
            _at_level(finding.reproduce, one.level) if one.same_cell else _claim_at_level(finding, one.level),
        )
    higher = levels_above(report.level)
    if not planned and higher:
        yield Step(
            f"A level with more draws and a narrower margin may decide it: {' or '.join(higher)}; what it costs",
            _planning(finding, report, higher[0]),
        )
    if not higher:
        yield Step("No level allows more draws; another seed draws anew", _other_seed(finding.reproduce))


def _answer(finding: Finding, report: Report) -> Iterator[Step]:
    """Of a refutation that nobody declared: whether it is chance, what holds instead, and how to declare it."""
    yield Step(
        f"By chance this happens in at most {figures(finding.alpha)} of runs; other draws tell",
        _other_seed(finding.reproduce),
    )
    if finding.holds_instead:
        yield Step(
            f"The same draws support {', '.join(finding.holds_instead)}. If that is the law, declare it in an "
            "expected.toml of your own, and hand it in with --mf-expected FILE",
            declaration(finding, report),
        )
    else:
        yield Step("No other law that the claim names holds on these draws, so none can be declared in its place")


def declaration(finding: Finding, report: Report) -> str:
    """The table of an expected.toml that declares a refutation, with the law that the same draws support.

    A glance, whose title a report has, decides as quick does and is declared for as that.
    """
    level = LEVELS[report.level].name if report.level in LEVELS else report.level
    own_theory = [f"theory = {_text(report.theory)}"] if report.changes else []
    lines = [
        "[[expected]]",
        f"claim = {_text(finding.claim)}",
        *own_theory,
        f"levels = [{_text(level)}]",
        f"when = {{ cell = {_text(_literal(finding.cell))} }}",
        'reason = "why the theory fails here"',
        f"instead = {_text(finding.holds_instead[0])}",
    ]
    return "\n".join(lines)


def _text(value: str) -> str:
    """A text of TOML."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _literal(name: str) -> str:
    """A name as a glob that matches nothing else."""
    return re.sub(r"([\[*?])", r"[\1]", name)


def after_holes(holes: Sequence[str], report: Report) -> list[Step]:
    """What closes dependences that no finding would have noticed."""
    if not holes:
        return []
    said = (
        f"{plural(len(holes), 'hole')}: a finding closes one if it reads the formula at another value of the argument"
    )
    if report.full:
        return [Step(f"{said}; add such a cell to a claim", "mfcheck coverage REPORT.json")]
    return [Step(f"{said}; claims that this run left out may do", f"pytest claims --mf-level {report.level}")]


def after_errors(report: Report) -> list[Step]:
    """How to try cells again that ended in an error."""
    if not (count := report.tally.errors):
        return []
    again = "the same command with --mf-resume tries again, where no code has changed since"
    return [Step(f"{plural(count, 'cell')} without a verdict: {again}")]


def _margin(finding: Finding) -> str:
    return figures(finding.margin.total, 2)


def _planning(finding: Finding, report: Report, level: str) -> str:
    """The command that plans a finding's claim at another level, from its own file where it is none of the suite's."""
    test = re.match(r"pytest ('[^']*'|\S+)", finding.reproduce)
    file = test[1].strip("'").partition("::")[0] if test else ""
    own = finding.claim.partition("/")[0] not in SECTIONS and file.endswith(".py")
    found = ["mfcheck", "plan", finding.claim, *(["--file", file] if own else [])]
    found += ["--mf-theory", report.theory] if report.changes else []
    return shlex.join([*found, "--mf-level", level])


def _other_seed(command: str) -> str:
    """The command with the seed after this one."""
    return SEED.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", command)


def _at_level(command: str, level: str) -> str:
    return LEVEL.sub(rf"\g<1>{level}", command)


def _claim_at_level(finding: Finding, level: str) -> str:
    """All cells of a claim, where the cell is another one at that level."""
    command = re.sub(r"\[[^\]]*\]'?", "'", finding.reproduce, count=1)
    return _at_level(command if command.count("'") % 2 == 0 else finding.reproduce, level)
