"""A comparison with an older run in words: lines of a terminal, markdown for a pull request, annotations for GitHub."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

from mfcheck.comparison import Change, Comparison, Kind, Weight
from mfcheck.reporting import words
from mfcheck.reporting.marks import code, plain, table

Line = tuple[str, str]

WIDTH = 100
MOST_LINES = 10
MOST_ANNOTATIONS = 10
"""GitHub shows no more of a kind for one step."""
MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536 characters."""
SIGNS: dict[str, str] = {Weight.REGRESSION: "✗", Weight.IMPROVEMENT: "✓", Weight.NOTE: "·"}
STYLES: dict[str, str] = {Weight.REGRESSION: "red", Weight.IMPROVEMENT: "green", Weight.NOTE: ""}
TITLES: dict[str, str] = {Weight.REGRESSION: "Regressions", Weight.IMPROVEMENT: "Improvements", Weight.NOTE: "Notes"}


def headline(comparison: Comparison) -> str:
    """What the gate says, in a few words."""
    count = len(comparison.regressions)
    return f"✗ {words.plural(count, 'regression')}" if count else "✓ no regression"


def facts(comparison: Comparison) -> str:
    """What was compared with what, in plain sentences."""
    chance = words.scientific(comparison.chance)
    said = (
        f"{words.plural(comparison.findings, 'finding')} compared, seed {comparison.new_seed} with seed "
        f"{comparison.old_seed} of {comparison.old}. That an interval moved apart by chance has a probability of at "
        f"most {chance}."
    )
    if not comparison.narrowed:
        return said
    return f"{said} Only what this run tried is compared: {words.plural(comparison.left_out, 'cell')} were left out."


def comparison_lines(comparison: Comparison) -> list[Line]:
    """The comparison as lines with their styles."""
    lines = [(headline(comparison), "red" if comparison.regressions else "green"), *_wrapped(facts(comparison), "")]
    for weight, changes in _by_weight(comparison).items():
        shown = changes if weight == Weight.REGRESSION else changes[:MOST_LINES]
        for change in shown:
            lines += _wrapped(f"{SIGNS[weight]} {_heading(change)}: {change.says}", STYLES[weight])
        if len(changes) > len(shown):
            lines.append((f"... and {words.plural(len(changes) - len(shown), f'more {weight}')}", STYLES[weight]))
    return lines


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison as a document that fits into one comment on GitHub."""
    text = ""
    for most in (400, 100, 40, 10, 3):
        text = "\n\n".join([f"## mfcheck: {headline(comparison)}", *comparison_blocks(comparison, most)]) + "\n"
        if len(text) <= MOST_CHARACTERS:
            break
    return text


def comparison_blocks(comparison: Comparison, most: int = 400) -> list[str]:
    """The facts and a table of each weight of changes, of at most so many rows; only regressions stand open."""
    blocks = [_quiet(facts(comparison))]
    for weight, changes in _by_weight(comparison).items():
        rows = [
            (SIGNS[weight], change.kind, _place(change, code), _quiet(words.cut(change.says, 600)))
            for change in changes[:most]
        ]
        found = table(("", "what", "where", "change"), rows)
        if len(changes) > most:
            found += f"\n\n… and {len(changes) - most} more."
        if weight == Weight.REGRESSION:
            blocks += [f"**{TITLES[weight]}**", found]
        else:
            summary = f"{TITLES[weight]}: {len(changes)}"
            blocks.append(f"<details>\n<summary>{summary}</summary>\n\n{found}\n\n</details>")
    return blocks


def github_annotations(comparison: Comparison, environment: Mapping[str, str]) -> list[str]:
    """Commands that show regressions as errors and notes as warnings beside a change on GitHub; none elsewhere.

    >>> lost = Change("lost", "regression", "a/b", "", "50%\\n")
    >>> github_annotations(Comparison("old.json", 1, 2, False, 0, 0, 0.0, (lost,)), {"GITHUB_ACTIONS": "true"})
    ['::error title=mfcheck%3A lost::a/b: 50%25%0A']
    """
    if not environment.get("GITHUB_ACTIONS"):
        return []
    grouped = _by_weight(comparison)
    warned = [change for change in grouped.get(Weight.NOTE, []) if change.kind != Kind.NEW]
    return [*_commands("error", grouped.get(Weight.REGRESSION, [])), *_commands("warning", warned)]


def _commands(level: str, changes: Sequence[Change]) -> list[str]:
    shown = changes if len(changes) <= MOST_ANNOTATIONS else changes[: MOST_ANNOTATIONS - 1]
    found = [_command(level, change.kind, ": ".join(filter(None, (_place(change), change.says)))) for change in shown]
    if left := len(changes) - len(shown):
        found.append(_command(level, "more", f"and {left} more, all of them in comparison.md"))
    return found


def _command(level: str, title: str, message: str) -> str:
    """A workflow command, escaped as GitHub's runner reads it."""
    said = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    named = f"mfcheck: {title}".replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} title={named}::{said}"


def _by_weight(comparison: Comparison) -> dict[str, list[Change]]:
    """The changes in groups, those that fail first; empty groups are left out."""
    groups = {weight.value: [change for change in comparison.changes if change.weight == weight] for weight in Weight}
    return {weight: changes for weight, changes in groups.items() if changes}


def _heading(change: Change) -> str:
    return f"{change.kind.upper()} {_place(change)}".rstrip()


def _place(change: Change, mark: Callable[[str], str] = str) -> str:
    """The claim and its cell, as far as the change has them."""
    return " in ".join(mark(name) for name in (change.claim, change.cell) if name)


def _quiet(text: str) -> str:
    """Text that markdown shows as it is, and in which GitHub finds nobody to notify."""
    return plain(text).replace("@", "@\u200b")


def _wrapped(text: str, style: str) -> list[Line]:
    clean = "".join(character for character in " ".join(text.split()) if character.isprintable())
    return [(line, style) for line in textwrap.wrap(clean, WIDTH, subsequent_indent="    ")]
