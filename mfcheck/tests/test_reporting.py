"""The pages of a run say what the run found, and nothing on them can pass for more."""

from __future__ import annotations

import copy
import math
import re
from html.parser import HTMLParser
from statistics import NormalDist
from typing import Any

import matplotlib
import pytest

from mfcheck.reporting.figures.interval_figure import interval_figure
from mfcheck.reporting.figures.law_figures import dkw_band, law_figure, qq_figure
from mfcheck.reporting.figures.plots import log_range, log_ticks
from mfcheck.reporting.figures.trend_figures import distance_figure, trend_figure
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.pages import MOST_FIGURES, render_html
from mfcheck.reporting.studies import WIDTH_STUDY
from mfcheck.reporting.terminal import MOST_DETAILS, terminal_lines
from mfcheck.reporting.words import phrases
from mfcheck.reporting.words.twins_table import WIDTH, mutant_table, score

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
        "breaks": False,
    }
    return {"region": allowed(finding | changes)} | finding | changes


def allowed(finding: dict[str, Any]) -> list[float]:
    """The region that a margin leaves around the reference of a distance (from 0), a share (up to 1) or a ratio."""
    reference, margin = finding["reference"], finding["margin"]
    total = margin["finite_width"] + margin["discrepancy"]
    highest = 1.0 if finding["statistic"] == "share of networks" else reference + total
    return [max(reference - total, 0.0), highest]


def make_curve(shift: float = 0.0) -> dict[str, Any]:
    """A law's curve as reports held it before they held quantiles."""
    x = [-3 + 6 * step / 199 for step in range(200)]
    law = NormalDist()
    return {
        "x": x,
        "measured": [law.cdf(at * (1 + shift)) for at in x],
        "predicted": [law.cdf(at) for at in x],
        "draws": 10000,
    }


def make_law(shift: float = 0.0) -> dict[str, Any]:
    levels = [(rank + 0.5) / 200 for rank in range(200)]
    law = NormalDist()
    x = [law.inv_cdf(level) * (1 + shift) for level in levels]
    curves = {"measured": levels, "predicted": [law.cdf(at) for at in x], "exact": [law.inv_cdf(p) for p in levels]}
    return {"kind": "law", "x_label": "x", "x": x, "draws": 10000} | curves


def make_trend(x_label: str, **changes: Any) -> dict[str, Any]:
    x = [2, 6, 10] if x_label == "depth" else [3.4, 4.6, 6.9]
    theory = [math.exp(-at) for at in x]
    exact = [value * 0.9 for value in theory]
    curve = {"kind": "trend", "x_label": x_label, "x": x, "draws": 2000, "predicted": theory, "exact": exact}
    curve |= {"measured": [value * 1.01 for value in exact]} | changes
    slope = {"statistic": "slope of the logarithm", "estimate": -1.002, "interval": [-1.03, -0.98]}
    return make_finding(**slope, reference=-1.0, region=[-1.1, -0.9], cell=f"over-{x_label}", curve=curve)


def make_twin(status: str, change: str, *killed_by: str, formula: str = "omega", reason: str = "") -> dict[str, Any]:
    twin = {"name": f"{formula}: {change}", "formula": formula, "status": status, "reason": reason}
    return twin | {"killed_by": list(killed_by)}


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


def make_dataset(name: str) -> dict[str, Any]:
    file = {"file": f"{name}.gz", "sha256": "8d4fb7e6c68d591d" * 4, "origin": f"the package {name}"}
    return {"name": name, "norm": "‖x‖₂ = √d", "files": [file]}


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
        "dataset": make_dataset("digits"),
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
    for fact in ("quick", "123", "2.3 × 10⁻⁵", phrases.FAMILY_BOUND, "Theorem 4.1", "PaperTheory"):
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
    assert len(labels) == 1 + MOST_FIGURES
    assert labels[0] == "the-one"
    assert "3 more measured curves in report.json" in Page(source).text


def test_an_experiment_without_a_curve_is_still_named() -> None:
    report = make_report(make_claim(make_finding(figure="the paper's second experiment")))
    assert "the paper's second experiment" in PAGES["html"](report)


def test_bars_take_the_colour_of_their_verdict() -> None:
    for finding in (make_finding(), REFUTED, UNDECIDED):
        figure = interval_figure(make_claim(finding))
        others = {"supported", "refuted", "undecided", "expected"} - {finding["verdict"]}
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
        ({"reference": 1.0, "statistic": "share of networks", "interval": [0.9, 1.0]}, (0.9792, 1.0)),
    ],
)
def test_allowed_region_follows_the_kind_of_statistic(changes: dict[str, Any], expected: tuple[float, float]) -> None:
    assert phrases.allowed_region(make_finding(**changes)) == pytest.approx(expected)


