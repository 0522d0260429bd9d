"""What became of every wrong twin: survivors come first and lower the score."""

from __future__ import annotations

import re
from typing import Any

from mfcheck.findings.reading import report_of
from mfcheck.reporting.words.twins_table import WIDTH, mutant_table, score
from mfcheck.tests.support.reports import (
    PAGES,
    flat,
    make_claim,
    make_finding,
    make_report,
    make_twin,
    page,
    read_twin,
    render_html,
    terminal_lines,
)

KILLED = make_twin("killed", "× 1.25", "thm4.1/entries-gaussian", "thm4.1/entries-variance")
SURVIVOR = make_twin("survived", "α and σ swapped")
EQUIVALENT = make_twin("equivalent", "u and v swapped", reason="equal on all networks")
UNTESTED = make_twin("untested", "× 1.05", formula="fisher_rao")
TWINS = [KILLED, EQUIVALENT, UNTESTED, SURVIVOR]


def with_twins(*twins: dict[str, Any]) -> dict[str, Any]:
    return make_report(make_claim(make_finding())) | {"mutants": list(twins)}


@page
def test_survivors_stand_out_and_lower_the_score(show: Any) -> None:
    text = flat(show(with_twins(*TWINS)))
    assert "1 of 2 wrong twins refuted (50.0%), 1 survived, 1 equivalent, 1 untested" in text
    assert "α and σ swapped" in text
    assert "✗" in text
    assert "✗" not in show(with_twins(KILLED, EQUIVALENT, UNTESTED))


def test_the_page_shows_what_became_of_every_twin_survivors_first() -> None:
    text = flat(PAGES["html"](with_twins(*TWINS)))
    section = text[text.rindex("Wrong twins of the theory") :]
    for fact in ("equivalent: equal on all networks", "untested: its claims did not run", "× 1.25"):
        assert section.index("α and σ swapped") < section.index(fact)


def test_survivors_are_red_and_their_formula_is_open() -> None:
    source = render_html(with_twins(*TWINS))
    assert re.search(r'<p class="alarm">✗ Needs attention: 1 wrong twin of the theory survived', source)
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
    lines = mutant_table(report_of(with_twins(*TWINS, long)))
    assert all(len(line) <= WIDTH for line in lines)
    assert [line.split("┌ ")[1] for line in lines[:3]] == ["entries-gaussian", "attacked-input", "entries-variance"]
    row = next(line for line in lines if "× 1.25" in line)
    assert [row[at.index("┌")] for at in lines[:3]] == ["✓", "·", "✓"]
    assert any(line.endswith("✗ SURVIVED") for line in lines)
    assert any("exponent + 1" in line for line in lines)
    assert mutant_table(report_of(with_twins())) == ["No wrong twin was tried in this run."]


def test_a_score_reads_100_percent_only_if_nothing_survived() -> None:
    assert "(99.9%)" in str(score([read_twin(KILLED)] * 9999 + [read_twin(SURVIVOR)]))
    assert "(100%)" in str(score([read_twin(KILLED), read_twin(UNTESTED)]))
    assert str(score([read_twin(UNTESTED)])) == "no wrong twin was tried, 1 untested"
