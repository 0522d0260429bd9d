"""Which claims an audit will decide, at which sizes and in how long, and what would make the others apply."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from mfcheck import progress
from mfcheck.decisions.cost import seconds_of_first
from mfcheck.decisions.sampling import once
from mfcheck.decisions.statement import Plan
from mfcheck.decisions.trial import Trial, made
from mfcheck.ensembles.calls import call_of
from mfcheck.ensembles.facts import kept
from mfcheck.ensembles.modules import ModuleStack, draw_stack
from mfcheck.ensembles.samples import Source
from mfcheck.ensembles.streams import Stream
from mfcheck.numerics import one_thread
from mfcheck.reporting.words import numbers
from mfcheck.session.preflight import Asked, Preflight
from mfcheck.spec import NetworkSpec
from mfcheck.verdict import NotCovered

FEW, FIRST, SOME = 64, 8, 256
"""Draws in a chunk up to which one is drawn to see how long it takes; and networks by which else the time is told: the
first few load what they need, or are all where they are evaluated one by one."""
PILOTS = 24
"""Draws of a pilot at most: only what a first look takes is told by them, and the audit plans it anew."""


@dataclass(frozen=True)
class Cost:
    """What a statement's first look takes."""

    draws: int
    seconds: float


def decided(found: Preflight) -> Iterator[str]:
    """Which claims will be decided, at which sizes, in how long; and which do not apply, and what would make them."""
    total, silent = 0.0, dict[str, list[str]]()
    for claim, reason in found.silent:
        silent.setdefault(reason, []).append(claim)
    rows, shared = dict[tuple[str, str], list[Cost]](), dict[tuple[object, ...], int]()
    errors = dict[tuple[str, str], int]()
    for place, one in enumerate(found.asked):
        progress.report(place, len(found.asked), "cell")
        try:
            costs, reason = _costs(one, shared)
        except (ArithmeticError, ValueError, RuntimeError) as error:
            failed = one.claim.id, " ".join(str(error).split())
            errors[failed] = errors.get(failed, 0) + 1
            continue
        if reason:
            silent.setdefault(reason, []).append(one.claim.id)
            continue
        whole = Cost(sum(cost.draws for cost in costs), sum(cost.seconds for cost in costs))
        total += whole.seconds
        rows.setdefault((one.claim.id, sizes_of(one)), []).append(whole)
    yield f"to be decided, about {numbers.seconds(total)} on one core for one look at each:"
    for (claim, sizes), those in rows.items():
        draws, seconds = max(cost.draws for cost in those), numbers.seconds(sum(cost.seconds for cost in those))
        yield f"  {claim + _often(len(those)):37} {sizes:33} {draws:>9,} networks {seconds:>9}"
    for (claim, why), cells in errors.items():
        yield f"  {claim + _often(cells):37} will end in an error: {why}"
    for reason, claims in silent.items():
        yield f"– not applicable: {', '.join(dict.fromkeys(claims))}: {reason}"


def _often(cells: int) -> str:
    return f" ×{cells}" if cells > 1 else ""


def sizes_of(one: Asked) -> str:
    """The sizes of a cell's networks, those alone that its constructor is given."""
    knobs = call_of(one.cell.spec.architecture).knobs
    spec, depths = one.cell.spec, sorted({each.depth for each in one.specs})
    said = [f"d {spec.input_dim}", f"K {spec.output_dim}"]
    if "width" in knobs:
        said.append(f"N {spec.width}")
    if "depth" in knobs:
        said.append(f"L {', '.join(map(str, depths[-3:] if len(depths) > 1 else depths))}")
    return "  ".join(said)


def _costs(one: Asked, shared: dict[tuple[object, ...], int]) -> tuple[list[Cost], str]:
    """What each statement of a cell takes beyond draws that an earlier one shares with it, or why none applies."""
    costs, reason = [], ""
    for ask in one.asks:
        try:
            plan = one.trial.plan(ask, pilots=PILOTS)
        except NotCovered as missing:
            reason = str(missing)
            continue
        source = getattr(made(ask, one.trial.own), "source", None)
        key = (source.name if isinstance(source, Source) else len(shared), one.specs)
        there = shared.get(key, 0)
        shared[key] = max(there, plan.first)
        new = max(0, plan.first - there) / plan.first
        costs.append(Cost(plan.first * max(1, plan.drawn), new * _seconds(plan, one.trial)))
    return costs, "" if costs or not one.asks else reason


def _seconds(plan: Plan, trial: Trial) -> float:
    """Seconds that a first look takes: by one chunk of it where chunks are small, else by a few networks like it."""
    if plan.chunk <= FEW:
        chunks = -(-plan.first // plan.chunk)
        return chunks * sum(times * seconds_of_first(draw) for draw, times in map(once, plan.draws_of))
    return plan.first * max(1, plan.drawn) * _each(trial.cell.spec, trial.settings.device)


@kept(64)
def _each(spec: NetworkSpec, device: str) -> float:
    """Seconds that a network takes to be drawn and differentiated along one input, in a stack."""
    x = torch.ones(3, spec.input_dim, device=device)
    with one_thread(), torch.no_grad():
        for count in (FIRST, SOME):
            start = time.process_time()
            stack = draw_stack(spec, Stream(0, device), replicates=count)
            if isinstance(stack, ModuleStack):
                stack.column(x, 0)
            else:
                stack(x)
            each = (time.process_time() - start) / count
            if isinstance(stack, ModuleStack) and not stack.at_once:  # more of them take as much each
                break
    return each
