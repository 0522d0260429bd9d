"""Statements on draws of an exactly known law, each to be put as far from the truth as one likes, in margins.

Most are about an entry J of the Jacobian of a small network, as the engine `wishart` draws it: its law is known exactly
at every width. What is moved is the theory's reference, or where there is none the law of made-up draws.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from scipy import optimize, special, stats
from torch import Tensor

from mfcheck import NetworkSpec, PaperTheory
from mfcheck.arrays import Floats
from mfcheck.decisions.decide import Decider
from mfcheck.decisions.median_verbs import Allowance, MedianGroup
from mfcheck.decisions.plan import Group
from mfcheck.ensembles.samples import Probe, Sampler, Source
from mfcheck.ensembles.streams import Stream
from mfcheck.findings.finding import Finding
from mfcheck.observables import jacobian
from mfcheck.settings import Level
from mfcheck.statistics.means import Tail
from mfcheck.theory import entry_law, finite_width
from mfcheck.theory.paper import centred_normal

LEVEL = Level("replays", law=0.2, ratio=0.5, exact=0.5, slope=0.6, rate=0.8, looks=4)
"""Margins so wide that a decision takes a few thousand draws; the rule is that of every level."""
SPEC = NetworkSpec("vanilla", 8, 2, width=32, depth=2, weight_variance=1.8)
DEPTHS = (1, 2, 3)
TWO_INPUTS = Probe(np.linspace(-1, 1, 16).reshape(2, 8))
NONE = Allowance(0.0, 0.0, "none")
# Several chunks at the later looks, so that seeds of chunks are replayed too.
ENTRY = replace(jacobian.entry, most=1024)


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


def entry(values: Floats) -> Floats:
    """J of every draw."""
    return values[:, 0]


def size(values: Floats) -> Floats:
    """|J| of every draw."""
    return np.abs(values[:, 0])


def variance(values: Floats) -> Floats:
    """The variance of J given all matrices but the last."""
    return values[:, 1]


def variance_in(theory: PaperTheory, spec: NetworkSpec = SPEC) -> float:
    """Var J under a theory; the paper's is exact at every width."""
    return theory.jacobian_entry_variance(spec)


@lru_cache
def size_quantile(share: float, spec: NetworkSpec = SPEC) -> float:
    """The quantile of |J|/√Var J, from its exact law."""
    law = entry_law(spec)
    return float(optimize.brentq(lambda t: 2 * float(law.cdf(t)) - 1 - share, 0.0, 50.0, xtol=1e-12))


@lru_cache
def stretch_at(distance: float) -> float:
    """The factor > 1 by which a normal law must be wider to be at this sup-distance from that of J/√Var J."""
    t = np.linspace(0.0, 8.0, 4001)  # both laws are symmetric
    own = entry_law(SPEC).cdf(t)

    def short(stretch: float) -> float:
        return float(np.abs(own - special.ndtr(t / stretch)).max()) - distance

    return float(optimize.brentq(short, 1.2, 200.0, xtol=1e-12))


def tail_of(spec: NetworkSpec = SPEC) -> Tail:
    """The exact moments of `variance`."""
    return Tail(finite_width.scale_moment(spec, 2), finite_width.scale_moment(spec, 4))


def made_up(name: str, law: Sampler) -> Source:
    """A source of draws that are no network's."""
    return Source(name, {"wishart": law}, {"wishart": False}, most=1024)


def decide_law(decide: Decider, away: float, bound: float = entry_law(SPEC).distance_to_gaussian()) -> Finding:
    """J is normal, of the theory's variance; what it is off at this width is allowed for."""
    stretch = stretch_at(away * (bound + LEVEL.law)) if away else 1.0
    return decide.law(
        ENTRY,
        component=0,
        probe=TWO_INPUTS,
        reference=lambda theory: centred_normal(stretch * math.sqrt(variance_in(theory))),
        finite_width=lambda: bound,
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


UNIFORM = stats.uniform()


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
    """The mean of J² is below the theory's, by more than what width is taken to make."""
    known, one = 0.1, tail_of()
    return decide.mean_ratio(
        ENTRY,
        statistic=lambda values: entry(values) ** 2,
        probe=TWO_INPUTS,
        reference=lambda theory: variance_in(theory) / (1 - away * (known + LEVEL.ratio)),
        tail=lambda: Tail(3 * one.second, 105 * one.fourth),
        finite_width=lambda: known,
        breaks="below",
    )


def decide_signed_mean(decide: Decider, away: float) -> Finding:
    """The mean of J + 2√Var J, of either sign, is the theory's; its moments are granted in units of the reference."""
    true, one = 1 + away * LEVEL.exact, tail_of()
    return decide.mean_ratio(
        ENTRY,
        statistic=lambda values: entry(values) + 2 * math.sqrt(variance_in(PaperTheory())),
        probe=TWO_INPUTS,
        reference=lambda theory: 2 * math.sqrt(variance_in(theory)) / true,
        tail=lambda: Tail(5 / 4 * true**2, (3 * one.second + 40) / 16 * true**4),
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
    Statement("mean_ratio", "J², said to be below", decide_mean_that_breaks, planted=1.5, breaks=True),
    Statement("mean_ratio", "J + 2√Var J, of either sign", decide_signed_mean),
    Statement("slope", "conditional variance over three depths", decide_slope),
    Statement("median_ratio", "|J|", decide_median),
    Statement("median_ratio", "|J|, said to be at most", decide_upper_median),
    Statement("median_slope", "|J| over three depths", decide_median_slope),
)
