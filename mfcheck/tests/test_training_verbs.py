"""Verbs that Section 5 needs: rivals, medians without a formula, means of either sign, drifts that are negligible."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mfcheck import Cell, NetworkSpec, PaperTheory, Verdict
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup, Rival
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.store import ChunkStore
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.claim import Claim
from mfcheck.findings.finding import Finding
from mfcheck.levels import LEVELS
from mfcheck.settings import Settings
from mfcheck.statistics import medians, signed_means
from mfcheck.statistics.means import Tail
from mfcheck.statistics.sequential import spent

SPEC = NetworkSpec("vanilla", 50, 3, width=60, depth=5, weight_variance=2.0)
ANYWHERE = Probe(np.ones((1, 50)), 0)
STORE = ChunkStore()
ALPHA, QUICK = 1e-4, LEVELS["quick"]
EPS = 0.3
SUPPORTED, REFUTED, UNDECIDED = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNDECIDED


def rate(theory: PaperTheory) -> float:
    return -theory.variance_rate(SPEC, EPS, 2, 2)


UNIT = rate(PaperTheory())


class Faster(PaperTheory):
    """A rate of its own, so that it has twins, 1.3 times that of the paper."""

    def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
        return 1.3 * super().variance_rate(spec, eps, p, q)


def source(name: str, law: Callable[[Tensor], Tensor]) -> Source:
    """The paper's rate times what the law makes of two standard normal numbers."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return UNIT * law(stream.normal(n, 2))

    return Source(name, {"wishart": draw}, {"wishart": False}, most=4096)


def around(centre: float, spread: float = 0.2) -> Source:
    """Of this median, in units of the rate, and positive."""
    return source(f"around {centre} by {spread}", lambda z: centre * torch.exp(spread * z))


def signed(mean: float, spread: float = 1.0) -> Source:
    """Of this mean, in units of the rate, and of either sign."""
    return source(f"signed about {mean} by {spread}", lambda z: mean + spread * z)


def tail(mean: float, spread: float = 1.0) -> Tail:
    """The exact second and fourth moments of `signed`, in units of the rate."""
    return Tail(mean**2 + spread**2, mean**4 + 6 * mean**2 * spread**2 + 3 * spread**4)


def decider(theory: PaperTheory | None = None, claim: str = "thm5.4/decay", **more: Any) -> Decider:
    settings = Settings(seed=5, level=replace(QUICK, **more), alpha=ALPHA)
    stated = Claim(claim, "A statement.", lambda settings: [])
    return Decider(stated, Cell(SPEC, "wishart"), settings, theory or PaperTheory(), STORE, "pytest this")


def first(values: Floats) -> Floats:
    return values[:, 0]


def in_units(values: Floats) -> Floats:
    found: Floats = values[:, 0] / UNIT
    return found


def median(decide: Decider, drawn: Source, rivals: Mapping[str, Rival] | None = None) -> Finding:
    return decide.median_ratio(
        drawn,
        statistic=first,
        probe=ANYWHERE,
        reference=rate,
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.2,
        delta=0.05,
        rivals=rivals or {},
    )


# A rival -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.9, 1.1, SUPPORTED),
        (1.1, 1.3, REFUTED),
        (0.7, 0.9, REFUTED),
        (1.0, 1.2, UNDECIDED),
        (0.9, math.inf, SUPPORTED),
        (1.1, math.inf, REFUTED),
        (1.0, math.inf, UNDECIDED),
        (-math.inf, 1.1, SUPPORTED),
    ],
)
def test_a_rival_is_judged_by_where_its_own_statistics_median_lies(low: float, high: float, verdict: Verdict) -> None:
    draws = np.random.default_rng(1).normal([5.0, 1.0], 0.1, (400, 2))
    assert Rival(lambda values: values[:, 1], low, high).judge(draws, 1e-3) is verdict


@given(st.floats(0.5, 1.5), st.floats(0.01, 1), st.integers(1, 60))
def test_a_rival_is_supported_only_by_an_interval_within_and_refuted_only_by_one_without(
    low: float, width: float, count: int
) -> None:
    draws = np.random.default_rng(count).normal(1, 0.2, (count, 1))
    interval = medians.estimate_median(draws[:, 0], 0.01)
    for high in (low + width, math.inf):
        verdict = Rival(first, low, high).judge(draws, 0.01)
        assert (verdict is SUPPORTED) == (low <= interval.low and interval.high <= high)
        assert (verdict is REFUTED) == (interval.high < low or interval.low > high)


def test_too_few_draws_say_nothing_of_a_rival() -> None:
    draws = np.ones((5, 1))
    assert Rival(first, 0.9, 1.1).judge(draws, 1e-6) is UNDECIDED
    assert Rival(first, 0.9).judge(draws, 1e-6) is UNDECIDED
    assert Rival(first, 0.9).judge(np.ones((30, 1)), 1e-6) is SUPPORTED


