"""The decision rule: one interval, one region, three verdicts, draws doubled until decided.

Told at length in docs/decisions.md#decision-rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from mfcheck.verdict import Verdict


@dataclass(frozen=True)
class Estimate:
    """A point estimate of θ with an interval that misses θ with probability at most the look's alpha."""

    value: float
    low: float
    high: float
    final: bool = False
    """Whether more draws would leave open what these do, since too much of each of them stays unknown."""

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Region:
    """Where θ may lie for the claim to hold, and the margin that made it.

    `refutes_above` begins a zone below `high` in which either verdict is true of θ, so that few draws decide between
    them: the claim is said to hold up to `high`, and to fail beyond `refutes_above`, whichever is shown first.
    """

    low: float
    high: float
    margin: float
    refutes_above: float = math.inf

    def shown(self, verdict: Verdict) -> Region:
        """The region that a verdict is about, which of a refutation ends where that begins.

        >>> Region(0.0, 1.1, 1.1, refutes_above=1.05).shown(Verdict.REFUTED).high
        1.05
        """
        return replace(self, high=min(self.high, self.refutes_above)) if verdict is Verdict.REFUTED else self

    def judge(self, estimate: Estimate) -> Verdict:
        """Refuted outside, supported inside if no coarser than half the margin, undecided else.

        Coarseness does not weaken a refutation: an interval wholly outside excludes every allowed value.

        >>> Region(0.99, 1.0, 0.01).judge(Estimate(1.0, 0.991, 1.0)).value
        'supported'
        >>> Region(0.0, 1.1, 1.1, refutes_above=1.05).judge(Estimate(1.07, 1.06, 1.08)).value
        'refuted'
        """
        if estimate.high < self.low or estimate.low > min(self.high, self.refutes_above):
            return Verdict.REFUTED
        inside = self.low <= estimate.low and estimate.high <= self.high
        # An interval ending exactly where the look was planned to end must not fail by one rounding.
        fine = estimate.half_width <= self.margin / 2 * (1 + 1e-9)
        return Verdict.SUPPORTED if inside and fine else Verdict.UNDECIDED


@dataclass(frozen=True)
class Decision:
    """The outcome of a sequence of looks at growing numbers of draws."""

    verdict: Verdict
    estimate: Estimate
    region: Region
    draws: int
    looks: int
    alpha: float


def spent(alpha: float, look: int) -> float:
    """The share α/(k(k+1)) of the error rate that look k = 1, 2, … may spend; all shares together are α.

    >>> round(sum(spent(0.05, k) for k in range(1, 10_000)), 5)
    0.05
    """
    return alpha / (look * (look + 1))


def decide(look: Callable[[int, float], Estimate], region: Region, *, alpha: float, first: int, looks: int) -> Decision:
    """Look at `first` draws, then twice as many, until the region's rule decides, none can, or `looks` are spent.

    `look(draws, alpha)` estimates θ from the first `draws` draws. By the union bound the verdict is wrong with
    probability at most alpha, whatever the stopping. Raises ValueError for alpha outside (0, 0.5], and for a region
    that holds everything or nothing, or that ends on both sides and has no finite margin.
    """
    if not 0 < alpha <= 0.5:
        raise ValueError(f"alpha must lie in (0, 0.5], got {alpha!r}")
    one_sided = math.isinf(region.low) != math.isinf(region.high)
    everything = region.low == -math.inf and region.high == math.inf
    if everything or not (region.low <= region.high and (0 <= region.margin < math.inf or one_sided)):
        raise ValueError(
            "a region must have an end, and a finite margin where it has two, got one from "
            f"{region.low!r} to {region.high!r} with margin {region.margin!r}"
        )
    if first < 2 or looks < 1:
        raise ValueError(f"a decision needs at least 2 draws and 1 look, got {first} and {looks}")
    draws = first
    for k in range(1, looks + 1):
        estimate = look(draws, spent(alpha, k))
        verdict = region.judge(estimate)
        if verdict is not Verdict.UNDECIDED or k == looks or estimate.final:
            return Decision(verdict, estimate, region.shown(verdict), draws, k, alpha)
        draws *= 2
    raise AssertionError("unreachable: the last look returns")
