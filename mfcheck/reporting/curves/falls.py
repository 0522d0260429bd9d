"""How far σ_w² falls while networks train, over the theory's law, from the curves of a claim's findings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.profiles import network

MISSING = "—"
LOSSES = {"theory": "L_std + L_adv", "adversarial": "L_adv alone", "attacked": "cross-entropy at attacked inputs"}
"""What networks are trained on, by the name of the objective."""
ROWS = {
    "": "decrease over the law, factor 2",
    series.OWN: "each network's own slope at t = 0, times t",
    series.EULER: "paid for by Euler's identity",
    series.ALONG_START: "decrease along W(0)",
    series.ALONE: "decrease under L_std alone",
    series.LOSS_LEFT: "L_adv left, attacked anew",
    series.LOSS_LEFT_STRONGER: "the same, by four times the steps",
}
"""Rows of the table; the first is what was measured."""


@dataclass(frozen=True)
class Fall:
    """Medians of a decrease over the law's, and what stands beside it, at the times of one training."""

    name: str
    times: tuple[float, ...]
    lines: Mapping[str, tuple[float, ...]]
    draws: int


def falls(claim: ClaimRecord) -> list[Fall]:
    """The trainings of a claim's findings, each once."""
    found: dict[str, Fall] = {}
    for finding in claim.findings:
        curve = finding.curve
        if curve is None or curve.kind != series.FALL:
            continue
        lines = {"": curve.measured, **curve.series}
        known = {name: values for name, values in lines.items() if len(values) == len(curve.x)}
        one = Fall(_name(finding), tuple(map(float, curve.x)), known, curve.draws)
        found.setdefault(f"{one.name} {one.times}", one)
    return list(found.values())


def table(fall: Fall, most: int = 6) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns of times, where the loss was looked at if it was, and rows of what was found there."""
    looked = [at for at, left in enumerate(fall.lines.get(series.LOSS_LEFT, ())) if math.isfinite(left)]
    shown = looked or range(0, len(fall.times), max(1, len(fall.times) // most))
    rows = (
        (words, *(f"{values[at]:.3f}" if math.isfinite(values[at]) else MISSING for at in shown))
        for name, words in ROWS.items()
        if (values := fall.lines.get(name)) is not None
    )
    return ("over the law's decrease, or over the start", *(f"t = {fall.times[at]:.3g}" for at in shown)), tuple(rows)


def _name(finding: Finding) -> str:
    """The network, its width, its data and what it is trained on."""
    parameters = finding.parameters
    loss = LOSSES.get(str(parameters.get("objective", "")), "")
    data = f"{parameters.get('trained', '')} images of {parameters.get('dataset', '')}"
    pixels = "x in [0, 1]" if parameters.get("pixels") == "raw" else "‖x‖ = √d"
    return f"{network(finding)}, N = {parameters.get('width', 0):,}; {loss}; {data}, {pixels}"
