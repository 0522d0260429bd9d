"""A comparison with an older run in words: lines of a terminal, markdown for a pull request, annotations for GitHub."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mfcheck.findings import wording
from mfcheck.findings.compared import Change, Comparison, Kind, Weight, as_comparison
from mfcheck.reporting.words import numbers
from mfcheck.reporting.words.marks import code, fence, plain, table

Line = tuple[str, str]

WIDTH = 100
MOST_REGRESSIONS, MOST_OTHERS = 40, 10
"""Of so many changes of one weight a terminal tells."""
MOST_ANNOTATIONS = 10
"""GitHub shows no more of one kind for one step."""
MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters."""
MOST_ROWS = 400
MOST_COMMANDS, MOST_THEOREMS = 20, 40
MOST_OF_A_CHANGE = 8000
"""Characters of one change that a terminal shows."""
LOOKS: dict[str, tuple[str, str, str]] = {
    Weight.REGRESSION: ("Regressions", "✗", "red"),
    Weight.IMPROVEMENT: ("Improvements", "✓", "green"),
    Weight.NOTE: ("Notes", "·", ""),
}


@dataclass(frozen=True)
class Group:
    """The changes of one weight, as pages show them; only regressions stand `open`."""

    title: str
    sign: str
    style: str
    open: bool
    changes: tuple[Change, ...]


def groups(comparison: Comparison) -> list[Group]:
    """The changes by weight, those that fail first; empty groups are left out."""
    found = []
    for weight, looks in LOOKS.items():
        if changes := tuple(change for change in comparison.changes if change.weight == weight):
            found.append(Group(*looks, weight == Weight.REGRESSION, changes))
    return found


def headline(comparison: Comparison) -> str:
    """What the gate says, in a few words."""
    count = len(comparison.regressions)
    return f"✗ {wording.plural(count, 'regression')}" if count else "✓ no regression"


def facts(comparison: Comparison) -> str:
    """What was compared with what, in plain sentences."""
    return " ".join(_facts(comparison))


def _facts(comparison: Comparison) -> list[str]:
    """What was compared, and, of a narrowed run, what was not."""
    chance = "No interval of the same quantity is in both."
    if comparison.intervals:
        chance = (
            f"That one of {comparison.intervals:,} intervals of the same quantity moved apart by chance has a "
            f"probability of at most {numbers.scientific(comparison.chance)}."
        )
    told = [
        f"{wording.plural(comparison.findings, 'finding')} compared, seed {comparison.new_seed} with seed "
        f"{comparison.old_seed} of {comparison.old}. {chance}"
    ]
    if comparison.narrowed:
        left = wording.plural(comparison.left_out, "cell")
        told.append(
            f"Only what this run tried is compared: {left} {'was' if comparison.left_out == 1 else 'were'} left out."
        )
    return told


def verdicts_line(comparison: Comparison) -> str:
    """The verdicts of theorems that are other ones now, old → new; all of them counted."""
    both = [one for one in comparison.theorems if one.before and one.after]
    if not comparison.theorems:
        return "Verdicts of whole theorems are not compared: the runs tried different claims or cells."
    if not both:
        return "No theorem is in both."
    moved = [one for one in both if one.before != one.after]
    if not moved:
        return f"{wording.plural(len(both), 'theorem')} compared, no verdict changed."
    return "; ".join(f"{one.id}: {one.before} → {one.after}" for one in moved)


def comparison_lines(comparison: Comparison) -> list[Line]:
    """The comparison as lines with their styles."""
    lines = [
        (headline(comparison), "red" if comparison.regressions else "green"),
        *(line for told in _facts(comparison) for line in _wrapped(told, "")),
        *_wrapped(verdicts_line(comparison), ""),
    ]
    for group in groups(comparison):
        shown = group.changes[: MOST_REGRESSIONS if group.open else MOST_OTHERS]
        for change in shown:
            where = f"{change.kind.upper()} {_where(change)}".rstrip()
            lines += _wrapped(f"{group.sign} {where}: {change.says}", group.style)
        if left := len(group.changes) - len(shown):
            lines.append((f"... and {left} more {group.title.lower()}", group.style))
    return lines


def summary_lines(recorded: Mapping[str, Any], environment: Mapping[str, str]) -> list[Line]:
    """The comparison in a report, for the end of a test run, with annotations where GitHub reads them."""
    comparison = as_comparison(recorded)
    return [*comparison_lines(comparison), *((line, "") for line in github_annotations(comparison, environment))]


def comparison_markdown(comparison: Comparison, environment: Mapping[str, str] | None = None) -> str:
    """The comparison as a document that fits into one comment on GitHub, with a link to the run where it is one."""
    text = ""
    for most in (MOST_ROWS, 100, 40, 10, 3):
        head = [f"## mfcheck: {headline(comparison)}", *_run(environment or {})]
        text = "\n\n".join([*head, *comparison_blocks(comparison, most)]) + "\n"
        if len(text) <= MOST_CHARACTERS:
            break
    return text


