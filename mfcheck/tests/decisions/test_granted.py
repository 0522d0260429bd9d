"""What rests on a grant is supported or left open, never refuted; a grant that its own draws contradict is named."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory
from mfcheck.decisions.granted import CONTRADICTED, LOOKS, OPEN, held_back, never_refuted
from mfcheck.decisions.medians import MedianWithin
from mfcheck.decisions.rates import Rate
from mfcheck.decisions.statement import Evidence, Statement
from mfcheck.decisions.trial import Trial
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.regimes import GRANTED, Regime
from mfcheck.settings import Settings, level_named
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.verdict import Verdict

REGION = Region(0.95, 1.05, 0.05)


def decided(value: float, low: float, high: float) -> Evidence:
    estimate = Estimate(value, low, high)
    decision = Decision(REGION.judge(estimate), estimate, REGION, 100, 1, 1e-6)
    return Evidence(statistic="ratio", reference=1.0, decision=decision)


def test_what_would_be_refuted_is_left_open_with_its_reason() -> None:
    outside, contradicted = held_back(decided(0.8, 0.7, 0.9)), held_back(decided(0.98, 0.73, 0.81))
    assert outside.decision.verdict is contradicted.decision.verdict is Verdict.UNDECIDED
    assert (outside.reason, contradicted.reason) == (OPEN, OPEN + CONTRADICTED)
    assert never_refuted(Verdict.REFUTED) is Verdict.UNDECIDED


def test_support_stays_what_it_is() -> None:
    found = decided(1.0, 0.99, 1.01)
    assert held_back(found) is found
    assert never_refuted(Verdict.SUPPORTED) is Verdict.SUPPORTED


def ones(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    return torch.zeros(n, 1, dtype=torch.float64)


ZEROS = Source("zeros", {"dense": ones}, {"dense": False})


def within(**more: object) -> MedianWithin:
    fields = {"statistic": lambda draws: draws[:, 0], "name": "toy", "low": 1.0, "high": 2.0, "origin": "a toy"}
    return MedianWithin(ZEROS, **{**fields, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        (within(), Verdict.REFUTED),
        (within(caveat="trained on a few images"), Verdict.REFUTED),
        (within(caveat=f"{GRANTED}a distance"), Verdict.UNDECIDED),
        (within(regime=Regime("early", f"{GRANTED}a distance")), Verdict.UNDECIDED),
        (within(caveat=f"{GRANTED}a distance", low=-1.0), Verdict.SUPPORTED),
        (Rate(ZEROS, component=0, caveat=f"{GRANTED}a share"), Verdict.UNDECIDED),
    ],
)
def test_a_caveat_that_grants_is_all_that_a_statement_says_of_it(statement: Statement, verdict: Verdict) -> None:
    claim, cell = (
        Claim("toy/granted", "A toy.", lambda settings: ()),
        Cell(NetworkSpec("vanilla", 4, 1, 8, 1, 2.0), "dense"),
    )
    trial = Trial(claim, cell, Settings(1, level_named("quick")), PaperTheory(), ChunkStore())
    finding = trial.find(statement)
    assert finding.verdict is verdict
    granted = finding.caveat.startswith(GRANTED)
    assert trial.rule_of(statement).looks == (LOOKS if granted else level_named("quick").looks)
    assert finding.looks == 1


def marginal(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    """Of which the median stands on the end of the region of `within`."""
    return 1.0 + stream.normal(n, 1)


@pytest.mark.parametrize(("caveat", "looks"), [(f"{GRANTED}a distance", LOOKS), ("", level_named("quick").looks)])
def test_what_is_marginal_is_looked_at_again(caveat: str, looks: int) -> None:
    claim = Claim("toy/granted", "A toy.", lambda settings: ())
    cell = Cell(NetworkSpec("vanilla", 4, 1, 8, 1, 2.0), "dense")
    trial = Trial(claim, cell, Settings(1, level_named("quick")), PaperTheory(), ChunkStore())
    finding = trial.find(
        replace(within(caveat=caveat), source=Source("marginal", {"dense": marginal}, {"dense": False}))
    )
    assert (finding.verdict, finding.looks) == (Verdict.UNDECIDED, looks)
