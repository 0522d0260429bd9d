"""Axes of training curves: time in round units, and values that may hardly change or grow without bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from mfcheck.reporting.figures.plots import finite, log_ticks, logarithms
from mfcheck.reporting.words.numbers import power

HARDLY = 0.01
"""Where nothing moves further than this from its start, the axis shows the change instead of the value."""
RUNAWAY = 20.0
"""Where a value passes this many times its start, the axis is logarithmic."""


@dataclass(frozen=True)
class Scale:
    """How values are placed on an axis, what the axis is called, and the places of 1 and of the axis's ends."""

    label: str
    place: Callable[[float], float]
    low: float
    high: float
    logarithmic: bool = False

    def placed(self, values: Sequence[float]) -> list[float]:
        """Values as places on the axis."""
        return [self.place(value) for value in values]

    def apply(self, axes: Axes) -> None:
        """Set up the vertical axis."""
        axes.set(ylim=(self.low, self.high), ylabel=self.label)
        if self.logarithmic:
            axes.set_yticks(*log_ticks(self.low, self.high))


def over_start(sign: str, values: Sequence[float]) -> Scale:
    """The scale for values over their start: as they are, as changes if all are small, or as logarithms."""
    known = [1.0, *finite(values)]
    if max(known) > RUNAWAY:
        low, high = _padded(logarithms([value for value in known if value > 0]))
        return Scale(f"{sign}(t) / {sign}(0)", lambda value: logarithms([value])[0], low, high, logarithmic=True)
    largest = max(abs(value - 1) for value in known)
    if 0 < largest < HARDLY:
        exponent = math.floor(math.log10(largest))
        unit = 10.0**exponent
        low, high = _padded([(value - 1) / unit for value in known])
        return Scale(f"change of {sign}, in {power(exponent)}", lambda value: (value - 1) / unit, low, high)
    return Scale(f"{sign}(t) / {sign}(0)", lambda value: value, *_padded(known))


def time_scale(times: Sequence[float]) -> Scale:
    """The scale of time: in a power of ten where the times are very short or very long."""
    longest = max(map(abs, times), default=1.0)
    exponent = math.floor(math.log10(longest)) if longest > 0 else 0
    exponent = exponent if exponent < -1 or exponent > 3 else 0
    unit = 10.0**exponent
    low, high = _padded([time / unit for time in times])
    label = f"time t, in {power(exponent)}" if exponent else "time t"
    return Scale(label, lambda time: time / unit, low, high)


def _padded(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = 0.05 * (high - low) or 0.5
    return low - pad, high + pad