HALF = {"half": Rival(in_units, 0.45, 0.55), "more than a third": Rival(in_units, 1 / 3), "all": Rival(in_units, 0.95)}


def test_rivals_that_the_draws_support_hold_instead_and_each_costs_its_own_error_rate() -> None:
    finding = median(decider(), around(0.5), HALF)
    assert finding.verdict is REFUTED
    assert finding.holds_instead == ("half", "more than a third")
    assert finding.alpha == pytest.approx(ALPHA * 4)
    assert median(decider(), around(0.5)).alpha == ALPHA
    # They are no part of the theory's own verdict.
    stands = median(decider(), around(1.0), HALF)
    assert stands.verdict is SUPPORTED
    assert stands.holds_instead == ("more than a third", "all")


def test_a_rival_is_judged_on_all_draws_at_the_error_rate_of_the_last_look() -> None:
    seen: list[tuple[int, float]] = []

    class Watched(Rival):
        def judge(self, draws: Floats, alpha: float) -> Verdict:
            seen.append((len(draws), alpha))
            return super().judge(draws, alpha)

    watched = {"watched": Watched(in_units, 0.9)}
    for finding in (median(decider(), around(1.048), watched), within(decider(), around(1.0), 0.97, rivals=watched)):
        assert finding.looks > 1
        assert seen.pop(0) == (finding.draws, spent(ALPHA, finding.looks))
    assert not seen


def test_rivals_and_other_values_are_named_together() -> None:
    decide = decider()
    finding = decide.median_ratio(
        around(0.5),
        statistic=first,
        probe=ANYWHERE,
        reference=rate,
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.2,
        delta=0.05,
        rivals=HALF,
        instead={"half the rate": lambda theory: rate(theory) / 2, "twice it": lambda theory: 2 * rate(theory)},
    )
    assert finding.holds_instead == ("half the rate", "half", "more than a third")


# Twins ---------------------------------------------------------------------------------------------------------


def test_draws_that_refute_the_theory_kill_none_of_its_twins() -> None:
    """Or a theory that is wrong by far would have all of its twins killed for nothing."""
    stands, falls = median(decider(), around(1.0)), median(decider(), around(0.5))
    assert "variance_rate: × 1.25" in stands.twins_refuted
    assert (falls.verdict, falls.twins_seen, falls.twins_refuted) == (REFUTED, (), ())
    other = median(decider(Faster()), around(1.0))
    assert (other.verdict, other.twins_seen, other.twins_refuted) == (REFUTED, (), ())
    # What is not decided still sees them.
    edge = median(decider(looks=1), around(1.05))
    assert edge.verdict is UNDECIDED
    assert "variance_rate: × 1.25" in edge.twins_refuted


# A median that no formula gives --------------------------------------------------------------------------------


def within(decide: Decider, drawn: Source, low: float = 0.8, high: float = math.inf, **more: Any) -> Finding:
    return decide.median_within(
        drawn,
        statistic=in_units,
        name="what is left",
        probe=ANYWHERE,
        low=low,
        high=high,
        origin="a share that was declared",
        **more,
    )


@pytest.mark.parametrize(
    ("centre", "low", "high", "verdict"),
    [
        (1.0, 0.5, 2.0, SUPPORTED),
        (1.0, 0.5, math.inf, SUPPORTED),
        (1.0, 2.0, 3.0, REFUTED),
        (1.0, 2.0, math.inf, REFUTED),
        (1.0, 0.1, 0.5, REFUTED),
        (1.0, 1.0, 2.0, UNDECIDED),
        (1.0, 1.0, math.inf, UNDECIDED),
    ],
)
def test_a_median_lies_within_its_bounds_or_not(centre: float, low: float, high: float, verdict: Verdict) -> None:
    finding = within(decider(looks=2), around(centre), low, high)
    assert finding.verdict is verdict
    assert finding.region == (low, high)
    assert finding.statistic == "what is left"
    assert finding.margin.origin == "no law: a share that was declared"
    assert finding.estimate == pytest.approx(centre, rel=0.3)
    assert finding.interval[0] <= finding.estimate <= finding.interval[1]
    assert (finding.twins_seen, finding.resolution, finding.breaks) == ((), None, False)
    if verdict is UNDECIDED:
        assert finding.looks == 2


def test_a_median_without_a_formula_begins_with_the_fewest_draws_that_say_anything() -> None:
    finding = within(decider(), around(1.0))
    assert finding.draws == medians.least_draws(spent(ALPHA, 1)) * 2 ** (finding.looks - 1)
    assert math.isfinite(finding.interval[0])
    assert finding.alpha == ALPHA


