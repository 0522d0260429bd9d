"""Reports of runs that never were: findings, claims, twins and whole reports, and their pages as text."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from statistics import NormalDist
from typing import Any

import pytest

from mfcheck.findings.finding import Finding
from mfcheck.findings.reading import claim_of, finding_of, report_of
from mfcheck.findings.report import ClaimRecord, Twin
from mfcheck.reporting import markdown, pages, terminal

HOSTILE = "<script>alert('$x_1$')</script> | `a` \"b\"\n\x1b[31m&"


def make_finding(**changes: Any) -> dict[str, Any]:
    """A supported finding on a law, with some values changed."""
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
    """A law's curve with its quantiles."""
    levels = [(rank + 0.5) / 200 for rank in range(200)]
    law = NormalDist()
    x = [law.inv_cdf(level) * (1 + shift) for level in levels]
    curves = {"measured": levels, "predicted": [law.cdf(at) for at in x], "exact": [law.inv_cdf(p) for p in levels]}
    return {"kind": "law", "x_label": "x", "x": x, "draws": 10000} | curves


def make_trend(x_label: str, **changes: Any) -> dict[str, Any]:
    """A finding on a slope over sizes."""
    x = [2, 6, 10] if x_label == "depth" else [3.4, 4.6, 6.9]
    theory = [math.exp(-at) for at in x]
    exact = [value * 0.9 for value in theory]
    curve = {"kind": "trend", "x_label": x_label, "x": x, "draws": 2000, "predicted": theory, "exact": exact}
    curve |= {"measured": [value * 1.01 for value in exact]} | changes
    slope = {"statistic": "slope of the logarithm", "estimate": -1.002, "interval": [-1.03, -0.98]}
    return make_finding(**slope, reference=-1.0, region=[-1.1, -0.9], cell=f"over-{x_label}", curve=curve)


def make_twin(status: str, change: str, *killed_by: str, formula: str = "omega", reason: str = "") -> dict[str, Any]:
    """What became of a wrong twin."""
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
    """A claim with these findings."""
    says = "Entries of J(x) are N(0, ω^L/d)."
    claim = {"id": "thm4.1/entries-gaussian", "says": says, "verdict": verdict, "findings": list(findings)}
    return claim | {"errors": []} | changes


def make_dataset(name: str) -> dict[str, Any]:
    """A data set of one file."""
    file = {"file": f"{name}.gz", "sha256": "8d4fb7e6c68d591d" * 4, "origin": f"the package {name}"}
    return {"name": name, "norm": "‖x‖₂ = √d", "files": [file]}


def make_report(*claims: dict[str, Any], verdict: str = "supported") -> dict[str, Any]:
    """A report of these claims."""
    title = "Theorem 4.1 - law of the network"
    theorem = {"id": "thm4.1", "title": title, "verdict": verdict, "claims": list(claims)}
    return {
        "schema": 2,
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


def labels_of(source: str) -> list[str]:
    """What the figures of a page are called."""
    return re.findall(r'<svg role="img" aria-label="([^"]*)"', source)


def flat(text: str) -> str:
    """Text on one line without the backslashes that markdown needs."""
    return " ".join(text.replace("\\", "").split())


def as_terminal(report: dict[str, Any]) -> str:
    """The lines of the terminal as one text."""
    return "\n".join(text for text, _ in terminal_lines(report))


def read_finding(plain: dict[str, Any], claim: str = "thm4.1/entries-gaussian") -> Finding:
    """A finding as pages read it."""
    return finding_of(plain, claim)


def read_claim(plain: dict[str, Any]) -> ClaimRecord:
    """A claim as pages read it."""
    return claim_of(plain)


def read_twin(plain: dict[str, Any]) -> Twin:
    """A wrong twin as pages read it."""
    return report_of({"theorems": [], "mutants": [plain]}).twins[0]


def render_html(plain: dict[str, Any]) -> str:
    """The page of a report."""
    return pages.render_html(report_of(plain))


def render_markdown(plain: dict[str, Any]) -> str:
    """The markdown of a report."""
    return markdown.render_markdown(report_of(plain))


def terminal_lines(plain: dict[str, Any]) -> list[tuple[str, str]]:
    """The lines of a report at the end of a run."""
    return terminal.terminal_lines(report_of(plain))


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
