"""docs/reliability.md, made of what was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mfcheck.tests.reliability.faults import KINDS
from mfcheck.tests.reliability.formats import MIB, Format
from mfcheck.tests.reliability.handed_in import ENOUGH, Handed
from mfcheck.tests.reliability.study import Row

INTRODUCTION = """\
# What becomes of findings when something goes wrong

`make slow` makes this page, all of its numbers included: it lets things go wrong on purpose and counts what becomes of
the findings. `python -m mfcheck.tests.reliability docs/reliability.md` does that alone.
"""
FAULTS = """\
## Runs that something befalls

Each fault befalls one run of `pytest`, at a moment that is the same every time. The run is then gone on with by
`--mf-resume`, or, where that is refused in one sentence, begun again with the same seed. In the end its findings, in
report.json and in findings.jsonl, are held bit for bit against those of the run with the same seed that nothing befell:
by claim, cell and place in the cell, in every field but `seconds` and `reproduce`. A finding is *lost* if it is not
there, *invented* if that run has no such finding or another value in any field, *doubled* if it is there once more;
each file is counted by itself. *Tracebacks* of Python are counted in all that the user saw. *Amiss* is a run that hung,
ended with another status than it should, refused in more or less than a sentence, or was let in where it should have
been refused.
"""
MUTANTS = """\
## Files that were damaged

Sound files are damaged in their structure: fields dropped, renamed, nested, doubled, exchanged or given other types,
lines and bytes lost, heads that declare what is not there. Each mutant is handed in as a user would. It *parses* if it
is still JSON, TOML, an array or images by its head; it is *taken* if it is used and not refused in one sentence. Code
that runs (a pickle, an eval, a process that starts) is counted by Python's own audit events. Memory is what the process
grew by over all mutants, beyond what the sound file took.
"""
PLANTED = """\
## Would it have been seen?

Faults planted in the package itself, one at a time. The same comparison must find each of them out.
"""


@dataclass(frozen=True)
class Planted:
    """What the study saw of a fault that was planted."""

    row: Row
    expected: str
    """Which count must not be 0."""

    @property
    def found(self) -> bool:
        """Whether it was found out."""
        return counts(self.row)[self.expected] > 0


def counts(row: Row) -> dict[str, int]:
    """What must all be 0, by name."""
    tally = row.tally
    return {
        "lost": tally.lost,
        "invented": tally.invented,
        "doubled": tally.doubled,
        "tracebacks": row.tracebacks,
        "amiss": row.amiss,
    }


def wrongs(rows: Mapping[str, Row], handed: Mapping[str, Handed], seen: Mapping[str, Planted]) -> list[str]:
    """Everything that is not as it should be, in a line each."""
    found = [f"{kind}: {counts(row)}" for kind, row in rows.items() if any(counts(row).values())]
    for name, one in handed.items():
        found += [f"{name}: {wrong}" for wrong in one.wrong]
        if one.tried < ENOUGH or 2 * one.parsed < one.tried:
            found.append(f"{name}: {one.tried} mutants, of which {one.parsed} parse, are too few")
    return found + [f"{name}, and nothing shows it" for name, planted in seen.items() if not planted.found]


def page(
    rows: Mapping[str, Row], handed: Mapping[str, Handed], formats: Iterable[Format], seen: Mapping[str, Planted]
) -> str:
    """The whole page."""
    left_out = [kind for kind in KINDS if kind not in rows]
    parts = [INTRODUCTION, FAULTS, fault_table(rows)]
    if left_out:
        parts.append(f"Not tried, for this machine does not let one mount a disk: {', '.join(left_out)}.\n")
    parts += [kinds(rows), MUTANTS, format_table(handed, formats), PLANTED, planted_table(seen)]
    return "\n".join(parts)


def fault_table(rows: Mapping[str, Row]) -> str:
    """What became of findings, by kind of fault."""
    head = ("kind of fault", "tried", "lost", "invented", "doubled", "tracebacks", "amiss")
    body = [(kind, row.tried, *counts(row).values()) for kind, row in rows.items()]
    sums = [sum(column) for column in zip(*(line[1:] for line in body), strict=True)]
    return _table(head, [*body, ("all", *sums)])


def kinds(rows: Mapping[str, Row]) -> str:
    """What each kind means, a line each."""
    return "".join(f"- **{kind}**: {KINDS[kind]}.\n" for kind in rows)


def format_table(handed: Mapping[str, Handed], formats: Iterable[Format]) -> str:
    """What became of mutants, by format."""
    head = ("file", "handed in", "mutants", "parse", "taken", "tracebacks", "code run", "memory", "of at most")
    body = []
    for format in formats:
        one = handed[format.name]
        memory = (f"{one.memory / MIB:.0f} MiB", f"{format.most_memory // MIB} MiB")
        body.append((format.name, format.says, one.tried, one.parsed, one.taken, one.tracebacks, one.code_run, *memory))
    return _table(head, body)


def planted_table(seen: Mapping[str, Planted]) -> str:
    """Which planted faults were found out, and by which counts."""
    head = ("planted", "found out", "by")
    body = []
    for name, planted in seen.items():
        shown = ", ".join(f"{count} {what}" for what, count in counts(planted.row).items() if count)
        body.append((name, "yes" if planted.found else "NO", shown or "nothing"))
    return _table(head, body)


def _table(head: tuple[str, ...], body: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *body]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
