"""The command `mfcheck audit`: a pre-flight, then pytest on the installed suite, for one architecture, from any folder.

The folder may be somebody's project, whose pytest is set up for tests of its own. So the audit takes no setting, plugin
or conftest.py from there, nor from the environment: it is the same in every folder.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import SystemRandom
from typing import TYPE_CHECKING

from mfcheck import progress
from mfcheck.cli.arguments import workers
from mfcheck.cli.output import COLOURS, say
from mfcheck.ensembles.devices import resolve_device
from mfcheck.findings.claim import check_claims, is_asked_for
from mfcheck.findings.expected import owners_expectations
from mfcheck.given import names_in, path_at
from mfcheck.imports import offer_folder
from mfcheck.session import options
from mfcheck.session.resume import read_run
from mfcheck.settings import settings_from
from mfcheck.spec import ARCHITECTURES

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SUITE = "mfcheck.suite"
SILENT = 15.0
"""Seconds after which a pre-flight says how far it is."""
FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONWARNINGS", "PYTHONOPTIMIZE")
"""Variables by which an environment would set up a run of tests of its own."""


def add_audit(commands: Commands) -> None:
    """Add the command and its options to a parser's commands: those of pytest, but for the architecture."""
    audit = commands.add_parser("audit", help="the claims on an architecture of one's own, with a report")
    audit.add_argument("architecture", nargs="+", help="package.module:factory, or a name that a package offers")
    audit.add_argument("--preflight", action="store_true", help="look at the networks and stop: seconds, no claim")
    audit.add_argument("--workers", type=workers, default="auto", help="processes, or auto (default)")
    audit.add_argument("--color", choices=COLOURS, default="auto", help="colours of the run (default: on a terminal)")
    options.declare(audit.add_argument, without=("architecture",))


def run(chosen: argparse.Namespace) -> int:
    """Pre-flight, then the suite's claims in a process of its own; the exit status, 1 if the pre-flight is fatal."""
    known = before(chosen)
    if known is None:
        return 1
    if chosen.preflight:
        return 0
    return _become(pytest_command(chosen, known), child_environment(os.environ))


def _become(command: list[str], environment: Mapping[str, str]) -> int:
    """Run a command in place of this process, so that signals, status and the terminal are its own.

    A parent that waits would pass no SIGTERM on and kill the run at Ctrl-C, before it tells what is decided.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], command, dict(environment))
    return subprocess.call(command, env=environment)


def before(chosen: argparse.Namespace) -> list[str] | None:
    """Tell what a pre-flight finds of every architecture; options that hand it on, None where one must be mended."""
    from mfcheck.decisions.suite import suite_claims
    from mfcheck.session.preflight import preflight
    from mfcheck.session.preflight_words import lines

    texts = options.from_environment(os.environ) | given(chosen)
    patterns = names_in("claim", texts["claim"]) if "claim" in texts else ()
    offer_folder()
    left = read_run(path_at(texts.get("report", "reports"))) if texts.pop(options.RESUME, "") else {}
    fresh = left.get("seed", SystemRandom().randrange(2**31))
    settings = settings_from(texts, fresh_seed=fresh, cache=None)
    theory, tests = settings.load(), suite_claims()
    check_claims(patterns, set(tests))
    settings = replace(settings, device=resolve_device(settings.device))
    asked = [tests[id] for id in sorted(tests) if is_asked_for(id, patterns)]
    own = [name for name in settings.architectures if name not in ARCHITECTURES]
    owners_expectations(own, settings.level.name)  # what is written wrong there is told now, and not after a minute
    with progress.shown(progress.seldom(_tell, SILENT, at_once=False)):
        found = [preflight(name, settings, theory, asked) for name in own]
        for one in found:
            for line in lines(one):
                say(line)
    if any(one.fatal for one in found):
        return None
    known = [f"{options.spelt('seed')}={settings.seed}"] if "seed" not in texts and not left else []
    measured = [(one.architecture, one.scale) for one in found if one.scale is not None]
    return known + [f"{options.spelt('scale')}={name}={scale!r}" for name, scale in measured]


def _tell(news: progress.Progress) -> None:
    say(f"pre-flight: {news}", sys.stderr)


def given(chosen: argparse.Namespace) -> dict[str, str]:
    """The options that were written out, by name, and the architectures."""
    return options.texts_of(vars(chosen)) | {"architecture": ",".join(chosen.architecture)}


def pytest_command(chosen: argparse.Namespace, known: Sequence[str] = ()) -> list[str]:
    """The invocation of pytest that an audit is, with what its pre-flight knows; draws are kept in the current folder.

    Plugins go by the names of their entry points, so that it means the same where pytest loads them anyway.
    """
    here = os.getcwd()
    found = [sys.executable, "-m", "pytest", "--pyargs", SUITE, "-q", "--import-mode=importlib"]
    found += ["-c", os.devnull, f"--rootdir={here}", "--noconftest", "-p", "mfcheck", "-p", "xdist"]
    found += ["-o", f"cache_dir={os.path.join(here, '.pytest_cache')}", "-o", "python_files=test_*.py"]
    found += ["-n", chosen.workers, f"--color={chosen.color}"]
    found += [f"{options.spelt('architecture')}={name}" for name in chosen.architecture]
    for name in options.OPTIONS:
        value = getattr(chosen, f"mf_{name}", None)
        texts = value if isinstance(value, list) else [] if value is None else [value]
        found += [f"{options.spelt(name)}={text}" for text in texts]
    found += known
    return found + [options.spelt(name) for name in options.FLAGS if getattr(chosen, f"mf_{name}", False)]


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of an audit: without what sets up other tests, and with no plugin but those it names."""
    kept = {name: value for name, value in environ.items() if name not in FOREIGN}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
