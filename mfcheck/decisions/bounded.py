"""What is to be said of draws that are known only between bounds."""

from __future__ import annotations

import numpy as np

from mfcheck.arrays import Floats
from mfcheck.statistics import medians

APART = 0.05
"""Bounds of draws whose medians are further apart than so are told beside the estimate, which is by their middles."""


def lost(*samples: Floats) -> str:
    """What is to be said of draws that have no finite bounds."""
    unknown, count = sum(map(medians.unknown, samples)), sum(map(len, samples))
    why = "training diverged or came to no end, or its attack was still finding far more"
    told = f"nothing bounds {unknown} of {count} networks: {why}"
    return told if unknown else ""


def between(sample: Floats) -> str:
    """What is to be said of an estimate by the middles of draws known only between bounds, where these are apart.

    >>> between(np.array([[0.4, 0.7], [0.4, 0.7]])), between(np.array([[0.4, 0.401]])), between(np.array([0.4]))
    ('the estimate is by middles of bounds, of which the lower have the median 0.4, and the upper 0.7', '', '')
    """
    if sample.ndim == 1:
        return ""
    low, high = (float(np.median(bounds)) for bounds in sample.T)
    if not np.isfinite([low, high]).all() or high - low <= APART * abs(high + low) / 2:
        return ""
    told = "the estimate is by middles of bounds, of which the lower have the median"
    return f"{told} {low:.3g}, and the upper {high:.3g}"
