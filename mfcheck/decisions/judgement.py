"""The result of one decision, and how the same draws judge another theory."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.findings import series
from mfcheck.findings.finding import Curve, Margin
from mfcheck.statistics.intervals import dkw_half_width, left_of
from mfcheck.statistics.laws import estimate_law
from mfcheck.statistics.sample_sizes import Draw
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.theory import PaperTheory
from mfcheck.theory.changes import moves
from mfcheck.verdict import Verdict

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

CURVE_DRAWS = 10_000
"""Draws that make the figure of a law: as many as in the paper's first experiment."""
CURVE_POINTS = 201


Reference = Any
"""What a theory puts in a statement's place: a frozen law, or a number."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """A decision with its reference, margin and evidence, and how the same draws judge another reference.

    `reference_of` reads the reference off a theory, None where no formula enters; `judge` gives the draws' verdict on
    any other one. `rivals` are the draws' verdicts on other statements about them, each with an interval of its own;
    `holds` says of further ones, about the decision's own interval, whether it lies where they say.
    """

    statistic: str
    reference: float
    margin: Margin
    decision: Decision
    resolution: float | None
    curve: Curve | None = None
    reference_of: Callable[[PaperTheory], Reference] | None = None
    judge: Callable[[Reference], Verdict] = lambda reference: Verdict.UNDECIDED
    rivals: Mapping[str, Verdict] = field(default_factory=dict)
    holds: Mapping[str, bool] = field(default_factory=dict)
    reason: str = ""
    """What else is to be said of it, such as an estimate on the side."""
    apart: bool = False
    """Whether `judge` takes another interval for every reference: each of them may then err by itself."""

    def holding(self, others: Mapping[str, Reference]) -> tuple[str, ...]:
        """The names of other references, and of rivals, that the draws support."""
        verdicts = {name: self.judge(other) for name, other in others.items()} | dict(self.rivals)
        supported = tuple(name for name, verdict in verdicts.items() if verdict is Verdict.SUPPORTED)
        return supported + tuple(name for name, inside in self.holds.items() if inside)

    def sees(self, theory: PaperTheory, other: PaperTheory) -> bool:
        """Whether the other theory puts something else here."""
        if self.reference_of is None:
            return False
        return moves(other, self.reference_of, than=theory)

    def refutes(self, other: PaperTheory) -> bool:
        """Whether the draws refute the other theory here; one that has no value here is refuted by having none."""
        assert self.reference_of is not None
        try:
            reference = self.reference_of(other)
            return not math.isfinite(as_number(reference)) or self.judge(reference) is Verdict.REFUTED
        except (ArithmeticError, ValueError):
            return True


def judge_law(ordered: Floats, law: rv_frozen, region: Region, alpha: float) -> Verdict:
    """The verdict of sorted draws on a law; a law of no spread is refuted by draws that have one."""
    if not law.var() > 0:
        return Verdict.REFUTED
    # A few thousand ranks bound the distance from below: most wrong laws need no more, and there are many of them.
    rank, left = np.arange(0, len(ordered), max(1, len(ordered) // 2000)), left_of(law)
    some = ordered[rank]
    at = law.cdf(some)
    below = at if left is None else left(some)
    apart = max(np.max((rank + 1) / len(ordered) - at), np.max(below - rank / len(ordered)))
    if apart - dkw_half_width(len(ordered), alpha) > region.high:
        return Verdict.REFUTED
    return region.judge(estimate_law(ordered, law.cdf, alpha, cdf_left=left))


def judge_ratio(decided: Decision, judged_by: float, other: float) -> Verdict:
    """The verdict of a decision's interval on another reference than the one it was judged by."""
    if not other > 0:
        return Verdict.REFUTED
    was, factor = decided.estimate, judged_by / other
    return decided.region.judge(Estimate(was.value * factor, was.low * factor, was.high * factor))


def judge_trend(decided: Decision, reference: float) -> Verdict:
    """The verdict of a decision's interval on another reference for θ."""
    margin = decided.region.margin
    return Region(reference - margin, reference + margin, margin).judge(decided.estimate)


def as_number(reference: Reference) -> float:
    """A reference as one number: itself, or the variance of a law."""
    return _variance(reference) if hasattr(reference, "var") else float(reference)


@lru_cache(maxsize=4096)
def _variance(law: rv_frozen) -> float:
    return float(law.var())


def law_curve(draw: Draw, draws: int, law: rv_frozen) -> Curve:
    """The distribution function of the first draws at a few hundred ranks, beside the law's and its quantiles."""
    shown = min(CURVE_DRAWS, draws)
    ordered = np.sort(draw(shown))
    rank = np.unique(np.linspace(0, shown - 1, CURVE_POINTS).round().astype(int))
    x = ordered[rank]
    return Curve(
        kind=series.LAW,
        x_label="x",
        x=tuple(x.tolist()),
        measured=tuple((np.searchsorted(ordered, x, "right") / shown).tolist()),
        predicted=tuple(np.asarray(law.cdf(x)).tolist()),
        exact=tuple(np.asarray(law.ppf((rank + 0.5) / shown)).tolist()),
        draws=shown,
    )


def trend_curve(
    x_label: str, x: Sequence[float], groups: Sequence[Floats], predicted: Sequence[float], exact: Sequence[float]
) -> Curve:
    """The groups' means against x, beside the theory's and the exact ones."""
    return Curve(
        kind=series.TREND,
        x_label=x_label,
        x=tuple(x),
        measured=tuple(float(values.mean()) for values in groups),
        predicted=tuple(predicted),
        exact=tuple(exact),
        draws=len(groups[0]),
    )
