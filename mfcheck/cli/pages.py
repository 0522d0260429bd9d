"""The commands `mfcheck report` and `mfcheck export`: pages made again from report.json, and findings as tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from mfcheck.cli.arguments import a_path
from mfcheck.cli.output import say
from mfcheck.findings.states import claims_of
from mfcheck.findings.wording import plural


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands and their arguments."""
    pages = commands.add_parser("report", help="make report.html and report.md again from a folder's report.json")
    export = commands.add_parser("export", help="all findings as a table for LaTeX or as CSV, or the paper's BibTeX")
    for one in (pages, export):
        one.add_argument(
            "folder", nargs="?", type=a_path, default=Path("reports"), help="a folder with a report.json, or that file"
        )
    kinds = export.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--latex", action="store_const", dest="kind", const="latex", help="a longtable with booktabs")
    kinds.add_argument("--csv", action="store_const", dest="kind", const="csv", help="comma-separated values")
    kinds.add_argument("--bibtex", action="store_const", dest="kind", const="bibtex", help="the paper under test")


def run(chosen: argparse.Namespace) -> int:
    """Carry out one of the commands; ValueError, in one sentence, for a report that cannot be used."""
    if chosen.command == "report":
        return _pages(chosen.folder)
    from mfcheck.findings.reading import report_of
    from mfcheck.findings.report_schema import whole_report
    from mfcheck.reporting import exports

    if chosen.kind == "bibtex":
        say(exports.bibtex(), end="")
        return 0
    report = report_of(whole_report(chosen.folder))
    say((exports.latex if chosen.kind == "latex" else exports.comma_separated)(report), end="")
    return 0


def _pages(place: Path) -> int:
    from mfcheck.findings.report_schema import whole_report

    plain = whole_report(place)  # before what brings matplotlib
    from mfcheck.reporting.pages import write_pages

    folder = place if place.is_dir() else place.parent
    written = write_pages(folder, plain, again=True)
    count = sum(len(claim["findings"]) for claim in claims_of(plain))
    say(f"{' and '.join(map(str, written))}: {plural(count, 'finding')}")
    return 0
