"""The commands `mfcheck compare` and `mfcheck baseline`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from mfcheck.cli.arguments import a_path
from mfcheck.cli.output import COLOURS, painted, say
from mfcheck.findings.baseline import baseline_text
from mfcheck.findings.compared import Comparison
from mfcheck.findings.comparison import compare
from mfcheck.findings.files import write_atomically
from mfcheck.findings.report_file import read_report
from mfcheck.findings.snapshot import check_comparable, read_snapshot, sound_snapshot
from mfcheck.findings.wording import plural
from mfcheck.given import path_at
from mfcheck.reporting.words.comparison_text import comparison_lines, comparison_markdown, github_annotations

STDOUT = "-"


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands and their arguments."""
    compared = commands.add_parser("compare", help="hold a run against an older one; status 1 for a regression")
    compared.add_argument("old", metavar="OLD", type=a_path, help="a baseline or report.json")
    compared.add_argument("new", metavar="NEW", type=a_path, help="the report.json to judge")
    compared.add_argument("--markdown", metavar="FILE", help="write markdown for a comment there too; - for only that")
    compared.add_argument("--color", choices=COLOURS, default="auto", help="colours (default: on a terminal)")
    baseline = commands.add_parser("baseline", help="keep of a report what later runs are compared with")
    baseline.add_argument("report", nargs="?", type=a_path, default=Path("reports/report.json"), help="a report.json")
    baseline.add_argument("-o", "--output", metavar="FILE", type=a_path, default=Path("reports/baseline.json"))


def run(chosen: argparse.Namespace) -> int:
    """Carry out one of the commands; ValueError, in one sentence, for a file that cannot be used."""
    if chosen.command == "baseline":
        report = read_report(chosen.report)
        found = sound_snapshot(report, str(chosen.report))
        _write(chosen.output, baseline_text(report))
        say(f"{chosen.output}: {plural(len(found.places), 'cell')} of level {found.level}, seed {found.seed}")
        return 0
    comparison = compare_files(chosen.old, chosen.new)
    markdown = comparison_markdown(comparison, os.environ)
    if chosen.markdown == STDOUT:
        say(markdown, end="")
    else:
        say(painted(comparison_lines(comparison), chosen.color))
        if chosen.markdown is not None:
            _write(path_at(chosen.markdown), markdown)
    for line in github_annotations(comparison, os.environ):
        # GitHub reads both streams; one of them may be on its way into a comment.
        say(line, sys.stderr if chosen.markdown == STDOUT else sys.stdout)
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
