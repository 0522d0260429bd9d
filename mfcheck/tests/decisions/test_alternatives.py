"""What holds in a refuted law's place is looked for in more draws where it is open, at its own error rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mfcheck import Verdict
from mfcheck.decisions.alternatives import FURTHER, Judges, Rival, by_draws, tell
from mfcheck.decisions.statement import Breaks, Rule
from mfcheck.settings import LEVELS
from mfcheck.statistics.sequential import Decision, Estimate, Region, spent
from mfcheck.tests.support.bounded_draws import few
from mfcheck.tests.support.rate_draws import REFUTED, SUPPORTED, UNDECIDED, around, decider, in_units, within

RULE = Rule(LEVELS["quick"], 1e-3, 4)


def decision(verdict: Verdict, draws: int = 20, looks: int = 1) -> Decision:
    return Decision(verdict, Estimate(1.0, 0.9, 1.1), Region(0.0, 1.0, 1.0), draws, looks, RULE.alpha)


def from_draws(needed: int, then: Verdict = SUPPORTED) -> Judges:
    """An alternative that so many draws tell."""
    return {"other": lambda draws, alpha: then if draws >= needed else UNDECIDED}


@pytest.mark.parametrize(("needed", "draws"), [(20, 20), (21, 40), (80, 80), (10_000, 80)])
def test_draws_are_doubled_until_an_alternative_is_told_or_looks_end(needed: int, draws: int) -> None:
    told = tell(from_draws(needed), decision(REFUTED), RULE)
    assert told.draws == draws
    assert told.verdicts == {"other": SUPPORTED if needed <= draws else UNDECIDED}


@pytest.mark.parametrize(("looks", "last"), [(2, 40), (3, 80), (4, 80), (4 + FURTHER, 80)])
def test_there_are_no_more_looks_than_the_rule_has_and_two_further_ones(looks: int, last: int) -> None:
    assert tell(from_draws(10_000), decision(REFUTED), replace(RULE, looks=looks)).draws == last
    assert tell(from_draws(10_000), decision(REFUTED, looks=looks), replace(RULE, looks=looks)).draws == 20


@pytest.mark.parametrize(
    ("verdict", "breaks", "draws"),
    [
        (SUPPORTED, False, 20),
        (UNDECIDED, False, 20),
        (REFUTED, False, 80),
        (SUPPORTED, True, 80),
        (REFUTED, True, 20),
        (REFUTED, "above", 20),
    ],
)
def test_only_where_the_claim_is_refuted(verdict: Verdict, breaks: Breaks, draws: int) -> None:
    assert tell(from_draws(10_000), decision(verdict), RULE, breaks).draws == draws


def test_what_is_refuted_or_beside_one_that_holds_asks_for_no_more() -> None:
    assert tell(from_draws(0, REFUTED), decision(REFUTED), RULE).draws == 20
    one_holds = {"holds": lambda draws, alpha: SUPPORTED, "open": lambda draws, alpha: UNDECIDED}
    assert tell(one_holds, decision(REFUTED), RULE).draws == 20
    assert tell({}, decision(REFUTED), RULE).draws == 20


def test_every_look_spends_its_own_share_of_the_error_rate() -> None:
    spends: list[float] = []
    tell({"open": lambda draws, alpha: (spends.append(alpha), UNDECIDED)[1]}, decision(REFUTED, looks=2), RULE)
    assert spends == [spent(RULE.alpha, look) for look in (2, 3, 4)]


def test_a_false_alternative_is_supported_no_more_often_than_it_may() -> None:
    """At the edge of its region, where it is as hard as can be, over all looks together."""
    rule, generator, wrong, replays = replace(RULE, alpha=0.2), np.random.default_rng(5), 0, 400
    edge = Rival(lambda draws: draws, 1.0, 1.2)
    for _ in range(replays):
        values = generator.normal(0.999, 0.1, 160)
        told = tell(by_draws({"edge": edge}, lambda n, values=values: values[:n]), decision(REFUTED, 40), rule)
        wrong += told.verdicts["edge"] is SUPPORTED
    assert 0 < wrong <= rule.alpha * replays


@pytest.mark.parametrize(("half", "more"), [(0.03, False), (0.006, True), (0.0002, True)])
def test_a_finding_keeps_its_decision_and_says_what_its_alternative_took(half: float, more: bool) -> None:
    drawn, rival = few(around(0.3, 0.02)), Rival(in_units, 0.3 - half, 0.3 + half)
    alone, beside = within(decider(), drawn), within(decider(), drawn, rivals={"as it is": rival})
    assert beside.verdict is alone.verdict is REFUTED
    assert (beside.draws, beside.looks, beside.interval) == (alone.draws, 1, alone.interval)
    assert beside.holds_instead == (("as it is",) if half > 0.001 else ())
    assert beside.reason.startswith("what holds instead was looked for in " if more else "")
    assert bool(beside.reason) is more
