"""How far a law for the whole of training is off, by its exponent, from the curves of a claim's findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord

COLUMNS = (
    "N",
    "exponent p",
    "RMS error of log L_adv",
    "quartiles",
    "predicted fall of σ_w² over measured",
    "with L_std's pull as at the start",
)
EXPONENTIAL = "∞ (exponential)"


@dataclass(frozen=True)
class Tried:
    """One exponent, None for the exponential: medians over networks, and what else a finding's networks have shown."""

    width: int
    exponent: float | None
    error: float
    quartiles: tuple[float, float]
    fall: float
    fall_from_start: float


def tried(claim: ClaimRecord) -> list[Tried]:
    """All exponents of all findings."""
    return [one for finding in claim.findings if is_errors(finding) for one in tried_of(finding)]


def is_errors(finding: Finding) -> bool:
    """Whether a finding brings such a curve."""
    return finding.curve_kind == series.ERRORS


def rows(found: Sequence[Tried]) -> list[tuple[str, ...]]:
    """The table of them."""
    return [
        (
            str(one.width),
            name(one),
            f"{one.error:.3g}",
            f"{one.quartiles[0]:.3g} to {one.quartiles[1]:.3g}",
            f"{one.fall:.3g}",
            f"{one.fall_from_start:.3g}",
        )
        for one in found
    ]


def name(one: Tried) -> str:
    """The exponent in words, a third as such."""
    if one.exponent is None:
        return EXPONENTIAL
    return "1/3" if abs(one.exponent - 1 / 3) < 1e-9 else f"{one.exponent:g}"


def tried_of(finding: Finding) -> list[Tried]:
    """The exponents of one finding."""
    curve = finding.own_curve
    more = curve.series
    columns = (series.LOWER_QUARTILE, series.UPPER_QUARTILE, series.PREDICTED_FALL, series.FALL_FROM_START)
    return [
        Tried(int(finding.parameters["width"]), at or None, error, (low, high), fall, other)
        for at, error, low, high, fall, other in zip(
            curve.x, curve.measured, *(more[column] for column in columns), strict=True
        )
    ]
