"""A report of networks of one's own alone says nothing of a theory that it did not try."""

from __future__ import annotations

from typing import Any

import pytest

from mfcheck.findings.reading import report_of
from mfcheck.tests.support.reports import (
    NOT_APPLICABLE,
    as_terminal,
    make_claim,
    make_report,
    render_html,
    render_markdown,
)
from mfcheck.tests.support.whole_reports import whole_report

OWN, SUITES = "package.module:factory", "vanilla"


def audit(*architectures: str) -> dict[str, Any]:
    """A whole report, with its twins and its coverage, as if it were of these networks."""
    return whole_report() | {"architectures": list(architectures)}


@pytest.mark.parametrize("shown", [as_terminal, render_html, render_markdown])
def test_twins_and_coverage_are_shown_where_the_suites_networks_were_tried(shown: Any) -> None:
    for words in ("wrong twins", "arguments"):
        assert words in shown(audit(SUITES)).lower()
        assert words in shown(audit(OWN, SUITES)).lower()


def test_no_page_of_ones_own_networks_alone_has_them() -> None:
    alone = report_of(audit(OWN))
    assert alone.of_own_networks
    assert not alone.twins
    assert not alone.coverage
    assert 'id="coverage"' in render_html(audit(SUITES))
    for mark in ('id="coverage"', 'id="twins"', 'href="#twins"', 'href="#coverage"'):
        assert mark not in render_html(audit(OWN))
    for head in ("## Wrong twins", "## Coverage"):
        assert head in render_markdown(audit(SUITES))
        assert head not in render_markdown(audit(OWN))


def test_a_report_that_names_no_architectures_is_of_the_suites() -> None:
    assert not report_of(make_report(make_claim(NOT_APPLICABLE)) | {"architectures": []}).of_own_networks
