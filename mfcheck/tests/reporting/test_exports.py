"""Findings as LaTeX and CSV have a row each, with what the page shows, whatever stands in them."""

from __future__ import annotations

import csv
import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mfcheck.findings.reading import report_of
from mfcheck.reporting import exports
from mfcheck.reporting.finding_rows import table_of
from mfcheck.tests.support.reports import HOSTILE, MIXED, make_claim, make_finding, make_report
from mfcheck.tests.support.whole_reports import whole_report

WHOLE = report_of(whole_report())


def test_csv_has_a_row_for_every_finding_with_its_numbers_and_its_command() -> None:
    rows = list(csv.DictReader(io.StringIO(exports.comma_separated(WHOLE))))
    assert len(rows) == len(WHOLE.findings)
    for row, finding in zip(rows, WHOLE.findings, strict=True):
        assert (row["claim"], row["cell"], row["reproduce"]) == (finding.claim, finding.cell, finding.reproduce)
        assert (float(row["low"]), float(row["high"])) == finding.interval
        assert float(row["delta"]) == finding.margin.discrepancy


def test_an_end_that_an_interval_does_not_have_is_infinite_in_csv() -> None:
    finding = make_finding(interval=[-sys.float_info.max, sys.float_info.max])
    (row,) = csv.DictReader(io.StringIO(exports.comma_separated(report_of(make_report(make_claim(finding))))))
    assert (row["low"], row["high"]) == ("-inf", "inf")


def test_latex_has_a_row_for_every_finding_of_as_many_cells() -> None:
    lines = exports.latex(WHOLE).splitlines()
    rows = [line for line in lines if line.endswith("\\\\") and "&" in line]
    assert len(rows) == 1 + len(WHOLE.findings)
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(exports.COLUMNS) - 1}
    assert "seed 123" in lines[2]


def test_what_was_not_decided_has_a_row_without_numbers() -> None:
    rows = list(csv.DictReader(io.StringIO(exports.comma_separated(report_of(MIXED)))))
    (nothing,) = (row for row in rows if row["verdict"] == "not applicable")
    assert {nothing[name] for name in ("estimate", "interval", "low", "high", "alpha")} == {""}


@pytest.mark.parametrize("text", [HOSTILE, "a & b % c # d $ e _ f { g } \\ ~ ^", 'quo"te, and\nline'])
def test_whatever_stands_in_a_report_stays_in_its_cell(text: str) -> None:
    report = report_of(make_report(make_claim(make_finding(cell=text, engine=text), id="toy.1/law")))
    (row,) = csv.DictReader(io.StringIO(exports.comma_separated(report)))
    assert (row["cell"], row["engine"]) == (text, text)
    (line,) = (one for one in exports.latex(report).splitlines() if one.startswith("toy.1/law"))
    assert len(re.findall(r"(?<!\\)&", line)) == len(exports.COLUMNS) - 1
    assert not re.search(r"(?<!\\)[%#]", line)


@given(st.text(max_size=40))
def test_escaped_text_has_no_character_with_a_meaning_of_its_own(text: str) -> None:
    assert not re.search(r"(?<!\\)[%#&~]", exports.escaped(text))


def test_ids_stay_the_same_and_none_is_taken_twice() -> None:
    twice = make_claim(make_finding(cell="a b"), make_finding(cell="a b"), id="toy.1/law")
    table = table_of(report_of(make_report(twice)))
    assert [row.id for row in table.rows] == ["toy.1/law/a_b", "toy.1/law/a_b/2"]


def test_the_paper_is_cited_as_bibtex() -> None:
    assert exports.bibtex().startswith("@inproceedings{")
    assert exports.bibtex().count("{") == exports.bibtex().count("}")
