"""What was measured over training time and what the theory predicts, read from a report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mfcheck.findings import series
from mfcheck.findings.finding import Finding

REGIMES = {
    "rate": "at t = 0",
    "start": "at t = 0 on images by L_adv",
    "start-both": "at t = 0 on images by L_std + L_adv",
    "projected": "where only the part of the gradient along W moves W",
    "flow": "under gradient flow on L_adv",
}
"""How a weight variance was made to move, in the order in which pages speak of it."""


VARIANCE, CAPACITY = ("weight variance", "σ_w²"), ("capacity", "‖w‖_FR")
"""Name and sign of what a trajectory may follow."""


@dataclass(frozen=True)
class Trajectory:
    """Medians over training time, with the theory's law and whatever else is known at these times; NaN where not."""

    regime: str
    width: int
    times: tuple[float, ...]
    measured: tuple[float, ...]
    predicted: tuple[float, ...]
    series: Mapping[str, tuple[float, ...]]
    draws: int

    @property
    def quantity(self) -> tuple[str, str]:
        """Name and sign of what is followed: a path of the capacity has quartiles, and no loss beside it."""
        spread = series.LOWER_QUARTILE in self.series
        return CAPACITY if spread and series.LOSS not in self.series else VARIANCE


def trajectory(finding: Finding) -> Trajectory | None:
    """The trajectory of a finding, if it brought one with anything measured in it."""
    curve = finding.curve
    if curve is None or curve.kind != series.TRAJECTORY:
        return None
    kept = [place for place, time in enumerate(curve.x) if math.isfinite(time)]
    lines = {"measured": curve.measured, "predicted": curve.predicted, **curve.series}
    known = {
        name: tuple(values[place] for place in kept) for name, values in lines.items() if len(values) == len(curve.x)
    }
    measured, nothing = known.pop("measured", ()), (math.nan,) * len(kept)
    if not any(map(math.isfinite, measured)):
        return None
    parameters = finding.parameters
    return Trajectory(
        regime=str(parameters.get("regime", "")),
        width=int(parameters.get("width", 0)),
        times=tuple(curve.x[place] for place in kept),
        measured=measured,
        predicted=known.pop("predicted", nothing),
        series={name: values for name, values in known.items() if any(map(math.isfinite, values))},
        draws=curve.draws,
    )


def falls_below(x: Sequence[float], y: Sequence[float], level: float) -> float:
    """Where y first falls below a level, by linear interpolation: at the start if it begins there, infinity if never.

    Points without a value are passed over.

    >>> falls_below((0.0, 1.0, 2.0), (1.0, 0.8, 0.4), 0.6)
    1.5
    >>> falls_below((0.0, 1.0), (1.0, 0.8), 0.6)
    inf
    """
    points = [(at, value) for at, value in zip(x, y, strict=True) if math.isfinite(value)]
    if points and points[0][1] < level:
        return points[0][0]
    for (near, high), (far, low) in pairwise(points):
        if low < level:
            return near + (far - near) * (high - level) / (high - low)
    return math.inf
