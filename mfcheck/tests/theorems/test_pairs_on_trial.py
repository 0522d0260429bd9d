"""Pairs of trainings through whole statements: planted outcomes are told apart, and what is open stays open."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec, Verdict
from mfcheck.decisions.majority import Majority, Mostly
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.observables.after_training import ARM, CLEAN, DIVERGED, FALL
from mfcheck.tests.support.rate_draws import ANYWHERE, REFUTED, SUPPORTED, UNDECIDED, decider
from mfcheck.theorems.outcomes import Outcome, ends_as

NOTHING, CONTROL, BOTH = Outcome


def planted(attacked: float, control: float, *, fall: float = 0.0, gone: float = 0.0) -> Source:
    """Pairs about two accuracies, a part of whose attacked arms still learn, or diverged."""

    def drawn(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        found = torch.zeros(draws, 2 * ARM, dtype=torch.float64)
        for place, middle in ((CLEAN, attacked), (ARM + CLEAN, control)):
            found[:, place] = (middle + 0.01 * stream.normal(draws)).clamp(0, 1)
        found[:, FALL] = 0.05 * (torch.rand(draws, generator=stream.torch) < fall).double()
        found[:, DIVERGED] = (torch.rand(draws, generator=stream.torch) < gone).double()
        return found

    return Source(f"planted {attacked} {control} {fall} {gone}", {"wishart": drawn}, {"wishart": False}, most=64)


def certainly(source: Source) -> str:
    """What is said of pairs that are not certain, where attacks are held to keep networks from fitting."""
    return decider()(Majority(source, property=ends_as(CONTROL), probe=ANYWHERE)).reason


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (planted(0.2, 0.3), NOTHING),  # of a network that nothing fits attacks are not to blame
        (planted(0.2, 0.9), NOTHING),
        (planted(0.2, 1.0), CONTROL),
        (planted(0.7, 1.0), BOTH),
        (planted(0.7, 1.0, fall=1.0), BOTH),
        (planted(0.2, 1.0, fall=0.1), CONTROL),
        (planted(0.2, 1.0, gone=0.1), CONTROL),
    ],
)
def test_a_planted_outcome_is_supported_and_the_two_others_are_refuted(source: Source, outcome: Outcome) -> None:
    for stated in Outcome:
        others = {str(other): Mostly(ends_as(other)) for other in Outcome if other is not stated}
        found = decider()(Majority(source, property=ends_as(stated), probe=ANYWHERE, rivals=others))
        assert found.verdict is (SUPPORTED if stated is outcome else REFUTED)
        assert set(found.holds_instead) <= {str(outcome)} - {str(stated)}
        assert found.holds_instead or stated is outcome or "may still turn out" in certainly(source)


@pytest.mark.parametrize("source", [planted(0.2, 1.0, fall=1.0), planted(0.2, 1.0, gone=1.0)])
def test_networks_that_still_learn_or_diverged_are_neither_untrainable_nor_trained(source: Source) -> None:
    """Slow is not untrainable: of attacked networks that still learn it is not said that only the control fits."""
    verdicts: dict[Outcome, Verdict] = {
        stated: decider()(Majority(source, property=ends_as(stated), probe=ANYWHERE)).verdict for stated in Outcome
    }
    assert verdicts == {NOTHING: REFUTED, CONTROL: UNDECIDED, BOTH: UNDECIDED}
