"""Points of single networks, one number against another, and how far the two go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mfcheck.findings import series
from mfcheck.findings.wording import plural
from mfcheck.statistics.ranks import rank_correlation
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


def scatters(claim: dict[str, Any], x_label: str) -> dict[str, list[Points]]:
    """The points of a claim's findings by architecture, where their x is the one asked for."""
    found: dict[str, list[Points]] = {}
    for finding in claim["findings"]:
        curve, parameters = finding["curve"], finding["parameters"]
        if curve is None or curve.get("kind") != series.SCATTER or curve["x_label"] != x_label:
            continue
        points = Points(int(parameters["depth"]), int(parameters["width"]), tuple(curve["x"]), tuple(curve["measured"]))
        found.setdefault(str(parameters["architecture"]), []).append(points)
    return found


def correlation(groups: list[Points]) -> Estimate | None:
    """Kendall's τ over all networks of some findings, with its interval; None of fewer than two networks."""
    x, y = ([value for one in groups for value in getattr(one, axis)] for axis in ("x", "y"))
    return rank_correlation(np.array(x), np.array(y), ALPHA) if len(x) > 1 else None


def together(groups: list[Points]) -> str:
    """The rank correlation in words."""
    found, count = correlation(groups), sum(len(one.x) for one in groups)
    if found is None:
        return "too few networks for a rank correlation"
    return (
        (
            f"Kendall's rank correlation is {found.value:.2f} ({100 * (1 - ALPHA):g} % interval {found.low:.2f} to "
            f"{found.high:.2f}) over {plural(count, 'network')} of all sizes"
        )
        .replace("-0", "−0")
        .replace("-1", "−1")
    )
