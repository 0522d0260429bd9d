"""Two theories against each other: the cheapest cells whose draws tell them apart, and what those draws say of each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from mfcheck.decisions.cost import seconds_needed
from mfcheck.decisions.decide import asked
from mfcheck.decisions.judgement import as_number
from mfcheck.decisions.statement import Plan, Reference
from mfcheck.decisions.suite import ClaimTest, suite_claims
from mfcheck.decisions.trial import Ask, Trial, made
from mfcheck.ensembles.devices import resolve_device
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim, check_claims, is_asked_for
from mfcheck.findings.sections import section_of
from mfcheck.settings import Settings, level_named
from mfcheck.theorems.cells_of_a_run import each_cell
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import moves
from mfcheck.theory.values import is_law, number_of
from mfcheck.verdict import Verdict

PLANNED = 3
"""Cells of a claim that are planned: those of the cheapest engine where the theories differ most."""
STANDARD = np.linspace(-4, 4, 801)


@dataclass(frozen=True)
class Disagreement:
    """One cell in which two theories put different references, and what the same draws say of each.

    The references are numbers, laws by their variance. Estimate and interval are those of theory A's statistic.
    """

    claim: str
    cell: str
    statistic: str
    reference_a: float
    reference_b: float
    estimate: float
    interval: tuple[float, float]
    verdict_a: Verdict
    verdict_b: Verdict
    draws: int
    seconds: float

    @property
    def separates(self) -> bool:
        """Whether the draws refute one of the two and support the other."""
        return {self.verdict_a, self.verdict_b} == {Verdict.REFUTED, Verdict.SUPPORTED}


@dataclass(frozen=True, eq=False)
class Difference:
    """A statement of which two theories put different references, and the trial that can decide it under each."""

    trial: Trial
    ask: Ask
    theories: tuple[PaperTheory, PaperTheory]
    references: tuple[Reference, Reference]
    numbers: tuple[float, float]

    @property
    def apart(self) -> float:
        """The relative difference, of laws that of their variances."""
        return relative(*self.numbers)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A difference with its plans: it is so many margins `apart`, and takes so many `chunks` of draws."""

    difference: Difference
    plans: tuple[Plan, Plan]
    apart: float
    chunks: float

    @property
    def rank(self) -> tuple[bool, float]:
        """Those farther apart than both margins first, then the cost of a margin's worth of difference."""
        return self.apart <= 2, self.chunks / self.apart


def disagree(
    a: PaperTheory,
    b: PaperTheory,
    *,
    level: str = "quick",
    seed: int = 0,
    dataset: str = "digits",
    claims: Sequence[str] = (),
    device: str = "auto",
    budget: float = 20.0,
    every: bool = False,
    cache: Path | None = None,
) -> tuple[Disagreement, ...]:
    """The cheapest cells of the suite's claims that two theories differ in, decided until one separates them.

    `claims` are ids or globs, `budget` the seconds that draws may take, `cache` a folder of draws kept by earlier runs.
    With `every`, all cells are decided in which they differ, as far as the budget goes.
    """
    settings = Settings(seed, level_named(level), device=resolve_device(device), dataset=dataset, cache=cache)
    return tuple(disagreements(a, b, settings, claims, budget, every=every))


def disagreements(
    a: PaperTheory, b: PaperTheory, settings: Settings, claims: Sequence[str], budget: float, *, every: bool = False
) -> Iterator[Disagreement]:
    """The same one by one, as they are decided; they end with the first that separates, or with the budget."""
    start, store = time.perf_counter(), ChunkStore(settings.cache)
    suite = suite_claims()
    check_claims(claims, suite)
    tests = [test for test in suite.values() if _asked(test[0], claims)]
    if not tests:
        raise ValueError(f"no claim of the suite that can tell theories apart matches {', '.join(claims)}")
    found: list[Candidate] = []
    for _, cells in groupby(each_cell(tests, settings), key=itemgetter(0)):
        different = (difference(claim, cell, test, (a, b), settings, store) for claim, test, cell in cells)
        # Draws of the Wishart chain are by far the cheapest.
        best = sorted(filter(None, different), key=lambda one: (one.trial.cell.engine != "wishart", -one.apart))
        found += filter(None, map(planned, best if every else best[:PLANNED]))
    for one in sorted(found, key=lambda one: one.rank):
        begun = time.perf_counter()
        left = budget - (begun - start)
        if left > 0 and seconds_needed(one.plans[0]) <= left:
            decided = decide(one, begun)
            yield decided
            if decided.separates and not every:
                return


def difference(
    claim: Claim,
    cell: Cell,
    test: ClaimTest,
    theories: tuple[PaperTheory, PaperTheory],
    settings: Settings,
    store: ChunkStore,
) -> Difference | None:
    """What two theories put in a cell's place, or None where that is the same, or one of them puts nothing there."""
    a, b = theories
    try:
        asks, trial = asked(test, claim, cell, settings, PaperTheory(), store)
        holding = [(ask, statement.formula) for ask in asks if not (statement := made(ask, a)).breaks]
        ask, formula = holding[-1] if holding else (None, None)
        if ask is None or formula is None or not moves(b, formula, than=a):
            return None
        references = formula(a), formula(b)
        numbers = as_number(references[0]), as_number(references[1])
    except (ArithmeticError, AttributeError, ValueError):
        return None
    known = all(map(math.isfinite, numbers))
    return Difference(trial, ask, theories, references, numbers) if known else None


def planned(one: Difference) -> Candidate | None:
    """A difference with the draws that it takes, None where one of the theories cannot be decided there."""
    a, b = one.theories
    try:
        plans = one.trial.plan(one.ask, a), one.trial.plan(one.ask, b)
    except (ArithmeticError, AttributeError, ValueError):
        return None
    # A trend's reference is a slope and its margin absolute; every other statement is about a law or a ratio.
    distance = separation(*one.references, trend=len(plans[0].draws_of) > 1)
    chunks = sum(plan.drawn * plan.first / plan.chunk for plan in plans)
    return Candidate(one, plans, distance / (plans[0].margin.total or 1.0), chunks)  # a threshold has no margin


def separation(a: Reference, b: Reference, *, trend: bool) -> float:
    """How far apart two references are, in the units of a margin."""
    if is_law(a):
        grid = STANDARD * math.sqrt(max(number_of(a), number_of(b)))
        return float(np.max(np.abs(a.cdf(grid) - b.cdf(grid))))
    return abs(a - b) if trend else relative(a, b)


def relative(a: float, b: float) -> float:
    """Their difference over the larger of the two."""
    return abs(a - b) / (max(abs(a), abs(b)) or 1.0)


def decide(one: Candidate, begun: float) -> Disagreement:
    """The verdicts of one cell's draws on both theories, and the seconds since its drawing was begun."""
    trial, ask = one.difference.trial, one.difference.ask
    of_a, of_b = (trial.judge(ask, theory).evidence for theory in one.difference.theories)
    return Disagreement(
        claim=trial.claim.id,
        cell=trial.cell.id,
        statistic=of_a.statistic,
        reference_a=one.difference.numbers[0],
        reference_b=one.difference.numbers[1],
        estimate=of_a.decision.estimate.value,
        interval=(of_a.decision.estimate.low, of_a.decision.estimate.high),
        verdict_a=of_a.decision.verdict,
        verdict_b=of_b.decision.verdict,
        draws=max(of_a.decision.draws, of_b.decision.draws),
        seconds=time.perf_counter() - begun,
    )


def _asked(claim: Claim, patterns: Sequence[str]) -> bool:
    return is_asked_for(claim.id, patterns) and section_of(claim.id).gates
