"""What an estimate is held against: a value that the theory gives, or bounds that were declared and no law gives.

Of bounds a finding's reference is but their middle, which nothing states: whoever tells it tells the bounds instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from mfcheck.findings.finding import Finding

NO_LAW = "no law: "
"""What the origin of a margin begins with where the bounds were declared."""
COUNTED = "share of networks"
"""The statistic of a count: how many networks have a property, of which most, or a level's share, must."""
Bounds = tuple[float, float]


def declared(finding: Finding) -> Bounds | None:
    """The bounds that a finding's estimate is held against, where no law gives a value; None where one does."""
    return bounds_of(finding.statistic, finding.margin.origin, finding.region)


def declared_in(plain: Mapping[str, Any]) -> Bounds | None:
    """The same of a finding as report.json holds it."""
    low, high = plain.get("region") or (None, None)
    if low is None or high is None:
        return None
    origin = (plain.get("margin") or {}).get("origin", "")
    return bounds_of(str(plain.get("statistic", "")), str(origin), (float(low), float(high)))


def bounds_of(statistic: str, origin: str, region: Bounds) -> Bounds | None:
    """The region, if it is what was declared and lies around no value of the theory; of a share its lower end alone."""
    if is_count(statistic):
        return region[0], math.inf
    return region if origin.startswith(NO_LAW) else None


def is_count(statistic: str) -> bool:
    """Whether a statistic counts networks, so that its errors are no errors of a law."""
    return statistic.startswith(COUNTED)


def bounds_text(bounds: Bounds, shown: Callable[[float], str]) -> str:
    """Bounds in words; one of them where the other says nothing, as 0 does of what has no sign.

    >>> bounds_text((0.0, 0.1), str), bounds_text((0.5, math.inf), str), bounds_text((0.8, 1.2), str)
    ('at most 0.1', 'at least 0.5', '0.8 to 1.2')
    """
    low, high = bounds
    if high == math.inf:
        return f"at least {shown(low)}"
    return f"at most {shown(high)}" if low == 0 else f"{shown(low)} to {shown(high)}"
