"""The replays of rules that the documentation prints."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mfcheck.statistics.intervals import dkw_half_width, left_of, sup_distance
from mfcheck.tests.support.rule_replays import QUESTIONS, WIDTH, Row, errors, markdown, open_gates, rows, student_misses


def test_no_decision_of_the_study_is_convicted() -> None:
    found = rows([errors(index, 60) for index in range(len(QUESTIONS))], 60)
    assert [row for row in found if row.convicted] == []


@pytest.mark.parametrize(("missed", "convicted"), [(40, False), (120, True)])
def test_too_many_errors_convict(missed: int, convicted: bool) -> None:
    assert Row("decision", "data", 0.01, 4000, missed).convicted is convicted


def test_students_interval_misses_more_often_than_it_says() -> None:
    assert student_misses(replays=4000).convicted


def test_the_table_has_a_line_a_row() -> None:
    assert markdown([Row("a", "b", 0.05, 100, 5)]).splitlines()[-1] == "| a | b | 0.05 | 100 | 5 | 0.0500 | 0.0017 |"


def test_open_gates_are_binomial() -> None:
    drawn = open_gates(np.random.default_rng(6), 100_000)
    ordered, law = np.sort(drawn), stats.binom(WIDTH, 0.5)
    assert sup_distance(ordered, law.cdf, left_of(law)) < dkw_half_width(len(drawn), 1e-6)
