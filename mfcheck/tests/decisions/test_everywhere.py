"""What may hold at every place of a trend of medians where the trend itself does not, and how dear a first look is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mfcheck import NetworkSpec
from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.alternatives import Rival
from mfcheck.decisions.median_slopes import MedianGroup, MedianSlope
from mfcheck.ensembles.samples import Probe, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.tests.support.rate_draws import ALPHA, ANYWHERE, EPS, REFUTED, SPEC, decider

WIDTHS = (20, 80)


def flat(room: float | None = None, rivals: Sequence[Rival] | None = None) -> MedianSlope:
    """Medians free of the width, the second column at 1 in narrow networks and at 2 in wide ones."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, n: int) -> Tensor:
        second = 1.0 if spec.width == WIDTHS[0] else 2.0
        return torch.cat([torch.exp(0.1 * stream.normal(n, 1)), second + 0.01 * stream.normal(n, 1)], dim=1)

    source = Source("free of the width", {"wishart": draw}, {"wishart": False}, most=1024)
    return MedianSlope(
        [MedianGroup(math.log(n), replace(SPEC, width=n), source, lambda values: values[:, 0]) for n in WIDTHS],
        probe=lambda spec: ANYWHERE,
        x_label="log N",
        rises=lambda theory, group: -theory.variance_rate(group.spec, EPS, 2, 2),
        allowance=lambda: Allowance(0.0, 0.0, "none"),
        spread=0.1,
        delta=0.25,
        room=room,
        everywhere={} if rivals is None else {"as said": rivals},
    )


def second(low: float, high: float) -> Rival:
    return Rival(lambda values: values[:, 1], low, high)


@pytest.mark.parametrize(
    ("rivals", "holds"),
    [
        ([second(0.95, 1.05), second(1.9, 2.1)], ("as said",)),
        ([second(0.95, 1.05), second(0.95, 1.05)], ()),
        ([second(1.9, 2.1), second(1.9, 2.1)], ()),
        ([second(1.0, 1.05), second(1.9, 2.1)], ()),
    ],
)
def test_it_holds_only_if_it_does_at_every_place(rivals: list[Rival], holds: tuple[str, ...]) -> None:
    finding = decider()(flat(rivals=rivals))
    assert finding.verdict is REFUTED
    assert finding.holds_instead == holds
    assert finding.alpha == pytest.approx(2 * ALPHA)  # it may err by itself


def test_there_is_one_for_every_place() -> None:
    with pytest.raises(ValueError, match="'as said' needs a statement for each of 2 groups, got 1"):
        decider()(flat(rivals=[second(0.9, 1.1)]))


def test_a_coarser_first_look_is_a_cheaper_one() -> None:
    trial = decider().trial
    fine, coarse = (trial.plan(flat(room=room)).first for room in (0.05, 0.5))
    assert coarse < fine / 10
    assert trial.plan(flat()).first == trial.plan(flat(room=0.25)).first


@pytest.mark.parametrize("times", [1, 3])
def test_a_group_of_cheap_networks_takes_some_times_as_many_draws(times: int) -> None:
    taken: dict[int, list[int]] = {n: [] for n in WIDTHS}

    def counted(group: MedianGroup) -> MedianGroup:
        def statistic(values: Floats) -> Floats:
            taken[group.spec.width].append(len(values))
            return group.statistic(values)

        return replace(group, statistic=statistic, times=times if group.spec.width == WIDTHS[0] else 1)

    statement = flat(rivals=[second(0.95, 1.05), second(1.9, 2.1)])
    finding = decider()(replace(statement, groups=[counted(group) for group in statement.groups]))
    assert finding.verdict is REFUTED
    assert finding.holds_instead == ("as said",)
    assert max(taken[WIDTHS[1]]) == finding.draws
    assert max(taken[WIDTHS[0]]) == times * finding.draws
    assert (f"{times * finding.draws:,} draws where N = {WIDTHS[0]}" in finding.reason) is (times > 1)