def test_numbers_that_differ_are_printed_differently() -> None:
    close = REFUTED | {"interval": [0.020803, 0.0406], "estimate": 0.03, "region": [0.0, 0.0208]}
    shown = phrases.evidence(close)
    assert (shown["interval"], shown["allowed"]) == ("[0.020803, 0.040600]", "[0, 0.020800]")
    exact = {"finite_width": 2e-12, "discrepancy": 0.0, "origin": "rounding"}
    tiny = make_finding(reference=1.0, statistic="ratio", estimate=1 + 4e-13, interval=[1.0, 1 + 8e-13], margin=exact)
    assert phrases.evidence(tiny)["allowed"] == "[1 − 2e-12, 1 + 2e-12]"


KILLED = make_twin("killed", "× 1.25", "thm4.1/entries-gaussian", "thm4.1/entries-variance")
SURVIVOR = make_twin("survived", "α and σ swapped")
EQUIVALENT = make_twin("equivalent", "u and v swapped", reason="equal on all networks")
UNTESTED = make_twin("untested", "× 1.05", formula="fisher_rao")
TWINS = [KILLED, EQUIVALENT, UNTESTED, SURVIVOR]
EXPECTED = REFUTED | {"expected": "dead units at this width", "instead": "the exact finite-width law"}


def with_twins(*twins: dict[str, Any]) -> dict[str, Any]:
    return make_report(make_claim(make_finding())) | {"mutants": list(twins)}


@page
def test_survivors_stand_out_and_lower_the_score(show: Any) -> None:
    text = flat(show(with_twins(*TWINS)))
    assert "1 of 2 wrong twins refuted (50.0%), 1 survived, 1 equivalent, 1 untested" in text
    assert "α and σ swapped" in text
    assert "✗" in text
    assert "✗" not in show(with_twins(KILLED, EQUIVALENT, UNTESTED))


@pytest.mark.parametrize("show", [PAGES["html"], PAGES["markdown"]], ids=["html", "markdown"])
def test_full_pages_show_what_became_of_every_twin_survivors_first(show: Any) -> None:
    text = flat(show(with_twins(*TWINS)))
    section = text[text.index("Wrong twins of the theory") :]
    for fact in ("equivalent: equal on all networks", "untested: its claims did not run", "× 1.25"):
        assert section.index("α and σ swapped") < section.index(fact)


def test_survivors_are_red_and_their_formula_is_open() -> None:
    source = render_html(with_twins(*TWINS))
    assert re.search(r'<p class="alarm">✗ <a href="#twins">1 wrong twin', source)
    assert re.search(r'<details class="formula" open>\s*<summary><code>omega', source)
    assert re.search(r'<details class="formula">\s*<summary><code>fisher_rao', source)
    lines = terminal_lines(with_twins(*TWINS))
    assert {style for text, style in lines if "SURVIVED" in text} == {"red"}


@page
def test_what_survives_a_part_of_the_suite_raises_no_alarm(show: Any) -> None:
    text = flat(show(with_twins(*TWINS) | {"full": False}))
    assert "1 survived, 1 equivalent, 1 untested; claims that did not run may refute what survived" in text
    assert "✗" not in text


def test_twins_in_plain_text_are_a_matrix_that_fits() -> None:
    long = make_twin("killed", "x ** 2 + " * 30 + "exponent + 1", "break/attacked-input")
    lines = mutant_table(with_twins(*TWINS, long))
    assert all(len(line) <= WIDTH for line in lines)
    assert [line.split("┌ ")[1] for line in lines[:3]] == ["entries-gaussian", "attacked-input", "entries-variance"]
    row = next(line for line in lines if "× 1.25" in line)
    assert [row[at.index("┌")] for at in lines[:3]] == ["✓", "·", "✓"]
    assert any(line.endswith("✗ SURVIVED") for line in lines)
    assert any("exponent + 1" in line for line in lines)
    assert mutant_table(with_twins()) == ["No wrong twin was tried in this run."]


def test_a_score_reads_100_percent_only_if_nothing_survived() -> None:
    assert "(99.9%)" in str(score([KILLED] * 9999 + [SURVIVOR]))
    assert "(100%)" in str(score([KILLED, UNTESTED]))
    assert str(score([UNTESTED])) == "no wrong twin was tried, 1 untested"


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


