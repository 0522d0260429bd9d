"""Statements that `decide` makes of draws of a known law, each put as far from the truth as one likes, in margins.

What is moved is the theory's reference, or where there is none the law of made-up draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import special, stats
from torch import Tensor

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.decisions.allowance import Allowance
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_slopes import MedianGroup
from mfcheck.decisions.slopes import Group
from mfcheck.ensembles.samples import Probe
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.finding import Finding
from mfcheck.observables import jacobian
from mfcheck.settings import Level
from mfcheck.statistics.means import Tail
from mfcheck.tests.support.known_truths import (
    MOST,
    SPEC,
    TWO_INPUTS,
    entry,
    made_up,
    size,
    size_quantile,
    stretch_at,
    tail_of,
    variance,
    variance_in,
    width_distance,
)
from mfcheck.theory import entry_law
from mfcheck.theory.paper import centred_normal

LEVEL = Level("replays", law=0.2, ratio=0.5, exact=0.5, slope=0.6, rate=0.8, looks=4)
"""Margins so wide that a decision takes a few thousand draws; the rule is that of every level."""
DEPTHS = (1, 3)
NONE = Allowance(0.0, 0.0, "none")
UNIFORM = stats.uniform()
ENTRY = replace(jacobian.entry, most=MOST)


@dataclass(frozen=True)
class Statement:
    """A statement that `decide` makes of draws whose θ lies so many margins from the theory's, beyond it if > 1.

    `planted` is a violation that its first look, or the level's looks, are large enough to refute. A statement that a
    law `breaks` holds where the law does not.
    """

    verb: str
    data: str
    decide: Callable[[Decider, float], Finding]
    planted: float = 2.0
    breaks: bool = False


def decide_law(decide: Decider, away: float) -> Finding:
    """J is normal, of the theory's variance; what it is off at this width is allowed for."""
    stretch = stretch_at(away * (width_distance() + LEVEL.law)) if away else 1.0
    return decide.law(
        ENTRY,
        component=0,
        probe=TWO_INPUTS,
        reference=lambda theory: centred_normal(stretch * math.sqrt(variance_in(theory))),
        finite_width=width_distance,
    )


def decide_uniform_law(decide: Decider, away: float) -> Finding:
    """Draws are uniform, but for what is likeliest to be misjudged.

    Inside the margin that is a law as far off nearly everywhere, and outside it one that is so at a single point.
    """
    moved = away * LEVEL.law

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        u = torch.special.ndtr(stream.normal(draws, 1))
        if away < 1:
            return (u - moved).clamp_min(0.0)
        return torch.where((u > 0.5) & (u < 0.5 + moved), 0.5 + moved, u)

    return decide.law(
        made_up("nearly uniform", draw),
        component=0,
        probe=TWO_INPUTS,
        reference=lambda theory: UNIFORM,
        finite_width=lambda: 0.0,
    )


def decide_same_law(decide: Decider, away: float) -> Finding:
    """Two outputs of one draw have one law: normals that depend on each other, one of them shifted."""
    times = 2
    shift = 2 * special.ndtri(0.5 + away * times * LEVEL.law / 2)

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        z = stream.normal(draws, 2)
        return torch.stack([z[:, 0], 0.8 * z[:, 1] - 0.6 * z[:, 0] + shift], dim=1)

    return decide.same_law(made_up("two arms", draw), probe=TWO_INPUTS, times=times)


def decide_rate(decide: Decider, away: float) -> Finding:
    """A property holds in most draws."""

    def draw(spec: NetworkSpec, probe: Probe, stream: Stream, draws: int) -> Tensor:
        return (torch.special.ndtr(stream.normal(draws, 1)) >= away * (1 - LEVEL.rate)).double()

    return decide.rate(made_up("a property", draw), component=0, probe=TWO_INPUTS)


def decide_share(decide: Decider, away: float) -> Finding:
    """|J| is at most a bound, which leaves the slack out, in most draws."""
    slack = Allowance(0.0, 0.25, "declared")
    bound = size_quantile(1 - away * (1 - LEVEL.rate)) if away else 50.0
    return decide.share(
        ENTRY,
        statistic=size,
        probe=TWO_INPUTS,
        reference=lambda theory: bound * math.sqrt(variance_in(theory)) / (1 + slack.above),
        allowance=lambda: slack,
    )


def decide_mean(decide: Decider, away: float) -> Finding:
    """The mean of the conditional variance is the theory's, at every width.

    Means are put below their references: so far above them what is granted of the tail leaves an interval no upper end.
    """
    return decide.mean_ratio(
        ENTRY,
        statistic=variance,
        probe=TWO_INPUTS,
        reference=lambda theory: variance_in(theory) / (1 - away * LEVEL.exact),
        tail=tail_of,
    )


