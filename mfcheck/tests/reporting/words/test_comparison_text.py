"""A comparison in Markdown and as annotations: names as they are, nobody called, and no more than fits."""

from __future__ import annotations

from mfcheck.findings.compared import Change, Comparison, Kind, Weight
from mfcheck.reporting.words.comparison_text import (
    MOST_ANNOTATIONS,
    comparison_markdown,
    github_annotations,
)

GITHUB = {"GITHUB_ACTIONS": "true"}


# How it is told ------------------------------------------------------------------------------------------------


def lost(claim: str, says: str, weight: str = Weight.REGRESSION, kind: str = Kind.LOST) -> Change:
    return Change(kind, weight, claim, "a|cell", says)


def told(*found: Change) -> Comparison:
    return Comparison("old.json", 1, 2, False, 3, 0, 1e-6, found)


def test_markdown_shows_names_as_they_are_and_calls_nobody() -> None:
    text = comparison_markdown(told(lost("toy.1/law", "<b>@someone | [x](http://y)</b>\n# title")))
    assert text.startswith("## mfcheck: ✗ 1 regression\n")
    (row,) = [line for line in text.splitlines() if "toy.1/law" in line]
    assert "@someone" not in row
    assert r"\<b\>@" in row
    assert r"\| \[x\]" in row
    assert row.replace(r"\|", "").count("|") == 4


def test_markdown_fits_into_a_comment_and_says_what_it_leaves_out() -> None:
    text = comparison_markdown(told(*(lost(f"toy.{number}/law", "x" * 900) for number in range(2000))))
    assert len(text) < 65_536
    assert "1960 more" in text
    assert "✗ 2000 regressions" in text


def test_annotations_are_escaped_and_only_for_github() -> None:
    comparison = told(
        lost("toy.1/law", "fell by 5%\r\nthen, ::error::no"),
        lost("toy.1/law", "torch: 2, 3", Weight.NOTE, "circumstances: changed, all"),
        lost("toy.1/law", "the cell is new", Weight.NOTE, Kind.NEW),
    )
    assert github_annotations(comparison, {}) == []
    assert github_annotations(comparison, GITHUB) == [
        "::error title=mfcheck%3A lost::toy.1/law in a|cell: fell by 5%25%0D%0Athen, ::error::no",
        "::warning title=mfcheck%3A circumstances%3A changed%2C all::toy.1/law in a|cell: torch: 2, 3",
    ]
    many = github_annotations(told(*(lost(f"toy.{number}/law", "gone") for number in range(30))), GITHUB)
    assert len(many) == MOST_ANNOTATIONS
    assert "21 more" in many[-1]
