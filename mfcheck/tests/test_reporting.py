"""The pages of a run say what the run found, and nothing on them can pass for more."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from statistics import NormalDist
from typing import Any

import matplotlib
import pytest

from mfcheck.reporting import words
from mfcheck.reporting.html import MOST_FIGURES, render_html
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.plots import dkw_band, interval_figure, law_figure
from mfcheck.reporting.terminal import MOST_DETAILS, terminal_lines

HOSTILE = "<script>alert('$x_1$')</script> | `a` \"b\"\n\x1b[31m&"


def make_finding(**changes: Any) -> dict[str, Any]:
    cell = "wishart-vanilla-N5000-L10-d1000-K1-w2-relu"
    finding = {
        "cell": cell,
        "figure": "",
        "parameters": {"spec": "vanilla(input_dim=1000, width=5000)", "width": 5000},
        "statistic": "sup-distance of laws",
        "estimate": 0.0023,
        "interval": [0.0, 0.0117],
        "reference": 0.0,
        "margin": {"finite_width": 0.0008, "discrepancy": 0.02, "origin": "exact finite-width law; level quick"},
        "alpha": 1e-6,
        "draws": 70000,
        "looks": 1,
        "engine": "wishart",
        "verdict": "supported",
        "resolution": 0.07,
        "seconds": 0.4,
        "reproduce": f"pytest 'claims/test_law.py::test_entries[{cell}]' --mf-seed 123",
        "reason": "",
        "curve": None,
    }
    return finding | changes


def make_curve(shift: float = 0.0) -> dict[str, Any]:
    x = [-3 + 6 * step / 199 for step in range(200)]
    law = NormalDist()
    return {
        "x": x,
        "measured": [law.cdf(at * (1 + shift)) for at in x],
        "predicted": [law.cdf(at) for at in x],
        "draws": 10000,
    }


REFUTED = make_finding(verdict="refuted", estimate=0.0312, interval=[0.0218, 0.0406], cell="wishart-residual-N500")
UNDECIDED = make_finding(
    verdict="undecided", estimate=1.013, interval=[0.991, 1.035], reference=1.0, statistic="ratio of means", looks=3
)
NOT_APPLICABLE = make_finding(
    verdict="not applicable", estimate=None, interval=[None, None], reason="residual networks have no such law"
)
ERROR = {"cell": "dense-vanilla-N100", "message": "NaN in jacobian entry, chunk 3"}


def make_claim(*findings: dict[str, Any], verdict: str = "supported", **changes: Any) -> dict[str, Any]:
    says = "Entries of J(x) are N(0, ω^L/d)."
    claim = {"id": "thm4.1/entries-gaussian", "says": says, "verdict": verdict, "findings": list(findings)}
    return claim | {"errors": []} | changes


def make_report(*claims: dict[str, Any], verdict: str = "supported") -> dict[str, Any]:
    title = "Theorem 4.1 - law of the network"
    theorem = {"id": "thm4.1", "title": title, "verdict": verdict, "claims": list(claims)}
    return {
        "schema": 1,
        "mfcheck": "0.1.0",
        "created": "2026-11-22T12:00:00+00:00",
        "environment": {"python": "3.11.7", "torch": "2.13.0", "device": "cpu"},
        "seed": 123,
        "level": "quick",
        "alpha": 1e-6,
        "family_error_bound": 2.3e-5,
        "theory": "mfcheck.theory.paper:PaperTheory",
        "architectures": ["vanilla", "residual"],
        "dataset": "digits",
        "verdict": verdict,
        "theorems": [theorem] if claims else [],
        "mutants": [],
    }


MIXED = make_report(
    make_claim(
        make_finding(figure="the paper's first experiment", curve=make_curve()),
        REFUTED | {"curve": make_curve(0.2)},
        UNDECIDED,
        NOT_APPLICABLE,
        verdict="refuted",
        errors=[ERROR],
    ),
    verdict="refuted",
)


def flat(text: str) -> str:
    """Text on one line without the backslashes that markdown needs."""
    return " ".join(text.replace("\\", "").split())


def as_terminal(report: dict[str, Any]) -> str:
    return "\n".join(text for text, _ in terminal_lines(report))


class Page(HTMLParser):
    """The text, tags and attributes of a page as a browser would see them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


PAGES = {"html": lambda report: Page(render_html(report)).text, "markdown": render_markdown, "terminal": as_terminal}
page = pytest.mark.parametrize("show", PAGES.values(), ids=PAGES.keys())


@page
def test_every_page_leads_with_verdict_level_seed_and_error_bound(show: Any) -> None:
    text = flat(show(MIXED))
    for fact in ("quick", "123", "2.3 × 10⁻⁵", words.FAMILY_BOUND, "Theorem 4.1", "PaperTheory"):
        assert fact in text
    assert "✗ REFUTED" in text or "✗ refuted" in text


@page
def test_every_page_says_what_a_finding_that_is_not_supported_measured_and_how_to_repeat_it(show: Any) -> None:
    text = flat(show(MIXED))
    assert "measured as 0.0312 with interval [0.0218, 0.0406]" in text
    assert "the theory allows [0, 0.0208]" in text
    assert "measured as 1.0130 with interval [0.9910, 1.0350]" in text
    assert "the theory allows [0.9792, 1.0208]" in text
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
    for fact in ("[0, 0.0117]", "70,000", "70,000 in 3 looks", "7%", "exact finite-width law; level quick"):
        assert fact in text
    assert "Entries of J(x) are N(0, ω^L/d)." in text
    assert "residual networks have no such law" in text
    assert "the paper's first experiment" in text.lower()


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
    report = make_report(claim) | {"environment": {HOSTILE: HOSTILE}, "theory": HOSTILE, "dataset": HOSTILE}
    shown = Page(render_html(report))
    assert "script" not in shown.tags
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
    assert all(value.startswith("#") for value in loading)
    assert not {"link", "script", "img", "iframe", "object"} & set(shown.tags)
    assert not re.search(r"@import|url\((?!['\"]?#)", source)


