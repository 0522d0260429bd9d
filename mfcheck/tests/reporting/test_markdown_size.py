"""report.md and comparison.md fit into one comment on GitHub, however many findings and long texts there are."""

from __future__ import annotations

import re

import pytest

from mfcheck.findings.compared import Change, Comparison, Theorem
from mfcheck.reporting.markdown import MOST_CHARACTERS
from mfcheck.reporting.words.comparison_text import comparison_markdown
from mfcheck.tests.support.reports import REFUTED, UNDECIDED, make_claim, make_report, render_markdown
from mfcheck.tests.support.whole_reports import whole_report


@pytest.mark.parametrize("findings", [1, 60, 1500])
def test_a_report_of_any_number_of_findings_fits(findings: int) -> None:
    text = render_markdown(whole_report(findings))
    assert len(text) <= MOST_CHARACTERS
    assert text.startswith("# mfcheck: ")
    assert all(f"Theorem {number}" in text for number in ("4.1", "5.1", "5.9", "G.9"))
    assert ("more, in report.html" in text) == (findings > 60)


def test_a_report_of_refutations_and_long_texts_fits_and_says_what_is_left_out() -> None:
    bad = [
        one | {"cell": f"{number}-" + "x" * 900, "reason": "y" * 3000}
        for number in range(300)
        for one in (REFUTED, UNDECIDED)
    ]
    text = render_markdown(make_report(make_claim(*bad, verdict="refuted"), verdict="refuted"))
    assert len(text) <= MOST_CHARACTERS
    assert "## What is not supported" in text
    assert "more, in report.html" in text
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) % 2 == 0


def compared(regressions: int) -> Comparison:
    changes = [
        Change(
            "interval moved apart",
            "regression",
            "a/b",
            f"cell {number}",
            "the ratio: " + "z" * 500,
            "[0, 1.02]",
            f"pytest {number}",
        )
        for number in range(regressions)
    ]
    theorems = (Theorem("thm5.1", "supported", "refuted"), Theorem("thm5.3", "holds in part", "holds in part"))
    return Comparison("old.json", 1, 2, False, 900, 0, 1e-3, tuple(changes), 850, theorems)


@pytest.mark.parametrize("regressions", [0, 2, 3000])
def test_a_comparison_of_any_number_of_changes_fits(regressions: int) -> None:
    text = comparison_markdown(compared(regressions))
    assert len(text) <= MOST_CHARACTERS
    assert "| `thm5.1` | supported | **refuted** |" in text
    assert "| `thm5.3` | holds in part | holds in part |" in text
    assert "900 findings compared" in text
    assert "one of 850 intervals of the same quantity" in text


def test_regressions_come_with_what_is_allowed_and_how_to_repeat_them() -> None:
    text = comparison_markdown(compared(2)).replace("\\", "")
    assert text.count("allowed is [0, 1.02]") == 2
    assert "```sh\npytest 0\npytest 1\n```" in text


def test_on_github_a_comparison_links_to_its_run() -> None:
    known = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "a/b", "GITHUB_RUN_ID": "17"}
    assert "(https://github.com/a/b/actions/runs/17)" in comparison_markdown(compared(0), known)
    for name, value in (("SERVER_URL", "javascript:x"), ("REPOSITORY", "a/b)"), ("RUN_ID", "x")):
        assert "actions/runs" not in comparison_markdown(compared(0), known | {f"GITHUB_{name}": value})
    assert "actions/runs" not in comparison_markdown(compared(0))
