"""A limit is judged by its trend over widths: an excess that falls refutes nothing, one that stays does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.decisions.over_widths import OverWidths
from mfcheck.decisions.same_medians import SameMedian
from mfcheck.decisions.trial import Trial
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.settings import Settings, level_named
from mfcheck.statistics import medians
from mfcheck.verdict import NotCovered


def spec(width: int) -> NetworkSpec:
    return NetworkSpec("vanilla", 4, 1, width, 1, 2.0)


def source(median: Callable[[int], float], spread: Callable[[int], float] = lambda n: 0.05) -> Source:
    """Log-normal draws about a median, with a spread, that depend on the width."""

    def sampler(network: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return median(network.width) * torch.exp(spread(network.width) * stream.normal(n, 1, dtype=torch.float64))

    return Source("toy", {"dense": sampler}, {"dense": False})


def statement(median: Callable[[int], float], widths: tuple[int, ...] = (32, 128), **more: object) -> OverWidths:
    drawn = source(median, more.pop("spread", lambda n: 0.05))  # type: ignore[arg-type]
    groups = [[MedianGroup(0.0, spec(width), drawn, lambda draws: draws[:, 0])] for width in widths]
    fields = {
        "target": lambda theory: 0.0,
        "delta": 0.05,
        "origin": "a toy",
        "quantity": "log of a toy",
        "weights": (1.0,),
    }
    return OverWidths(groups, **{**fields, **more})  # type: ignore[arg-type]


def trial(seed: int = 1) -> Trial:
    claim = Claim("toy/limit", "A limit.", lambda settings: ())
    return Trial(claim, Cell(spec(32), "dense"), Settings(seed, level_named("quick")), PaperTheory(), ChunkStore())


@pytest.mark.parametrize(
    ("median", "widths", "verdict"),
    [
        (lambda n: 0.9, (32, 128), Verdict.SUPPORTED),
        (lambda n: 1 + 2 / math.sqrt(n), (32, 128), Verdict.UNDECIDED),  # above at both, and falling to the bound
        (lambda n: 1 + 5 / n, (32, 128), Verdict.SUPPORTED),  # above at the narrower alone
        (lambda n: 1.3, (32, 128), Verdict.REFUTED),  # above, and staying there
        (lambda n: 1 + 0.05 * math.log(n), (32, 128), Verdict.REFUTED),  # growing
        (lambda n: 1.3, (128,), Verdict.REFUTED),  # of one width: what there is
        (lambda n: 0.9, (128,), Verdict.SUPPORTED),
    ],
)
def test_a_bound_from_above(median: Callable[[int], float], widths: tuple[int, ...], verdict: Verdict) -> None:
    assert trial().judge(statement(median, widths, upper_only=True), PaperTheory()).verdict is verdict


@pytest.mark.parametrize("value", [0.9, 1.0, 1.04, 1.048, 1.0501, 1.09, 1.1, 1.12, 1.3])
def test_with_a_leeway_no_bound_is_left_undecided(value: float) -> None:
    """Refuted beyond 1.05 and supported up to 1.10: either verdict is true in between, and few draws reach one."""
    zone = {"delta": math.log(1.05), "leeway": math.log(1.1 / 1.05), "upper_only": True, "spread": lambda n: 0.2}
    found = trial().judge(statement(lambda n: value, (128,), **zone), PaperTheory())
    assert found.verdict in (Verdict.SUPPORTED, Verdict.REFUTED)
    if value <= 1.05:
        assert found.verdict is Verdict.SUPPORTED
    if value > 1.1:
        assert found.verdict is Verdict.REFUTED


def test_without_a_leeway_what_lies_beside_the_margin_is_undecided() -> None:
    near = statement(lambda n: 1.048, (128,), delta=math.log(1.05), upper_only=True, spread=lambda n: 0.2)
    assert trial().judge(near, PaperTheory()).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("median", "verdict"),
    [
        (lambda n: 1 + 2 / n, Verdict.SUPPORTED),
        (lambda n: 1 / 1.25, Verdict.REFUTED),
        (lambda n: 1.25, Verdict.REFUTED),
    ],
)
def test_a_limit_fails_on_both_sides(median: Callable[[int], float], verdict: Verdict) -> None:
    found = trial().judge(statement(median, power=1.0), PaperTheory())
    assert found.verdict is verdict
    if verdict is Verdict.SUPPORTED:
        assert found.judge(math.log(1.25)) is found.judge(-math.log(1.25)) is Verdict.REFUTED


def test_what_spreads_too_far_is_said_to_tell_nothing() -> None:
    with pytest.raises(NotCovered, match="says nothing of a mean"):
        trial().plan(statement(lambda n: 1.0, spread=lambda n: 2.0, settled=1.0))


@pytest.mark.parametrize(
    ("spread", "gap"),
    [
        (lambda n: 0.3, 0.045),  # it stays, and a mean stays so far above a median
        (lambda n: 0.3 * (128 / n) ** 0.5, 0.0),  # both have one limit
    ],
)
def test_a_limit_of_medians_lies_beside_that_of_means_where_spreads_stay(
    spread: Callable[[int], float], gap: float
) -> None:
    margin = trial().plan(statement(lambda n: 1.0, spread=spread, settled=1.0, power=1.0, pilot=4000)).margin
    assert margin.finite_width == pytest.approx(medians.PRUDENT**2 * gap, abs=0.01)


@pytest.mark.parametrize(("off", "verdict"), [(1.0, Verdict.SUPPORTED), (1.1, Verdict.REFUTED), (0.9, Verdict.REFUTED)])
def test_medians_that_come_to_means_as_the_width_grows_tell_a_tenth(off: float, verdict: Verdict) -> None:
    def lagging(n: int) -> float:
        return off * math.exp(-2.5 / n)

    found = trial().judge(
        statement(lagging, spread=lambda n: (5 / n) ** 0.5, settled=1.0, power=1.0, pilot=400), PaperTheory()
    )
    assert found.verdict is verdict


def same_median(factor: float, spread: float) -> SameMedian:
    """That two arms have one median, of which the second's is so many times the first's."""

    def sampler(network: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        both = torch.exp(spread * stream.normal(n, 2, dtype=torch.float64))
        return both * torch.tensor([1.0, factor])

    arms = Source("arms", {"dense": sampler}, {"dense": False})
    return SameMedian(
        arms, statistic=lambda draws: draws, delta=0.1, looks_at=lambda settings, cell: Probe(np.ones((2, 4)))
    )


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.0, Verdict.SUPPORTED), (1.25, Verdict.REFUTED), (0.8, Verdict.REFUTED)]
)
def test_arms_have_one_median_or_not(factor: float, verdict: Verdict) -> None:
    same = same_median(factor, 0.1)
    assert trial().judge(same, PaperTheory()).verdict is verdict


def test_arms_that_are_nothing_in_some_networks_have_no_factor_between_them() -> None:
    same = same_median(1.0, 0.1)
    some = replace(same, quantity="the move", statistic=lambda draws: np.where(draws > 1, draws, 0.0))
    with pytest.raises(NotCovered, match="the move is 0 in some of"):
        trial().plan(some)


@pytest.mark.parametrize("factor", [1.0, 1.05, 1.09, 1.1, 1.12, 1.2, 1.25, 2.0])
def test_arms_beside_the_edge_take_no_draws_without_end(factor: float) -> None:
    """Refuted beyond 1.1, supported up to 1.21: of arms between the two either is true, and a look or two tell one."""
    same = same_median(factor, 0.5)
    found = [trial(seed).judge(same, PaperTheory()) for seed in range(12)]
    allowed = {Verdict.SUPPORTED: factor <= 1.21, Verdict.REFUTED: factor > 1.1}
    assert all(allowed.get(one.verdict, False) for one in found)
    assert sum(one.evidence.decision.looks <= 2 for one in found) > len(found) / 2


@pytest.mark.parametrize("value", [0.9, 1.0, 1.051, 1.2])
def test_between_two_ends_a_first_look_takes_draws_to_pass_one_and_no_more(value: float) -> None:
    """Half or less of those that would make an interval half as wide as the way to an end; and mostly they pass it,
    planned as they are by a pilot that is itself uncertain."""
    zone = {"delta": math.log(1.05), "leeway": math.log(1.1 / 1.05), "upper_only": True, "spread": lambda n: 0.2}
    toy = statement(lambda n: value, (128,), **zone)
    decided = [trial(seed).judge(toy, PaperTheory()).evidence.decision for seed in range(30)]
    assert sum(one.looks == 1 for one in decided) > len(decided) / 2
    assert all(one.draws == trial(seed).plan(toy).first for seed, one in enumerate(decided) if one.looks == 1)
    chances = {"spread": 0.2, "alpha": 5e-7, "beta": 0.02}
    for gap in (0.02, 0.05, 0.2):
        to_pass = medians.draws_to_leave_slope(gap, (1.0,), **chances)
        assert to_pass <= medians.draws_needed_median_slope(gap, (1.0,), **chances) / 2 or to_pass < 40
        assert medians.draws_to_leave_slope(2 * gap, (0.5, -1.5), **chances) >= to_pass


def test_what_breaks_says_so() -> None:
    """Of a limit over widths, and of arms that have one median."""
    limit, arms = statement(lambda n: 1.3, upper_only=True), same_median(2.0, 0.05)

    def said(one: OverWidths | SameMedian) -> str:
        return one.says(trial().plan(one))  # type: ignore[arg-type]

    assert said(limit) == "log of a toy is at most 0.05 as the width grows"
    assert said(replace(limit, breaks="above")) == "log of a toy lies above 0.05 as the width grows"
    assert said(statement(lambda n: 0.7, (32,), breaks="below")).endswith("lies below -0.05 at this width")
    assert said(arms) == "the medians of arms at all 2 inputs are one up to a factor 1.21"
    assert (
        said(replace(arms, breaks=True))
        == "the medians of arms at all 2 inputs differ somewhere by more than a factor 1.1"
    )
