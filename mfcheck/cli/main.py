"""The command `mfcheck`: audits, what a claim would cost, wrong twins, rival theories, and the gate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import mfcheck
from mfcheck.cli import audit, disagree, gate, help, pages, pool
from mfcheck.cli.arguments import EPILOG, Parser, a_path
from mfcheck.cli.output import say, speak_any_encoding
from mfcheck.cli.plan import add_plan, plan_lines
from mfcheck.findings.reading import bare_report_of
from mfcheck.findings.report_file import read_coverage, read_twins
from mfcheck.given import reason
from mfcheck.imports import calm_warnings
from mfcheck.reporting.words.coverage_table import coverage_table
from mfcheck.reporting.words.twins_table import mutant_table

STOPPED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, 1 for a regression or theories that nothing separates, 4 and one sentence for misuse; and 2,
    as pytest's, where Ctrl-C ends it."""
    speak_any_encoding()
    try:
        with calm_warnings():
            return _run(_parser(), sys.argv[1:] if arguments is None else arguments)
    except (ValueError, OSError, ArithmeticError) as error:
        say(f"mfcheck: {reason(error) if isinstance(error, OSError) else ' '.join(str(error).split())}", sys.stderr)
        return 4
    except KeyboardInterrupt:
        say("mfcheck: stopped before its end", sys.stderr)
        return STOPPED


def _run(parser: Parser, arguments: Sequence[str]) -> int:
    if not arguments:
        say(parser.format_help(), end="")
        return 4
    help.check_command(parser, arguments[0])
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit:  # --help or --version, which argparse has printed
        say("", end="")
        return 0
    match chosen.command:
        case "audit":
            return audit.run(chosen)
        case "disagree":
            return disagree.run(chosen)
        case "plan":
            for line in plan_lines(chosen):
                if not say(line):
                    break
        case "help":
            say(help.help_text(parser, chosen.about), end="")
        case "completion":
            say(help.completion_script(parser, chosen.shell))
        case "pool":
            return pool.run(chosen)
        case "mutants":
            say("\n".join(mutant_table(bare_report_of(read_twins(chosen.report)))))
        case "coverage":
            say("\n".join(coverage_table(bare_report_of(read_coverage(chosen.report)))))
        case "report" | "export":
            return pages.run(chosen)
        case _:
            return gate.run(chosen)
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="mfcheck",
        description="Plan claims, read and compare what became of them.",
        epilog=f"{help.FIRST_STEPS}\n{EPILOG}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"mfcheck {mfcheck.__version__}")
    commands: argparse._SubParsersAction[argparse.ArgumentParser] = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=Parser
    )
    add_plan(commands)
    mutants = commands.add_parser("mutants", help="wrong twins of the theory against the claims that killed them")
    covered = commands.add_parser(
        "coverage", help="formulas by argument: values seen, least wrong factor refuted, holes"
    )
    for one in (mutants, covered):
        one.add_argument("report", nargs="?", type=a_path, default=Path("reports/report.json"), help="a report.json")
    gate.add_commands(commands)
    pool.add_pool(commands)
    pages.add_commands(commands)
    audit.add_audit(commands)
    disagree.add_to(commands)
    help.add_to(commands)
    return parser
