"""The figure of all intervals of a claim, beside the regions that the theory allows."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings import states, wording
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, state_of
from mfcheck.reporting.figures.plots import FAINT, INK, LIMIT, PREDICTED, STATES, Style, drawing, svg
from mfcheck.reporting.words import phrases
from mfcheck.verdict import Verdict

FARTHEST = 3.0
ROW = 0.4


def interval_figure(claim: ClaimRecord) -> str:
    """One bar for each decided finding of a claim, in units of its margin; empty where there is none."""
    findings = [finding for finding in claim.findings if finding.verdict is not Verdict.NOT_APPLICABLE]
    if not findings:
        return ""
    with drawing("intervals", claim.id, findings):
        figure = Figure(figsize=(6.4, 0.62 + ROW * len(findings)))
        inches = figure.get_figheight()
        axes = figure.add_axes((0.02, 0.52 / inches, 0.96, 1 - 0.56 / inches))
        lowest = min(-0.06, *(_offset(finding, phrases.allowed_region(finding)[0]) for finding in findings))
        reached = [_offset(finding, end) for finding in findings for end in finding.interval]
        left, right = (max(1.2 * min(lowest, *reached), -FARTHEST), min(max(1.2, 1.06 * max(reached)), FARTHEST))
        for row, finding in enumerate(findings):
            _interval(axes, -row, finding, left, right)
        axes.set_xlim(left, right)
        axes.set_ylim(-len(findings) + 0.6, 0.7)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"distance from the theory, in margins ({_shading(findings)})")
        return svg(figure, f"Intervals against allowed regions of {claim.id}")


def _shading(findings: list[Finding]) -> str:
    """What the regions in the figure mean."""
    meanings = {False: "shaded: allowed", True: "dashed: must be left"}
    return ", ".join(text for breaks, text in meanings.items() if breaks in {_breaks(f) for f in findings})


def _breaks(finding: Finding) -> bool:
    return bool(finding.breaks)


def _interval(axes: Axes, y: float, finding: Finding, left: float, right: float) -> None:
    state = state_of(finding)
    colour = STATES[state]
    bottom, top = (_offset(finding, end) for end in phrases.allowed_region(finding))
    low, high, at = (_offset(finding, value) for value in (*finding.interval, finding.estimate))
    region: Style = (
        {"facecolor": "none", "edgecolor": LIMIT, "linestyle": "--", "linewidth": 1.0}
        if _breaks(finding)
        else {"color": FAINT, "alpha": 0.22, "linewidth": 0}
    )
    axes.barh(y, top - bottom, left=bottom, height=0.36, **region)
    axes.plot([0, 0], [y - 0.26, y + 0.26], color=PREDICTED, linewidth=1.2)
    axes.plot([max(low, left), min(high, right)], [y, y], color=colour, linewidth=3, solid_capstyle="butt")
    axes.plot([min(max(at, left), right)], [y], marker="|", markersize=9, markeredgewidth=1.6, color=colour)
    for end, mark, outside in ((left, "<", low < left), (right, ">", high > right)):
        if outside:
            axes.plot([end], [y], marker=mark, markersize=6, color=colour, clip_on=False)
    over: Style = {"va": "center", "fontsize": 8.0, "transform": axes.get_yaxis_transform()}
    axes.text(0.0, y + 0.44, f"{states.glyph(state)} {wording.cut(finding.cell, 78)}", color=colour, **over)
    axes.text(1.0, y + 0.44, phrases.evidence(finding).estimate, color=INK, ha="right", **over)


def _offset(finding: Finding, value: float) -> float:
    """How many margins a value lies from the reference; a margin of zero counts as the interval's own reach."""
    reference = finding.reference
    bottom, top = phrases.allowed_region(finding)
    reach = max(top - reference, reference - bottom) or max(abs(end - reference) for end in finding.interval) or 1.0
    return float((value - reference) / reach)
