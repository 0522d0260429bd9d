"""The figures of a report: of each claim its studies and one example, as many as fit into a page of a bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from markupsafe import Markup

from mfcheck.findings import series, states
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Report, state_of
from mfcheck.reporting.curves.profiles import is_profile
from mfcheck.reporting.curves.trajectories import trajectory
from mfcheck.reporting.figures.budget_figure import bend, budget_figure, is_drawable
from mfcheck.reporting.figures.law_figures import has_quantiles, law_figure, qq_figure
from mfcheck.reporting.figures.layers_figure import layers_figure, nearness
from mfcheck.reporting.figures.plots import drawn
from mfcheck.reporting.figures.trajectory_figure import trajectory_figure
from mfcheck.reporting.figures.trend_figures import average, trend_figure
from mfcheck.reporting.studies import Study, studies
from mfcheck.reporting.words.numbers import scientific

MOST_BYTES, MOST_EXAMPLES = 700_000, 2
"""All figures of a page together, and examples of one claim beside its studies."""
MOST_ROWS = 24
"""A longer table of a study is folded away."""
LOSS = "loss"
DRAW: dict[str, Callable[[Finding], str]] = {
    series.LAW: law_figure,
    series.TREND: trend_figure,
    series.TRAJECTORY: trajectory_figure,
    series.LAYERS: layers_figure,
    LOSS: budget_figure,
}
TITLES = {
    series.LAW: "A measured law beside the theory's",
    series.TREND: "A trend beside the theory's",
    series.TRAJECTORY: "Along training",
    series.LAYERS: "The gradient's projection by layer",
    LOSS: "Loss against the budget",
}
TELLING: dict[str, Callable[[Finding], float]] = {LOSS: bend, series.LAYERS: nearness}
"""Of several findings of a kind, the one with the least of this says most."""


@dataclass(frozen=True)
class Example:
    """The figure of one finding."""

    finding: Finding
    title: str
    caption: str
    figure: Markup


@dataclass(frozen=True)
class Shown:
    """What a claim shows beside its rows: studies, examples, and how many more curves report.json holds."""

    claim: ClaimRecord
    studies: tuple[Study, ...]
    examples: tuple[Example, ...]
    left: int


@dataclass
class _Room:
    """What is left of a page's figures."""

    left: int = field(default_factory=lambda: MOST_BYTES)

    def take(self, figure: str) -> str:
        """The figure, if there is room for it, or nothing."""
        if len(figure) > self.left:
            return ""
        self.left -= len(figure)
        return figure


def gallery(report: Report) -> list[Shown]:
    """What claims show, in the report's order; figures over all findings of a claim go ahead of single ones."""
    room = _Room()
    together = {
        claim.id: [_fitting(study, room) for study in studies(claim, report, draw=True)] for claim in report.claims
    }
    found = []
    for claim in sorted(report.claims, key=_urgency):
        candidates = _candidates(claim)
        examples = tuple(one for finding in candidates[:MOST_EXAMPLES] if (one := _example(finding, room)))
        kept = tuple(study for study in together[claim.id] if study.figure or study.rows)
        found.append(Shown(claim, kept, examples, len(candidates) - len(examples)))
    places = {claim.id: place for place, claim in enumerate(report.claims)}
    return [one for one in sorted(found, key=lambda one: places[one.claim.id]) if one.studies or one.examples]


def _fitting(study: Study, room: _Room) -> Study:
    return Study(study.title, study.caption, room.take(study.figure), study.columns, study.rows)


def _urgency(claim: ClaimRecord) -> int:
    """Claims with what is not supported are drawn first, then those that stand for an experiment of the paper."""
    bad = any(state_of(finding) in (*states.UNSUPPORTED, states.EXPECTED) for finding in claim.findings)
    return 0 if bad else 1 if any(finding.figure for finding in claim.findings) else 2


def _candidates(claim: ClaimRecord) -> list[Finding]:
    """Findings with a figure of their own: experiments of the paper first, then what is not supported, then a telling
    one of each kind."""
    with_figures = [finding for finding in claim.findings if kind_of(finding)]
    telling = {id(one) for kind in DRAW if (one := _most_telling(kind, with_figures)) is not None}

    def order(finding: Finding) -> tuple[bool, float, bool, bool]:
        unsupported = state_of(finding) in (*states.UNSUPPORTED, states.EXPECTED)
        width = finding.parameters.get("width", 0) if finding.figure else 0
        return not finding.figure, width, not unsupported, id(finding) not in telling

    return sorted(with_figures, key=order)


def _most_telling(kind: str, findings: list[Finding]) -> Finding | None:
    same = [finding for finding in findings if kind_of(finding) == kind]
    return min(same, key=TELLING.get(kind, lambda finding: 0.0), default=None)


def kind_of(finding: Finding) -> str:
    """What a finding's own figure shows; empty where its curve is a point, or a line, in a study of its claim."""
    kind = finding.curve_kind
    if kind == series.PROFILE:
        return LOSS if is_profile(finding, series.OVER_BUDGETS) and is_drawable(finding) else ""
    if kind == series.TRAJECTORY:
        return kind if trajectory(finding) is not None else ""
    return "" if kind in series.IN_STUDIES else kind


def _example(finding: Finding, room: _Room) -> Example | None:
    kind = kind_of(finding)
    figure = room.take(drawn(DRAW[kind], finding))
    if figure and kind == series.LAW and _looked_at_closely(finding):
        figure += room.take(drawn(qq_figure, finding))
    title = finding.figure or TITLES[kind]
    return Example(finding, title, "; ".join(_caption(finding, kind)), Markup(figure)) if figure else None


def _looked_at_closely(finding: Finding) -> bool:
    """Whether a reader will want a law's quantiles too: of an experiment of the paper, and of what is not supported."""
    close = finding.figure or state_of(finding) in states.UNSUPPORTED
    return bool(close) and has_quantiles(finding.own_curve)


def _caption(finding: Finding, kind: str) -> Iterator[str]:
    draws = f"{finding.own_curve.draws:,}"
    yield {
        series.TREND: f"{average(finding)}s of {draws} draws",
        series.LAW: f"measured law of {draws} draws with its band (DKW) at α = {scientific(finding.alpha)}",
        LOSS: f"medians of {draws} networks; shaded: under 1 % of activations flip, so that the attack stays about "
        "inside one linear region",
    }.get(kind, f"medians of {draws} networks")
    if finding.breaks:
        yield "the law is to break here: it must leave its margin"
