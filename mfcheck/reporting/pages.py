"""The report as one self-contained HTML page, and the writing of all its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from mfcheck.findings import states, wording
from mfcheck.findings.files import PAGES, write_atomically
from mfcheck.findings.reading import report_of
from mfcheck.findings.report import Report
from mfcheck.findings.report_text import report_text
from mfcheck.reporting import exports, finding_rows, gallery, overview
from mfcheck.reporting.answer_tables import answer_tables
from mfcheck.reporting.answers import answers
from mfcheck.reporting.coarse import coarse
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.words import (
    changes_text,
    citation,
    comparison_text,
    coverage_table,
    numbers,
    phrases,
    twins_table,
)
from mfcheck.reporting.words.statements import typeset

MOST_NOTICES = 40
"""Of so many findings that are not as they should be a page tells one by one; the rest stand in its table."""


def render_html(report: Report) -> str:
    """The whole report as one page that loads nothing from elsewhere."""
    environment = Environment(
        loader=PackageLoader("mfcheck.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    return environment.get_template("report.html.jinja").render(
        report=report,
        paper=citation,
        overview=overview,
        table=finding_rows.table_of(report),
        coarse=coarse(report),
        notices=overview.notices(report),
        declared=overview.declared(report),
        most_notices=MOST_NOTICES,
        answers=answers(report),
        answer_tables=answer_tables(report),
        gallery=gallery.gallery(report),
        most_rows=gallery.MOST_ROWS,
        changes=changes_text,
        twins_verdict=twins_table.verdict(report),
        survivors=twins_table.survivors(report),
        twin_groups=twins_table.by_formula(report.twins),
        coverage_verdict=coverage_table.verdict(report),
        holes=coverage_table.open_holes(report),
        export_columns=exports.COLUMNS,
        latex_signs=exports.SIGNS,
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "headline": comparison_text.headline,
    "facts": comparison_text.facts,
    "groups": comparison_text.groups,
    "decided": phrases.decided,
    "sentence": phrases.sentence,
    "scientific": numbers.scientific,
    "figures": numbers.figures,
    "seconds": numbers.seconds,
    "slug": states.slug,
    "glyph": states.glyph,
    "plural": wording.plural,
    "score": twins_table.score,
    "change": twins_table.change,
    "fate": twins_table.fate,
    "constants": coverage_table.constants,
    "values_seen": coverage_table.values,
    "factor": coverage_table.factor,
    "typeset": typeset,
    "link": finding_rows.link,
    "anchor": finding_rows.anchor,
    "word": overview.word,
}


def write_pages(folder: Path, plain: Mapping[str, Any], *, again: bool = False) -> list[Path]:
    """Write report.json, but not `again` where the pages are made from it, report.md and report.html, each atomically;
    the files that were written."""
    report = report_of(plain)
    contents = dict(zip(PAGES, (report_text(plain), render_markdown(report), render_html(report)), strict=True))
    if again:
        del contents[PAGES[0]]
    for page, content in contents.items():
        write_atomically(folder / page, content)
    return [folder / page for page in contents]
