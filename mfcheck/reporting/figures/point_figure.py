"""The figure of measured loss over its bound at single widths, for several networks or engines."""

from __future__ import annotations

import math
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mfcheck.findings import wording
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord
from mfcheck.reporting.curves.profiles import EXCESS, is_profile, network, pair_of, positive_or_nan
from mfcheck.reporting.figures.plots import (
    DASHED,
    EXACT,
    FAINT,
    INK,
    LIMIT,
    MEASURED,
    PREDICTED,
    Style,
    drawing,
    finite,
    log_range,
    panel,
    svg,
)
from mfcheck.reporting.figures.room import legend_above
from mfcheck.reporting.words import notation
from mfcheck.verdict import Verdict

HEIGHT = 3.6
DODGE, TICKS_APART = 0.012, 0.075
"""How far apart series are, and ticks at least, in widths of the axes."""
SERIES = ((MEASURED, "o"), (LIMIT, "s"), (INK, "D"), (FAINT, "^"))


def points_figure(claim: ClaimRecord, findings: list[Finding]) -> str:
    """Estimates over the bound with their intervals against width, a series for every network and engine, slightly
    apart where they share a width."""
    ordered = sorted(findings, key=lambda finding: (network(finding), finding.engine, _width(finding)))
    series = {key: list(group) for key, group in groupby(ordered, key=lambda f: (network(f), f.engine))}
    networks = {name: next(f for f in ordered if network(f) == name) for name, _ in series}
    short = {
        name: f"{wording.cut(f.parameters['architecture'], 24)}, L = {f.parameters['depth']}"
        for name, f in networks.items()
    }
    names = short if len(set(short.values())) == len(short) else {name: name for name in short}
    left, right = log_range([_width(finding) for finding in ordered], least=0.9)
    several = len(networks) > 1
    with drawing("points", claim.id, findings):
        figure = Figure(figsize=(6.4, HEIGHT))
        axes = panel(figure)
        axes.axhline(1, color=PREDICTED, linewidth=1.0, linestyle=DASHED, label="bound")
        # Engines share their network's line; networks do not, and each has its first series' colour.
        if finite(value for finding in findings for value in finding.own_curve.exact):
            axes.plot([], [], color=FAINT if several else EXACT, label=f"{EXCESS}{', by colour' if several else ''}")
        lined = set()
        for place, ((name, engine), group) in enumerate(series.items()):
            shift = DODGE * (right - left) * (place - (len(series) - 1) / 2)
            colour, marker = SERIES[place % len(SERIES)]
            if name not in lined:
                _excess(axes, [f for f in ordered if network(f) == name], colour if several else EXACT)
                lined.add(name)
            _intervals(
                axes,
                group,
                shift,
                color=colour,
                marker=marker,
                label=f"{names[name]}, {engine}" if several else engine,
            )
        axes.set(xlim=(left, right), xlabel="width N", ylabel="median over the bound")
        at = _apart(sorted({math.log10(_width(finding)) for finding in ordered}), TICKS_APART * (right - left))
        axes.set_xticks(at, [notation.whole(round(10**tick)) for tick in at])
        legend_above(axes)
        return svg(figure, f"Median over the bound at single widths, {claim.id}")


def _apart(ticks: list[float], least: float) -> list[float]:
    """Ticks in ascending order without those too near the one before."""
    kept: list[float] = []
    for tick in ticks:
        if not kept or tick - kept[-1] >= least:
            kept.append(tick)
    return kept


def _excess(axes: Axes, findings: list[Finding], color: str) -> None:
    """The bound and what finite width may add, as a line over the widths of a network or a stroke at its only one."""
    places = sorted({(math.log10(_width(f)), positive_or_nan((f.own_curve.exact or (math.nan,))[0])) for f in findings})
    x, y = zip(*places, strict=True)
    stroke: Style = {"marker": "_", "markersize": 12} if len(x) == 1 else {}
    axes.plot(x, y, color=color, linewidth=1.1, alpha=0.75, **stroke)


def _intervals(axes: Axes, group: list[Finding], shift: float, *, color: str, marker: str, label: str) -> None:
    x = [math.log10(_width(finding)) + shift for finding in group]
    for at, finding in zip(x, group, strict=True):
        axes.plot([at, at], finding.interval, color=color, linewidth=1.3)
    estimates = [finding.estimate for finding in group]
    axes.plot(x, estimates, color=color, marker=marker, markersize=4.8, linewidth=0, label=label)


def points(claim: ClaimRecord) -> list[list[Finding]]:
    """The decided findings of a claim at one width each, those of one chart together: one pair, data set and statement,
    and at least two widths of one network.

    Of attacks, other networks at one width say nothing about widths and are left out.
    """
    single = [
        finding
        for finding in claim.findings
        if is_profile(finding, "width N")
        and len(finding.own_curve.x) == 1
        and finding.verdict is not Verdict.NOT_APPLICABLE
        and pair_of(finding) is not None
    ]
    charts = []
    for (_, _, statement), group in groupby(sorted(single, key=_chart), key=_chart):
        found = list(group)
        several = {name for name in map(network, found) if len({_width(f) for f in found if network(f) == name}) > 1}
        kept = [f for f in found if network(f) in several] if statement == "attack" else found
        charts += [kept] if several else []
    return charts


def _chart(finding: Finding) -> tuple[str, str, str]:
    parameters = finding.parameters
    return str(parameters["pair"]), str(parameters.get("dataset", "")), str(parameters.get("statement", ""))


def _width(finding: Finding) -> float:
    return float(finding.own_curve.x[0])
