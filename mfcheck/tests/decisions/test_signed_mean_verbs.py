"""Means of either sign against the theory, and drifts that are negligible beside a scale."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck import NetworkSpec, PaperTheory, Verdict
from mfcheck.decisions.decide import Decider
from mfcheck.ensembles.samples import Source
from mfcheck.findings.finding import Finding
from mfcheck.statistics import signed_means
from mfcheck.statistics.means import Tail
from mfcheck.tests.support.rate_draws import (
    ANYWHERE,
    QUICK,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    UNIT,
    Faster,
    decider,
    first,
    rate,
    signed,
    tail,
)


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
    assert (finding.resolution is None) == (verdict is REFUTED)


def test_what_breaks_is_supported_where_the_mean_is_another_one() -> None:
    for side in ("above", "below"):
        assert mean(decider(), signed(1.0), tail(1.0), breaks=side).verdict is REFUTED
    broken = mean(decider(), signed(1.2), tail(1.2), breaks="above")
    assert broken.verdict is SUPPORTED
    assert broken.breaks
    assert (broken.twins_seen, broken.absolute) == ((), False)
    assert broken.resolution == pytest.approx(1.05 * broken.estimate / broken.interval[0] - 1)
    assert mean(decider(), signed(1.2), tail(1.2), breaks="below").verdict is REFUTED
    assert mean(decider(Faster()), signed(1.0), tail(1.0), breaks="below").verdict is SUPPORTED


def test_a_wrong_theory_is_refuted_and_a_right_ones_twins_are_killed() -> None:
    assert mean(decider(Faster()), signed(1.0), tail(1.0)).verdict is REFUTED
    finding = mean(decider(), signed(1.0), tail(1.0))
    assert {"variance_rate: × 1.25", "omega: × 1.25"} <= set(finding.twins_refuted)
    instead = {"the paper's": lambda theory: UNIT, "half": lambda theory: UNIT / 2}
    assert mean(decider(Faster()), signed(1.0), tail(1.0), instead=instead).holds_instead == ("the paper's",)


def test_a_known_distance_moves_the_reference_and_a_discrepancy_of_ones_own_makes_the_margin() -> None:
    finding = mean(decider(), signed(1.1), tail(1.0), finite_width=lambda: 0.1, delta=0.03)
    assert (finding.verdict, finding.reference) == (SUPPORTED, pytest.approx(1.1))
    assert (finding.margin.finite_width, finding.margin.discrepancy) == (0.0, 0.03)
    assert finding.region == pytest.approx((1.1 * 0.97, 1.1 * 1.03))
    for other in (1.0, 1.2):
        assert mean(decider(), signed(other), tail(1.0), finite_width=lambda: 0.1, delta=0.03).verdict is REFUTED
    below = mean(decider(), signed(0.9), tail(1.0), finite_width=lambda: -0.1, delta=0.03)
    assert (below.verdict, below.reference) == (SUPPORTED, pytest.approx(0.9))


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
    true = [1.0, 1 / 1.3, 1.0, 1.0]  # the wrong theory's draws are held against the paper's too
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
    assert (finding.twins_seen, finding.absolute) == ((), True)
    told = QUICK.ratio + max(finding.interval[1], -finding.interval[0])
    assert finding.resolution == (None if verdict is REFUTED else pytest.approx(told))


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
