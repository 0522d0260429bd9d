"""Sentences on early training, written from a report's findings: how σ_w² falls, until when, and over what."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import LINEAR_SHARE
from mfcheck.findings.report import Report
from mfcheck.reporting.curves.falls import Fall, falls
from mfcheck.reporting.curves.trajectories import falls_below

HORIZON = "thm5.4/early-horizon"


def early_answers(report: Report) -> list[str]:
    """A sentence for every training that was followed early, and for every trend of its end."""
    claims = list(report.claims)
    found = {fall.name: fall for claim in claims for fall in falls(claim)}
    trends = (finding for claim in claims if claim.id == HORIZON for finding in claim.findings)
    return [*map(_fall, found.values()), *(sentence for finding in trends for sentence in _trend(finding))]


def _fall(fall: Fall) -> str:
    """How a training began, until when it was linear, and where it came to."""
    fallen, own, times = fall.lines[""], fall.lines.get(series.OWN, ()), fall.times
    parts = [f"{fall.name[:1].upper()}{fall.name[1:]}: σ_w²"]
    if own:
        parts.append(f"begins to fall at {own[0]:.2f} of the law's rate,")
        until = _until(times, fallen, own)
        parts.append(
            f"linearly to a fifth until t = {until:.2g}, and"
            if math.isfinite(until)
            else "linearly to a fifth all the time, and"
        )
    parts.append(f"by t = {times[-1]:.2g} has fallen by {fallen[-1]:.2f} of what the law has it")
    left = [value for value in fall.lines.get(series.LOSS_LEFT, ()) if math.isfinite(value)]
    if left:
        parts.append(f"while L_adv is at {left[-1]:.2f} of its start")
    if (across := fall.lines.get(series.ALONG_START)) and across[-1] - fallen[-1] > 0.1:
        parts.append(f"(along W(0) alone it has fallen by {across[-1]:.2f})")
    return " ".join(parts) + "."


def linear_until(fall: Fall) -> float:
    """When a training's decrease is first at `LINEAR_SHARE` of the linear one; ∞ if never, NaN if that is not known."""
    own = fall.lines.get(series.OWN, ())
    return _until(fall.times, fall.lines[""], own) if own else math.nan


def _until(times: tuple[float, ...], fallen: tuple[float, ...], own: tuple[float, ...]) -> float:
    """When the medians are first below `LINEAR_SHARE` of the linear fall, linear between times; ∞ if never."""
    return falls_below(times, [a / b for a, b in zip(fallen, own, strict=True)], LINEAR_SHARE)


def _trend(finding: Finding) -> Iterator[str]:
    """The end of early training over what it was followed over, beside the theory's exponent."""
    curve = finding.curve
    if curve is None or curve.kind != series.TREND or math.isnan(finding.reference):
        return
    sign = str(curve.x_label).removeprefix("log ")
    places = zip(curve.x, curve.measured, strict=True)
    listed = ", ".join(f"{value:.2g} at {sign} = {math.exp(x):.3g}" for x, value in places)
    low, high = finding.interval
    yield (
        f"Early training ends at t* = {listed}: t* goes like {sign} to the power {finding.estimate:.2f} "
        f"[{low:.2f}, {high:.2f}], where the theory's own σ_w²(t) has {finding.reference:.2f}."
    ).replace("-", "−")
