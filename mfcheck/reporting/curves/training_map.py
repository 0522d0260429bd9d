"""Maps of training over width and depth, read from a report, and their numbers as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.setting import setting
from mfcheck.reporting.words import notation

MECHANISM = "mechanism"
"""The statement of findings on why networks fail to train."""
COLUMNS = (
    "L",
    "N",
    *(f"pairs of which {outcome}" for outcome in series.OUTCOMES),
    "undecided",
    "accuracy",
    "of the control",
    "attacked",
    "held out",
    "held-out attacked",
    "control held out",
    "ω^L at the end",
    "σ_w² at the end over its start",
    "‖∂L/∂W‖, first over last layer, at the start",
    "the same at the end",
    "first layer's ‖∂L/∂W‖ over its start",
    "the same of the control",
    "predicted T over training time",
    "share diverged",
    "of the controls",
)


class Share(NamedTuple):
    """The shares of pairs that have come to an outcome, and that still may, with its exact bounds."""

    least: float
    most: float
    low: float
    high: float


UNKNOWN = Share(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Trained:
    """One network of a map: what training with attacks, and its control, came to; NaN where not known.

    `collapse` is the predicted time of collapse over the training time, infinite where none is predicted; `more` are
    further numbers by the names of their series.
    """

    depth: int
    width: int
    accuracy: float
    collapse: float
    shares: Mapping[str, Share]
    more: Mapping[str, float]

    @property
    def doomed(self) -> bool:
        """Whether the theory has this network collapse before training ends."""
        return self.collapse < 1

    @property
    def outcome(self) -> str:
        """What more than half of its pairs have come to; empty where that is not known of any outcome."""
        return next((name for name, share in self.shares.items() if share.least > 0.5), "")

    def of(self, name: str) -> float:
        """A number by the name of its series, NaN where there is none."""
        return self.more.get(name, math.nan)


TrainingMap = Mapping[tuple[int, int], Trained]
"""Networks by width and depth."""


def training_maps(claim: ClaimRecord) -> dict[str, TrainingMap]:
    """The maps of a claim by the setting that their networks share."""
    return maps_of(claim.findings)


def maps_of(findings: Iterable[Finding]) -> dict[str, TrainingMap]:
    """The maps that some findings make, by the setting that their networks share."""
    maps: dict[str, dict[tuple[int, int], Trained]] = {}
    for finding in findings:
        if (one := _trained(finding)) is not None:
            maps.setdefault(_setting(finding), {}).setdefault((one.width, one.depth), one)
    return dict(maps)


def _setting(finding: Finding) -> str:
    """What the networks of a map have in common; residual ones lie at the same part of their own depth's edge.

    Those that are trained for longer than the others have a map of their own.
    """
    over = finding.parameters.get("over_edge")
    if over is None:
        longer = ", trained for longer" if "steps" in finding.parameters else ""
        return setting(finding, without=("depth",)) + longer
    return f"{setting(finding, without=('depth', 'weight_variance'))}, ασ_w² = {over:g} (M^{{1/L}} − 1)"


def map_rows(found: TrainingMap) -> tuple[tuple[str, ...], ...]:
    """The numbers of a map, by depth and width."""
    return tuple(_row(one) for one in sorted(found.values(), key=lambda one: (one.depth, one.width)))


def _row(one: Trained) -> tuple[str, ...]:
    accuracies = (series.CONTROL, series.ATTACKED, series.HELD_OUT_CLEAN, series.HELD_OUT, series.CONTROL_HELD_OUT)
    sizes = (series.GAIN, series.VARIANCE, series.FIRST_OVER_LAST_AT_START, series.FIRST_OVER_LAST, series.FIRST_LEFT)
    return (
        str(one.depth),
        notation.whole(one.width),
        *(_bounded(one.shares.get(outcome, UNKNOWN)) for outcome in series.OUTCOMES),
        *(_share(value) for value in (one.of(series.UNDECIDED), one.accuracy, *map(one.of, accuracies))),
        *(_number(one.of(name)) for name in (*sizes, series.CONTROL_FIRST_LEFT)),
        _number(one.collapse, 3),
        *(_share(one.of(name)) for name in (series.DIVERGED, series.CONTROL_DIVERGED)),
    )


def _bounded(share: Share) -> str:
    """A share with its bounds, as a range where some pairs may still come to it."""
    if not math.isfinite(share.least):
        return "—"
    known = _share(share.least) + (f" to {_share(share.most)}" if share.most > share.least else "")
    return f"{known} [{_share(share.low)}, {_share(share.high)}]"


def _number(value: float, figures: int = 4) -> str:
    return f"{value:.{figures}g}" if math.isfinite(value) else "—"


def _share(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "—"


def _trained(finding: Finding) -> Trained | None:
    curve = finding.curve
    if curve is None or curve.kind != series.MAP or not curve.x:
        return None
    collapse, more = _first(curve.predicted), curve.series
    return Trained(
        depth=int(curve.x[0]),
        width=int(finding.parameters["width"]),
        accuracy=_first(curve.measured),
        collapse=math.inf if math.isnan(collapse) else collapse,
        shares={name: Share(*more[name]) for name in series.OUTCOMES if len(more.get(name, ())) == 4},
        more={name: _first(values) for name, values in more.items() if name not in series.OUTCOMES},
    )


def _first(values: Any) -> float:
    return values[0] if values else math.nan
