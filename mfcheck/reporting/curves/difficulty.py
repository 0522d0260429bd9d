"""How many steps attacks from a random start need, by norm pair, from the curves of a claim's findings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.profiles import pair_of
from mfcheck.reporting.words import notation
from mfcheck.spec import NormPair
from mfcheck.theory.attack_steps import steps_needed

COLUMNS = (
    "(p, q)",
    "reach/‖x‖",
    "steps, closed form",
    "steps, linear map",
    "steps, measured",
    "share found, closed form",
    "share found, linear map",
    "share found, measured",
)


@dataclass(frozen=True)
class Difficulty:
    """Steps to 95 % of what one random start finds, and its share of the most known; NaN where no closed form is."""

    pair: NormPair
    reach: float
    closed_steps: float
    predicted_steps: int
    measured_steps: int
    closed_share: float
    predicted_share: float
    measured_share: float

    @property
    def expected_steps(self) -> float:
        """The prediction: the closed form, where there is one, or else the linear map's."""
        return self.predicted_steps if math.isnan(self.closed_steps) else self.closed_steps


def difficulties(claim: ClaimRecord) -> list[Difficulty]:
    """One for every finding with such a curve, the shortest reach first."""
    found = [_difficulty(finding) for finding in claim.findings if _is_shares(finding)]
    return sorted(found, key=lambda one: (one.reach, one.pair))


def rows(found: Sequence[Difficulty]) -> list[tuple[str, ...]]:
    """The table of them."""
    return [
        (
            notation.pair(one.pair),
            f"{one.reach:g}",
            _whole(one.closed_steps),
            str(one.predicted_steps),
            str(one.measured_steps),
            _share(one.closed_share),
            _share(one.predicted_share),
            _share(one.measured_share),
        )
        for one in found
    ]


def _is_shares(finding: Finding) -> bool:
    return finding.curve_kind == series.SHARES and pair_of(finding) is not None


def _difficulty(finding: Finding) -> Difficulty:
    curve, pair = finding.own_curve, pair_of(finding)
    assert pair is not None
    steps, share = (value or math.nan for value in curve.series[series.CLOSED_FORM])
    predicted, measured = curve.predicted, curve.measured
    return Difficulty(
        pair=pair,
        reach=float(finding.parameters.get("reach", math.nan)),
        closed_steps=steps,
        predicted_steps=steps_needed(predicted),
        measured_steps=steps_needed(measured),
        closed_share=share,
        predicted_share=predicted[-1],
        measured_share=measured[-1],
    )


def _whole(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.0f}"


def _share(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.3f}"
