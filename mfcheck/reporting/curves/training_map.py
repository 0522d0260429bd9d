"""Maps of training over width and depth, read from a report, and their numbers as a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mfcheck.findings import series
from mfcheck.reporting.curves.setting import setting
from mfcheck.reporting.curves.trajectories import number
from mfcheck.reporting.words import notation, phrases

MECHANISM = "mechanism"
"""The statement of findings on why networks fail to train, which may bring the same map along."""
COLUMNS = (
    "L",
    "N",
    "accuracy",
    "attacked",
    "held-out attacked",
    "σ_w² at the end over its start",
    "predicted T over training time",
    "share diverged",
)


@dataclass(frozen=True)
class Trained:
    """One network of a map: what training came to, NaN where not known, and whether that counts as failed.

    `collapse` is the predicted time of collapse over the training time, infinite where none is predicted.
    """

    depth: int
    width: int
    accuracy: float
    attacked: float
    held_out: float
    variance: float
    collapse: float
    diverged: float
    failed: bool

    @property
    def doomed(self) -> bool:
        """Whether the theory has this network collapse before training ends."""
        return self.collapse < 1


TrainingMap = Mapping[tuple[int, int], Trained]
"""Networks by width and depth."""


def training_maps(claim: dict[str, Any]) -> dict[str, TrainingMap]:
    """The maps of a claim by the setting that their networks share."""
    maps: dict[str, dict[tuple[int, int], Trained]] = {}
    # Findings on the outcome come first: one on the mechanism repeats their networks, with a region of its own.
    for finding in sorted(claim["findings"], key=lambda one: one["parameters"].get("statement") == MECHANISM):
        if (one := _trained(finding)) is not None:
            maps.setdefault(setting(finding, without=("depth",)), {}).setdefault((one.width, one.depth), one)
    return dict(maps)


def map_rows(found: TrainingMap) -> tuple[tuple[str, ...], ...]:
    """The numbers of a map, by depth and width."""
    return tuple(_row(one) for one in sorted(found.values(), key=lambda one: (one.depth, one.width)))


def _row(one: Trained) -> tuple[str, ...]:
    shares = (_share(value) for value in (one.accuracy, one.attacked, one.held_out))
    collapse = "—" if not math.isfinite(one.collapse) else f"{one.collapse:.3g}"
    return (
        str(one.depth),
        notation.whole(one.width),
        *shares,
        "—" if not math.isfinite(one.variance) else f"{one.variance:.4g}",
        collapse,
        _share(one.diverged),
    )


def _share(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "—"


def _trained(finding: dict[str, Any]) -> Trained | None:
    curve = finding["curve"]
    if curve is None or curve.get("kind") != series.MAP or not curve["x"]:
        return None
    accuracy, collapse = _first(curve["measured"]), _first(curve["predicted"])
    more = curve.get("series") or {}
    return Trained(
        depth=int(curve["x"][0]),
        width=int(finding["parameters"]["width"]),
        accuracy=accuracy,
        attacked=_first(more.get(series.ATTACKED)),
        held_out=_first(more.get(series.HELD_OUT)),
        variance=_first(more.get(series.VARIANCE)),
        collapse=math.inf if math.isnan(collapse) else collapse,
        diverged=_first(more.get(series.DIVERGED)),
        failed=_failed(finding, accuracy),
    )


def _failed(finding: dict[str, Any], accuracy: float) -> bool:
    """Whether an accuracy counts as failed: it lies below the region, or in one from 0 on, which is that of failure."""
    if finding["region"][0] is None or finding["region"][1] is None:
        return False
    low, high = phrases.allowed_region(finding)
    return accuracy < low if low > 0 else accuracy <= high


def _first(values: Any) -> float:
    return number(values[0]) if values else math.nan
