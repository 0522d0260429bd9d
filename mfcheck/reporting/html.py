"""The report as one self-contained page."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mfcheck.reporting import plots, words
from mfcheck.verdict import Verdict

MOST_FIGURES = 12


def render_html(report: dict[str, Any]) -> str:
    """The whole report as one page that loads nothing from elsewhere."""
    environment = Environment(
        loader=PackageLoader("mfcheck.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        evidence=words.evidence,
        sentence=words.sentence,
        resolution=words.resolution,
        draws=words.draws,
        seconds=words.seconds,
        scientific=words.scientific,
        slug=_slug,
        tally=words.tally,
        glyph=lambda verdict: words.GLYPHS[Verdict(verdict)],
    )
    claims = list(words.claims_of(report))
    return environment.get_template("report.html.jinja").render(
        report=report,
        tally=words.tally(claims),
        anchors={claim["id"]: f"claim-{number}" for number, claim in enumerate(claims, 1)},
        attention=[claim for claim in claims if claim["errors"] or _open(claim)],
        open_findings=_open,
        law_figures=_figures,
        intervals=lambda claim: Markup(plots.interval_figure(claim)),
        family_bound=words.FAMILY_BOUND,
        total_seconds=sum(finding["seconds"] for claim in claims for finding in claim["findings"]),
    )


def _open(claim: dict[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in claim["findings"] if finding["verdict"] in words.OPEN]


def _figures(claim: dict[str, Any]) -> list[tuple[dict[str, Any], Markup]]:
    """The law figures a claim shows: an experiment of the paper first, then what is not supported, then the rest."""
    drawn = sorted(
        (finding for finding in claim["findings"] if finding["curve"] is not None),
        key=lambda finding: (not finding["figure"], finding["verdict"] not in words.OPEN),
    )
    return [(finding, Markup(plots.law_figure(finding))) for finding in drawn[:MOST_FIGURES]]


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "-")
