"""The commands `mfcheck help` and `mfcheck completion`, and what is said of a command that there is not."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import TYPE_CHECKING

from mfcheck.cli.arguments import Parser
from mfcheck.datasets.inputs import DATASETS
from mfcheck.given import meant
from mfcheck.session.selection import ids_of_suite
from mfcheck.settings import LEVELS

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FILES = ("file", "old", "new", "report", "output", "markdown", "mf_expected", "mf_baseline", "mf_report", "mf_data_dir")
"""Arguments and options that are paths."""
SHELLS = ("bash", "zsh", "tcsh")
FIRST_STEPS = """\
first steps:
  pytest --pyargs mfcheck.suite -n auto       decide every claim of the installed suite
  mfcheck plan 'thm5.1/*'                     what claims would cost, before they are run
  mfcheck audit mymodule:MyNetwork            the claims on a network of your own
  mfcheck disagree paper mymodule:MyTheory    where your theory and the paper's part
"""


def add_to(commands: Commands) -> None:
    """Add both commands."""
    helped = commands.add_parser("help", help="what a command does and takes")
    helped.add_argument("about", metavar="COMMAND", nargs="?", help="one of the commands (default: all of them)")
    completion = commands.add_parser("completion", help="a script by which a shell completes commands and options")
    completion.add_argument("shell", choices=SHELLS, help="the shell that reads it")


def help_text(parser: Parser, about: str | None) -> str:
    """The help of a command, or of them all; ValueError for one that there is not."""
    if about is None:
        return parser.format_help()
    check_command(parser, about)
    return commands_of(parser)[about].format_help()


def completion_script(parser: Parser, shell: str) -> str:
    """What completes commands, options, claims, levels, data sets and files in a shell; the parser is spent on it."""
    import shtab

    words = {"claims": sorted(ids_of_suite()), "mf_level": list(LEVELS), "mf_dataset": list(DATASETS)}
    words |= {"mf_claim": words["claims"], "about": list(commands_of(parser))}
    for one in commands_of(parser).values():
        for action in one._actions:
            if action.dest in words:
                action.choices = words[action.dest]
            elif action.dest in FILES:
                action.complete = shtab.FILE  # type: ignore[attr-defined]  # as shtab asks for it
    script: str = shtab.complete(parser, shell)
    return script


def commands_of(parser: Parser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of all commands, by name."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found |= action.choices
    return found


def check_command(parser: Parser, name: str) -> None:
    """Raise ValueError for a command that there is not, or an option in its place, naming the nearest."""
    there: Collection[str] = commands_of(parser)
    if name.startswith("-"):
        if name not in parser._option_string_actions:
            raise ValueError(f"option {name!r} is unknown{meant(name, parser.option_names())}; see mfcheck --help")
        return
    if name not in there:
        raise ValueError(f"command {name!r} is unknown{meant(name, there)}; there are {', '.join(sorted(there))}")
