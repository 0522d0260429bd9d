"""The figures of how a law is approached: a trend over widths or depths, and the width study of a claim."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings import series
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.figures.plots import (
    DASHED,
    EXACT,
    FAINT,
    INK,
    LIMIT,
    MEASURED,
    PREDICTED,
    drawing,
    finite,
    log_range,
    log_ticks,
    logarithms,
    panel,
    svg,
)
from mfcheck.reporting.figures.room import legend_above
from mfcheck.reporting.words import notation, numbers, phrases
from mfcheck.verdict import Verdict

HEIGHT = 4.3
NOISE = math.sqrt(math.pi / 2) * math.log(2)
"""Mean of √n times the distance between a law and n draws from it (Kolmogorov)."""
DODGE = 0.022
LOG = "log "
"""How the label of an axis begins that holds natural logarithms."""
SIGNS = {"N": "width N", "d": "input_dim d", "K": "output_dim K", "L": "depth L", "ε": "budget ε"}
"""What a trend runs over, by its sign; what else there may be is named by its sign alone."""
MOST_NAMED = 4
"""So many groups are named on such an axis; more are read off a scale."""


def trend_figure(finding: Finding) -> str:
    """Measured values of each group, with the theory and the exact value, and all of them over the theory."""
    curve = finding.own_curve
    logarithmic, sign = curve.x_label.startswith(LOG), curve.x_label.removeprefix(LOG)
    name = SIGNS.get(sign, sign) if logarithmic else curve.x_label
    x = [at / math.log(10) for at in curve.x] if logarithmic else curve.x
    measured, theory, exact = (_logarithms(line, len(x)) for line in (curve.measured, curve.predicted, curve.exact))
    known = finite([*measured, *theory, *exact])
    apart = any(abs(e - t) > 1e-9 for e, t in zip(exact, theory, strict=True))
    with drawing("trend", finding):
        figure = Figure(figsize=(6.4, HEIGHT))
        trend, ratio = panel(figure, bottom=1.75), panel(figure, top=HEIGHT - 1.6)
        slope = f"slope {_number(finding.reference)}, {_allowed(finding)}"
        trend.plot(x, theory, color=PREDICTED, linewidth=1.3, linestyle=DASHED, label=f"theory, {slope}")
        if apart:
            line = f"exact at finite width, slope {_number(_slope(curve.x, exact))}"
            trend.plot(x, exact, color=EXACT, linewidth=1.3, label=line)
        low, high = finding.interval
        shown = f"measured, slope {_number(finding.estimate)} in [{_number(low)}, {_number(high)}]"
        trend.plot(x, measured, color=MEASURED, linewidth=0, marker="o", markersize=4.5, label=shown)
        bottom, top = log_range([10**value for value in known])
        trend.set_ylim(bottom, top)
        trend.set_yticks(*log_ticks(bottom, top))
        trend.set_ylabel(f"{average(finding)} of the statistic")
        trend.tick_params(labelbottom=False)

        ratio.axhline(1, color=PREDICTED, linewidth=0.9, linestyle=DASHED)
        if apart:
            ratio.plot(x, _over(exact, theory), color=EXACT, linewidth=1.1)
        over = _over(measured, theory)
        ratio.plot(x, over, color=MEASURED, linewidth=0, marker="o", markersize=4.5)
        reach = 1.15 * max([0.02, *(abs(value - 1) for value in finite([*over, *_over(exact, theory)]))])
        ratio.set_ylim(max(-0.08 * reach, 1 - reach), 1 + reach)  # what has a logarithm is positive, and near 0 is seen
        ratio.set_ylabel("over the theory")
        ratio.set_xlabel(name)
        for axes in (trend, ratio):
            _horizontal(axes, x, logarithmic)
        legend_above(trend)
        return svg(figure, f"Trend over {name.split()[0]} in {finding.cell}")


def _allowed(finding: Finding) -> str:
    """Where the decision has the slope lie, or which region it must leave."""
    said = phrases.evidence(finding).allowed
    return said if finding.breaks else f"allowed {said}"


def average(finding: Finding) -> str:
    """What the values of a trend are of the draws of a group."""
    return "median" if "median" in finding.statistic else "mean"


def distance_figure(claim: ClaimRecord) -> str:
    """Every law finding's distance to the limit law against its width, beside the exact one; empty below two widths.

    The findings that stand for an experiment of the paper are joined.
    """
    findings = sorted(filter(_placed, claim.findings), key=lambda finding: (_width(finding), finding.cell))
    if len({_width(finding) for finding in findings}) < 2:
        return ""
    noise = NOISE / math.sqrt(min(finding.draws for finding in findings))
    heights = [value for finding in findings for value in (*_heights(finding), noise) if value > 0]
    bottom, top = log_range(heights)
    with drawing("distance", claim.id, findings):
        figure = Figure(figsize=(6.4, HEIGHT))
        axes = panel(figure)
        left, right = log_range([_width(finding) for finding in findings])
        axes.axhspan(
            bottom,
            math.log10(noise),
            color=FAINT,
            alpha=0.12,
            linewidth=0,
            label="mean distance of draws from the law itself",
        )
        at = [place for _, group in groupby(findings, _width) for place in _dodged(list(group))]
        for place, finding in zip(at, findings, strict=True):
            _distance(axes, place, finding, bottom)
        named = [(place, finding) for place, finding in zip(at, findings, strict=True) if finding.figure]
        for colour, values in (
            (MEASURED, [finding.estimate for _, finding in named]),
            (EXACT, [finding.margin.finite_width for _, finding in named]),
        ):
            heights = [_log(value, bottom) for value in values]
            axes.plot([place for place, _ in named], heights, color=colour, linewidth=1.4, zorder=2)
        _keys(axes, experiment=bool(named))
        axes.set(xlim=(left, right), ylim=(bottom, top), xlabel="width N", ylabel="distance to the limit law")
        axes.set_xticks(*log_ticks(left, right))
        axes.set_yticks(*log_ticks(bottom, top))
        legend_above(axes)
        return svg(figure, f"Distance to the limit law against width, {claim.id}")


def _distance(axes: Axes, x: float, finding: Finding, bottom: float) -> None:
    bold = bool(finding.figure)
    low, high = (_log(end, bottom) for end in finding.interval)
    axes.plot([x, x], [low, high], color=MEASURED, linewidth=2.2 if bold else 1.0, alpha=1 if bold else 0.55)
    if finding.interval[0] <= 10**bottom:
        axes.plot([x], [bottom], marker="v", markersize=4, color=MEASURED, clip_on=False)
    face = MEASURED if bold else "none"
    estimate = _log(finding.estimate, bottom)
    axes.plot([x], [estimate], marker="o", markersize=6 if bold else 4.5, markerfacecolor=face, color=MEASURED)
    exact = _log(finding.margin.finite_width, bottom)
    axes.plot([x], [exact], marker="D", markersize=5 if bold else 4, color=EXACT, zorder=3)
    allowed = _log(phrases.allowed_region(finding)[1], bottom)
    axes.plot([x], [allowed], marker="_", markersize=9, markeredgewidth=1.4, color=LIMIT)


def _keys(axes: Axes, *, experiment: bool) -> None:
    """The entries of the legend, which stand for marks of many findings."""
    axes.plot([], [], color=MEASURED, marker="o", markersize=5, linewidth=1.4, label="measured, with interval")
    axes.plot([], [], color=EXACT, marker="D", markersize=4.5, linewidth=1.4, label="exact at finite width")
    axes.plot([], [], color=LIMIT, marker="_", markersize=9, markeredgewidth=1.4, linewidth=0, label="allowed up to")
    if experiment:
        axes.plot([], [], color=INK, linewidth=0, label="filled and joined: the paper's experiment")


def _placed(finding: Finding) -> bool:
    """Whether a finding is a distance of a law that is to hold, at a known width, with its exact value."""
    return (
        finding.verdict is not Verdict.NOT_APPLICABLE
        and not finding.breaks
        and finding.curve_kind == series.LAW
        and finding.reference == 0
        and finding.margin.finite_width > 0
        and isinstance(finding.parameters.get("width"), int)
    )


def _width(finding: Finding) -> int:
    return int(finding.parameters["width"])


def _heights(finding: Finding) -> tuple[float, ...]:
    """What the vertical axis must reach; an interval may run off below."""
    above = (finding.estimate, finding.interval[1], phrases.allowed_region(finding)[1])
    return (*above, finding.margin.finite_width)


def _dodged(group: list[Finding]) -> list[float]:
    """Places side by side for findings of one width."""
    first = math.log10(_width(group[0])) - DODGE * (len(group) - 1) / 2
    return [first + DODGE * index for index in range(len(group))]


def _log(value: float, bottom: float) -> float:
    return max(bottom, math.log10(value)) if value > 0 else bottom


def _logarithms(values: Sequence[float], length: int) -> list[float]:
    return logarithms(values) if len(values) == length else [math.nan] * length


def _over(values: list[float], theory: list[float]) -> list[float]:
    return [10 ** (a - b) for a, b in zip(values, theory, strict=True)]


def _slope(x: Sequence[float], decimal: list[float]) -> float:
    """The least-squares slope of a natural logarithm, given as a decimal one, against x."""
    pairs = [(at, value * math.log(10)) for at, value in zip(x, decimal, strict=True) if not math.isnan(value)]
    middle = math.fsum(at for at, _ in pairs) / len(pairs)
    return math.fsum((at - middle) * y for at, y in pairs) / math.fsum((at - middle) ** 2 for at, _ in pairs)


def _horizontal(axes: Axes, x: Sequence[float], logarithmic: bool) -> None:
    pad = 0.05 * (max(x) - min(x)) or 0.5
    left, right = min(x) - pad, max(x) + pad
    axes.set_xlim(left, right)
    if not logarithmic:
        axes.set_xticks(x, [numbers.figures(at) for at in x])
    elif len(x) <= MOST_NAMED:
        axes.set_xticks(x, [_value(10**at) for at in x])
    else:
        axes.set_xticks(*log_ticks(left, right))


def _value(value: float) -> str:
    """What stood on an axis of logarithms, which is whole as a rule."""
    return notation.whole(round(value)) if abs(value - round(value)) < 1e-6 * value else numbers.figures(value)


def _number(value: float) -> str:
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "−")  # no −0.000
