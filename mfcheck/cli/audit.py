"""The command `mfcheck audit`: pytest on the installed suite, for one architecture, from any folder.

The folder may be somebody's project, whose pytest is set up for tests of its own. So the audit takes no setting, plugin
or conftest.py from there, nor from the environment: it is the same in every folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mfcheck.cli.arguments import workers
from mfcheck.session import options

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SUITE = "mfcheck.suite"
FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONWARNINGS", "PYTHONOPTIMIZE")
"""Variables by which an environment would set up a run of tests of its own."""


def add_audit(commands: Commands) -> None:
    """Add the command and its options to a parser's commands: those of pytest, but for the architecture."""
    audit = commands.add_parser("audit", help="the claims on an architecture of one's own, with a report")
    audit.add_argument("architecture", nargs="+", help="package.module:factory, or a name that a package offers")
    audit.add_argument("--workers", type=workers, default="auto", help="processes, or auto (default)")
    for name, text in options.OPTIONS.items():
        if name != "architecture":
            action = "append" if name in options.REPEATABLE else "store"
            audit.add_argument(options.spelt(name), action=action, help=text, metavar=name.upper())
    for name, text in options.FLAGS.items():
        audit.add_argument(options.spelt(name), action="store_true", help=text)


def run(chosen: argparse.Namespace) -> int:
    """Run the suite's claims in a process of its own; its exit status."""
    return subprocess.call(pytest_command(chosen), env=child_environment(os.environ))


def pytest_command(chosen: argparse.Namespace) -> list[str]:
    """The invocation of pytest that an audit is; draws are kept in the current folder.

    Plugins go by the names of their entry points, so that it means the same where pytest loads them anyway.
    """
    here = os.getcwd()
    found = [sys.executable, "-m", "pytest", "--pyargs", SUITE, "-q", "--import-mode=importlib"]
    found += ["-c", os.devnull, f"--rootdir={here}", "--noconftest", "-p", "mfcheck", "-p", "xdist"]
    found += ["-o", f"cache_dir={os.path.join(here, '.pytest_cache')}", "-o", "python_files=test_*.py"]
    found += ["-n", chosen.workers]
    found += [f"{options.spelt('architecture')}={name}" for name in chosen.architecture]
    for name in options.OPTIONS:
        value = getattr(chosen, f"mf_{name}", None)
        texts = value if isinstance(value, list) else [] if value is None else [value]
        found += [f"{options.spelt(name)}={text}" for text in texts]
    return found + [options.spelt(name) for name in options.FLAGS if getattr(chosen, f"mf_{name}", False)]


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of an audit: without what sets up other tests, and with no plugin but those it names."""
    kept = {name: value for name, value in environ.items() if name not in FOREIGN}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
