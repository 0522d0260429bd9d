"""The report as one self-contained HTML page, and the writing of all its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mfcheck.findings import series, states, wording
from mfcheck.findings.compared import as_comparison
from mfcheck.findings.files import PAGES, write_atomically
from mfcheck.findings.finding import Finding
from mfcheck.findings.report import ClaimRecord, Report, state_of
from mfcheck.reporting.answers import answers
from mfcheck.reporting.curves.profiles import is_profile
from mfcheck.reporting.curves.trajectories import trajectory
from mfcheck.reporting.figures.budget_figure import bend, budget_figure, is_drawable
from mfcheck.reporting.figures.interval_figure import interval_figure
from mfcheck.reporting.figures.law_figures import has_quantiles, law_figure, qq_figure
from mfcheck.reporting.figures.layers_figure import layers_figure, nearness
from mfcheck.reporting.figures.plots import drawn
from mfcheck.reporting.figures.trajectory_figure import trajectory_figure
from mfcheck.reporting.figures.trend_figures import average, trend_figure
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.studies import Study, studies
from mfcheck.reporting.words import changes_text, comparison_text, coverage_table, numbers, phrases, twins_table

MOST_FIGURES = 12
MOST_ROWS, MOST_FINDINGS = 24, 60
"""A longer table of a study, or figure of intervals, is folded away, and a longer table of findings."""
EXAMPLES: dict[str, tuple[str, Callable[[Finding], float]]] = {
    "loss": ("Loss against the budget, where it bends most", bend),
    series.LAYERS: ("The gradient's projection by layer, where it is farthest from the theory", nearness),
}
"""Figures of which one is open as an example, where no experiment is: its title, and what is least in it."""


@dataclass(frozen=True)
class Drawn:
    """A finding's figures: its law and perhaps quantiles, or the one figure of another kind, and their title."""

    finding: Finding
    kind: str
    title: str
    figures: tuple[Markup, ...]


@dataclass(frozen=True)
class Figures:
    """What a claim shows: its studies and intervals (empty where there are none), findings open and folded away."""

    studies: list[Study]
    intervals: Markup
    shown: list[Drawn]
    folded: list[Drawn]
    left: int


def render_html(report: Report) -> str:
    """The whole report as one page that loads nothing from elsewhere."""
    environment = Environment(
        loader=PackageLoader("mfcheck.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters())
    claims = list(report.claims)
    mutants = report.twins
    return environment.get_template("report.html.jinja").render(
        report=report,
        all_claims=claims,
        standing=states.standing,
        tally=tally(claims),
        anchors={claim.id: f"claim-{number}" for number, claim in enumerate(claims, 1)},
        attention=[claim for claim in claims if claim.errors or _unsupported(claim)],
        answers=answers(report),
        comparison=as_comparison(report.comparison) if "comparison" in report else None,
        changes=changes_text,
        unmet=report.unmet,
        unsupported_in=_unsupported,
        expected=[(claim, finding) for claim in claims for finding in claim.findings if _expected(finding)],
        figures_of=partial(_figures, report),
        most_rows=MOST_ROWS,
        most_findings=MOST_FINDINGS,
        family_bound=phrases.FAMILY_BOUND,
        total_seconds=sum(finding.seconds for claim in claims for finding in claim.findings),
        score=twins_table.score(mutants),
        twins_verdict=twins_table.verdict(report),
        survivors=twins_table.survivors(report),
        twin_groups=twins_table.by_formula(mutants),
        twin_columns=twins_table.columns(report),
        coverage=report.coverage,
        coverage_verdict=coverage_table.verdict(report),
        holes=coverage_table.open_holes(report),
    )


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "dataset": phrases.dataset,
        "headline": comparison_text.headline,
        "facts": comparison_text.facts,
        "groups": comparison_text.groups,
        "evidence": phrases.evidence,
        "decided": phrases.decided,
        "regime": phrases.regime,
        "sentence": phrases.sentence,
        "resolution": phrases.resolution,
        "draws": phrases.draws,
        "seconds": phrases.seconds,
        "scientific": numbers.scientific,
        "slug": states.slug,
        "state": states.state,
        "tally": states.tally,
        "glyph": states.glyph,
        "average": average,
        "plural": wording.plural,
        "score": twins_table.score,
        "change": twins_table.change,
        "fate": twins_table.fate,
        "constants": coverage_table.constants,
        "values_seen": coverage_table.values,
        "factor": coverage_table.factor,
    }


def _unsupported(claim: ClaimRecord) -> list[Finding]:
    return [finding for finding in claim.findings if state_of(finding) in states.UNSUPPORTED]


def _expected(finding: Finding) -> bool:
    return state_of(finding) == states.EXPECTED


def _figures(report: Report, claim: ClaimRecord) -> Figures:
    """The figures of a claim: experiments of the paper open, the rest folded away, what is not supported first.

    Without an experiment, one of the figures that have examples is open.
    """
    curves = [finding for finding in claim.findings if finding.curve is not None and _kind(finding)]
    named = sorted((f for f in curves if f.figure), key=lambda f: (f.parameters.get("width", 0), f.cell))
    rest = sorted((f for f in curves if not f.figure), key=lambda f: state_of(f) not in states.UNSUPPORTED)
    if not named and (kinds := [_kind(f) for f in rest if _kind(f) in EXAMPLES]):
        named = [min((f for f in rest if _kind(f) == kinds[0]), key=EXAMPLES[kinds[0]][1])]
        rest.remove(named[0])
    folded = [*named[MOST_FIGURES:], *rest]
    return Figures(
        studies=studies(claim, report, draw=True),
        intervals=Markup(drawn(interval_figure, claim)),
        shown=[_drawn(claim.id, finding) for finding in named[:MOST_FIGURES]],
        folded=[_drawn(claim.id, finding) for finding in folded[:MOST_FIGURES]],
        left=len(folded[MOST_FIGURES:]),
    )


def _kind(finding: Finding) -> str:
    """What a finding's own figure shows; empty where its curve is a point, or a line, in a study of its claim."""
    kind = str(finding.curve.get("kind", series.LAW))
    if kind == series.PROFILE:
        return "loss" if is_profile(finding, series.OVER_BUDGETS) and is_drawable(finding) else ""
    if kind == series.TRAJECTORY:
        return kind if trajectory(finding) is not None else ""
    return "" if kind in series.IN_STUDIES else kind


def _drawn(claim: str, finding: Finding) -> Drawn:
    """A finding's figures; quantiles only where a reader will look closely, for the page's size."""
    kind = _kind(finding)
    title = finding.figure or EXAMPLES.get(kind, ("",))[0]
    if kind == series.LAW:
        closely = finding.figure or state_of(finding) in states.UNSUPPORTED
        draw_all = (law_figure, qq_figure) if closely and has_quantiles(finding.curve) else (law_figure,)
        return Drawn(finding, kind, title, tuple(Markup(drawn(draw, finding)) for draw in draw_all))
    if kind == series.TRAJECTORY:
        figure = drawn(trajectory_figure, finding)
    else:
        draw = {series.TREND: trend_figure, "loss": budget_figure, series.LAYERS: layers_figure}[kind]
        figure = drawn(draw, finding)
    return Drawn(finding, kind, title, (Markup(figure),))


def write_pages(folder: Path, report: Report) -> None:
    """Write report.json, report.md and report.html into a folder, each atomically."""
    text = json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False)
    for page, content in zip(PAGES, (text, render_markdown(report), render_html(report)), strict=True):
        write_atomically(folder / page, content)
