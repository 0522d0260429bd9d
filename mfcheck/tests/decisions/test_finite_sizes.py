"""A limit's formula is held against draws with the known distance of finite sizes, and so is no theory that has it
already."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from mfcheck import PaperTheory, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.finite_sizes import moved, papers_value, shifted
from mfcheck.decisions.laws import LawPlan
from mfcheck.findings.finding import Margin
from mfcheck.tests.support.bounded_draws import bound, decider, median, slope, source, times
from mfcheck.theory.mixtures import Mixture

KNOWN = 0.8
SMALLER = source("four fifths of the bound", lambda z: KNOWN * torch.exp(0.2 * z))


def allowed(shift: float = KNOWN - 1) -> Allowance:
    return Allowance(0.01, 0.01, "known", shift=shift)


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (1.0, Verdict.SUPPORTED),  # the limit, which finite sizes move to the draws
        (KNOWN, Verdict.SUPPORTED),  # what finite sizes make of it, said outright
        (1.2, Verdict.REFUTED),
        (0.9, Verdict.REFUTED),
        (0.7, Verdict.REFUTED),
    ],
)
def test_a_theory_may_say_the_limit_or_what_finite_sizes_make_of_it(factor: float, verdict: Verdict) -> None:
    assert median(decider(times(factor)), SMALLER, allowed()).verdict is verdict
    judged = decider().trial.judge(_statement(), PaperTheory())
    assert judged.judge(factor * bound(PaperTheory())) is verdict


def _statement() -> Any:
    asked: list[Any] = []
    decide = decider()
    decide.answer = lambda ask: asked.append(ask) or decide.trial.blank()  # type: ignore[func-returns-value]
    median(decide, SMALLER, allowed())
    return asked[0]


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [(1.0, Verdict.SUPPORTED), (0.9, Verdict.SUPPORTED), (0.81, Verdict.SUPPORTED), (0.7, Verdict.REFUTED)],
)
def test_what_finite_sizes_leave_free_below_a_bound_breaks_no_smaller_bound(factor: float, verdict: Verdict) -> None:
    assert median(decider(times(factor)), SMALLER, allowed(), upper_only=True).verdict is verdict


def test_a_bound_may_be_passed_as_far_as_finite_sizes_do() -> None:
    larger = source("a tenth above the bound", lambda z: 1.1 * torch.exp(0.2 * z))
    assert median(decider(), larger, allowed(0.1), upper_only=True).verdict is Verdict.SUPPORTED
    assert median(decider(), larger, allowed(0.0), upper_only=True).verdict is Verdict.REFUTED


def test_a_slope_may_be_the_limits_or_that_at_finite_sizes() -> None:
    found = slope(decider(), allowed=Allowance(0.0, 0.0, "none", shift=0.0))
    assert found.verdict is Verdict.SUPPORTED
    assert shifted(1.0, 1.0, 0.3) == 0.3
    assert shifted(1.28, 1.0, 0.3) == 0.0
    assert shifted(0.7, 1.0, 0.3) == 0.3
    assert shifted(0.7, None, 0.3) == 0.3


@pytest.mark.parametrize(
    ("value", "papers", "centre"), [(1.0, None, KNOWN), (-1.0, 1.0, KNOWN), (1.0, 0.0, KNOWN), (1.0, 1.0, KNOWN)]
)
def test_without_a_value_of_the_papers_the_known_distance_is_everybodys(
    value: float, papers: float | None, centre: float
) -> None:
    assert moved(value, papers, centre) == centre


def test_the_papers_value_is_none_where_it_has_none() -> None:
    assert papers_value(bound) == bound(PaperTheory())
    assert papers_value(lambda theory: theory.unheard_of()) is None  # type: ignore[attr-defined]
    assert papers_value(lambda theory: math.inf) is None


def test_a_law_that_says_what_the_width_makes_is_taken_as_it_is() -> None:
    mixture = Mixture(np.array([0.25, 1.75]), np.array([0.5, 0.5]))
    plan = LawPlan(Margin(0.0, 0.02, ""), 1, (), 1, stats.norm(), mixture, stats.norm())
    limit, here = stats.norm(), mixture.of(stats.norm())
    t = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(plan.here(limit).cdf(t), here.cdf(t))
    np.testing.assert_allclose(plan.here(here).cdf(t), here.cdf(t))
    wrong = stats.norm(scale=1.3)
    np.testing.assert_allclose(plan.here(wrong).cdf(t), mixture.of(wrong).cdf(t))
