"""Where the draws of a statement come from, and what its finding keeps of them for other theories and for the page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from mfcheck import NetworkSpec, PaperTheory, Probe, Source, Tail, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.explain import explain
from mfcheck.decisions.facts import Fact
from mfcheck.decisions.laws import Law, SameLaw
from mfcheck.decisions.means import MeanRatio, Negligible
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.decisions.medians import MedianRatio, MedianWithin
from mfcheck.decisions.rates import Rate, Share
from mfcheck.decisions.slopes import Group, Slope, Steady
from mfcheck.decisions.statement import Statement
from mfcheck.ensembles.streams import Stream
from mfcheck.statistics import resolution, slopes
from mfcheck.statistics.sequential import spent
from mfcheck.tests.support.bounded_draws import ALPHA, ANYWHERE, AROUND, SPEC, Steeper, bound, decider, first, source

NONE = Allowance(0.0, 0.0, "none")
TAIL = Tail(1.2, 3.0)
BOUND = bound(PaperTheory())
GAUSSIAN = source("gaussian beside the bound", lambda z: z)


def gaussian(theory: PaperTheory) -> Any:
    return stats.norm(scale=bound(theory))


def shown(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
    """Draws that are the inputs at which the network is looked at."""
    return torch.full((n, 1), float(probe.x.sum()), dtype=torch.float64) + stream.normal(n, 1) * 0


SHOWN = Source("what is looked at", {"wishart": shown}, {"wishart": True})
RATIO: dict[str, Any] = {"statistic": first, "reference": lambda theory: 1.0}


def group(kind: type, **more: Any) -> Any:
    groups = [Group(x, SPEC, first, 1.0, TAIL) for x in (1, 2, 3)]
    own = {"unit": "u"} if kind is Steady else {"curve": lambda theory, spec: 1.0}
    return kind(SHOWN, groups, x_label="x", **own, **more)


LOOKING: dict[str, Callable[..., Statement[Any]]] = {
    "law": lambda **more: Law(SHOWN, component=0, reference=gaussian, finite_width=lambda: 0.0, **more),
    "same law": lambda **more: SameLaw(SHOWN, **more),
    "rate": lambda **more: Rate(SHOWN, component=0, **more),
    "share": lambda **more: Share(SHOWN, allowance=lambda: NONE, **RATIO, **more),
    "mean": lambda **more: MeanRatio(SHOWN, tail=lambda: TAIL, **RATIO, **more),
    "negligible": lambda **more: Negligible(
        SHOWN, statistic=first, scale=lambda theory: 1.0, tail=lambda: TAIL, **more
    ),
    "median": lambda **more: MedianRatio(SHOWN, allowance=lambda: NONE, spread=0.1, delta=0.1, **RATIO, **more),
    "within": lambda **more: MedianWithin(SHOWN, statistic=first, name="m", low=0, high=1, origin="o", **more),
    "slope": lambda **more: group(Slope, **more),
    "steady": lambda **more: group(Steady, **more),
}


@pytest.mark.parametrize("kind", LOOKING)
def test_a_statement_looks_at_the_inputs_it_is_given_or_at_those_it_chooses(kind: str) -> None:
    given = Probe(np.full((1, SPEC.input_dim), 3.0))
    at = decider()
    plan = at.trial.plan(LOOKING[kind](probe=given))
    assert {float(draw.sample.first(1).ravel()[0]) for draw in plan.draws_of} == {3.0 * SPEC.input_dim}
    plan = at.trial.plan(LOOKING[kind](looks_at=lambda settings, cell: given))
    assert {float(draw.sample.first(1).ravel()[0]) for draw in plan.draws_of} == {3.0 * SPEC.input_dim}
    plan = at.trial.plan(LOOKING[kind]())  # an image, of which this engine sees none
    assert {float(draw.sample.first(1).ravel()[0]) for draw in plan.draws_of} == {1.0 * SPEC.input_dim}
    assert plan.chunk == SHOWN.chunk_draws(SPEC, "wishart")


def test_every_group_of_a_trend_of_medians_is_looked_at_by_itself() -> None:
    seen: list[int] = []

    def looks(settings: Any, cell: Any) -> Probe:
        seen.append(cell.spec.depth)
        return Probe(np.full((1, SPEC.input_dim), float(cell.spec.depth)))

    groups = [MedianGroup(depth, replace(SPEC, depth=depth), SHOWN, first) for depth in (2, 5, 8)]
    more: dict[str, Any] = {"x_label": "x", "rises": lambda theory, group: 1.0, "allowance": lambda: NONE}
    plan = decider().trial.plan(MedianSlope(groups, spread=0.1, looks_at=looks, **more))
    assert seen == [2, 5, 8]
    assert [float(draw(1)[0]) for draw in plan.draws_of] == [depth * SPEC.input_dim for depth in (2, 5, 8)]


def test_the_papers_theory_is_read_unwatched_and_another_is_watched() -> None:
    paper, other = PaperTheory(), Steeper()
    assert decider(paper).theory is paper
    watched = decider(other).theory
    assert watched is not other
    assert isinstance(watched, Steeper)


def test_a_laws_resolution_and_other_laws_are_judged_by_its_sorted_draws() -> None:
    at = decider()
    wider = {"the same": gaussian, "far wider": lambda theory: stats.norm(scale=2 * bound(theory))}
    finding = at(
        Law(
            GAUSSIAN,
            component=0,
            reference=gaussian,
            finite_width=lambda: 0.01,
            probe=ANYWHERE,
            instead=wider,
        )
    )
    assert (finding.verdict, finding.holds_instead) == (Verdict.SUPPORTED, ("the same",))
    ordered = np.sort(at.trial.sampling.draws(GAUSSIAN, ANYWHERE, first)(finding.draws))
    share = spent(ALPHA, finding.looks)
    assert finding.resolution == resolution.of_law(ordered, stats.norm(scale=BOUND).cdf, 0.03, share)


def test_a_trend_keeps_what_was_measured_predicted_and_exact() -> None:
    depths, at = (2, 5, 8), decider()
    specs = [replace(SPEC, depth=depth) for depth in depths]
    means = [2.0 * bound(PaperTheory(), spec) for spec in specs]
    groups = [
        Group(depth, spec, lambda draws: 2 * first(draws), mean, TAIL)
        for depth, spec, mean in zip(depths, specs, means, strict=True)
    ]
    trend = Slope(
        AROUND, groups, x_label="depth", curve=lambda theory, spec: bound(theory, spec), exact=True, probe=ANYWHERE
    )
    finding = at(trend)
    curve = finding.curve
    assert curve is not None
    assert (curve.kind, curve.x_label, curve.x, curve.draws) == ("trend", "depth", depths, finding.draws)
    assert curve.predicted == tuple(bound(PaperTheory(), spec) for spec in specs)
    assert curve.exact == tuple(means)
    drawn = [2 * at.trial.sampling.draws(AROUND, ANYWHERE, first, spec)(finding.draws).mean() for spec in specs]
    assert curve.measured == pytest.approx(drawn)
    rise = math.log(PaperTheory().omega(SPEC)) / 2
    assert (finding.statistic, finding.verdict) == ("slope of the logarithm", Verdict.SUPPORTED)
    assert finding.reference == pytest.approx(rise)
    assert finding.region == pytest.approx((rise - 0.05, rise + 0.05))
    away = max(finding.interval[1] + 0.05 - rise, rise - finding.interval[0] + 0.05)
    assert (finding.resolution, finding.absolute) == (pytest.approx(away), True)
    weights = slopes.slope_weights(list(depths))
    assert finding.estimate == pytest.approx(float(np.dot(weights, np.log(drawn))), abs=0.02)


def test_what_is_to_break_is_held_against_no_twin_even_where_it_holds() -> None:
    statement = MedianRatio(
        AROUND, statistic=first, reference=bound, allowance=lambda: NONE, spread=0.2, delta=0.05, probe=ANYWHERE
    )
    holds = decider()(statement)
    assert (holds.verdict, len(holds.twins_seen) > 3) == (Verdict.SUPPORTED, True)
    breaks = decider()(replace(statement, breaks="above"))
    assert (breaks.verdict, breaks.twins_seen, breaks.twins_refuted) == (Verdict.REFUTED, (), ())


def test_a_finding_tells_how_long_it_took() -> None:
    begun = time.perf_counter()
    finding = decider()(Fact("", name="checks"))
    assert 0 < finding.seconds <= time.perf_counter() - begun


def test_a_failure_is_explained_with_what_was_decided_measured_and_allowed() -> None:
    finding = replace(
        decider()(Fact("it is not", name="checks")), estimate=0.5, interval=(0.25, 0.75), region=(0.9, 1.0), draws=7
    )
    told = explain(finding)
    where = f"{finding.claim} is refuted in cell {finding.cell}"
    measured = "checks 0.5, interval [0.25, 0.75] after 7 draws"
    assert told == (
        f"{where}: it says that all is as declared (checks); {measured}, allowed is [0.9, 1] (it is not). "
        "Reproduce: pytest this"
    )
    bare = replace(finding, decides="", reason="")
    assert explain(bare) == f"{where}: {measured}, allowed is [0.9, 1]. Reproduce: pytest this"
    breaks = explain(replace(bare, breaks=True, side="above"))
    assert breaks == f"{where}: {measured}, to break the law is to leave, above, [0.9, 1]. Reproduce: pytest this"
    either = explain(replace(bare, breaks=True))
    assert "to break the law is to leave, on any side, [0.9, 1]" in either
    assert explain(decider().does_not_apply("the theory is silent")) == "the theory is silent"


def test_every_rival_is_charged_to_the_findings_error_rate() -> None:
    statement = MedianRatio(
        AROUND, statistic=first, reference=bound, allowance=lambda: NONE, spread=0.2, delta=0.05, probe=ANYWHERE
    )
    rivals = {"above": Rival(first, 2 * BOUND, 3 * BOUND), "about it": Rival(first, 0.9 * BOUND, 1.1 * BOUND)}
    assert decider()(statement).alpha == ALPHA
    finding = decider()(replace(statement, rivals=rivals))
    assert finding.alpha == pytest.approx(3 * ALPHA)
    assert finding.holds_instead == ("about it",)
    trend = decider()(replace(group(Steady, probe=ANYWHERE), source=AROUND, groups=even_groups()))
    assert trend.alpha == ALPHA


def even_groups() -> list[Group]:
    return [Group(x, SPEC, lambda draws: np.abs(first(draws)), 1.0, TAIL) for x in (1, 2, 3)]


def test_a_law_with_atoms_is_decided_by_both_of_its_limits() -> None:
    coins = source("coins", lambda z: (z > 0).double() / BOUND)
    fair = Law(
        coins, component=0, reference=lambda theory: stats.bernoulli(0.5), finite_width=lambda: 0.0, probe=ANYWHERE
    )
    found = decider()(replace(fair, instead={"unfair": lambda theory: stats.bernoulli(0.6)}))
    assert (found.verdict, found.holds_instead) == (Verdict.SUPPORTED, ())
    assert found.estimate < 0.02
    assert decider()(replace(fair, reference=lambda theory: stats.bernoulli(0.6))).verdict is Verdict.REFUTED


@pytest.mark.parametrize("kind", ["mean", "negligible", "median", "within", "slope", "steady"])
def test_a_law_with_two_sides_must_say_on_which_it_breaks(kind: str) -> None:
    with pytest.raises(ValueError, match="breaks must be 'above' or 'below', got True"):
        LOOKING[kind](breaks=True)
    assert LOOKING[kind](breaks="below").breaks == "below"


@pytest.mark.parametrize("kind", ["law", "same law", "rate", "share"])
def test_a_law_with_one_side_breaks_on_it(kind: str) -> None:
    assert LOOKING[kind](breaks=True).breaks is True
