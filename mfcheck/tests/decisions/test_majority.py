"""Statements that most networks have a property: what is not known of some counts both ways, and rivals can fail."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.decisions.alternatives import Alternative, Rival, Together
from mfcheck.decisions.majority import Majority, Mostly
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import OUTCOME
from mfcheck.statistics.medians import least_draws
from mfcheck.statistics.rates import draws_needed_rate
from mfcheck.statistics.sequential import spent
from mfcheck.tests.support.rate_draws import ALPHA, ANYWHERE, REFUTED, SUPPORTED, UNDECIDED, decider


def pairs(share: float, hidden: float = 0.0, centre: float = 1.0) -> Source:
    """`[n, 3]`: a property as bounds, of some networks hidden, and a positive number about a centre."""

    def drawn(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        has = (torch.rand(draws, generator=stream.torch) < share).double()
        away = torch.rand(draws, generator=stream.torch) < hidden
        size = centre * torch.exp(0.02 * stream.normal(draws))
        return torch.stack([has.masked_fill(away, 0.0), has.masked_fill(away, 1.0), size], dim=1)

    return Source(f"pairs {share} {hidden} {centre}", {"wishart": drawn}, {"wishart": False}, most=64)


def has(draws: Floats) -> Floats:
    return draws[:, :2]


def has_not(draws: Floats) -> Floats:
    found: Floats = 1 - draws[:, 1::-1]
    return found


def size(draws: Floats) -> Floats:
    return draws[:, 2]


def most(source: Source, rivals: Mapping[str, Alternative] | None = None, *, breaks: bool = False) -> Finding:
    about = Majority(
        source,
        property=has,
        quantity="it is so",
        probe=ANYWHERE,
        rivals=rivals or {},
        breaks=breaks,
        regime=OUTCOME,
    )
    return decider()(about)


@pytest.mark.parametrize(
    ("share", "verdict"), [(1.0, SUPPORTED), (0.9, SUPPORTED), (0.5, UNDECIDED), (0.1, REFUTED), (0.0, REFUTED)]
)
def test_most_are_told_from_few(share: float, verdict: object) -> None:
    found = most(pairs(share))
    assert found.verdict is verdict
    assert found.region == (0.5, 1.0)
    assert (found.statistic, found.reference, found.regime) == ("share of networks", 1.0, "the outcome")
    assert found.decides == "it is so in more than half of networks"
    assert (found.margin.total, found.margin.origin) == (0.0, "none: more than half of the networks is what is stated")
    assert not found.reason


@pytest.mark.parametrize(("share", "verdict"), [(1.0, REFUTED), (0.0, SUPPORTED), (0.5, UNDECIDED)])
def test_what_most_have_breaks_where_at_most_half_have_it(share: float, verdict: object) -> None:
    found = most(pairs(share), breaks=True)
    assert found.verdict is verdict
    assert found.decides == "it is so in at most half of networks"


@pytest.mark.parametrize(("share", "hidden", "verdict"), [(1.0, 0.1, SUPPORTED), (0.0, 0.1, REFUTED)])
def test_a_few_that_are_not_known_leave_a_clear_case_decided(share: float, hidden: float, verdict: object) -> None:
    found = most(pairs(share, hidden))
    assert found.verdict is verdict
    assert f"of {found.draws} may still turn out either way" in found.reason


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_many_that_are_not_known_leave_it_open_whatever_the_others_are(share: float) -> None:
    found = most(pairs(share, 0.6))
    assert found.verdict is UNDECIDED
    assert found.interval[0] < 0.5 < found.interval[1]


def test_the_first_look_is_the_least_that_can_decide_and_all_alike_are_decided_by_it() -> None:
    found = most(pairs(1.0))
    assert (found.looks, found.draws) == (1, least_draws(spent(ALPHA, 1)))
    assert found.draws >= draws_needed_rate(0.5, alpha=spent(ALPHA, 1))


@pytest.mark.parametrize("exceptions", [1, 2])
def test_a_first_look_that_allows_for_exceptions_decides_with_so_many(exceptions: int) -> None:
    def drawn(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return (torch.arange(draws) >= exceptions).double()[:, None].expand(-1, 3)

    source = Source(f"all but {exceptions}", {"wishart": drawn}, {"wishart": False})
    about = Majority(source, property=has, probe=ANYWHERE, exceptions=exceptions, regime=OUTCOME)
    found = decider()(about)
    assert (found.verdict, found.looks) == (SUPPORTED, 1)
    assert found.draws >= draws_needed_rate(0.5, alpha=spent(ALPHA, 1), failures=exceptions)


RIVALS: dict[str, Alternative] = {
    "most have not": Mostly(has_not),
    "as large as it was": Rival(size, 0.9, 1.1),
    "both": Together((Mostly(has_not), Rival(size, 0.9, 1.1))),
}


@pytest.mark.parametrize(
    ("share", "centre", "holding"),
    [
        (0.0, 1.0, ("most have not", "as large as it was", "both")),
        (0.0, 1.25, ("most have not",)),
        (0.0, 0.8, ("most have not",)),
        (1.0, 1.0, ("as large as it was",)),
        (1.0, 1.25, ()),
    ],
)
def test_rivals_hold_where_they_do_and_are_charged(share: float, centre: float, holding: tuple[str, ...]) -> None:
    found = most(pairs(share, centre=centre), RIVALS)
    assert found.holds_instead == holding
    assert found.alpha == pytest.approx(4 * ALPHA)


@pytest.mark.parametrize(
    ("centre", "spread", "verdict"),
    [
        (1.0, 0.01, SUPPORTED),
        (1.25, 0.01, REFUTED),
        (0.8, 0.01, REFUTED),
        (1.0, 0.2, UNDECIDED),
    ],
)
def test_a_law_about_a_value_forbids_a_quarter_more_and_a_quarter_less(
    centre: float, spread: float, verdict: object
) -> None:
    draws = np.stack([np.zeros(60), np.ones(60), centre * (1 + spread * np.linspace(-1, 1, 60))], axis=1)
    assert Rival(size, 0.9, 1.1).judge(draws, 1e-6) is verdict


@pytest.mark.parametrize(("centre", "verdict"), [(1.05, UNDECIDED), (1.2, SUPPORTED), (1.3, UNDECIDED)])
def test_a_law_whose_twin_holds_as_well_is_not_supported(centre: float, verdict: object) -> None:
    """From 1 to 1.4, where its twins go from 0.8 to 1.12 and from 1.25 to 1.75."""
    draws = np.stack([np.zeros(60), np.ones(60), centre * (1 + 0.001 * np.linspace(-1, 1, 60))], axis=1)
    assert Rival(size, 1.0, 1.4).judge(draws, 1e-6) is verdict


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        ([SUPPORTED, SUPPORTED], SUPPORTED),
        ([SUPPORTED, REFUTED], REFUTED),
        ([UNDECIDED, REFUTED], REFUTED),
        ([SUPPORTED, UNDECIDED], UNDECIDED),
    ],
)
def test_together_is_as_strong_as_its_weakest_part(verdicts: list[object], whole: object) -> None:
    class Said:
        def __init__(self, verdict: object) -> None:
            self.verdict = verdict

        def judge(self, draws: Floats, alpha: float) -> object:
            return self.verdict

    parts = tuple(Said(verdict) for verdict in verdicts)
    assert Together(parts).judge(np.empty(0), 0.1) is whole  # type: ignore[arg-type]
