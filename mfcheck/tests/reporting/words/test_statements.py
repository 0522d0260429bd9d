"""Theorems are typeset in MathML that parses, and indices in texts are set without a letter lost."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from mfcheck.findings.reading import report_of
from mfcheck.findings.sections import SECTIONS
from mfcheck.reporting.words.statements import STATEMENTS, formula_of, typeset, words_of
from mfcheck.tests.support.reports import make_claim, make_report

ELEMENTS = {"math", "mrow", "mi", "mn", "mo", "mtext", "msub", "msup", "msubsup", "mfrac"}
CHILDREN = {"msub": 2, "msup": 2, "mfrac": 2, "msubsup": 3}


def test_every_section_has_a_statement() -> None:
    assert set(STATEMENTS) == set(SECTIONS)


@pytest.mark.parametrize("id", [id for id, (_, formula) in STATEMENTS.items() if formula])
def test_formulas_are_mathml_that_needs_nothing(id: str) -> None:
    for node in ElementTree.fromstring(f"<math>{STATEMENTS[id][1]}</math>").iter():
        assert node.tag in ELEMENTS
        assert len(node) == CHILDREN.get(node.tag, len(node))


def test_a_section_of_ones_own_states_its_first_claim() -> None:
    theorem = report_of(make_report(make_claim(id="mine/law", says="σ_w² < 1."))).theorems[0]
    other = report_of({"theorems": [{"id": "mine", "claims": [{"id": "mine/law", "says": "σ_w² < 1."}]}]}).theorems[0]
    assert words_of(other) == "σ<sub>w</sub>² &lt; 1."
    assert formula_of(other) == ""
    assert formula_of(theorem).startswith("<math>")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ω^{L/2−1}", "ω<sup>L/2−1</sup>"),
        ("‖J‖_{p,q}", "‖J‖<sub>p,q</sub>"),
        ("input_dim", "input_dim"),
        ("x^(l)", "x^(l)"),
        ("dσ_w²/dt", "dσ<sub>w</sub>²/dt"),
        ("<b>_x", "&lt;b&gt;_x"),
    ],
)
def test_indices_follow_one_letter_a_norm_or_a_bracket(text: str, shown: str) -> None:
    assert typeset(text) == shown


@given(st.text(alphabet="aω_^{}<>&() 1,\n", max_size=30))
def test_no_character_of_a_text_is_lost_and_none_is_markup(text: str) -> None:
    found = str(typeset(text))
    kept = Markup(re.sub(r"</?su[bp]>", "", found)).unescape()
    assert re.sub(r"[_^{}]", "", kept) == re.sub(r"[_^{}]", "", text)
