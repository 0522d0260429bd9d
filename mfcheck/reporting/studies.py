"""Figures and tables that put several findings of one claim together, each with a title and a caption."""

from __future__ import annotations

from dataclasses import dataclass

from mfcheck.findings.finding import Finding
from mfcheck.findings.regimes import FITS, LEARNS
from mfcheck.findings.report import ClaimRecord, Report
from mfcheck.reporting.curves import difficulty, exponents
from mfcheck.reporting.curves.falls import falls, table
from mfcheck.reporting.curves.profiles import Profile, needed_widths, network, pair_of, profiles
from mfcheck.reporting.curves.scatters import MEANINGS, scatters, together
from mfcheck.reporting.curves.strengths import strengths
from mfcheck.reporting.curves.training_map import COLUMNS, TrainingMap, map_rows, training_maps
from mfcheck.reporting.figures.capacity_figure import capacity_charts, capacity_figure
from mfcheck.reporting.figures.fall_figure import fall_figure
from mfcheck.reporting.figures.map_figure import has_boundary, map_figure
from mfcheck.reporting.figures.plots import drawn
from mfcheck.reporting.figures.point_figure import points, points_figure
from mfcheck.reporting.figures.profile_figure import profiles_figure
from mfcheck.reporting.figures.scatter_figure import scatter_figure
from mfcheck.reporting.figures.tightness import NORMS, sizes_of, tightness, tightness_figure, tightness_rows
from mfcheck.reporting.figures.trend_figures import distance_figure
from mfcheck.reporting.words import notation


@dataclass(frozen=True)
class Study:
    """A figure over findings of a claim, a table of columns and rows, or a figure with its numbers as a table."""

    title: str
    caption: str
    figure: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def studies(claim: ClaimRecord, report: Report, *, draw: bool) -> list[Study]:
    """The studies that a claim's findings suffice for; without drawing, those that are or have a table."""
    found = [*_numbers(claim, report, draw), *_maps(claim, draw), *_strengths(claim), *_falls(claim, draw)]
    found += _explored(claim, draw)
    found += _drawn(claim) if draw else []
    return [study for study in found if study.figure or study.rows]


def _drawn(claim: ClaimRecord) -> list[Study]:
    distance = Study(
        "The width study",
        "distance between the measured law and the limit law at every width tried, beside the exact distance at that "
        "width; draws from the limit law itself would lie about as high as the grey reaches",
        drawn(distance_figure, claim),
    )
    return [distance, *(_points(claim, chart) for chart in points(claim)), *_capacity(claim)]


def _capacity(claim: ClaimRecord) -> list[Study]:
    """Capacity against time at several widths, a figure for each setting."""
    return [
        Study(
            "Capacity against time at several widths",
            f"{name}; medians of ‖w‖_FR over its start, each beside the theory's law at that width",
            drawn(capacity_figure, claim, name, group),
        )
        for name, group in capacity_charts(claim).items()
    ]


def _strengths(claim: ClaimRecord) -> list[Study]:
    """How much of the law attacks of growing strength find."""
    columns, rows = strengths(claim)
    caption = (
        "median of −dσ_w²/dt over the theory's, by the number of steps of the attack; a weak attack finds less of "
        "L_adv, and what is left to find counts for the law"
    )
    return [Study("What attacks of growing strength find", caption, columns=columns, rows=tuple(rows))]


def _explored(claim: ClaimRecord, draw: bool) -> list[Study]:
    """What open questions show: steps of attacks, laws by exponent, and networks as points."""
    steps = Study(
        "How many steps an attack needs from a random start",
        "steps to 95 % of what it finds, and what it finds over the most that is known; medians over networks, on "
        "Jacobians of the exact chain with gates fixed (the linear map), and in closed form where there is one",
        columns=difficulty.COLUMNS,
        rows=tuple(difficulty.rows(difficulty.difficulties(claim))),
    )
    laws = Study(
        "Laws for the whole of training",
        "L_adv(t) = L₀(1 + rt/p)^{−p} on held-out images, r and L₀ from t = 0: root mean square of the error of log "
        "L_adv over times, and the fall of σ_w² at the end with L_std's part as measured; medians over networks",
        columns=exponents.COLUMNS,
        rows=tuple(exponents.rows(exponents.tried(claim))),
    )
    clouds = [
        Study(
            f"Networks one by one: {MEANINGS[x_label][1]}",
            f"{name} networks, a point each, against {MEANINGS[x_label][0]}; {together(groups)}",
            drawn(scatter_figure, claim.id, x_label, name, groups) if draw else "",
        )
        for x_label in MEANINGS
        for name, groups in scatters(claim, x_label).items()
    ]
    return [steps, laws, *clouds]


def _falls(claim: ClaimRecord, draw: bool) -> list[Study]:
    """How far σ_w² falls in every training, as a figure and as a table."""
    found = []
    for fall in falls(claim):
        columns, rows = table(fall)
        caption = f"{fall.name}; medians of {fall.draws} networks; the law is a line through 1, with factor 1 through ½"
        figure = drawn(fall_figure, fall) if draw else ""
        found.append(Study("How far σ_w² falls in training", caption, figure, columns, rows))
    return found