def decide_mean_that_breaks(decide: Decider, away: float) -> Finding:
    """The mean of |J| is below where width is known to put it beside the theory's, by more than δ."""
    known, one = 0.1, tail_of()
    ratio = math.sqrt(2 / math.pi) * entry_law(SPEC).mean(np.sqrt)
    return decide.mean_ratio(
        ENTRY,
        statistic=size,
        probe=TWO_INPUTS,
        reference=lambda theory: ratio * math.sqrt(variance_in(theory)) / ((1 + known) * (1 - away * LEVEL.ratio)),
        tail=lambda: Tail(1 / ratio**2, 3 * one.second / ratio**4),
        finite_width=lambda: known,
        breaks="below",
    )


def decide_signed_mean(decide: Decider, away: float) -> Finding:
    """The mean of J + 3√Var J, of either sign, is the theory's; its moments are granted in units of the reference."""
    true, one = 1 + away * LEVEL.exact, tail_of()
    return decide.mean_ratio(
        ENTRY,
        statistic=lambda values: entry(values) + 3 * math.sqrt(variance_in(PaperTheory())),
        probe=TWO_INPUTS,
        reference=lambda theory: 3 * math.sqrt(variance_in(theory)) / true,
        tail=lambda: Tail(10 / 9 * true**2, (3 * one.second + 135) / 81 * true**4),
        signed=True,
    )


def decide_slope(decide: Decider, away: float) -> Finding:
    """The logarithm of the mean of the conditional variance rises with depth as the theory says."""
    specs = [replace(SPEC, depth=depth) for depth in DEPTHS]
    return decide.slope(
        ENTRY,
        [Group(one.depth, one, variance, variance_in(PaperTheory(), one), tail_of(one)) for one in specs],
        probe=TWO_INPUTS,
        x_label="depth",
        curve=lambda theory, spec: variance_in(theory, spec) * math.exp(-away * LEVEL.slope * spec.depth),
        exact=True,
    )


def decide_median(decide: Decider, away: float, *, upper_only: bool = False) -> Finding:
    """The median of |J| is the theory's, or at most that."""
    delta, allowed = 0.4, Allowance(0.1, 0.1, "declared")
    return decide.median_ratio(
        ENTRY,
        statistic=size,
        probe=TWO_INPUTS,
        reference=lambda theory: (
            size_quantile(0.5) * math.sqrt(variance_in(theory)) / (1 + away * (allowed.above + delta))
        ),
        allowance=lambda: allowed,
        spread=0.95,  # deviation of a sample median of |J|, over that of a normal law's
        delta=delta,
        upper_only=upper_only,
    )


def decide_upper_median(decide: Decider, away: float) -> Finding:
    """The median of |J| is at most the theory's."""
    return decide_median(decide, away, upper_only=True)


def decide_median_slope(decide: Decider, away: float) -> Finding:
    """The logarithm of the median of |J| rises with depth as the theory says."""

    def rises(theory: PaperTheory, group: MedianGroup) -> float:
        median = size_quantile(0.5, group.spec) * math.sqrt(variance_in(theory, group.spec))
        return median * math.exp(-away * LEVEL.slope * group.x)

    specs = [replace(SPEC, depth=depth) for depth in DEPTHS]
    return decide.median_slope(
        [MedianGroup(one.depth, one, ENTRY, size) for one in specs],
        probe=lambda spec: TWO_INPUTS,
        x_label="depth",
        rises=rises,
        allowance=lambda: NONE,
        spread=1.0,
    )


STATEMENTS = (
    Statement("law", "J beside a wider normal law", decide_law),
    Statement("law", "nearly uniform", decide_uniform_law),
    Statement("same_law", "two dependent arms, one shifted", decide_same_law),
    Statement("rate", "made up", decide_rate, planted=3.0),
    Statement("share", "|J| within a bound", decide_share, planted=3.0),
    Statement("mean_ratio", "conditional variance of J", decide_mean, planted=1.5),
    Statement("mean_ratio", "|J|, said to be below", decide_mean_that_breaks, planted=1.5, breaks=True),
    Statement("mean_ratio", "J + 3√Var J, of either sign", decide_signed_mean),
    Statement("slope", "conditional variance over two depths", decide_slope),
    Statement("median_ratio", "|J|", decide_median),
    Statement("median_ratio", "|J|, said to be at most", decide_upper_median),
    Statement("median_slope", "|J| over two depths", decide_median_slope),
)
