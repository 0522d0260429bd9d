"""A finding's interval beside what the theory allows, as a small drawing in a row of a table."""

from __future__ import annotations

import math

from markupsafe import Markup

from mfcheck.findings.finding import Finding
from mfcheck.findings.stated import declared
from mfcheck.reporting.words import phrases
from mfcheck.verdict import Verdict

WIDTH, HEIGHT = 110, 12
FARTHEST = 3.0
"""Margins from the theory's value that the drawing shows; what lies beyond is cut, with a point."""


def interval_bar(finding: Finding) -> Markup:
    """A bar for the interval, ticks for the estimate and the theory's value, if there is one, and the region.

    Empty where nothing was decided. Numbers stand beside it, so that it is hidden from screen readers.
    """
    if finding.verdict is Verdict.NOT_APPLICABLE:
        return Markup("")
    bottom, top = (_offset(finding, end) for end in phrases.allowed_region(finding))
    low, high, at = (_offset(finding, value) for value in (*finding.interval, finding.estimate))
    left, right = _reach(bottom, top, low, high)

    def x(value: float) -> int:
        return round(1 + (WIDTH - 2) * (min(max(value, left), right) - left) / (right - left))

    start, end = x(low), max(x(high), x(low) + 1)
    kind, left_end, size = "r m" if finding.breaks else "r", x(bottom), x(top) - x(bottom)
    region = f'<rect class="{kind}" x="{left_end}" y="1" width="{size}" height="10"/>'
    cut = "".join(_point(place, way) for place, way, out in ((1, 1, low < left), (WIDTH - 1, -1, high > right)) if out)
    theory = "" if declared(finding) else f'<path class="t" d="M{x(0)} 0v12"/>'
    lines = f'{theory}<path class="i" d="M{start} 6H{end}"/><path class="e" d="M{x(at)} 2v8"/>'
    return Markup(f'<svg class="bar" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{region}{lines}{cut}</svg>')


def _reach(bottom: float, top: float, low: float, high: float) -> tuple[float, float]:
    """The ends of the drawing, in margins: all of the interval and the region, as far as they are not far away."""
    ends = [end for end in (bottom, top, low, high) if math.isfinite(end)]
    left, right = min(-0.1, *ends, 0.0), max(1.1, *ends)
    return max(1.15 * left, -FARTHEST), min(1.05 * right, FARTHEST)


def _point(place: int, way: int) -> str:
    """An arrow at one end of the drawing, for what goes on beyond it."""
    return f'<path class="e" d="M{place + 4 * way} 2l{-4 * way} 4l{4 * way} 4"/>'


def _offset(finding: Finding, value: float) -> float:
    """How far a value lies from the reference, in distances of the region's nearer end, or else of the interval's."""
    if not math.isfinite(value):
        return value
    reference = finding.reference if math.isfinite(finding.reference) else 0.0
    bottom, top = phrases.allowed_region(finding)
    sides = [size for size in (top - reference, reference - bottom) if math.isfinite(size) and size > 0]
    reach = min(sides, default=0.0) or max(abs(end - reference) for end in finding.interval) or 1.0
    return (value - reference) / reach
