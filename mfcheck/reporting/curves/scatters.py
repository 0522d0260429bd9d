"""Points of single networks, one number against another, and how far the two go together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mfcheck.findings import series
from mfcheck.findings.report import ClaimRecord
from mfcheck.findings.wording import plural
from mfcheck.statistics.ranks import rank_correlation, rank_correlation_within
from mfcheck.statistics.sequential import Estimate

ALPHA = 0.01
"""The error rate of a rank correlation's interval, which decides nothing."""
MEANINGS = {
    series.OVER_CAPACITY: ("capacity left, ‖w‖_FR after over before", "attacked accuracy on held-out images"),
    series.OVER_OWN_LOSS: ("L_adv left under the attack trained against", "L_adv left under the other"),
}
"""What the points of a scatter are, by what its x is."""


@dataclass(frozen=True)
class Points:
    """The networks of one finding: its depth and width, and what is on the axes."""

    depth: int
    width: int
    x: tuple[float, ...]
    y: tuple[float, ...]


def scatters(claim: ClaimRecord, x_label: str) -> dict[str, list[Points]]:
    """The points of a claim's findings by architecture, where their x is the one asked for."""
    found: dict[str, list[Points]] = {}
    for finding in claim.findings:
        curve, parameters = finding.curve, finding.parameters
        if curve is None or curve.kind != series.SCATTER or curve.x_label != x_label:
            continue
        points = Points(int(parameters["depth"]), int(parameters["width"]), tuple(curve.x), tuple(curve.measured))
        found.setdefault(str(parameters["architecture"]), []).append(points)
    return found


def together(groups: list[Points]) -> str:
    """The rank correlations over all networks, and among those of one size, in words."""
    groups = [one for one in groups if len(one.x) > 1]
    if not groups:
        return "too few networks for a rank correlation"
    x, y = (np.array([value for one in groups for value in getattr(one, axis)]) for axis in ("x", "y"))
    whole = rank_correlation(x, y, ALPHA)
    within = rank_correlation_within([(np.array(one.x), np.array(one.y)) for one in groups], ALPHA)
    return (
        f"Kendall's rank correlation over all {plural(len(x), 'network')} is {_shown(whole)}, and among those of one "
        f"size {_shown(within)}"
    )


def _shown(found: Estimate) -> str:
    sure = 100 * (1 - ALPHA)
    return f"{found.value:.2f} ({sure:g} % interval {found.low:.2f} to {found.high:.2f})".replace("-", "−")
