"""The pages of a run say what the run found, and nothing on them can pass for more."""

from __future__ import annotations

import copy
import re
from typing import Any
from urllib.parse import unquote

import matplotlib
import pytest

from mfcheck.reporting.figures.law_figures import law_figure
from mfcheck.reporting.gallery import MOST_EXAMPLES
from mfcheck.reporting.words import citation, phrases
from mfcheck.tests.support.reports import (
    ERROR,
    HOSTILE,
    MIXED,
    PAGES,
    REFUTED,
    Page,
    as_terminal,
    flat,
    make_claim,
    make_curve,
    make_dataset,
    make_finding,
    make_report,
    page,
    read_finding,
    render_html,
    render_markdown,
    terminal_lines,
)


@page
def test_every_page_leads_with_verdict_level_seed_and_error_bound(show: Any) -> None:
    text = flat(show(MIXED))
    for fact in ("quick", "123", "2.3 × 10⁻⁵", phrases.FAMILY_BOUND, "Theorem 4.1", "PaperTheory"):
        assert fact in text
    assert "✗ REFUTED" in text or "✗ refuted" in text


@page
def test_every_page_says_what_a_finding_that_is_not_supported_measured_and_how_to_repeat_it(show: Any) -> None:
    text = flat(show(MIXED))
    assert "measured as 0.031 with interval [0.022, 0.041]" in text
    assert "the theory allows [0, 0.021]" in text
    assert "measured as 1.013 with interval [0.991, 1.035]" in text
    assert "the theory allows [0.979, 1.021]" in text
    assert text.count("--mf-seed 123") >= 2


@page
def test_every_page_shows_errors(show: Any) -> None:
    text = show(MIXED)
    assert ERROR["message"] in text
    assert ERROR["cell"] in text
    assert "1 error" in text


@page
def test_an_empty_run_supports_nothing(show: Any) -> None:
    text = show(make_report(verdict="undecided"))
    assert "undecided" in text.lower()
    assert "supports nothing" in text
    assert "✓" not in text


@pytest.mark.parametrize("show", [PAGES["html"], PAGES["markdown"]], ids=["html", "markdown"])
def test_full_pages_show_all_of_the_evidence(show: Any) -> None:
    text = show(MIXED)
    for fact in ("[0, 0.012]", "70,000", "70,000 in 3 looks", "7 %"):
        assert fact in text
    assert "Entries of J(x) are N(0, ωL/d)." in text or "Entries of J(x) are N(0, ω^L/d)." in text
    assert "residual networks have no such law" in text
    assert "the paper's first experiment" in text.lower()


@pytest.mark.parametrize("page", ["html", "markdown"])
def test_the_head_names_the_files_of_the_dataset_and_their_checksums(page: str) -> None:
    text = PAGES[page](make_report())
    assert "digits with ‖x‖₂ = √d, from the package digits: digits.gz (sha256 8d4fb7e6c68d…)" in text
    noise = PAGES[page](make_report() | {"dataset": {"name": "noise", "norm": "‖x‖₂ = √d", "files": []}})
    assert "noise with ‖x‖₂ = √d" in noise
    assert "sha256" not in noise


def test_a_claim_without_findings_is_not_shown_as_measured() -> None:
    text = PAGES["html"](make_report(make_claim(verdict="undecided"), verdict="undecided"))
    assert "Nothing was measured for this claim." in text


def test_hostile_strings_are_text_on_the_page() -> None:
    finding = (
        REFUTED
        | dict.fromkeys(("cell", "figure", "statistic", "engine", "reproduce", "reason"), HOSTILE)
        | {"curve": make_curve(), "parameters": {HOSTILE: HOSTILE}}
    )
    claim = make_claim(finding, id=f"thm4.1/{HOSTILE}", says=HOSTILE, errors=[{"cell": HOSTILE, "message": HOSTILE}])
    report = make_report(claim) | {
        "environment": {HOSTILE: HOSTILE},
        "theory": HOSTILE,
        "dataset": make_dataset(HOSTILE),
    }
    shown = Page(render_html(report))
    assert shown.tags.count("script") == 1  # the page's own
    assert not [name for name, _ in shown.attributes if name.startswith("on")]
    assert "<script>alert('$x_1$')</script>" in shown.text
    outside_fences = re.sub(r"(?s)(`{3,})sh\n.*?\n\1", "", render_markdown(report))
    outside_code = re.sub(r"`[^`\n]*`", "", outside_fences.replace("\\`", ""))
    assert "<script>" not in outside_code.replace("\\<", "")
    assert all(text.isprintable() for text, _ in terminal_lines(report))


