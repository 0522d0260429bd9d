"""The report as one self-contained page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mfcheck.reporting import twins_table, words
from mfcheck.reporting.interval_figure import interval_figure
from mfcheck.reporting.law_figures import has_quantiles, law_figure, qq_figure
from mfcheck.reporting.trend_figures import distance_figure, trend_figure

MOST_FIGURES = 12
WIDTH_STUDY = "thm4.1/entries-gaussian"


@dataclass(frozen=True)
class Drawn:
    """A finding's figures: its law and perhaps quantiles, or its trend."""

    finding: dict[str, Any]
    trend: bool
    figures: tuple[Markup, ...]


@dataclass(frozen=True)
class Figures:
    """What a claim shows: its width study and intervals (empty where there are none), findings open and folded away."""

    study: Markup
    intervals: Markup
    shown: list[Drawn]
    folded: list[Drawn]
    left: int


def render_html(report: dict[str, Any]) -> str:
    """The whole report as one page that loads nothing from elsewhere."""
    environment = Environment(
        loader=PackageLoader("mfcheck.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_filters())
    claims = list(words.claims_of(report))
    mutants = report.get("mutants") or []
    return environment.get_template("report.html.jinja").render(
        report=report,
        all_claims=claims,
        standing=words.standing,
        tally=words.tally(claims),
        anchors={claim["id"]: f"claim-{number}" for number, claim in enumerate(claims, 1)},
        attention=[claim for claim in claims if claim["errors"] or _open(claim)],
        unmet=words.unmet(report),
        open_findings=_open,
        expected=[(claim, finding) for claim in claims for finding in claim["findings"] if _expected(finding)],
        figures_of=_figures,
        family_bound=words.FAMILY_BOUND,
        total_seconds=sum(finding["seconds"] for claim in claims for finding in claim["findings"]),
        score=twins_table.score(mutants),
        survivors=twins_table.survivors(report),
        twin_groups=twins_table.by_formula(mutants),
        twin_columns=twins_table.columns(report),
    )


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "dataset": words.dataset,
        "evidence": words.evidence,
        "sentence": words.sentence,
        "resolution": words.resolution,
        "draws": words.draws,
        "seconds": words.seconds,
        "scientific": words.scientific,
        "slug": words.slug,
        "state": words.state,
        "tally": words.tally,
        "glyph": words.glyph,
        "plural": words.plural,
        "score": twins_table.score,
        "change": twins_table.change,
        "fate": twins_table.fate,
    }


def _open(claim: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in claim["findings"] if words.state(finding) in words.OPEN]


def _expected(finding: dict[str, Any]) -> bool:
    return words.state(finding) == words.EXPECTED


def _figures(claim: dict[str, Any]) -> Figures:
    """The figures of a claim: experiments of the paper open, the rest folded away, what is not supported first."""
    curves = [finding for finding in claim["findings"] if finding["curve"] is not None]
    named = sorted((f for f in curves if f["figure"]), key=lambda f: (f["parameters"].get("width", 0), f["cell"]))
    rest = sorted((f for f in curves if not f["figure"]), key=lambda f: f["verdict"] not in words.OPEN)
    folded = [*named[MOST_FIGURES:], *rest]
    return Figures(
        study=Markup(distance_figure(claim) if claim["id"] == WIDTH_STUDY else ""),
        intervals=Markup(interval_figure(claim)),
        shown=[_drawn(finding) for finding in named[:MOST_FIGURES]],
        folded=[_drawn(finding) for finding in folded[:MOST_FIGURES]],
        left=len(folded[MOST_FIGURES:]),
    )


def _drawn(finding: dict[str, Any]) -> Drawn:
    """A finding's figures; quantiles only where a reader will look closely, for the page's size."""
    if finding["curve"].get("kind", "law") == "trend":
        return Drawn(finding, True, (Markup(trend_figure(finding)),))
    closely = finding["figure"] or finding["verdict"] in words.OPEN
    quantiles = bool(closely) and has_quantiles(finding["curve"])
    return Drawn(finding, False, tuple(Markup(draw(finding)) for draw in (law_figure, *[qq_figure] * quantiles)))
