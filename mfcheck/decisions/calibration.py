"""The median of a statistic on the exact chain, with an interval of its own: where finite sizes put it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.statistics import medians

DRAWS = {"quick": 512, "standard": 4096, "paper": 16384}
"""Networks by level."""
APART = "calibration"
"""What names their seed, so that they know nothing of the draws that are decided on."""
NORMAL_QUARTILES = 1.349
"""The distance of the quartiles of a normal law, in standard deviations."""


@dataclass(frozen=True)
class Calibration:
    """A median, an interval that misses it at a rate `alpha`, and the relative spread of what it is the median of."""

    value: float
    low: float
    high: float
    spread: float
    alpha: float

    @classmethod
    def of(cls, values: Floats, alpha: float) -> Calibration:
        """That of positive draws `[n]`; the spread is the quartiles' distance, as of a normal law."""
        found = medians.estimate_median(values, alpha)
        lower, upper = np.quantile(values, [0.25, 0.75])
        spread = float(upper - lower) / NORMAL_QUARTILES / found.value
        return cls(found.value, found.low, found.high, spread, alpha)

    def over(self, value: float, origin: str) -> Allowance:
        """Where a ratio to `value` is known to lie by it."""
        below, above = 1 - self.low / self.value, self.high / self.value - 1
        return Allowance(below, above, origin, self.value / value - 1, self.spread, self.alpha)

    def under(self, value: float, origin: str) -> Allowance:
        """The same of a statistic that is inverse to this one, with `value` over this median."""
        below, above = 1 - self.value / self.high, self.value / self.low - 1
        return Allowance(below, above, origin, value / self.value - 1, self.spread, self.alpha)