def test_the_page_loads_nothing_from_elsewhere() -> None:
    source = render_html(MIXED)
    shown = Page(source)
    loading = [value for name, value in shown.attributes if name in {"src", "href", "xlink:href", "srcset", "data"}]
    assert {value for value in loading if not value.startswith("#")} == {
        citation.ADDRESS
    }  # a link, which loads nothing
    assert not {"link", "img", "iframe", "object"} & set(shown.tags)
    assert not re.search(r"@import|url\((?!['\"]?#)", source)


def test_ids_are_unique_and_links_lead_somewhere() -> None:
    shown = Page(render_html(MIXED))
    ids = [value for name, value in shown.attributes if name == "id"]
    targets = {
        unquote(value[1:]) for name, value in shown.attributes if name in {"href", "xlink:href"} and value[0] == "#"
    }
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


def test_pages_and_figures_are_the_same_every_time() -> None:
    for render in (render_html, render_markdown, as_terminal):
        assert render(copy.deepcopy(MIXED)) == render(MIXED)


def test_rendering_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    law_figure(read_finding(make_finding(curve=make_curve())))
    assert dict(matplotlib.rcParams) == before


def test_a_claim_shows_a_bounded_number_of_law_figures_with_the_experiment_first() -> None:
    many = [make_finding(cell=f"cell-{number}", curve=make_curve()) for number in range(MOST_EXAMPLES + 3)]
    many.append(make_finding(cell="the-one", figure="the paper's first experiment", curve=make_curve()))
    source = render_html(make_report(make_claim(*many)))
    labels = re.findall(r'aria-label="Measured law against theory in ([^"]+)"', source)
    assert len(labels) == MOST_EXAMPLES
    assert labels[0] == "the-one"
    assert "4 more measured curves in report.json" in Page(source).text


def test_an_experiment_without_a_curve_is_still_named() -> None:
    report = make_report(make_claim(make_finding(figure="the paper's second experiment")))
    assert "the paper's second experiment" in PAGES["html"](report)


EXPECTED = REFUTED | {"expected": "dead units at this width", "instead": "the exact finite-width law"}


@page
def test_expected_refutations_are_neither_passes_nor_alarms(show: Any) -> None:
    report = make_report(make_claim(EXPECTED, make_finding(), verdict="refuted"), verdict="refuted")
    text = flat(show(report))
    assert "1 supported, 1 refuted as expected" in text
    assert "1 refutation was expected." in text
    assert "≠" in text
    assert "✗" not in text


@pytest.mark.parametrize("show", [PAGES["html"], PAGES["markdown"]], ids=["html", "markdown"])
def test_full_pages_say_why_a_refutation_was_expected_and_what_holds_instead(show: Any) -> None:
    text = flat(show(make_report(make_claim(EXPECTED, verdict="refuted"), verdict="refuted")))
    assert "What is not supported" not in text
    assert "Refutations that were expected" in text
    assert "This was expected: dead units at this width. The same draws support instead: the exact finite" in text


@page
def test_an_expected_refutation_does_not_hide_an_unexpected_one(show: Any) -> None:
    text = show(make_report(make_claim(EXPECTED, REFUTED, verdict="refuted"), verdict="refuted"))
    assert "✗ REFUTED" in text or "✗ refuted" in text
    assert "1 refuted, 1 refuted as expected" in flat(text)


@page
def test_expectations_that_were_not_met_are_alarms(show: Any) -> None:
    entry = {"claim": "thm5.1/bound", "reason": "r", "instead": "", "status": "unmatched", "message": "no such finding"}
    met = entry | {"status": "met", "message": "all is well"}
    text = show(make_report(make_claim(make_finding())) | {"expectations": [entry, met]})
    assert "expected refutation unmatched" in text.lower()
    assert "no such finding" in text
    assert "all is well" not in text


def test_reports_without_the_newer_keys_still_render() -> None:
    old = copy.deepcopy(MIXED)
    del old["mutants"]
    for claim in old["theorems"][0]["claims"]:
        for finding in claim["findings"]:
            del finding["breaks"]
    for show in PAGES.values():
        assert "refuted" in show(old).lower()
    assert "Measured quantiles" not in render_html(old)