def test_ids_are_unique_and_links_lead_somewhere() -> None:
    shown = Page(render_html(MIXED))
    ids = [value for name, value in shown.attributes if name == "id"]
    targets = {value[1:] for name, value in shown.attributes if name in {"href", "xlink:href"}}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)


def test_pages_and_figures_are_the_same_every_time() -> None:
    for render in (render_html, render_markdown, as_terminal):
        assert render(copy.deepcopy(MIXED)) == render(MIXED)


def test_rendering_leaves_matplotlib_as_it_was() -> None:
    before = dict(matplotlib.rcParams)
    law_figure(make_finding(curve=make_curve()))
    assert dict(matplotlib.rcParams) == before


def test_a_claim_shows_a_bounded_number_of_law_figures_with_the_experiment_first() -> None:
    many = [make_finding(cell=f"cell-{number}", curve=make_curve()) for number in range(MOST_FIGURES + 3)]
    many.append(make_finding(cell="the-one", figure="the paper's first experiment", curve=make_curve()))
    source = render_html(make_report(make_claim(*many)))
    labels = re.findall(r'aria-label="Measured law against theory in ([^"]+)"', source)
    assert len(labels) == MOST_FIGURES
    assert labels[0] == "the-one"
    assert "4 more measured laws in report.json" in Page(source).text


def test_an_experiment_without_a_curve_is_still_named() -> None:
    report = make_report(make_claim(make_finding(figure="the paper's second experiment")))
    assert "the paper's second experiment" in PAGES["html"](report)


def test_bars_take_the_colour_of_their_verdict() -> None:
    for finding in (make_finding(), REFUTED, UNDECIDED):
        figure = interval_figure(make_claim(finding))
        others = {"supported", "refuted", "undecided"} - {finding["verdict"]}
        assert f"var(--{finding['verdict']}," in figure
        assert not [other for other in others if f"var(--{other}," in figure]


def test_bars_far_outside_and_margins_of_zero_are_drawn() -> None:
    exact = {"finite_width": 0.0, "discrepancy": 0.0, "origin": "identity"}
    for finding in (REFUTED | {"interval": [5.0, 900.0], "estimate": 70.0}, make_finding(margin=exact)):
        assert "<svg" in interval_figure(make_claim(finding))
    same = make_finding(margin=exact, estimate=0.0, interval=[0.0, 0.0])
    assert "<svg" in interval_figure(make_claim(same))


def test_a_claim_with_nothing_decided_has_no_bars() -> None:
    assert interval_figure(make_claim(NOT_APPLICABLE)) == ""


def test_terminal_table_fits_and_only_supported_is_green() -> None:
    lines = terminal_lines(MIXED)
    assert all(len(text) <= 100 for text, _ in lines if "--mf-seed" not in text)
    assert {style for _, style in lines} <= {"", "green", "red", "yellow", "bold"}
    assert "green" not in {style for _, style in lines}
    undecided = make_report(make_claim(UNDECIDED, verdict="undecided"), verdict="undecided")
    assert {style for text, style in terminal_lines(undecided) if "UNDECIDED" in text} == {"yellow"}


def test_terminal_stops_listing_and_says_how_many_are_left() -> None:
    report = make_report(make_claim(*[REFUTED] * (MOST_DETAILS + 5), verdict="refuted"), verdict="refuted")
    assert "... and 5 more" in as_terminal(report)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reference": 0.0}, (0.0, 0.0208)),
        ({"reference": 1.0, "statistic": "ratio", "interval": [0.9, 1.1]}, (0.9792, 1.0208)),
        ({"reference": 1.0, "statistic": "coverage rate", "interval": [0.9, 1.0]}, (0.9792, 1.0)),
    ],
)
def test_allowed_region_follows_the_kind_of_statistic(changes: dict[str, Any], expected: tuple[float, float]) -> None:
    assert words.allowed_region(make_finding(**changes)) == pytest.approx(expected)


def test_numbers_that_differ_are_printed_differently() -> None:
    close = REFUTED | {"interval": [0.020803, 0.0406], "estimate": 0.03}
    shown = words.evidence(close)
    assert (shown["interval"], shown["allowed"]) == ("[0.020803, 0.040600]", "[0, 0.020800]")
    exact = {"finite_width": 2e-12, "discrepancy": 0.0, "origin": "rounding"}
    tiny = make_finding(reference=1.0, statistic="ratio", estimate=1 + 4e-13, interval=[1.0, 1 + 8e-13], margin=exact)
    assert words.evidence(tiny)["allowed"] == "[1 − 2e-12, 1 + 2e-12]"


def test_mutants_are_listed_where_there_are_any() -> None:
    report = make_report(make_claim(make_finding())) | {"mutants": [{"mutant": "alpha without 1/2", "caught": "yes"}]}
    assert "alpha without 1/2" in render_markdown(report)
    assert "alpha without 1/2" in render_html(report)


def test_band_is_the_dkw_band_of_the_draws_behind_the_curve() -> None:
    assert dkw_band(1e-6, 10_000) == pytest.approx(0.026933, abs=1e-6)
