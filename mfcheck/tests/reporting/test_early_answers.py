"""What pages say of early training: sentences, a table and a figure, from findings made up."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mfcheck.findings import series
from mfcheck.findings.reading import report_of
from mfcheck.reporting.curves.falls import falls, table
from mfcheck.reporting.early_answers import early_answers
from mfcheck.reporting.figures.fall_figure import fall_figure
from mfcheck.tests.support.reports import make_finding, read_claim

PARAMETERS = {"architecture": "vanilla", "width": 256, "depth": 5, "objective": "theory", "trained": 256}


def fall(**lines: list[float | None]) -> dict[str, Any]:
    """A training that begins at 0.9 of the law and is linear to a fifth until t = 0.3."""
    known = {series.OWN: [0.9] * 4, series.LOSS_LEFT: [None, 0.8, None, 0.5], **lines}
    curve = {
        "kind": series.FALL,
        "x_label": series.OVER_TIME,
        "x": [0.1, 0.2, 0.3, 0.4],
        "measured": [0.85, 0.8, 0.72, 0.6],
        "predicted": [1.0] * 4,
        "draws": 22,
        "series": known,
    }
    parameters = {**PARAMETERS, "dataset": "digits"}
    return make_finding(cell="a", parameters=parameters, curve=curve, statistic="s")


def trend(exponent: float = -0.05) -> dict[str, Any]:
    curve = {
        "kind": series.TREND,
        "x_label": "log N",
        "x": [math.log(128), math.log(512)],
        "measured": [0.04, 0.036],
        "predicted": [1.0, 4.0],
        "draws": 22,
    }
    found = {"estimate": exponent, "interval": [exponent - 0.4, exponent + 0.5], "reference": 1.0}
    kept = {"cell": "b", "verdict": "refuted", "parameters": PARAMETERS, "curve": curve, "statistic": "slope"}
    return make_finding(**found, **kept)


def report(**claims: list[dict[str, Any]]) -> dict[str, Any]:
    found = [{"id": id.replace("_", "/", 1), "findings": findings, "errors": []} for id, findings in claims.items()]
    return {"theorems": [{"id": "thm5.4", "claims": found}]}


def test_a_training_is_told_from_its_beginning_to_its_end() -> None:
    (said,) = early_answers(report_of(report(mine_early=[fall(), fall()])))
    assert "begins to fall at 0.90 of the law's rate, linearly to a fifth until t = 0.3" in said
    assert said.endswith("by t = 0.4 has fallen by 0.60 of what the law has it while L_adv is at 0.50 of its start.")
    assert "L_std + L_adv; 256 images of digits, ‖x‖ = √d" in said


def test_what_moves_across_is_told_where_it_matters() -> None:
    (said,) = early_answers(report_of(report(mine_early=[fall(**{series.ALONG_START: [0.9, 0.9, 0.88, 0.87]})])))
    assert "(along W(0) alone it has fallen by 0.87)" in said
    (said,) = early_answers(report_of(report(mine_early=[fall(**{series.ALONG_START: [0.86, 0.81, 0.73, 0.61]})])))
    assert "along W(0)" not in said


@pytest.mark.parametrize(("own", "words"), [(0.7, "linearly to a fifth all the time"), (2.0, "until t = 0.1")])
def test_a_training_may_be_linear_to_its_end_or_never(own: float, words: str) -> None:
    (said,) = early_answers(report_of(report(mine_early=[fall(**{series.OWN: [own] * 4})])))
    assert words in said


def test_the_exponent_of_the_horizon_is_told_beside_the_theorys() -> None:
    claims = [{"id": "thm5.4/early-horizon", "findings": [trend()], "errors": []}]
    assert early_answers(report_of({"theorems": [{"id": "thm5.4", "claims": claims}]})) == [
        "Early training ends at t* = 0.04 at N = 128, 0.036 at N = 512: t* goes like N to the power −0.05 "
        "[−0.45, 0.45], where the theory's own σ_w²(t) has 1.00."
    ]


def test_a_report_without_such_findings_says_nothing() -> None:
    other = {**fall(), "curve": None}
    assert early_answers(report_of(report(mine_early=[other]))) == []
    assert falls(read_claim({"id": "mine/early", "findings": [other]})) == []


def test_the_table_has_the_times_at_which_the_loss_was_looked_at() -> None:
    (found,) = falls(read_claim({"id": "mine/early", "findings": [fall()]}))
    columns, rows = table(found)
    assert columns[1:] == ("t = 0.2", "t = 0.4")
    assert ("decrease over the law, factor 2", "0.800", "0.600") in rows
    assert ("L_adv left, attacked anew", "0.800", "0.500") in rows


def test_the_figure_has_the_law_and_what_was_measured() -> None:
    (found,) = falls(read_claim({"id": "mine/early", "findings": [fall()]}))
    drawn = fall_figure(found)
    assert drawn.startswith("<svg")
    for words in ("the law, factor 2", "factor 1", "own slope at t = 0", "median of 22 networks"):
        assert words in drawn
