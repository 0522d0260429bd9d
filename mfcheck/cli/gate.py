"""The commands `mfcheck compare` and `mfcheck baseline`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mfcheck.findings.baseline import baseline_text
from mfcheck.findings.comparison import Comparison, compare
from mfcheck.findings.files import write_atomically
from mfcheck.findings.snapshot import check_comparable, read_report, read_snapshot, sound_snapshot
from mfcheck.findings.wording import plural
from mfcheck.reporting.words.comparison_text import comparison_lines, comparison_markdown, github_annotations

STDOUT = "-"
COMMANDS = ("compare", "baseline")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands and their arguments."""
    compared = commands.add_parser("compare", help="hold a run against an older one; status 1 for a regression")
    compared.add_argument("old", metavar="OLD", type=Path, help="a baseline or report.json")
    compared.add_argument("new", metavar="NEW", type=Path, help="the report.json to judge")
    compared.add_argument("--markdown", metavar="FILE", help="write markdown for a comment there too; - for only that")
    baseline = commands.add_parser("baseline", help="keep of a report what later runs are compared with")
    baseline.add_argument("report", nargs="?", type=Path, default=Path("reports/report.json"), help="a report.json")
    baseline.add_argument("-o", "--output", metavar="FILE", type=Path, default=Path("reports/baseline.json"))


def run(chosen: argparse.Namespace) -> int:
    """Carry out one of the commands; ValueError, in one sentence, for a file that cannot be used."""
    if chosen.command == "baseline":
        report = read_report(chosen.report)
        found = sound_snapshot(report, str(chosen.report))
        _write(chosen.output, baseline_text(report))
        print(f"{chosen.output}: {plural(len(found.places), 'cell')} of level {found.level}, seed {found.seed}")
        return 0
    comparison = compare_files(chosen.old, chosen.new)
    markdown = comparison_markdown(comparison)
    if chosen.markdown == STDOUT:
        print(markdown, end="")
    else:
        print("\n".join(line for line, _ in comparison_lines(comparison)))
        if chosen.markdown is not None:
            _write(Path(chosen.markdown), markdown)
    for line in github_annotations(comparison, os.environ):
        # GitHub reads both streams; one of them may be on its way into a comment.
        print(line, file=sys.stderr if chosen.markdown == STDOUT else sys.stdout)
    return 1 if comparison.regressions else 0


def compare_files(old: Path, new: Path) -> Comparison:
    """The comparison of two reports or baselines; ValueError if they cannot be held against each other."""
    before, after = read_snapshot(old), read_snapshot(new)
    check_comparable(
        before, repr(after.name), level=after.level, dataset=after.dataset, architectures=after.architectures
    )
    return compare(before, after)


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise ValueError(f"{str(path)!r} cannot be written ({error.strerror or error}); name another file") from None
