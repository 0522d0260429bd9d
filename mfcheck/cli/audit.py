"""The command `mfcheck audit`: pytest on the installed suite, for one architecture, from any folder."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from mfcheck.session import options

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SUITE = "mfcheck.suite"


def add_audit(commands: Commands) -> None:
    """Add the command and its options to a parser's commands: those of pytest, but for the architecture."""
    audit = commands.add_parser("audit", help="the claims on an architecture of one's own, with a report")
    audit.add_argument("architecture", nargs="+", help="package.module:factory, or a name that a package offers")
    audit.add_argument("--workers", default="auto", help="processes, or auto (default)")
    for name, text in options.OPTIONS.items():
        if name != "architecture":
            action = "append" if name in options.REPEATABLE else "store"
            audit.add_argument(options.spelt(name), action=action, help=text, metavar=name.upper())
    for name, text in options.FLAGS.items():
        audit.add_argument(options.spelt(name), action="store_true", help=text)


def pytest_command(chosen: argparse.Namespace) -> list[str]:
    """The invocation of pytest that an audit is; draws are kept in the current folder."""
    kept = os.path.join(os.getcwd(), ".pytest_cache")
    found = [sys.executable, "-m", "pytest", "--pyargs", SUITE, "--import-mode=importlib", "-q"]
    found += ["-o", f"cache_dir={kept}", "-n", chosen.workers]
    for name in chosen.architecture:
        found += [options.spelt("architecture"), name]
    for name in options.OPTIONS:
        value = getattr(chosen, f"mf_{name}", None)
        for text in value if isinstance(value, list) else [value] if value is not None else []:
            found += [options.spelt(name), text]
    return found + [options.spelt(name) for name in options.FLAGS if getattr(chosen, f"mf_{name}", False)]
