"""The median of a statistic on the exact chain, with an interval of its own: where finite sizes put it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.decisions.allowance import Allowance
from mfcheck.settings import Level
from mfcheck.statistics import medians
from mfcheck.statistics.sample_sizes import Draw

MOST = {"quick": 4096, "standard": 16384, "paper": 65536}
"""Networks at most, by level."""
PILOT = 128
"""Networks that tell how many it takes."""
FINE = 0.4
"""How far the interval is to reach, in units of the level's δ for ratios."""
APART = "calibration"
"""What names their seed, so that they know nothing of the draws that are decided on."""
PRUDENT = 1.05
"""How much larger than between the quartiles a spread is taken."""
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
        return cls(found.value, found.low, found.high, PRUDENT * spread, alpha)

    @classmethod
    def by(cls, draw: Draw, pilot: Draw, level: Level, alpha: float) -> Calibration:
        """That of as many draws as make it fine enough, by the spread of a pilot with a seed of its own."""
        spread = cls.of(pilot(PILOT), alpha).spread
        return cls.of(draw(medians.draws_for_reach(FINE * level.ratio, spread, alpha, most=MOST[level.name])), alpha)

    def over(self, value: float, origin: str) -> Allowance:
        """Where a ratio to `value` is known to lie by it."""
        below, above = 1 - self.low / self.value, self.high / self.value - 1
        return Allowance(below, above, origin, self.value / value - 1, self.spread, self.alpha)
