"""The command `mfcheck plan`: draws and time that claims need, cell by cell, before they are run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from mfcheck.cli.arguments import a_number, a_path
from mfcheck.cli.mirrors import fill_in
from mfcheck.decisions.cost import Cost, cost_of
from mfcheck.decisions.decide import asked
from mfcheck.decisions.forecast import Forecast, core_seconds, forecast
from mfcheck.decisions.statement import Plan
from mfcheck.decisions.suite import ClaimTest, Tests, file_claims, suite_claims
from mfcheck.ensembles.devices import resolve_device
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim, check_claims, is_asked_for
from mfcheck.findings.wording import plural
from mfcheck.given import number
from mfcheck.imports import foreign_code, offer_folder
from mfcheck.settings import LEVELS, Settings, level_named
from mfcheck.theorems.cells_of_a_run import each_cell
from mfcheck.theory import PaperTheory
from mfcheck.theory.loading import PAPER_THEORY, load_theory
from mfcheck.verdict import NotCovered

DEFAULTS = {"mf_theory": PAPER_THEORY, "mf_level": "quick", "mf_device": "auto", "alpha": 1e-6}
"""Of options that have a variable too."""


def add_plan(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    plan = commands.add_parser("plan", help="draws and time that claims need, cell by cell, before they are run")
    plan.add_argument(
        "claims",
        metavar="CLAIM",
        nargs="*",
        help="ids or globs, such as thm4.1/entries-gaussian thm5.1/*; without any, all claims in a rough reckoning",
    )
    plan.add_argument("--file", type=a_path, help="a file of your own claims (default: the installed suite)")
    plan.add_argument("--mf-theory", help="package.module:Theory (default the paper's)")
    plan.add_argument("--delta", type=a_number("delta"), help="declared discrepancy (default: the level's)")
    plan.add_argument("--alpha", "--mf-alpha", type=a_number("alpha"), help="error rate of a decision (default 1e-6)")
    plan.add_argument(
        "--beta", type=a_number("beta"), default=1e-3, help="chance that one look leaves it open (default 1e-3)"
    )
    plan.add_argument("--mf-level", help=f"level of effort: {', '.join(LEVELS)} (default quick)")
    plan.add_argument("--mf-device", help="auto, cpu, cuda or cuda:N (default auto)")


def plan_lines(chosen: argparse.Namespace) -> Iterator[str]:
    """A table of cells for every claim, and what they come to; ValueError for what cannot be used."""
    settings = _settings(chosen)
    tests = suite_claims() if chosen.file is None else file_claims(chosen.file)
    check_claims(chosen.claims, tests)
    theory, level = load_theory(settings.theory), settings.level
    if not chosen.claims:
        yield from _reckoning(tests, settings, theory)
        return
    asked = [id for id in sorted(tests) if is_asked_for(id, chosen.claims)]
    total, failed = Cost(0.0), list[str]()
    for place, id in enumerate(asked):
        claim, test = tests[id]
        if place:
            yield ""
        yield f"{claim.id}: {claim.says}"
        yield f"level {level.title}, alpha {settings.alpha:g}, beta {level.beta:g}, device {settings.device}"
        yield f"{'draws':>12} {'seconds':>11} {'FLOP':>8} {'margin':>9}  cell"
        needed = Cost(0.0)
        for line, cost in _cells(claim, test, settings, theory, failed):
            needed += cost
            yield line
        yield _sum(needed, "on one core, for one look at each cell")
        total += needed
    if len(asked) > 1:
        yield ""
        yield _sum(total, f"in total, for {plural(len(asked), 'claim')}")
    if failed:
        also = f"; nor can {plural(len(failed) - 1, 'other cell')}, told above" if len(failed) > 1 else ""
        raise ValueError(failed[0] + also)


def _reckoning(tests: Tests, settings: Settings, theory: PaperTheory) -> Iterator[str]:
    """A line for every claim of a level, and what they come to, without a single draw."""
    by_claim: dict[str, list[tuple[Forecast, Cell]]] = {}
    for claim, test, cell in each_cell([tests[id] for id in sorted(tests)], settings):
        found = forecast(claim, test, cell, settings, theory)
        by_claim.setdefault(claim.id, []).append((found, cell))
    yield f"level {settings.level.title}, alpha {settings.alpha:g}: a first look at each cell, reckoned and not drawn"
    yield f"{'cells':>6} {'draws':>13} {'core hours':>11} {'memory':>10}  claim"
    for id, each in by_claim.items():
        yield _reckoned([one for one, _ in each], id)
    every = [(one, f"{id} {cell.id}") for id, each in by_claim.items() for one, cell in each]
    if not every:
        return
    yield _reckoned([one for one, _ in every], "in total; what claims share is drawn once")
    dear, wide = max(every, key=lambda row: row[0].seconds), max(every, key=lambda row: row[0].bytes)
    yield f"the dearest cell takes {dear[0].seconds / 3600:.3g} core hours: {dear[1]}"
    yield f"the widest cell takes {wide[0].bytes / 2**30:.2g} GiB: {wide[1]}"
    if rough := sum(one.rough for one, _ in every):
        yield f"{plural(rough, 'cell')} must draw to be planned, and count as one chunk"
    yield from (f"nothing is drawn of {place}: {one.reason}" for one, place in every if one.reason)


def _reckoned(found: list[Forecast], words: str) -> str:
    draws, most = sum(one.draws for one in found), max(one.bytes for one in found)
    hours = core_seconds(found) / 3600
    return f"{len(found):>6} {draws:>13,} {hours:>11,.3f} {most / 2**30:>6.2f} GiB  {words}"


def _sum(cost: Cost, words: str) -> str:
    hours = f" ({cost.seconds / 3600:,.1f} core hours)" if cost.seconds >= 3600 else ""
    return f"{'':>12} {cost.seconds:>11,.2f} {_flop(cost)} {'':>9}  {words}{hours}"


def _flop(cost: Cost) -> str:
    """Operations of matrix products, of whole trainings."""
    return f"{cost.flop:>8.1e}" if cost.flop else f"{'':>8}"


def _cells(
    claim: Claim, test: ClaimTest, settings: Settings, theory: PaperTheory, failed: list[str]
) -> Iterator[tuple[str, Cost]]:
    """A line for every cell of a claim, and what it costs; those that cannot be planned are added to the `failed`."""
    for _, _, cell in each_cell([(claim, test)], settings):
        plan, cost = None, Cost(0.0)
        try:
            with foreign_code(_UnplannedError):
                plan, reason = _first_plan(claim, test, cell, settings, theory)
                cost = Cost(0.0) if plan is None else cost_of(plan)
        except _UnplannedError as error:
            plan, reason = None, f"it cannot be planned: {error}"
            failed.append(f"claim {claim.id} in cell {cell.id} cannot be planned: {error}")
        if plan is not None:
            head = f"{plan.first:>12,} {cost.seconds:>11,.2f} {_flop(cost)} {plan.margin.total:>9.4g}"
            yield f"{head}  {cell.id}", cost
        else:
            yield f"{'—':>12} {'—':>11} {'':>8} {'—':>9}  {cell.id}: {reason}", cost


def _first_plan(
    claim: Claim, test: ClaimTest, cell: Cell, settings: Settings, theory: PaperTheory
) -> tuple[Plan | None, str]:
    """The plan of the first statement in a cell that has one, or why there is none."""
    reason = "it does not apply"
    asks, trial = asked(test, claim, cell, settings, theory, ChunkStore())
    for ask in asks:
        try:
            return trial.plan(ask), ""
        except NotCovered as missing:
            reason = str(missing)
    return None, reason


class _UnplannedError(Exception):
    """Why a cell cannot be planned."""


def _settings(chosen: argparse.Namespace) -> Settings:
    fill_in(chosen, DEFAULTS, alpha=partial(number, "alpha"))
    level = level_named(chosen.mf_level)
    if not 0 < chosen.beta < 1:
        raise ValueError(f"beta must lie in (0, 1), got {chosen.beta!r}")
    level = replace(level, beta=chosen.beta)
    if chosen.delta is not None:
        if not 0 < chosen.delta < 1:
            raise ValueError(f"delta must lie in (0, 1), got {chosen.delta!r}")
        delta = chosen.delta
        level = replace(level, law=delta, ratio=delta, exact=delta, slope=delta, rate=1 - delta)
    offer_folder()
    device = resolve_device(chosen.mf_device)
    return Settings(seed=0, level=level, alpha=chosen.alpha, device=device, theory=chosen.mf_theory)
