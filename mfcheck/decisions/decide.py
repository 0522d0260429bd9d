"""`Decider`, which claims call as `decide`: every statement that it is handed becomes a finding."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions import calibration
from mfcheck.decisions.calibration import Calibration
from mfcheck.decisions.facts import Fact
from mfcheck.decisions.laws import Law, SameLaw
from mfcheck.decisions.majority import Majority
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.median_slopes import MedianSlope
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.over_widths import OverWidths
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.same_medians import SameMedian
from mfcheck.decisions.shapes import Statistic, numbers
from mfcheck.decisions.slopes import Slope, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.decisions.thresholds import MedianBeyond
from mfcheck.decisions.trial import Ask, Trial
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.findings.cell import Cell
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.findings.record import reportable
from mfcheck.settings import Settings
from mfcheck.spec import NetworkSpec
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.theory import PaperTheory

Fields = ParamSpec("Fields")
BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def _verb(statement: Callable[Fields, Statement[Any]], name: str) -> Callable[Concatenate[Decider, Fields], Finding]:
    """A method that decides a statement made of the same arguments."""

    def verb(self: Decider, /, *arguments: Fields.args, **named: Fields.kwargs) -> Finding:
        return self(statement(*arguments, **named))

    verb.__name__, verb.__qualname__ = name, f"Decider.{name}"
    verb.__doc__ = f"Decide: {statement.__doc__}"
    return verb


@dataclass(eq=False)
class Decider:
    """Decides statements about one claim in one cell; every decision is kept in `findings`.

    Called with a statement, or with a function that makes one from the theory; its methods make statements of their
    arguments. References come as functions of the theory, so that the draws can be held against its wrong twins too.
    `answer` decides, unless somebody only wants to know what is asked.
    """

    claim: Claim
    cell: Cell
    settings: Settings
    theory: PaperTheory
    store: ChunkStore
    reproduce: str
    findings: list[Finding] = field(default_factory=list)
    answer: Callable[[Ask], Finding] | None = None
    settled: bool = False
    """Whether its findings were there before, so that they answer in turn and nothing is decided anew."""
    ended: bool = False
    """Whether its test has ended, after which nobody would count what is decided."""
    trial: Trial = field(init=False)
    _answered: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.trial = Trial(self.claim, self.cell, self.settings, self.theory, self.store, self.reproduce)
        self.theory = self.trial.theory

    def __call__(self, ask: Ask) -> Finding:
        self._check_open()
        if self.settled:
            self._answered += 1
            return self.findings[min(self._answered, len(self.findings)) - 1]
        finding = (self.answer or self.trial.find)(ask)
        self.findings.append(finding)
        return finding

    law = _verb(Law, "law")
    same_law = _verb(SameLaw, "same_law")
    rate = _verb(Rate, "rate")
    share = _verb(Share, "share")
    majority = _verb(Majority, "majority")
    mean_ratio = _verb(MeanRatio, "mean_ratio")
    negligible = _verb(Negligible, "negligible")
    median_ratio = _verb(MedianRatio, "median_ratio")
    median_within = _verb(MedianWithin, "median_within")
    median_beyond = _verb(MedianBeyond, "median_beyond")
    slope = _verb(Slope, "slope")
    median_slope = _verb(MedianSlope, "median_slope")
    steady = _verb(Steady, "steady")
    same_median = _verb(SameMedian, "same_median")
    over_widths = _verb(OverWidths, "over_widths")
    fact = _verb(Fact, "fact")

    def sketch(self, source: Source, probe: Probe, spec: NetworkSpec, draws: int) -> Floats:
        """Some draws of another network by the cell's engine, for a figure; no verdict rests on them."""
        return self.trial.sampling.draws(source, probe, spec=spec)(draws)

    def on_chain(self, source: Source, statistic: Statistic, spec: NetworkSpec, apart: str = calibration.APART) -> Draw:
        """Draws on the exact chain that know nothing of those that are decided on."""
        anywhere = Probe(np.ones((1, spec.input_dim)), 0)
        return self.trial.sampling.draws(source, anywhere, statistic, spec, engine="wishart", apart=apart)

    def calibrate(self, source: Source, statistic: Statistic, spec: NetworkSpec) -> Calibration:
        """The median of a statistic on the exact chain, with an interval of its own."""
        names = (calibration.APART, f"{calibration.APART}, pilot")
        draw, pilot = (self.on_chain(source, numbers(statistic), spec, name) for name in names)
        return Calibration.by(draw, pilot, self.settings.level, self.settings.alpha)

    def does_not_apply(self, reason: str) -> Finding:
        """Record that the claim has nothing to say of this cell."""
        self._check_open()
        if self.settled:
            return self.findings[0]
        self.findings.append(reportable(self.trial.blank(reason)))
        return self.findings[-1]

    def _check_open(self) -> None:
        if self.ended:
            raise ValueError(
                f"{self.claim.id} is decided in cell {self.cell.id} after its test has ended, where nobody counts it; "
                "decide in the test, or in a fixture before it yields"
            )


def asked(
    test: Callable[..., object],
    claim: Claim,
    cell: Cell,
    settings: Settings,
    theory: PaperTheory,
    store: ChunkStore,
) -> tuple[list[Ask], Trial]:
    """What a claim's test asks in a cell, none of it decided, and the trial that could decide it.

    ValueError of one that only its fixtures can tell: it takes some besides `cell` and `decide`, or asks nothing.
    """
    asks: list[Ask] = []
    decider = Decider(claim, cell, settings, theory, store, "")

    def note(ask: Ask) -> Finding:
        asks.append(ask)
        return decider.trial.blank()

    decider.answer = note
    takes = inspect.signature(test).parameters
    given = {name: value for name, value in (("cell", cell), ("decide", decider)) if name in takes}
    needed = (name for name, one in takes.items() if one.default is one.empty and one.kind in BY_NAME)
    fixtures = [name for name in needed if name not in given]
    if fixtures:
        raise ValueError(f"what it asks is told by its run alone: its test takes {', '.join(fixtures)} besides a cell")
    test(**given)
    if not decider.findings:
        raise ValueError("what it asks is told by its run alone: its test decides nothing by itself")
    return asks, decider.trial
