"""The resolution of findings by medians and slopes is refuted by the same draws, and less is not."""

from __future__ import annotations

import math

import pytest
import torch

from mfcheck import NetworkSpec, PaperTheory, Verdict
from mfcheck.decisions.allowance import Allowance
from mfcheck.tests.support.bounded_draws import NONE, decider, few, median, share, slope, source, times

UNDER = source("0.9 of the bound at most", lambda z: 0.9 * torch.special.ndtr(z))
# What is recorded ----------------------------------------------------------------------------------------------


ALLOWED = Allowance(0.03, 0.1, "a reason")


# Resolution ----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_twins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of theories are tried here, and the twins of each would take most of the time."""
    monkeypatch.setattr("mfcheck.decisions.judgement.twins", lambda theory: ())


@pytest.mark.usefixtures("no_twins")
@pytest.mark.parametrize("allowed", [NONE, ALLOWED], ids=["no allowance", "allowance"])
def test_resolution_of_a_median_is_refuted_by_the_same_draws_and_less_is_not(allowed: Allowance) -> None:
    r = median(decider(looks=1), allowed=allowed).resolution
    assert r is not None
    assert 0.02 < r < 0.02 + max(allowed.above, allowed.below) + 0.08

    def refuted(error: float) -> list[bool]:
        both = (median(decider(times(factor), looks=1), allowed=allowed) for factor in (1 + error, 1 / (1 + error)))
        return [finding.verdict is Verdict.REFUTED for finding in both]

    assert all(refuted(1.001 * r))
    assert not all(refuted(0.999 * r))
    assert not any(refuted(0.2 * r))


@pytest.mark.usefixtures("no_twins")
def test_resolution_of_a_bound_from_above_speaks_of_bounds_that_are_too_low() -> None:
    for ask in (lambda decide: median(decide, upper_only=True), lambda decide: share(decide, UNDER)):
        r = ask(decider(looks=1)).resolution
        assert r is not None
        # That of a share is found to 1 %.
        assert ask(decider(times(1 / (1 + 1.001 * r)), looks=1)).verdict is Verdict.REFUTED
        assert ask(decider(times(1 / (1 + 0.98 * r)), looks=1)).verdict is not Verdict.REFUTED
        assert ask(decider(times(1 + 1.001 * r), looks=1)).verdict is Verdict.SUPPORTED


@pytest.mark.usefixtures("no_twins")
def test_resolution_of_a_slope_is_refuted_by_the_same_draws_and_less_is_not() -> None:
    finding = slope(decider(looks=1))
    assert finding.resolution is not None
    away = finding.resolution
    assert finding.absolute

    class Tilted(PaperTheory):
        def __init__(self, tilt: float) -> None:
            object.__setattr__(self, "tilt", tilt)

        def omega(self, spec: NetworkSpec) -> float:
            return PaperTheory().omega(spec) * math.exp(2 * self.tilt)  # type: ignore[attr-defined]

    def refuted(tilt: float) -> list[bool]:
        return [slope(decider(Tilted(t), looks=1)).verdict is Verdict.REFUTED for t in (tilt, -tilt)]

    assert all(refuted(1.001 * away))
    assert not all(refuted(0.999 * away))
    assert not any(refuted(0.5 * away))


def test_resolution_says_none_where_no_error_would_be_refuted() -> None:
    zero = source("mostly 0", lambda z: torch.where(z > 1, 1.0, 0.0))
    assert median(decider(looks=1), zero, upper_only=True).resolution is None
    assert share(decider(looks=1), source("0 always", torch.zeros_like)).resolution is None
    hardly = few(source("hardly any draws"))
    assert median(decider(looks=1), hardly, spread=1e-9, delta=0.5).draws < 20
    assert slope(decider(looks=1), source("flat"), spread=1e-9).verdict is not Verdict.SUPPORTED