def _run(environment: Mapping[str, str]) -> list[str]:
    """A link to the run on GitHub, which has its report among its artifacts; nothing elsewhere."""
    server, repository, run = (environment.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    known = server.startswith("https://") and re.fullmatch(r"[\w.-]+/[\w.-]+", repository) and run.isdigit()
    return [f"[This run, with its report]({server}/{repository}/actions/runs/{run})"] if known else []


def comparison_blocks(comparison: Comparison, most: int = MOST_ROWS) -> list[str]:
    """The facts, all theorems old → new, a table of at most so many rows for each weight of changes, and commands."""
    blocks = [_quiet(facts(comparison)), *_theorems(comparison)]
    for group in groups(comparison):
        rows = []
        for change in group.changes[:most]:
            where = " in ".join(code(wording.cut(name, 200)) for name in (change.claim, change.cell) if name)
            said = f"{change.says}; allowed is {change.allowed}" if change.allowed else change.says
            rows.append((f"{group.sign} {change.kind}", where, _quiet(wording.cut(said, 600))))
        found = table(("what", "where", "change"), rows)
        if left := len(group.changes) - len(rows):
            found += f"\n\n… and {left} more."
        if group.open:
            blocks += [f"**{group.title}**", found, *_commands_of(group.changes[: min(most, MOST_COMMANDS)])]
        else:
            summary = f"{group.title}: {len(group.changes)}"
            blocks.append(f"<details>\n<summary>{summary}</summary>\n\n{found}\n\n</details>")
    return blocks


def _theorems(comparison: Comparison) -> list[str]:
    """A row for every theorem, those whose verdict changed marked."""
    rows = [
        (
            code(wording.cut(one.id, 100)),
            _quiet(one.before or "—"),
            f"**{_quiet(one.after)}**" if one.after and one.before != one.after else _quiet(one.after or "—"),
        )
        for one in comparison.theorems[:MOST_THEOREMS]
    ]
    return [table(("theorem", "before", "now"), rows)] if rows else []


def _commands_of(changes: Sequence[Change]) -> list[str]:
    """How to repeat what fell behind."""
    found = list(dict.fromkeys(wording.cut(change.reproduce, 600) for change in changes if change.reproduce))
    return ["To repeat what fell behind:", fence("\n".join(found))] if found else []


def github_annotations(comparison: Comparison, environment: Mapping[str, str]) -> list[str]:
    """Commands that show regressions as errors and notes as warnings beside a change on GitHub; none elsewhere.

    >>> lost = Change("lost", "regression", "a/b", "", "50%\\n")
    >>> github_annotations(Comparison("old.json", 1, 2, False, 0, 0, 0.0, (lost,)), {"GITHUB_ACTIONS": "true"})
    ['::error title=mfcheck%3A lost::a/b: 50%25%0A']
    """
    if not environment.get("GITHUB_ACTIONS"):
        return []
    noted = [c for c in comparison.changes if c.weight == Weight.NOTE and c.kind != Kind.NEW]
    return [*_commands("error", comparison.regressions), *_commands("warning", noted)]


def _commands(level: str, changes: list[Change]) -> list[str]:
    shown = changes if len(changes) <= MOST_ANNOTATIONS else changes[: MOST_ANNOTATIONS - 1]
    found = [_command(level, change.kind, ": ".join(filter(None, (_where(change), change.says)))) for change in shown]
    if left := len(changes) - len(shown):
        found.append(_command(level, "more", f"and {left} more, all of them in the comparison"))
    return found


def _command(level: str, title: str, message: str) -> str:
    """A workflow command, escaped as GitHub's runner reads it."""
    said = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = f"mfcheck: {title}"
    for character, escaped in {"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"}.items():
        named = named.replace(character, escaped)
    return f"::{level} title={named}::{said}"


def _where(change: Change) -> str:
    """The claim and its cell, as far as the change has them."""
    return " in ".join(filter(None, (change.claim, change.cell)))


def _quiet(text: str) -> str:
    """Text that markdown shows as it is, and in which GitHub finds nobody to notify."""
    return plain(text).replace("@", "@\u200b")


def _wrapped(text: str, style: str) -> list[Line]:
    clean = "".join(character for character in " ".join(text.split()) if character.isprintable())
    lines = textwrap.wrap(wording.cut(clean, MOST_OF_A_CHANGE), WIDTH, subsequent_indent="    ")
    # A line that begins so, by chance or not, would be a command to GitHub's runner.
    return [(re.sub(r"^( *):(?=:)", r"\1: ", line), style) for line in lines]
