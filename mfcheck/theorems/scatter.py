"""One number of every network against another, for questions on how two of them go together."""

from __future__ import annotations

from mfcheck.arrays import Floats
from mfcheck.findings import series
from mfcheck.findings.finding import Curve


def scatter(x_label: str, x: Floats, y: Floats) -> Curve:
    """A point for every network, `[n]` each."""
    return Curve(
        kind=series.SCATTER,
        x_label=x_label,
        x=tuple(x.tolist()),
        measured=tuple(y.tolist()),
        predicted=(),
        exact=(),
        draws=len(x),
    )
