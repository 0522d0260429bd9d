"""What one decision came to, and how the same draws judge another theory."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mfcheck.statistics.decision import Draw, estimate_law
from mfcheck.statistics.intervals import Cdf, Floats
from mfcheck.statistics.sequential import Decision, Estimate, Region
from mfcheck.theory import PaperTheory
from mfcheck.verdict import Curve, Margin, Verdict

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

CURVE_DRAWS = 10_000
"""Draws that make the figure of a law: as many as in the paper's first experiment."""
CURVE_POINTS = 201


@dataclass(frozen=True, eq=False)
class Judgement:
    """A decision with its reference, margin and evidence.

    `value` is the number that a theory puts here, None where no formula enters; `refutes` whether the draws refute it.
    """

    statistic: str
    reference: float
    margin: Margin
    decision: Decision
    resolution: float | None
    curve: Curve | None = None
    value: Callable[[PaperTheory], float] | None = None
    refutes: Callable[[PaperTheory], bool] = lambda theory: False

    def sees(self, theory: PaperTheory, other: PaperTheory) -> bool:
        """Whether the other theory puts another number here."""
        if self.value is None:
            return False
        mine = self.value(theory)
        try:
            return not math.isclose(mine, self.value(other), rel_tol=1e-9, abs_tol=1e-12)
        except (ArithmeticError, ValueError):  # it has no number to put here: that is a difference
            return True

    def refuted_by_draws(self, other: PaperTheory) -> bool:
        """Whether the draws refute the other theory; one without a number for this place is refuted by having none."""
        try:
            return self.refutes(other)
        except (ArithmeticError, ValueError):
            return True


def refutes_law(ordered: Floats, cdf: Cdf, region: Region, alpha: float) -> bool:
    """Whether sorted draws refute the law with this distribution function."""
    with np.errstate(all="ignore"):
        if not np.isfinite(cdf(ordered[:1])).all():
            return True  # a law of zero or undefined variance, against draws that have one
    return region.judge(estimate_law(ordered, cdf, alpha)) is Verdict.REFUTED


def refutes_ratio(decided: Decision, judged_by: float, other: float) -> bool:
    """Whether the draws refute another reference than the one they were judged by."""
    if not (math.isfinite(other) and other > 0):
        return True
    was, factor = decided.estimate, judged_by / other
    return decided.region.judge(Estimate(was.value * factor, was.low * factor, was.high * factor)) is Verdict.REFUTED


def refutes_trend(decided: Decision, reference: float) -> bool:
    """Whether the draws refute another reference for θ."""
    margin = decided.region.margin
    moved = Region(reference - margin, reference + margin, margin)
    return not math.isfinite(reference) or moved.judge(decided.estimate) is Verdict.REFUTED


def law_curve(draw: Draw, draws: int, law: rv_frozen) -> Curve:
    """The distribution function of the first draws at a few hundred ranks, beside the law's and its quantiles."""
    shown = min(CURVE_DRAWS, draws)
    ordered = np.sort(draw(shown))
    rank = np.unique(np.linspace(0, shown - 1, CURVE_POINTS).round().astype(int))
    x = ordered[rank]
    return Curve(
        kind="law",
        x_label="x",
        x=tuple(x.tolist()),
        measured=tuple(((rank + 1) / shown).tolist()),
        predicted=tuple(np.asarray(law.cdf(x)).tolist()),
        exact=tuple(np.asarray(law.ppf((rank + 0.5) / shown)).tolist()),
        draws=shown,
    )


def trend_curve(
    x_label: str, x: Sequence[float], groups: Sequence[Floats], predicted: Sequence[float], exact: Sequence[float]
) -> Curve:
    """The groups' means against x, beside the theory's and the exact ones."""
    return Curve(
        kind="trend",
        x_label=x_label,
        x=tuple(x),
        measured=tuple(math.fsum(values) / len(values) for values in groups),
        predicted=tuple(predicted),
        exact=tuple(exact),
        draws=len(groups[0]),
    )