def _maps(claim: ClaimRecord, draw: bool) -> list[Study]:
    """The maps of training over width and depth, each as a figure and as a table."""
    found = []
    for name, networks in training_maps(claim).items():
        shown = Study(
            "Which networks train",
            f"{name}; pairs of trainings from one start, with attacks and without (the control), shaded by the shares "
            "of what they came to, blank where that is not certain yet; a control fits from an accuracy of "
            f"{FITS:g} on, and what was trained with attacks from {LEARNS:g}, both on clean training images, of which "
            f"medians are shown{_times(networks)}",
            drawn(map_figure, claim, name, networks) if draw else "",
        )
        numbers = Study(
            "Training over depth and width",
            f"{name}; shares of pairs with their exact bounds at 95 %, from what is certain to what may still be: a "
            "pair is undecided where a network diverged, or had not fitted and its loss still fell by more than 1 % "
            "over the last quarter; else medians over networks trained with attacks, or of their controls; — where "
            "nothing was measured or no collapse is predicted; accuracies are of clean training images but where they "
            "are said to be attacked or held out",
            columns=COLUMNS,
            rows=map_rows(networks),
        )
        found += [shown, numbers]
    return found


def _times(networks: TrainingMap) -> str:
    """What a map shows of the theory's time of collapse, in words."""
    line = "; the line is interpolated between networks, in log T over log N and L" if has_boundary(networks) else ""
    shown = bool(line) or any(one.doomed for one in networks.values())
    return f"; T is the time at which the theory has σ_w² collapse{line}" if shown else ""


def _points(claim: ClaimRecord, chart: list[Finding]) -> Study:
    """A chart of findings at one width each; where there is one network, the caption names it."""
    pair, networks = pair_of(chart[0]), sorted({network(finding) for finding in chart})
    where = f"(p, q) = {notation.pair(pair)}" if pair else ""
    if len(networks) == 1:
        where += f"; {networks[0]}"
    engines = sorted({finding.engine for finding in chart})
    title = "Measured over the bound" + (" on several engines" if len(networks) == 1 < len(engines) else "")
    caption = f"{where}; estimates with their intervals, those of one width slightly apart"
    return Study(f"{title}, from N = {_widths(chart)}", caption, drawn(points_figure, claim, chart))


def _widths(chart: list[Finding]) -> str:
    widths = [finding.own_curve.x[0] for finding in chart]
    return f"{notation.whole(min(widths))} to {notation.whole(max(widths))}"


def _numbers(claim: ClaimRecord, report: Report, draw: bool) -> list[Study]:
    found = profiles(claim)
    if not found:
        return []
    of_both = "; β is Chevet's where the theory has another, and hollow the theory's own"
    two = any(one.constant == "chevet" for one in found)
    shapes = Study(
        "How wide a network must be for the bound to hold",
        f"median of L_adv over ε β ω^{{L/2}} as ε → 0, {_draws(found)}{of_both if two else ''}; each "
        "network beside what finite width may add to its own bound",
        drawn(profiles_figure, claim) if draw else "",
    )
    columns, rows = needed_widths(found)
    needed = Study(
        "Width from which on the bound holds within x %",
        "the width N beyond which the median network exceeds ε β ω^{L/2} by at most x %; measured medians "
        f"({_draws(found)}), interpolated between the widths drawn in the logarithms of both; β is the "
        "theory's own, and beside it Chevet's where that is another",
        columns=columns,
        rows=tuple(rows),
    )
    return [shapes, needed, *_tight(claim, report, draw)]


def _tight(claim: ClaimRecord, report: Report, draw: bool) -> list[Study]:
    found = tightness(claim, report)
    if not found:
        return []
    inputs, outputs = sizes_of(found)
    columns, rows = tightness_rows(found)
    caption = (
        f"median of ‖J‖_{{p,q}} over β ω^{{L/2}} at the widest networks drawn, "
        f"{notation.sizes(inputs, outputs)} unless noted; 1 is a tight bound"
    )
    if any(one.limits for one in found.values()):
        caption += (
            "; small: the limit N → ∞ over β at many more inputs than outputs (d ≫ K), and at as many of both (K = d)"
        )
    beyond = [
        f"; (p, q) = {notation.pair(pair)} at {notation.sizes(*one.sizes)}: {one.shown:.3f}"
        for pair, one in found.items()
        if not {pair.p, pair.q} <= set(NORMS)
    ]
    caption += "".join(beyond) if draw else ""
    figure = drawn(tightness_figure, claim, report) if draw else ""
    return [Study("How tight the bound is in wide networks", caption, figure, columns, tuple(rows))]


def _draws(found: list[Profile]) -> str:
    """How many draws are behind a point, which at the widest networks are those of the finding itself."""
    each, last = sorted({one.draws for one in found}), sorted({one.draws_at_widest for one in found})
    return f"{_span(each)} networks drawn at each width, {_span(last)} at the widest"


def _span(values: list[int]) -> str:
    return f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,} to {values[-1]:,}"