@page
def test_a_law_that_is_to_break_must_leave_its_region(show: Any) -> None:
    holds = REFUTED | {"breaks": True, "estimate": 0.01, "interval": [0.0, 0.02]}
    text = flat(show(make_report(make_claim(holds, verdict="refuted"), verdict="refuted")))
    assert "the law, which is to break, must leave [0, 0.0208]: it still holds here" in text


def test_a_broken_law_is_worded_and_drawn_as_such() -> None:
    broken = REFUTED | {"breaks": True, "verdict": "supported", "curve": make_law(0.3)}
    assert phrases.evidence(broken)["allowed"] == "must leave [0, 0.0208]"
    assert "all of that lies outside" in phrases.sentence(broken)
    figure = interval_figure(make_claim(broken))
    assert "dashed: must be left" in figure
    assert "shaded: allowed" not in figure
    assert "what the law must leave" in law_figure(broken)
    assert "shaded: allowed, dashed: must be left" in interval_figure(make_claim(broken, make_finding()))


def test_experiments_show_their_law_and_quantiles_and_the_width_study() -> None:
    cells = [
        make_finding(cell=f"N{width}", figure=f"N = {width}", curve=make_law(), parameters={"width": width})
        for width in (5000, 500)
    ]
    source = render_html(make_report(make_claim(*cells, id=WIDTH_STUDY)))
    labels = re.findall(r'aria-label="([^"]+)"', source)
    assert labels[0] == f"Distance to the limit law against width, {WIDTH_STUDY}"
    assert [label.rsplit(" ", 1)[1] for label in labels[2:]] == ["N500", "N500", "N5000", "N5000"]
    assert sum("quantiles" in label for label in labels) == 2
    assert "The width study" in Page(source).text


def test_a_width_study_needs_two_widths_of_laws_that_hold() -> None:
    one, other = (make_finding(cell=str(width), parameters={"width": width}) for width in (500, 1000))
    assert distance_figure(make_claim(one, other)).startswith("<svg")
    assert distance_figure(make_claim(one)) == ""
    assert distance_figure(make_claim(one, other | {"breaks": True}, NOT_APPLICABLE)) == ""


@pytest.mark.parametrize(("x_label", "shown"), [("log N", "width N"), ("depth", "depth")])
def test_trends_show_measured_theory_and_exact_slopes(x_label: str, shown: str) -> None:
    figure = trend_figure(make_trend(x_label))
    for text in (f">{shown}<", "theory, slope −1.000", "exact at finite width, slope −1.000", "measured, slope −1.002"):
        assert text in figure
    finding = make_trend(x_label) | {"figure": "the trend"}
    assert "the trend" in PAGES["html"](make_report(make_claim(finding)))


def test_trends_with_unknown_or_equal_exact_values_show_no_exact_curve() -> None:
    equal = make_trend("depth")["curve"]["predicted"]
    for exact in ([], [None, None, None], equal):
        assert "exact at finite width" not in trend_figure(make_trend("depth", exact=exact))
    assert "<svg" in trend_figure(make_trend("depth", measured=[0.0, None, 0.1]))


def test_quantiles_of_another_scale_leave_the_band() -> None:
    assert qq_figure(make_finding(curve=make_law(0.5))) != qq_figure(make_finding(curve=make_law()))


def test_reports_without_the_newer_keys_still_render() -> None:
    old = copy.deepcopy(MIXED)
    del old["mutants"]
    for claim in old["theorems"][0]["claims"]:
        for finding in claim["findings"]:
            del finding["breaks"]
    for show in PAGES.values():
        assert "refuted" in show(old).lower()
    assert "Measured quantiles" not in render_html(old)


def test_logarithmic_ticks_stay_few_and_inside() -> None:
    for low, high in ((-9.0, 9.0), (-0.35, 0.35), (1.4, 1.9), (-12.0, -5.0)):
        at, labels = log_ticks(low, high)
        assert 2 <= len(at) == len(labels) <= 12
        assert all(low <= tick <= high for tick in at)
    assert log_range([1.0, 1.0]) == pytest.approx((-0.35, 0.35))


def test_band_is_the_dkw_band_of_the_draws_behind_the_curve() -> None:
    assert dkw_band(1e-6, 10_000) == pytest.approx(0.026933, abs=1e-6)