def test_a_median_without_a_formula_has_rivals_and_a_curve_too() -> None:
    seen: list[int] = []

    def curve(draws: Floats) -> Any:
        seen.append(len(draws))

    finding = within(decider(), around(0.5), rivals=HALF, curve=curve)
    assert finding.verdict is REFUTED
    assert "more than a third" in finding.holds_instead
    assert "all" not in finding.holds_instead
    assert finding.alpha == pytest.approx(4 * ALPHA)
    assert seen == [finding.draws]


# A mean of either sign -----------------------------------------------------------------------------------------


def mean(decide: Decider, drawn: Source, granted: Tail, **more: Any) -> Finding:
    return decide.mean_ratio(
        drawn,
        statistic=first,
        probe=ANYWHERE,
        reference=rate,
        tail=lambda: granted,
        **{"signed": True, "finite_width": lambda: 0.0} | more,
    )


@pytest.mark.parametrize(("true", "verdict"), [(1.0, SUPPORTED), (1.2, REFUTED), (0.8, REFUTED), (-1.0, REFUTED)])
def test_a_mean_of_either_sign_is_held_against_the_theory(true: float, verdict: Verdict) -> None:
    finding = mean(decider(), signed(true), tail(true))
    assert finding.verdict is verdict
    assert finding.estimate == pytest.approx(true, abs=0.05)
    assert finding.region == pytest.approx((0.95, 1.05))
    assert (finding.resolution is None) == (true < 0)


def test_what_breaks_is_supported_where_the_mean_is_another_one() -> None:
    assert mean(decider(), signed(1.0), tail(1.0), breaks=True).verdict is REFUTED
    broken = mean(decider(), signed(1.2), tail(1.2), breaks=True)
    assert broken.verdict is SUPPORTED
    assert broken.breaks
    assert (broken.twins_seen, broken.resolution) == ((), None)
    assert mean(decider(Faster()), signed(1.0), tail(1.0), breaks=True).verdict is SUPPORTED


def test_a_wrong_theory_is_refuted_and_a_right_ones_twins_are_killed() -> None:
    assert mean(decider(Faster()), signed(1.0), tail(1.0)).verdict is REFUTED
    finding = mean(decider(), signed(1.0), tail(1.0))
    assert {"variance_rate: × 1.25", "omega: × 1.25"} <= set(finding.twins_refuted)
    instead = {"the paper's": lambda theory: UNIT, "half": lambda theory: UNIT / 2}
    assert mean(decider(Faster()), signed(1.0), tail(1.0), instead=instead).holds_instead == ("the paper's",)


def test_a_discrepancy_of_ones_own_and_a_known_distance_make_the_margin() -> None:
    finding = mean(decider(), signed(1.1), tail(1.0), finite_width=lambda: 0.1, delta=0.03)
    assert finding.verdict is SUPPORTED
    assert (finding.margin.finite_width, finding.margin.discrepancy) == (0.1, 0.03)
    assert finding.region == pytest.approx((0.87, 1.13))
    assert mean(decider(), signed(1.15), tail(1.0), finite_width=lambda: 0.1, delta=0.03).verdict is REFUTED
    below = mean(decider(), signed(0.9), tail(1.0), finite_width=lambda: -0.1, delta=0.03)
    assert below.verdict is SUPPORTED
    assert below.margin.finite_width == 0.1


def test_the_tail_is_granted_of_the_mean_itself_whatever_theory_is_on_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is granted is a fact of the draws; in units of a theory's value it must not shrink with that value."""
    granted: list[Tail] = []
    decide_by = signed_means.decide_mean_ratio

    def watched(*args: Any, **more: Any) -> Any:
        granted.append(more["tail"])
        return decide_by(*args, **more)

    monkeypatch.setattr(signed_means, "decide_mean_ratio", watched)
    for theory, off in ((PaperTheory(), 0.0), (Faster(), 0.0), (PaperTheory(), 0.1)):
        mean(decider(theory), signed(1.0), tail(1.0), finite_width=lambda off=off: off)
    true = [1.0, 1 / 1.3, 1.0, 1.1]  # the wrong theory's draws are held against the paper's too
    for found, factor in zip(granted, true, strict=True):
        assert found.second == pytest.approx(tail(1.0).second * factor**2)
        assert found.fourth == pytest.approx(tail(1.0).fourth * factor**4)


def test_without_its_sign_a_mean_may_not_be_negative() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        mean(decider(), signed(1.0), tail(1.0), signed=False)


# What is negligible --------------------------------------------------------------------------------------------


def negligible(decide: Decider, true: float, scale: float = 1.0, **more: Any) -> Finding:
    """Of a statistic with this mean, in units of the rate, beside so many rates."""
    granted = tail(true, 0.3)
    return decide.negligible(
        signed(true, 0.3),
        statistic=first,
        probe=ANYWHERE,
        scale=lambda theory: scale * rate(theory),
        tail=lambda: Tail(granted.second / scale**2, granted.fourth / scale**4),
        **more,
    )


