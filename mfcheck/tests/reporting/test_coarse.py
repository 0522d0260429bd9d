"""Supported findings that see little are told together, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.reporting.coarse import coarse
from mfcheck.reporting.markdown import render_markdown
from mfcheck.reporting.pages import render_html
from mfcheck.tests.support.reports import REFUTED, make_claim, make_finding, make_report

WIDE = {"finite_width": 0.14, "discrepancy": 0.02, "origin": "exact distance; level quick"}
NONE = {"finite_width": 0.0, "discrepancy": 0.0, "origin": "none: more than half of the networks is what is stated"}
COUNTED = {"statistic": "share of networks", "resolution": 1.0, "draws": 22, "margin": NONE}
BOUND = {"region": [0.0, 1.1], "estimate": 0.7, "interval": [0.66, 0.77], "resolution": 0.6, "statistic": "ratio"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"resolution": 0.5}, []),
        ({"margin": WIDE}, ["a margin of 16 %: exact distance; level quick"]),
        ({"margin": WIDE, "absolute": True}, ["a margin of 0.16 in its own units: exact distance; level quick"]),
        ({"resolution": None, "region": [1.0, 1.0], "interval": [1.0, 1.0], "estimate": 1.0}, []),  # a fact
        (COUNTED, ["it counts what most of 22 networks come to, which a theory wrong by any factor may say too"]),
        (BOUND, ["a bound on one side, which the interval keeps 30 % away from: only errors beyond that would show"]),
        (
            {"resolution": None, "region": [0.95, 1.05], "statistic": "ratio"},
            ["its interval is wide beside the theory's value: exact finite-width law; level quick"],
        ),
        (
            {"resolution": 0.9, "breaks": True, "region": [0.95, 1.05]},
            ["a law breaks here by far, and networks differ so much that a smaller departure would be missed"],
        ),
    ],
)
def test_what_leaves_room_says_why(changes: dict[str, Any], said: list[str]) -> None:
    report = report_of(make_report(make_claim(make_finding(**changes))))
    assert [one.says for one in coarse(report)] == said


def test_what_is_refuted_or_explored_is_not_among_them() -> None:
    explored = make_claim(make_finding(margin=WIDE), id="open/attack-difficulty")
    report = report_of(make_report(make_claim(REFUTED | {"margin": WIDE}), explored))
    assert coarse(report) == []


def test_both_pages_list_them() -> None:
    report = report_of(make_report(make_claim(make_finding(margin=WIDE))))
    (one,) = coarse(report)
    page, text = render_html(report), render_markdown(report)
    assert f'<a href="{one.address}">' in page
    assert one.address[1:] in page.split('<details id="coarse">')[0]
    assert "1 supported finding with a margin over 15 %" in page
    assert "## What sees little" in text
    assert "a margin of 16 %" in text
    plain = report_of(make_report(make_claim(make_finding())))
    assert 'id="coarse"' not in render_html(plain)
    assert "What sees little" not in render_markdown(plain)


def test_each_of_two_findings_of_one_cell_has_its_own_address() -> None:
    report = report_of(make_report(make_claim(make_finding(margin=WIDE), make_finding(margin=WIDE))))
    first, second = coarse(report)
    assert second.address == f"{first.address}/2"
    assert f'id="{second.address[1:]}"' in render_html(report)
