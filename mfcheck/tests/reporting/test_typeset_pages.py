"""Nothing that a page says in words shows raw indices: neither paragraphs nor titles nor the text in figures."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mfcheck.tests.support.bound_reports import REPORT
from mfcheck.tests.support.reports import MIXED, Page, make_claim, make_finding, make_law, make_report, render_html
from mfcheck.tests.support.training_reports import make_decay, make_network

RAW = re.compile(r"[A-Za-zα-ω‖²)}][_^](\{|w\b|adv|std|FR)")
SIGNS = "σ_w² and ‖J(x)‖_{p,q}"
LITERAL = {"code", "pre", "style", "script", "title", "option"}


class Words(Page):
    """The text of a page but for code, styles and scripts."""

    def __init__(self, source: str) -> None:
        self.literal = 0
        super().__init__(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.literal += tag in LITERAL
        super().handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.literal -= tag in LITERAL

    def handle_data(self, data: str) -> None:
        if not self.literal:
            super().handle_data(data)


def spoken(**changes: Any) -> dict[str, Any]:
    """A finding all of whose words have indices."""
    words = dict.fromkeys(("statistic", "decides", "regime", "caveat", "reason"), SIGNS)
    return make_finding(**words | changes)


def everything() -> dict[str, Any]:
    """A report that says in every place what has indices."""
    declared = {"verdict": "refuted", "expected": SIGNS, "instead": SIGNS, "holds_instead": [SIGNS]}
    unsupported = [
        spoken(cell=verdict, verdict=verdict, figure=SIGNS, curve=make_law()) for verdict in ("refuted", "undecided")
    ]
    findings = [spoken(cell="held"), *unsupported, spoken(cell="declared", **declared)]
    findings.append(spoken(cell="none", verdict="not applicable", estimate=None, interval=[None, None]))
    error = {"cell": "failed", "message": SIGNS}
    return make_report(make_claim(*findings, says=SIGNS, verdict="refuted", errors=[error]), verdict="refuted")


TRAINED = make_report(make_claim(make_decay(), make_network(64, 2, 0.9, 0.5), id="thm5.4/vanilla-variance-decay"))


@pytest.mark.parametrize("report", [everything(), MIXED, REPORT, TRAINED], ids=["all", "mixed", "bound", "trained"])
def test_no_index_stands_raw_on_a_page(report: dict[str, Any]) -> None:
    words = Words(render_html(report)).text
    found = [words[max(0, one.start() - 60) : one.end() + 20] for one in RAW.finditer(words)]
    assert found == []
