"""The command `mfcheck disagree A B`: the cheapest cells and draws that tell two theories apart, and their verdict."""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

from mfcheck.cli.arguments import a_number, a_whole_number
from mfcheck.cli.mirrors import fill_in
from mfcheck.cli.output import say
from mfcheck.decisions.suite import suite_claims
from mfcheck.ensembles.devices import resolve_device
from mfcheck.ensembles.store import prune
from mfcheck.findings.claim import check_claims
from mfcheck.findings.wording import within
from mfcheck.given import whole_number
from mfcheck.imports import offer_folder
from mfcheck.settings import LEVELS, Settings, level_named
from mfcheck.theory.loading import PAPER_THEORY, load_theory
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from mfcheck.session.disagreement import Disagreement

DEFAULTS = {"mf_level": "quick", "mf_seed": None, "mf_dataset": "digits", "mf_device": "auto"}
"""Of options that have a variable too."""
KEPT = Path(".pytest_cache/d/mfcheck")
"""Where runs of pytest in the current folder keep their draws."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = commands.add_parser("disagree", help="the cheapest draws that tell two theories apart")
    for name in ("a", "b"):
        parser.add_argument(name, metavar=name.upper(), help="paper, or package.module:Theory")
    parser.add_argument("--mf-level", help=f"level of effort: {', '.join(LEVELS)} (default quick)")
    parser.add_argument(
        "--mf-seed", type=a_whole_number("seed"), help="root seed of all draws (default: a fresh one, printed)"
    )
    parser.add_argument("--mf-dataset", help="inputs of claims that look at one (default digits)")
    parser.add_argument("--mf-claim", action="append", default=[], help="only claims of this id or glob; repeatable")
    parser.add_argument("--mf-device", help="auto, cpu, cuda or cuda:N (default auto)")
    parser.add_argument(
        "--budget", type=a_number("budget"), help="seconds that it may take (default 20, or with --all no limit)"
    )
    parser.add_argument("--all", action="store_true", help="every cell in which they differ, not up to the first")


def run(chosen: argparse.Namespace) -> int:
    """Print each cell as it is decided and what they come to; 0 if one separates the theories, else 1."""
    if chosen.budget is None:
        chosen.budget = sys.float_info.max if chosen.all else 20.0
    if not 0 < chosen.budget < math.inf:
        raise ValueError(f"budget must be a positive number of seconds, got {chosen.budget!r}")
    fill_in(chosen, DEFAULTS, mf_seed=partial(whole_number, "seed"))
    offer_folder()
    a, b = (load_theory(PAPER_THEORY if name == "paper" else name) for name in (chosen.a, chosen.b))
    settings = Settings(
        seed=SystemRandom().randrange(2**31) if chosen.mf_seed is None else chosen.mf_seed,
        level=level_named(chosen.mf_level),
        device=resolve_device(chosen.mf_device),
        dataset=chosen.mf_dataset,
        cache=KEPT if KEPT.is_dir() else None,
    )
    check_claims(chosen.mf_claim, suite_claims())
    say(f"A is {chosen.a}, B is {chosen.b}; level {settings.level.title}, seed {settings.seed}")
    from mfcheck.session.disagreement import disagreements

    found = []
    for one in disagreements(a, b, settings, chosen.mf_claim, chosen.budget, every=chosen.all):
        found.append(one)
        if not say("\n".join(_lines(one))):
            break
    if settings.cache is not None:
        prune(settings.cache)
    say("\n".join(tallied(found)) if chosen.all else said(found))
    return 0 if any(one.separates for one in found) else 1


def _lines(one: Disagreement) -> list[str]:
    return [
        f"{one.claim} in {one.cell}",
        f"    A puts {one.reference_a:.6g} and B {one.reference_b:.6g}",
        f"    {one.statistic} of A: {one.estimate:.6g}, interval {within(*one.interval)}",
        f"    A {one.verdict_a}, B {one.verdict_b}, after {one.draws:,} draws in {one.seconds:.1f} s",
    ]


def tallied(found: Sequence[Disagreement]) -> Iterator[str]:
    """One line for each claim, and one for all: in how many of the cells which of the two is refuted or not."""
    for claim in sorted({one.claim for one in found}):
        yield f"{claim}: {_tally([one for one in found if one.claim == claim])}"
    yield f"in all: {_tally(found)}; {sum(one.separates for one in found)} of {len(found)} cells separate them"


def _tally(found: Sequence[Disagreement]) -> str:
    if not found:
        return "they differ in no cell"
    counts = (("A", Counter(one.verdict_a for one in found)), ("B", Counter(one.verdict_b for one in found)))
    return "; ".join(f"{name} {', '.join(f'{verdict} in {n}' for verdict, n in of.items())}" for name, of in counts)


def said(found: Sequence[Disagreement]) -> str:
    """What cells up to the first that separates come to, in one line."""
    for one in found:
        if one.separates:
            wrong, right = ("A", "B") if one.verdict_a is Verdict.REFUTED else ("B", "A")
            return f"{wrong} is refuted, {right} is supported"
    if any(one.verdict_a is one.verdict_b is Verdict.REFUTED for one in found):
        return "both are refuted"
    return "no cell tells them apart"