EXACT = {"a half": lambda theory: 0.5, "a quarter": lambda theory: 0.25, "none": lambda theory: 0.0}


@pytest.mark.parametrize(
    ("true", "verdict", "holds"),
    [
        (0.0, SUPPORTED, ("none",)),
        (0.02, SUPPORTED, ("none",)),
        (-0.02, SUPPORTED, ("none",)),
        (0.25, REFUTED, ("a quarter",)),
        (0.5, REFUTED, ("a half",)),
        (-0.5, REFUTED, ()),
    ],
)
def test_a_drift_is_negligible_or_another_law_holds_in_its_place(
    true: float, verdict: Verdict, holds: tuple[str, ...]
) -> None:
    finding = negligible(decider(), true, instead=EXACT)
    assert finding.verdict is verdict
    assert finding.holds_instead == holds
    assert finding.estimate == pytest.approx(true, abs=0.02)
    assert finding.region == (-QUICK.ratio, QUICK.ratio)
    assert (finding.reference, finding.margin.total) == (0.0, QUICK.ratio)
    assert (finding.twins_seen, finding.resolution) == ((), None)


def test_what_is_negligible_is_so_beside_a_scale() -> None:
    assert negligible(decider(), 0.25, 1.0).verdict is REFUTED
    large = negligible(decider(), 0.25, 10.0)
    assert large.verdict is SUPPORTED
    assert large.estimate == pytest.approx(0.025, abs=0.01)

    # A theory of larger drifts of its own has a larger scale.
    class Larger(PaperTheory):
        def variance_rate(self, spec: NetworkSpec, eps: float, p: float, q: float) -> float:
            return 10 * super().variance_rate(spec, eps, p, q)

    assert negligible(decider(Larger()), 0.25).estimate == pytest.approx(0.025, abs=0.01)


def test_what_lies_at_the_edge_of_the_negligible_is_not_decided() -> None:
    for true in (QUICK.ratio, -QUICK.ratio):
        assert negligible(decider(looks=2), true).verdict is UNDECIDED


# A slope of medians --------------------------------------------------------------------------------------------


def slope(decide: Decider, power: float, rivals: Mapping[str, tuple[float, float]]) -> Finding:
    """Of medians width^power beside a theory's −1."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        return spec.width**power * torch.exp(0.1 * stream.normal(n, 1))

    source = Source(f"width to the {power}", {"wishart": draw}, {"wishart": False}, most=1024)
    groups = [
        MedianGroup(math.log(width), replace(SPEC, width=width), source, lambda values: values[:, 0])
        for width in (20, 80, 320)
    ]
    return decide.median_slope(
        groups,
        probe=lambda spec: ANYWHERE,
        x_label="log N",
        rises=lambda theory, group: -theory.variance_rate(group.spec, EPS, 2, 2),
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.1,
        rivals=rivals,
    )


LESS = {"slower than 1/N": (-0.95, math.inf), "like 1/√N": (-0.55, -0.45), "like 1/N": (-1.05, -0.95)}


@pytest.mark.parametrize(
    ("power", "verdict", "holds"),
    [
        (-1.0, SUPPORTED, ("like 1/N",)),
        (-0.5, REFUTED, ("slower than 1/N", "like 1/√N")),
        (0.0, REFUTED, ("slower than 1/N",)),
        (-2.0, REFUTED, ()),
    ],
)
def test_a_slope_may_lie_in_other_regions_at_no_cost(power: float, verdict: Verdict, holds: tuple[str, ...]) -> None:
    finding = slope(decider(), power, LESS)
    assert finding.verdict is verdict
    assert finding.holds_instead == holds
    assert finding.estimate == pytest.approx(power, abs=0.05)
    assert finding.alpha == ALPHA  # the same interval judges them all


def test_a_region_that_the_interval_only_touches_does_not_hold() -> None:
    assert slope(decider(), -0.5, {"above its median": (-0.5, math.inf), "below it": (-9.0, -0.5)}).holds_instead == ()


# Open questions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "gates"), [("open/validity-horizon", False), ("thm5.4/open", True), ("break/large-step", True)]
)
def test_open_questions_alone_do_not_gate(id: str, gates: bool) -> None:
    assert Claim(id, "A statement.", lambda settings: []).gates is gates


def test_an_open_question_gets_a_single_look() -> None:
    asked, explored = (within(decider(claim=claim), around(1.0), 1.0) for claim in ("thm5.4/a", "open/a"))
    assert asked.looks == QUICK.looks
    assert explored.looks == 1
    assert explored.draws == medians.least_draws(spent(ALPHA, 1))
