"""A trend over three groups that share nothing: neither weights nor scales nor tails."""

from __future__ import annotations

from mfcheck.statistics.means import Tail
from mfcheck.statistics.slopes import Trend

SCALES = (0.5, 2.0, 3.0)
TAILS = (Tail(1.7, 30.0), Tail(1.2, 9.0), Tail(3.0, 200.0))
WEIGHTS = (-0.8, 0.3, 0.6)
TRENDS = {"of means": Trend(WEIGHTS, False, TAILS, SCALES), "of logarithms": Trend(WEIGHTS, True, TAILS, SCALES)}
