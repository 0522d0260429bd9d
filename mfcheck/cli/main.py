"""The command `mfcheck`: audits, what a claim would cost, wrong twins, rival theories, and the gate."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mfcheck.cli import disagree, gate
from mfcheck.cli.audit import add_audit, pytest_command
from mfcheck.decisions.cost import Planner, seconds_needed
from mfcheck.decisions.suite import file_claims, suite_claims
from mfcheck.devices import resolve_device
from mfcheck.ensembles.store import ChunkStore
from mfcheck.levels import LEVELS, level_named
from mfcheck.reporting.words.twins_table import mutant_table
from mfcheck.settings import Settings
from mfcheck.theorems.foreign import each_cell
from mfcheck.theory.loading import PAPER_THEORY, load_theory


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0, 1 for a regression or theories that nothing separates, 4 and one sentence for misuse."""
    parser = argparse.ArgumentParser(prog="mfcheck", description="Plan claims, read and compare what became of them.")
    commands = parser.add_subparsers(dest="command", required=True)
    plan = commands.add_parser("plan", help="draws and time that a claim needs, cell by cell, before it is run")
    plan.add_argument("claim", metavar="CLAIM", help="a claim id, such as thm4.1/entries-gaussian")
    plan.add_argument("--file", type=Path, help="a file of your own claims (default: the installed suite)")
    plan.add_argument("--mf-theory", default=PAPER_THEORY, help="package.module:Theory (default the paper's)")
    plan.add_argument("--delta", type=float, help="declared discrepancy (default: the level's)")
    plan.add_argument("--alpha", type=float, default=1e-6, help="error rate of the decision (default 1e-6)")
    plan.add_argument("--beta", type=float, default=1e-3, help="chance that one look leaves it open (default 1e-3)")
    plan.add_argument("--mf-level", default="quick", help=f"level of effort: {', '.join(LEVELS)} (default quick)")
    plan.add_argument("--mf-device", default="auto", help="auto, cpu, cuda or cuda:N (default auto)")
    mutants = commands.add_parser("mutants", help="wrong twins of the theory against the claims that killed them")
    mutants.add_argument("report", nargs="?", type=Path, default=Path("reports/report.json"), help="a report.json")
    gate.add_commands(commands)
    add_audit(commands)
    disagree.add_to(commands)
    try:
        chosen = parser.parse_args(arguments)
    except SystemExit as stop:  # argparse has said why, and ends with 2
        return 4 if stop.code else 0
    try:
        if chosen.command == "audit":
            return subprocess.call(pytest_command(chosen))
        if chosen.command == "disagree":
            return disagree.run(chosen)
        if chosen.command in gate.COMMANDS:
            return gate.run(chosen)
        lines = _plan(chosen) if chosen.command == "plan" else _mutants(chosen.report)
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ValueError as error:
        print(f"mfcheck: {error}", file=sys.stderr)
        return 4
    return 0


def _plan(chosen: argparse.Namespace) -> Iterator[str]:
    settings = _settings(chosen)
    tests = suite_claims() if chosen.file is None else file_claims(chosen.file)
    if chosen.claim not in tests:
        raise ValueError(f"claim id {chosen.claim!r} is unknown; there are {', '.join(sorted(tests))}")
    (claim, test), theory = tests[chosen.claim], load_theory(settings.theory)
    level = settings.level
    yield f"{claim.id}: {claim.says}"
    yield f"level {level.name}, alpha {settings.alpha:g}, beta {level.beta:g}, device {settings.device}"
    yield f"{'draws':>12} {'seconds':>9} {'margin':>9}  cell"
    total = 0.0
    for _, _, cell in each_cell([(claim, test)], settings):
        planner = Planner(claim, cell, settings, theory, ChunkStore(), "")
        test(cell, planner)
        if not hasattr(planner, "plan"):
            yield f"{'—':>12} {'—':>9} {'—':>9}  {cell.id}: {planner.findings[-1].reason}"
            continue
        seconds = seconds_needed(planner.plan)
        total += seconds
        yield f"{planner.plan.first:>12,} {seconds:>9.2f} {planner.plan.margin.total:>9.4g}  {cell.id}"
    yield f"{'':>12} {total:>9.2f} {'':>9}  on one core, for one look at each cell"


def _settings(chosen: argparse.Namespace) -> Settings:
    level = level_named(chosen.mf_level)
    if not 0 < chosen.beta < 1:
        raise ValueError(f"beta must lie in (0, 1), got {chosen.beta!r}")
    level = replace(level, beta=chosen.beta)
    if chosen.delta is not None:
        if not 0 < chosen.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {chosen.delta!r}")
        delta = chosen.delta
        level = replace(level, law=delta, ratio=delta, exact=delta, slope=delta, rate=1 - delta)
    if "" not in sys.path:
        sys.path.insert(0, "")  # theories of the current folder
    device = resolve_device(chosen.mf_device)
    return Settings(seed=0, level=level, alpha=chosen.alpha, device=device, theory=chosen.mf_theory)


def _mutants(path: Path) -> Iterator[str]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"report {str(path)!r} cannot be read ({error}); run pytest claims first") from error
    if not isinstance(report, dict) or "mutants" not in report:
        raise ValueError(f"report {str(path)!r} holds no wrong twins; it is no report.json of this version")
    yield from mutant_table(report)
