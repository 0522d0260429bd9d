"""What attacks of growing strength find, from the curves of a claim's findings."""

from __future__ import annotations

import math

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.profiles import network
from mfcheck.reporting.curves.trajectories import REGIMES

MISSING = "—"


def strengths(claim: ClaimRecord) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Columns and rows of a table: a row for each finding, its medians over the theory's by steps of the attack."""
    found = [f for f in claim.findings if f.curve_kind == series.STRENGTHS]
    steps = sorted({float(x) for finding in found for x in finding.own_curve.x})
    return ("network", "σ_w² moves", *(f"{one:g}" for one in steps)), [_row(finding, steps) for finding in found]


def _row(finding: Finding, steps: list[float]) -> tuple[str, ...]:
    curve, regime = finding.own_curve, str(finding.parameters.get("regime", ""))
    known = dict(zip(map(float, curve.x), curve.measured, strict=True))
    shown = (f"{known[one]:.3f}" if math.isfinite(known.get(one, math.nan)) else MISSING for one in steps)
    return network(finding), REGIMES.get(regime, regime), *shown
